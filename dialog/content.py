"""What is heard, answered and said: the part of the vocabulary that every door shares.

Everything is frozen, and times are seconds from the start of the recording or of the call, counted
in received samples and never on the wall.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono PCM, shape (samples,), full scale is -1 to 1."""

AnswerSource = Literal["llm", "extractive", "none"]
"""Who worded an answer: the language model, the passages themselves, or nobody."""

Outcome = Literal["answered", "unknown", "unheard", "unclear", "unavailable", "broken", "action"]
"""How an answer ended. It is set by whoever words the answer; its text never tells.

answered     what was asked for, or was to be said, has been said
unknown      the documents do not say
unheard      nobody was heard to ask anything
unclear      something was heard, but not well enough: it is asked for again
unavailable  a part that the answer needs is down: the documents, or recognition
broken       the answer failed
action       an action speaks: the operator's, or a function of the client's
"""


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

    def shifted(self, by_s: float) -> "Word":
        """The word on a clock that began `by_s` seconds earlier, to the millisecond."""
        start_s, end_s = round(self.start_s + by_s, 3), round(self.end_s + by_s, 3)
        return replace(self, start_s=start_s, end_s=end_s)


Words = tuple[Word, ...]
"""In the order in which they were said."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard: `words` are the recogniser's own, `text` is for reading.

    Silence and noise are valid audio: `text` is then empty and `words` is `()`.
    """

    text: str
    words: Words
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
    """A whole answer. `source` says which rung of the ladder spoke, `outcome` how it ended.

    `invented` counts the figures of a model that stand in no document: they were not said.
    `action` names the action of the operator's that speaks here, where one does.
    """

    text: str
    source: AnswerSource
    sources: tuple[Source, ...] = ()
    invented: int = 0
    action: str = ""
    outcome: Outcome = "answered"


@dataclass(frozen=True, slots=True)
class AnswerDelta:
    """The next piece of an answer that is still being worded; the whole follows as `Answer`.

    `retrieved_s` is when the passages were found that it rests on, by the event loop's clock.
    """

    text: str
    retrieved_s: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function of the client's that the language model wants called; `arguments` are JSON."""

    name: str
    arguments: str
    call_id: str


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """What must be called before there can be an answer. Its response has no words: its `Answer`
    is empty, and the client asks for another once it has sent each `ToolOutput`."""

    calls: tuple[ToolCall, ...]


AnswerPart = AnswerDelta | ToolCalls | Answer
"""What an answer is made of while it grows; exactly one `Answer` is its last part."""


@dataclass(frozen=True, slots=True)
class Mark:
    """`text[:char]` of a phrase has been spoken once `sample` of its samples have been played."""

    char: int
    sample: int


@dataclass(frozen=True, slots=True)
class Speech:
    """A spoken phrase, ready to play; phrases follow one another without a gap.

    `text` is what it says, as written, and `marks` tell how far in it each word ends. `turn` is
    the response it belongs to. A `filler` only bridges a wait: it is no part of the answer.
    """

    samples: Samples
    rate_hz: int
    text: str = ""
    marks: tuple[Mark, ...] = ()
    turn: int = 0
    filler: bool = False
