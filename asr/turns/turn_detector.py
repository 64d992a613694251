"""When the caller speaks, has finished, interrupts, or has fallen silent.

    probability  __/~~~~~~~~~\\__/~~~~~~\\_________________
    said           Open          Preview(resumes)  Preview  End
                   SpeechStarted                      SpeechStopped follows

    the assistant speaks  ==========================
    probability           ____/~~~\\____________/~~~~~~~
    said                      Open Duck  Unduck  Open Duck  Stop

A state machine over frames of 32 ms and over the words that recognition brings. It counts time
in frames; it calls nobody, and knows neither models nor tasks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from asr.turns.barge_in import verdict
from asr.turns.endpointing import UNKNOWN_S, pause_s
from asr.vad import FRAME, RATE_HZ
from dialog.content import Word
from dialog.messages import CallSettings

VAD_FRAME_S = FRAME / RATE_HZ


@dataclass(frozen=True, slots=True)
class Open:
    """Recognise from here on, `before` frames back included."""

    before: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A pause, or need of haste: find out what the words are if nothing more comes."""


@dataclass(frozen=True, slots=True)
class Started:
    """The caller has the turn, since `at` frames from the start."""

    at: int


@dataclass(frozen=True, slots=True)
class DuckAssistant:
    """The caller may be speaking over the assistant."""


@dataclass(frozen=True, slots=True)
class UnduckAssistant:
    """It was nothing; forget it."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The caller interrupts the assistant."""


@dataclass(frozen=True, slots=True)
class End:
    """The turn is over; the last speech was at `at` frames from the start."""

    at: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Nobody has spoken for long, for the `times`-th time."""

    times: int


Step = Open | Preview | Started | DuckAssistant | UnduckAssistant | Stop | End | Silence
Phase = Literal["quiet", "over", "turn"]


@dataclass(frozen=True, slots=True)
class TurnRules:
    """What decides. Times are seconds of audio; `before` counts frames.

    A pause of `pause_s` ends a turn whatever was said, else one that fits the words, times
    `patience`.

    Over the assistant's voice the words are looked at every `look` frames.
    `onset` voiced frames of the last `window` are speech; over the assistant's own voice a
    little more is asked for. `long_s` of speech over the assistant interrupts it though no word
    is understood.
    """

    threshold: float = 0.5
    quiet: float = 0.35
    pause_s: float | None = None
    patience: float = 1.0
    onset: int = 3
    onset_over: int = 4
    window: int = 6
    before: int = 12
    preview_s: float = 0.13
    look: int = 2
    long_s: float = 1.4
    nothing_s: float = 0.45
    given_up_s: float = 1.5
    max_turn_s: float = 30.0
    silence_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Assistant:
    """The other side, as of now: whether its response is being made or played, whether any of
    it can be heard yet, the words that were played lately, whether their echo is all that was
    heard since somebody seemed to speak, and whether it is too early to know."""

    responding: bool = False
    audible: bool = False
    spoken: str = ""
    echo: bool = False
    unsure: bool = False


def ruled(rules: TurnRules, settings: CallSettings) -> TurnRules:
    """The rules as a call's settings change them."""
    changes: dict[str, Any] = {"pause_s": settings.silence_s, "patience": settings.patience}
    if settings.idle_s is not None:
        changes["silence_s"] = settings.idle_s
    if settings.threshold is not None:
        lower = max(settings.threshold - (rules.threshold - rules.quiet), 0.01)
        changes |= {"threshold": settings.threshold, "quiet": lower}
    if settings.before_s is not None:
        changes["before"] = round(settings.before_s / VAD_FRAME_S) + rules.onset
    return replace(rules, **changes)


class Turns:
    """Feed it `frame` by frame and `heard` by news; do what it returns."""

    def __init__(self, rules: TurnRules | None = None) -> None:
        self.rules = rules or TurnRules()
        self.phase: Phase = "quiet"
        self.now = 0
        self.last_voiced = 0
        self._recent: list[bool] = []
        self._begun = False
        self._began = 0
        self._voiced = 0
        self._waited = 0
        self._prompted = 0
        self._words: tuple[Word, ...] = ()
        self._settled = False
        self._previewed = False

    @property
    def open(self) -> bool:
        """Whether an utterance is being recognised."""
        return self.phase != "quiet"

    @property
    def over(self) -> int:
        """For how many frames somebody has seemed to speak over the assistant."""
        return self.now - self._began if self._begun and self.phase != "turn" else 0

    @property
    def settled(self) -> bool:
        """Whether the words are known up to the pause that goes on: a chunk of it adds none."""
        return self._settled

    def frame(self, probability: float, assistant: Assistant) -> list[Step]:
        """The next frame of the caller's audio, and the probability of speech in it."""
        self.now += 1
        limit = self.rules.quiet if self._recent and self._recent[-1] else self.rules.threshold
        voiced = probability >= limit
        self._recent = [*self._recent, voiced][-self.rules.window :]
        if voiced:
            self.last_voiced = self.now
            self._voiced += 1
        match self.phase:
            case "quiet":
                return self._wait(assistant)
            case "over":
                return self._over(voiced, assistant)
            case "turn":
                return self._turn(voiced)

    def heard(
        self, words: Sequence[Word], assistant: Assistant, *, up_to_frame: int = 0
    ) -> list[Step]:
        """News of the open utterance. `up_to_frame`: these would be its words if it ended there;
        0 where more may follow from what was heard already."""
        self._words = tuple(words)
        self._settled = up_to_frame > self.last_voiced
        if self.phase == "over":
            return self._decide(assistant)
        return []

    def reset(self) -> None:
        """Forget the open utterance, and how long it has been silent."""
        self.phase = "quiet"
        self._recent = []
        self._begun = False
        self._waited = self._prompted = 0

    def _wait(self, assistant: Assistant) -> list[Step]:
        needed = self.rules.onset_over if assistant.audible else self.rules.onset
        if not self._begun and self._recent[-1] and sum(self._recent) >= needed:
            self._begun = True
            self._began = self.now - len(self._recent)
            self._voiced = sum(self._recent)
        if assistant.echo or not (assistant.audible or any(self._recent)):
            self._begun = False  # our own voice, or a sound that was over before it could be told
        if not self._begun or (assistant.audible and assistant.unsure):
            return self._silent(assistant)
        self._words, self._settled, self._previewed = (), False, False
        self._waited = self._prompted = 0
        since = self.now - self._began - len(self._recent)
        opened: list[Step] = [Open(self.rules.before + since)]
        if assistant.audible:
            self.phase = "over"
            return [*opened, DuckAssistant()]
        self.phase = "turn"
        stop: list[Step] = [Stop()] if assistant.responding else []
        return [*opened, *stop, Started(self._began)]

    def _silent(self, assistant: Assistant) -> list[Step]:
        self._waited = 0 if assistant.responding else self._waited + 1
        if self._waited * VAD_FRAME_S < self.rules.silence_s:
            return []
        self._waited = 0
        self._prompted += 1
        return [Silence(self._prompted)]

    def _over(self, voiced: bool, assistant: Assistant) -> list[Step]:
        if not assistant.responding:  # it has finished by itself: the turn is the caller's
            return self._take()
        if self._quiet_s() >= self.rules.given_up_s:
            self._settled = True  # recognition has nothing to say any more
        if self._quiet_s() >= self.rules.nothing_s and self._settled:
            return self._decide(assistant)
        if not self._words and self._voiced * VAD_FRAME_S >= self.rules.long_s:
            return [Stop(), *self._take()]
        if voiced and (self.now - self._began) % self.rules.look == 0:
            return [Preview()]
        return self._preview(voiced)

    def _turn(self, voiced: bool) -> list[Step]:
        if (self.now - self._began) * VAD_FRAME_S >= self.rules.max_turn_s:
            return self._end()
        if voiced:
            self._previewed = self._settled = False
            return []
        if self._quiet_s() >= self._pause_s():
            return self._end()
        return self._preview(voiced)

    def _preview(self, voiced: bool) -> list[Step]:
        if voiced:
            self._previewed = self._settled = False
        elif not self._previewed and self._quiet_s() >= self.rules.preview_s:
            self._previewed = True
            return [Preview()]
        return []

    def _decide(self, assistant: Assistant) -> list[Step]:
        over = self._settled and self._quiet_s() >= self.rules.nothing_s
        words = () if assistant.echo else self._words
        voiced_s = self._voiced * VAD_FRAME_S
        found = verdict(words, assistant.spoken, settled=self._settled, voiced_s=voiced_s)
        if found == "interruption":
            return [Stop(), *self._take()]
        if found == "nothing" and over:
            self.reset()
            return [UnduckAssistant()]
        return []

    def _take(self) -> list[Step]:
        self.phase = "turn"
        return [Started(self._began)]

    def _end(self) -> list[Step]:
        self.reset()
        return [End(self.last_voiced)]

    def _quiet_s(self) -> float:
        return (self.now - self.last_voiced) * VAD_FRAME_S

    def _pause_s(self) -> float:
        if self.rules.pause_s is not None:
            return self.rules.pause_s
        words = [word.text for word in self._words]
        return self.rules.patience * (pause_s(words) if self._settled else UNKNOWN_S)
