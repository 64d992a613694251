"""The closed vocabulary that stages exchange.

Knows what a conversation is made of; knows nothing about who recognises, retrieves or
speaks. Everything is frozen, and times are seconds from the start of the recording.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono PCM, shape (samples,), full scale is -1 to 1."""

Rung = Literal["llm", "extractive", "none"]
"""Who worded an answer: the language model, the passages themselves, or nobody."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A spoken question as a file of any format: a path, or an open binary stream."""

    audio: Path | BinaryIO


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word: lower case, as the recogniser heard it."""

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard: `words` are the recogniser's own, `text` is for reading.

    Silence and noise are valid audio: `text` is then empty and `words` is `()`.
    """

    text: str
    words: tuple[Word, ...]
    duration_s: float


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that an answer rests on. `id` is the document's, `quote` its own words."""

    id: str
    title: str
    quote: str
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `source` says which rung of the ladder spoke."""

    text: str
    source: Rung
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerDelta:
    """The next piece of an answer that is still being worded; the whole follows as `Answer`."""

    text: str


@dataclass(frozen=True, slots=True)
class Speech:
    """A spoken phrase, ready to play."""

    samples: Samples
    rate_hz: int
