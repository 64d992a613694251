"""The caller's side of one call: audio, keys and typing in; turns and interruptions out.

Does what `asr.turns.turn_detector` decides, to the turn in `asr.turns.caller_turn`. Reads the call,
writes nothing into it; returns messages and never waits, but for `close`.
"""

import logging
from collections.abc import Callable, Iterator

from asr.turns import turn_detector
from asr.turns.call_view import CallView
from asr.turns.caller_turn import CallerTurn
from asr.turns.endpointing import PLAIN_S, pause_s
from asr.turns.hearing import Hearing
from asr.turns.microphone import Microphone
from asr.turns.turn_detector import VAD_FRAME_S, Assistant, Turns, ruled
from asr.turns.utterance import RecognitionUpdate
from dialog.clock import now_s
from dialog.content import Samples, Transcript
from dialog.keypad import KEYS, KeyedNumber
from dialog.messages import (
    CallerAudio,
    CallSettings,
    Cancel,
    Duck,
    EndOfTurn,
    Message,
    PartFailed,
    Say,
    SilenceTimeout,
    SpeechStarted,
    TextInput,
    Unduck,
)
from dialog.prompts import Prompts

log = logging.getLogger(__name__)

ECHO_BEFORE_S, ECHO_AFTER_S = 2.5, 0.6
GIVEN_UP = 3


class TurnManager:
    """See `asr.turns.listen`, which hands it everything in order."""

    def __init__(
        self,
        hearing: Hearing,
        call: CallView,
        prompts: Prompts,
        on_update: Callable[[RecognitionUpdate], None],
    ) -> None:
        self.ended = ""
        self.number = KeyedNumber()
        self._hearing = hearing
        self._call = call
        self._prompts = prompts
        self._microphone = Microphone(hearing, call, on_update)
        self._detector = Turns(hearing.rules)
        self._turn = CallerTurn(self._microphone, hearing.read, prompts)
        self._faults: set[str] = set()

    @property
    def awaiting(self) -> bool:
        """Whether a turn has ended of which the words are not known yet."""
        return self._turn.awaiting

    @property
    def patient(self) -> bool:
        """Whether a silent wire may be: the assistant is speaking, or prompts are not wanted."""
        return not self._call.settings.prompts or self._call.response is not None

    # ---- what the caller says

    def audio(self, chunk: CallerAudio) -> Iterator[Message]:
        """The next samples; bad ones are skipped and told once."""
        try:
            frames = self._microphone.frames(chunk)
        except ValueError as error:
            yield from self._fault("audio", str(error))
            return
        for frame in frames:
            if self._hearing.open is None:
                continue
            if self._call.settings.turn_detection:
                yield from self._frame(frame)
            else:
                self._by_hand(frame)

    def update(self, update: RecognitionUpdate) -> Iterator[Message]:
        """What recognition has found."""
        if update.utterance is not self._microphone.utterance:
            return
        if update.error is not None:
            yield from self._deaf(update.error)
            return
        if self._detector.settled and not update.is_final:
            return
        awaited = self._turn.awaiting
        yield from self._turn.hear(update)
        if awaited:
            return
        final_up_to = self._turn.final_up_to
        for step in self._detector.heard(update.words, self._assistant(), up_to_frame=final_up_to):
            yield from self._do(step)
        if self._detector.settled and self._detector.phase == "turn":
            yield from self._speculate([word.text for word in update.words])

    def commit(self) -> Iterator[Message]:
        """The turn ends by the caller's will."""
        if self._microphone.utterance is None:
            return
        self._detector.reset()
        yield from self._turn.end(self._detector.now, self._detector.now)

    def clear(self) -> Iterator[Message]:
        """Forget the open turn."""
        self._turn.drop()
        self._detector.reset()
        yield from self._turn.retract()

    def finish(self) -> Iterator[Message]:
        """The audio has ended, and the turn that is open with it."""
        if self._microphone.utterance is not None and self._detector.phase == "turn":
            yield from self._turn.end(self._detector.last_voiced, self._detector.now)

    # ---- what the caller does beside speaking

    def typed(self, line: TextInput) -> Iterator[Message]:
        """A turn in writing."""
        yield from self.interrupt()
        self._detector.reset()
        yield EndOfTurn(Transcript(line.text, (), 0.0), now_s(), answer=line.answer)

    def key(self, key: str) -> Iterator[Message]:
        """A key of the telephone."""
        yield from self.interrupt()
        self._detector.reset()
        if key == "#":
            yield from self.dialled()
        elif key in KEYS:
            self.number.press(key)

    def dialled(self) -> Iterator[Message]:
        """The number on the keypad is complete."""
        if digits := self.number.take():
            yield EndOfTurn(Transcript(digits, (), 0.0), now_s())

    def interrupt(self) -> Iterator[Message]:
        """Stop the assistant, if it is speaking or about to."""
        self._turn.cut_off(self._call.unanswered)
        yield Cancel()

    def settle(self, settings: CallSettings) -> Iterator[Message]:
        """Hold the call like this from now on."""
        if not settings.turn_detection and self._call.settings.turn_detection:
            yield from self.clear()
        self._detector.rules = ruled(self._hearing.rules, settings)
        yield settings

    async def close(self) -> None:
        """Leave nothing behind."""
        await self._microphone.close()

    # ---- what is decided frame by frame

    def _frame(self, frame: Samples) -> Iterator[Message]:
        try:
            probability = self._microphone.speech(frame)
        except Exception as error:
            log.warning("detection: %s", type(error).__name__)
            yield from self._fault("asr", "speech detection failed")
            return
        for step in self._detector.frame(probability, self._assistant()):
            yield from self._do(step)

    def _by_hand(self, frame: Samples) -> None:
        self._detector.now += 1
        if self._microphone.utterance is None:
            self._turn.open(0, self._detector.now)
        self._microphone.recognise(frame)

    def _do(self, step: turn_detector.Step) -> Iterator[Message]:
        match step:
            case turn_detector.Open():
                self._turn.open(step.before, self._detector.now)
            case turn_detector.Preview():
                if self._microphone.utterance is not None:
                    self._microphone.utterance.preview(self._detector.now)
            case turn_detector.Started():
                yield from self._turn.retract()
                yield SpeechStarted(round(step.at * VAD_FRAME_S, 3))
            case turn_detector.DuckAssistant():
                if self._call.settings.interruptible:
                    yield Duck()
            case turn_detector.UnduckAssistant():
                self._turn.drop()
                yield Unduck()
            case turn_detector.Stop():
                yield from self.interrupt()
            case turn_detector.End():
                yield from self._turn.end(step.at, self._detector.now)
            case turn_detector.Silence():
                yield from self._silence(step.times)

    def _assistant(self) -> Assistant:
        response = self._call.response
        if response is None:
            return Assistant()
        audible = response.playing or not self._call.settings.interruptible
        spoken = response.near(ECHO_BEFORE_S, ECHO_AFTER_S)
        echo = self._microphone.echoed(self._detector.over)
        return Assistant(True, audible, spoken, echo, self._microphone.unsure)

    def _speculate(self, words: list[str]) -> Iterator[Message]:
        """Have the answer begun before the pause is long enough, if the words look whole."""
        settings = self._call.settings
        if not words or not settings.auto_respond or settings.silence_s is not None:
            return
        if pause_s(words) <= PLAIN_S and self._call.response is None:
            yield from self._turn.speculate(self._detector.last_voiced)

    def _silence(self, times: int) -> Iterator[Message]:
        if not self._call.settings.prompts:
            return
        until_s = self._detector.now * VAD_FRAME_S
        if times < GIVEN_UP:
            since_s = until_s - self._detector.rules.silence_s
            yield SilenceTimeout(round(since_s, 3), round(until_s, 3))
        if times == 1:
            yield Say(self._prompts.are_you_there)
        elif times == 2:
            yield Say(self._prompts.giving_up)
        else:
            self.ended = "silence"

    # ---- what fails

    def _deaf(self, error: Exception) -> Iterator[Message]:
        log.warning("recognition: %s", type(error).__name__)
        yield from self.clear()
        yield from self._fault("asr", "recognition failed")
        yield Unduck()
        yield Say(self._prompts.cannot_hear, outcome="unavailable")

    def _fault(self, part: str, message: str) -> Iterator[Message]:
        if message not in self._faults:
            self._faults.add(message)
            yield PartFailed(part, message)
