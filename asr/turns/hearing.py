"""What hears a call: the parts that a conversation is given to listen with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from asr.turns.turn_detector import TurnRules
from asr.turns.utterance import UtteranceStream
from asr.vad import SileroVad, Vad
from dialog.content import Transcript

Transcribe = Callable[[Path | BinaryIO], Awaitable[Transcript]]

NO_AUDIO_S = 60.0


@dataclass(frozen=True)
class Hearing:
    """Who hears: whole recordings; and the utterances of a call, at `rate_hz`, `chunk` samples
    at a time. `read` makes recognised words readable."""

    transcribe: Transcribe
    open: Callable[[], UtteranceStream] | None = None
    rate_hz: int = 16_000
    chunk: int = 5_120
    read: Callable[[Transcript], str] = field(default=lambda heard: heard.text)
    vad: Callable[[], Vad] = SileroVad
    rules: TurnRules = field(default_factory=TurnRules)
    no_audio_s: float = NO_AUDIO_S
