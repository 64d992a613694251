"""What a recogniser is, of whole phrases and of speech while it goes on, and which there are.

Knows no engine's insides: each is imported when one of its models is loaded. Another
recogniser is another entry of `ENGINES`, whether it streams or not; a model chooses it by
`engine` in the catalogue or by `engine:model` where a model is named.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from dialog.content import Samples, Transcript, Words
from dialog.errors import Unavailable
from models.catalogue import ModelEntry, resolve

EngineState = Any


class Engine(Protocol):
    """Many utterances, one step of each at a time; blocking.

    A state is a value: stepping from it again gives the same, so that a pause can be looked
    into without ending the utterance.
    """

    rate_hz: int
    chunk: int
    """A step takes a multiple of this many samples of each utterance."""

    def start(self) -> EngineState:
        """The state before the first sample of an utterance."""
        ...

    def step(
        self, chunks: Sequence[Samples], states: Sequence[EngineState]
    ) -> tuple[list[Words], list[EngineState]]:
        """More samples for each state: all words so far, and the states that follow. Word times
        are seconds from the start of the utterance.

        `chunks[i]` is mono float32 at `rate_hz`, (n * chunk,), any n for each, and follows
        `states[i]`.
        """
        ...

    def finish(self, rests: Sequence[Samples], states: Sequence[EngineState]) -> list[Words]:
        """All words, if the utterances ended after these further samples, of any number."""
        ...


class Recogniser(Protocol):
    """Speech to words, whole phrases at a time; blocking."""

    rate_hz: int

    def transcribe(self, audio: Sequence[Samples]) -> list[Transcript]:
        """One transcript for each mono float32 array at `rate_hz`, in order.

        Word times count from the start of their array, in seconds, ordered and inside it.
        `text` is the model's own, with its case and punctuation if it writes them.
        """
        ...

    def streaming(self) -> Engine | None:
        """The same model for speech that still goes on, or None if it knows only whole phrases.
        Whoever takes the engine leaves `transcribe` alone from then on: a model may have to be
        set for one or for the other."""
        ...


RecogniserLoader = Callable[[ModelEntry, str, Path | None], Recogniser]
"""Loads an entry's model on a device; it expects the phrases of a file, see `load_recogniser`."""


def _load_nemo(entry: ModelEntry, device: str, phrases: Path | None) -> Recogniser:
    from asr.nemo import load

    return load(entry, device, phrases)


ENGINES: Mapping[str, RecogniserLoader] = {"nemo": _load_nemo}


def load_recogniser(
    reference: str,
    device: str = "auto",
    engines: Mapping[str, RecogniserLoader] = ENGINES,
    phrases: Path | None = None,
) -> Recogniser:
    """Load the model of a catalogue id, a `.nemo` file or a hub id; slow, so call it on the
    model's thread. `phrases` is a file of what the operator's callers may name, one a line, read
    again when it changes. Raises `Unavailable`."""
    entry = resolve(reference)
    if entry.engine not in engines:
        raise Unavailable(f"no recognition engine {entry.engine!r}: known are {', '.join(engines)}")
    return engines[entry.engine](entry, device, phrases)
