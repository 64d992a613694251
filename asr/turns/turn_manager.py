"""The caller's side of one call: audio, keys and typing in; turns and interruptions out.

Does what `asr.turns.turn_detector` decides. Returns messages and never waits, but for `close`.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from asr.turns import turn_detector
from asr.turns.clarification import Doubts
from asr.turns.endpointing import PLAIN_S, pause_s
from asr.turns.microphone import Microphone
from asr.turns.turn_detector import VAD_FRAME_S, Assistant, Turns, ruled
from asr.turns.utterance import RecognitionUpdate
from dialog.call import Call, Trace, now_s
from dialog.keypad import KEYS, KeyedNumber
from dialog.messages import (
    CallerAudio,
    CallSettings,
    Duck,
    Interrupted,
    Message,
    PartFailed,
    Partial,
    Respond,
    Samples,
    Say,
    SilenceTimeout,
    SpeechStarted,
    SpeechStopped,
    TextInput,
    Transcript,
    Unduck,
    Words,
)
from dialog.prompts import Prompts

if TYPE_CHECKING:
    from asr.turns.hearing import Hearing

log = logging.getLogger(__name__)

ECHO_BEFORE_S, ECHO_AFTER_S = 2.5, 0.6
UNHEARD_S = 1.0
GIVEN_UP = 3
CARRY_S = 3.0


class TurnManager:
    """See `asr.turns.listen`, which hands it everything in order."""

    def __init__(
        self,
        hearing: "Hearing",
        call: Call,
        prompts: Prompts,
        on_update: Callable[[RecognitionUpdate], None],
    ) -> None:
        self.call = call
        self.ended = ""
        self.number = KeyedNumber()
        self._hearing = hearing
        self._microphone = Microphone(hearing, call, on_update)
        self._turns = Turns(hearing.rules)
        self._prompts = prompts
        self._doubts = Doubts(prompts)
        self._words: Words = ()
        self._settled_at = 0
        self._voiced_s = 0.0
        self._awaited: tuple[int, float, Trace] | None = None
        self._carried: tuple[str, float] | None = None
        self._faults: set[str] = set()

    # ---- what comes in

    def settle(self, settings: CallSettings) -> None:
        """Hold the call like this from now on."""
        if not settings.turn_detection and self.call.settings.turn_detection:
            self.clear()
        self.call.settings = settings
        self._turns.rules = ruled(self._hearing.rules, settings)

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
            if self.call.settings.turn_detection:
                yield from self._frame(frame)
            else:
                self._by_hand(frame)

    def news(self, news: RecognitionUpdate) -> Iterator[Message]:
        """What recognition has found."""
        if news.utterance is not self._microphone.utterance:
            return
        if news.error is not None:
            log.warning("recognition: %s", type(news.error).__name__)
            self._drop()
            self._turns.reset()
            self._awaited = None
            yield from self._fault("asr", "recognition failed")
            yield Unduck()
            yield self.call.asked(Say(self._prompts.cannot_hear, outcome="unavailable"))
            return
        if self._turns.settled and not news.is_final:
            return
        if news.words != self._words and news.words:
            yield Partial(" ".join(word.text for word in news.words), news.words)
        self._words = news.words
        self._settled_at = news.up_to_frame if news.is_final else 0
        if self._awaited is not None:
            last, ended_s, trace = self._awaited
            if self._settled_at >= last:
                yield from self._turn_over(ended_s, trace)
            return
        for step in self._turns.heard(news.words, self._assistant(), up_to_frame=self._settled_at):
            yield from self._do(step)
        if self._turns.settled and self._turns.phase == "turn":
            yield from self._guess([word.text for word in news.words])

    def typed(self, line: TextInput) -> Iterator[Message]:
        """A turn in writing."""
        yield from self.interrupt()
        self._turns.reset()
        yield from self.call.said(
            Transcript(line.text, (), 0.0), Trace(now_s()), answer=line.answer
        )

    def key(self, key: str) -> Iterator[Message]:
        """A key of the telephone."""
        yield from self.interrupt()
        self._turns.reset()
        if key == "#":
            yield from self.dialled()
        elif key in KEYS:
            self.number.press(key)

    def dialled(self) -> Iterator[Message]:
        """The number on the keypad is complete."""
        if digits := self.number.take():
            yield from self.call.said(Transcript(digits, (), 0.0), Trace(now_s()))

    def commit(self) -> Iterator[Message]:
        """The turn ends by the caller's will."""
        if self._microphone.utterance is None:
            return
        self._turns.reset()
        yield from self._over(self._turns.now)

    def clear(self) -> None:
        """Forget the open turn."""
        self._drop()
        self._turns.reset()

    def interrupt(self) -> Iterator[Message]:
        """Stop the assistant, if it is speaking or about to."""
        turn = self.call.turn
        if turn is not None and turn.guess:
            yield from self._retract()
        elif turn is not None and self.call.responding:
            line = self.call.playback.line(turn.number)
            turn.interrupted = True
            if not line.played and turn.question.text and "first_audio" not in turn.trace.marks_s:
                self._carried = turn.question.text, now_s()
            yield Interrupted(turn.number, self.call.heard(turn), line.played)

    @property
    def awaiting(self) -> bool:
        """Whether a turn has ended of which the words are not known yet."""
        return self._awaited is not None

    @property
    def patient(self) -> bool:
        """Whether a silent wire may be: the assistant is speaking, or prompts are not wanted."""
        return not self.call.settings.prompts or self.call.responding

    def finish(self) -> Iterator[Message]:
        """The audio has ended, and the turn that is open with it."""
        if self._microphone.utterance is not None and self._turns.phase == "turn":
            yield from self._over(self._turns.last_voiced)

    async def close(self) -> None:
        """Leave nothing behind."""
        await self._microphone.close()

    # ---- frames and steps

    def _frame(self, frame: Samples) -> Iterator[Message]:
        try:
            probability = self._microphone.speech(frame)
        except Exception as error:
            log.warning("detection: %s", type(error).__name__)
            yield from self._fault("asr", "speech detection failed")
            return
        for step in self._turns.frame(probability, self._assistant()):
            yield from self._do(step)

    def _by_hand(self, frame: Samples) -> None:
        self._turns.now += 1
        if self._microphone.utterance is None:
            self._open(0)
        self._microphone.recognise(frame)

    def _do(self, step: turn_detector.Step) -> Iterator[Message]:
        match step:
            case turn_detector.Open():
                self._open(step.before)
            case turn_detector.Preview():
                if self._microphone.utterance is not None:
                    self._microphone.utterance.preview(self._turns.now)
            case turn_detector.Started():
                yield from self._retract()
                yield SpeechStarted(round(step.at * VAD_FRAME_S, 3))
            case turn_detector.DuckAssistant():
                if self.call.settings.interruptible:
                    yield Duck()
            case turn_detector.UnduckAssistant():
                self._drop()
                yield Unduck()
            case turn_detector.Stop():
                yield from self.interrupt()
            case turn_detector.End():
                yield from self._over(step.at)
            case turn_detector.Silence():
                yield from self._silence(step.times)

    def _open(self, before: int) -> None:
        self._drop()
        self._microphone.open(before, self._turns.now)

    def _assistant(self) -> Assistant:
        turn = self.call.turn
        if turn is None or not self.call.responding:
            return Assistant()
        line = self.call.playback.line(turn.number)
        audible = self.call.playback.playing(turn.number) or not self.call.settings.interruptible
        echo = self._microphone.echoed(self._turns.over)
        return Assistant(
            True, audible, line.near(ECHO_BEFORE_S, ECHO_AFTER_S), echo, self._microphone.unsure
        )

    # ---- turns

    def _over(self, ended: int) -> Iterator[Message]:
        """The turn has ended with this frame; its words may still be on their way."""
        ended_s = ended * VAD_FRAME_S
        trace = Trace(self._microphone.arrived_s - (self._turns.now * VAD_FRAME_S - ended_s))
        trace.mark("endpoint")
        self._voiced_s = ended_s - self._start_s(ended_s)
        yield SpeechStopped(round(ended_s, 3))
        last = min(ended + 1, self._turns.now)
        if self._settled_at >= last:
            yield from self._turn_over(ended_s, trace)
        elif self._microphone.utterance is not None:
            self._awaited = last, ended_s, trace
            self._microphone.utterance.preview(self._turns.now)

    def _turn_over(self, ended_s: float, trace: Trace) -> Iterator[Message]:
        self._awaited = None
        words, start_s = self._words, self._start_s(ended_s)
        self._drop()
        transcript = self._transcript(words, ended_s - start_s)
        trace.mark("final_text")
        guess = self.call.turn
        if guess is not None and guess.guess:
            if guess.question.text == transcript.text:
                guess.guess, self.call.question = False, transcript
                guess.trace.began_s = trace.began_s
                guess.trace.mark("endpoint", trace.marks_s["endpoint"])
                guess.trace.mark("final_text")
                yield transcript
                return
            yield from self._retract()
        if not words:
            if self._voiced_s >= UNHEARD_S:
                yield self.call.asked(Say(self._prompts.say_again, outcome="unheard"))
            return
        judged = self._doubts.judge(transcript)
        if isinstance(judged, Say):
            yield transcript
            yield self.call.asked(judged)
            return
        yield from self.call.said(judged, trace)

    def _start_s(self, otherwise: float) -> float:
        """When the open utterance began."""
        utterance = self._microphone.utterance
        return otherwise if utterance is None else utterance.start_s

    def _guess(self, texts: list[str]) -> Iterator[Message]:
        """Begin to answer before the pause is long enough, if the words look whole."""
        if not texts or not self.call.settings.auto_respond or pause_s(texts) > PLAIN_S:
            return
        if self.call.responding or self.call.settings.silence_s is not None:
            return
        ended_s = self._turns.last_voiced * VAD_FRAME_S
        start_s = self._start_s(ended_s)
        transcript = self._transcript(self._words, ended_s - start_s)
        turn = self.call.turn
        if turn is not None and turn.guess and turn.question.text == transcript.text:
            return
        yield from self._retract()
        if self._doubts.would_accept(transcript):
            yield Respond(self.call.begin(transcript, Trace(now_s()), guess=True))

    def _retract(self) -> Iterator[Message]:
        turn = self.call.turn
        if turn is not None and turn.guess:
            yield Interrupted(turn.number)
            self.call.retract()

    def _transcript(self, words: Words, duration_s: float) -> Transcript:
        raw = Transcript(" ".join(word.text for word in words), words, round(duration_s, 3))
        text = self._hearing.read(raw) if words else ""
        if self._carried is not None:
            before, at_s = self._carried
            if now_s() - at_s <= CARRY_S + duration_s:
                text = f"{before.rstrip('.?!')} {text[:1].lower()}{text[1:]}"
        return replace(raw, text=text)

    def _silence(self, times: int) -> Iterator[Message]:
        if not self.call.settings.prompts:
            return
        until_s = self._turns.now * VAD_FRAME_S
        if times < GIVEN_UP:
            since_s = until_s - self._turns.rules.silence_s
            yield SilenceTimeout(round(since_s, 3), round(until_s, 3))
        if times == 1:
            yield self.call.asked(Say(self._prompts.are_you_there))
        elif times == 2:
            yield self.call.asked(Say(self._prompts.giving_up))
        else:
            self.ended = "silence"

    def _drop(self) -> None:
        self._microphone.drop()
        self._words, self._settled_at = (), 0

    def _fault(self, part: str, message: str) -> Iterator[Message]:
        if message not in self._faults:
            self._faults.add(message)
            yield PartFailed(part, message)
