"""A turn of the caller's, from its first word to what is made of it.

    words   сколько стоит доставка ______                      роутера ______________
    out     Partial Partial Partial       EagerEndOfTurn                      EagerEndOfTurn
                                                 TurnRetracted          SpeechStopped  EndOfTurn

Knows words and what they were worth; when a turn opens, pauses and ends is told by `turn_manager`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from asr.turns.clarification import Doubts
from asr.turns.microphone import Microphone
from asr.turns.turn_detector import VAD_FRAME_S
from asr.turns.utterance import RecognitionUpdate
from dialog.clock import now_s
from dialog.content import Transcript, Words
from dialog.messages import (
    EagerEndOfTurn,
    EndOfTurn,
    Message,
    Partial,
    Say,
    SpeechStopped,
    TurnRetracted,
)
from dialog.prompts import Prompts

UNHEARD_S = 1.0
"""Who has made a sound for so long, and is not understood at all, is asked to say it again."""

JOIN_S = 3.0
"""What is said so soon after a question was cut off belongs to it."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ended of which the words may still be on their way: they are known once they are
    final up to `last_frame`. `ended_s` is the last speech by the call's audio, `said_s` the same
    moment and `endpoint_s` its being noticed by the event loop's clock."""

    last_frame: int
    ended_s: float
    said_s: float
    endpoint_s: float


class CallerTurn:
    """One for each call: when a turn is over, it begins the next. `read` makes words readable."""

    def __init__(
        self, microphone: Microphone, read: Callable[[Transcript], str], prompts: Prompts
    ) -> None:
        self.final_up_to = 0
        self._microphone = microphone
        self._read = read
        self._prompts = prompts
        self._doubts = Doubts(prompts)
        self._words: Words = ()
        self._speculated: str | None = None
        self._ending: Ending | None = None
        self._cut_off: tuple[str, float] | None = None

    @property
    def awaiting(self) -> bool:
        """Whether the turn has ended and its words are not known yet."""
        return self._ending is not None

    def open(self, before: int, now: int) -> None:
        """Recognise from here on, `before` frames back included; `now` counts frames."""
        self.drop()
        self._microphone.open(before, now)

    def hear(self, update: RecognitionUpdate) -> Iterator[Message]:
        """The words as they are known now; the end of a turn that has waited for them."""
        if update.words and update.words != self._words:
            yield Partial(" ".join(word.text for word in update.words), update.words)
        self._words = update.words
        self.final_up_to = update.up_to_frame if update.is_final else 0
        if self._ending is not None and self.final_up_to >= self._ending.last_frame:
            yield from self._over(self._ending)

    def speculate(self, ended: int) -> Iterator[Message]:
        """The words up to frame `ended` look whole: this may have been all."""
        transcript = self._transcript(ended * VAD_FRAME_S)
        if transcript.text == self._speculated:
            return
        yield from self.retract()
        if self._doubts.would_accept(transcript):
            self._speculated = transcript.text
            yield EagerEndOfTurn(transcript)

    def retract(self) -> Iterator[Message]:
        """It was not all."""
        if self._speculated is not None:
            self._speculated = None
            yield TurnRetracted()

    def end(self, ended: int, now: int) -> Iterator[Message]:
        """The last speech was in frame `ended` and the turn is over, as of frame `now`."""
        ended_s = ended * VAD_FRAME_S
        said_s = self._microphone.arrived_s - (now * VAD_FRAME_S - ended_s)
        ending = Ending(min(ended + 1, now), ended_s, said_s, now_s())
        yield SpeechStopped(round(ended_s, 3))
        if self.final_up_to >= ending.last_frame:
            yield from self._over(ending)
        elif self._microphone.utterance is not None:
            self._ending = ending
            self._microphone.utterance.preview(now)

    def cut_off(self, question: str) -> None:
        """The caller speaks on before anything of the answer was heard: `question` goes on, too."""
        self._speculated = None
        if question:
            self._cut_off = question, now_s()

    def drop(self) -> None:
        """Forget the words, and what is being recognised."""
        self._microphone.drop()
        self._words, self.final_up_to, self._ending = (), 0, None

    def _over(self, ending: Ending) -> Iterator[Message]:
        transcript = self._transcript(ending.ended_s)
        self.drop()
        if transcript.text == self._speculated:
            self._speculated = None
            yield EndOfTurn(transcript, ending.said_s, ending.endpoint_s)
            return
        yield from self.retract()
        if not transcript.words:
            if transcript.duration_s >= UNHEARD_S:
                yield Say(self._prompts.say_again, outcome="unheard")
            return
        judged = self._doubts.judge(transcript)
        if isinstance(judged, Say):
            yield transcript
            yield judged
        else:
            yield EndOfTurn(judged, ending.said_s, ending.endpoint_s)

    def _transcript(self, ended_s: float) -> Transcript:
        utterance = self._microphone.utterance
        duration_s = 0.0 if utterance is None else ended_s - utterance.start_s
        raw = Transcript(
            " ".join(word.text for word in self._words), self._words, round(duration_s, 3)
        )
        text = self._read(raw) if raw.words else ""
        if self._cut_off is not None:
            before, at_s = self._cut_off
            if now_s() - at_s <= JOIN_S + duration_s:
                text = f"{before.rstrip('.?!')} {text[:1].lower()}{text[1:]}"
        return replace(raw, text=text)
