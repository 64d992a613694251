"""What a recogniser is, and which engines there are.

Knows no engine's insides: each is imported when one of its models is loaded. Another
engine is another entry of `ENGINES`; a model chooses it by `engine` in the catalogue or by
`engine:model` where a model is named.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from dialog.errors import Unavailable
from dialog.messages import Samples, Transcript
from models.catalogue import ModelEntry, resolve


class Recogniser(Protocol):
    """Speech to words, whole phrases at a time; blocking."""

    rate_hz: int

    def transcribe(self, audio: Sequence[Samples]) -> list[Transcript]:
        """One transcript for each mono float32 array at `rate_hz`, in order.

        Word times count from the start of their array, in seconds, ordered and inside it.
        `text` is the model's own, with its case and punctuation if it writes them.
        """
        ...


RecogniserLoader = Callable[[ModelEntry, str], Recogniser]


def _load_nemo(entry: ModelEntry, device: str) -> Recogniser:
    from asr.nemo import load

    return load(entry, device)


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
    entry = replace(resolve(reference), phrases=phrases)
    if entry.engine not in engines:
        raise Unavailable(f"no recognition engine {entry.engine!r}: known are {', '.join(engines)}")
    return engines[entry.engine](entry, device)
