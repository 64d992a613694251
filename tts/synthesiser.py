"""What a synthesiser is, and which engines there are.

Knows no engine's insides: each is imported when one of its voices is loaded.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from dialog.content import Samples
from dialog.errors import Unavailable
from models.catalogue import ModelEntry, resolve


class Synthesiser(Protocol):
    """Phrases to speech; blocking."""

    rate_hz: int
    voices: tuple[str, ...]

    def synthesise(self, text: str, voice: str, speed: float) -> Samples:
        """One phrase in the voice alphabet (see `russian.voice`) to mono float32 at `rate_hz`.

        `speed` 2.0 speaks twice as fast. `voice` is one of `voices`.
        """
        ...


SynthesiserLoader = Callable[[ModelEntry, str], Synthesiser]


def _load_nemo(entry: ModelEntry, device: str) -> Synthesiser:
    from tts.nemo import load

    return load(entry, device)


ENGINES: Mapping[str, SynthesiserLoader] = {"nemo": _load_nemo}


def load_synthesiser(
    reference: str, device: str = "auto", engines: Mapping[str, SynthesiserLoader] = ENGINES
) -> Synthesiser:
    """Load the voice of a catalogue id, a `.nemo` file or a hub id; slow, so call it on the
    model's thread. Raises `Unavailable`."""
    entry = resolve(reference)
    if entry.engine not in engines:
        raise Unavailable(f"no synthesis engine {entry.engine!r}: known are {', '.join(engines)}")
    return engines[entry.engine](entry, device)
