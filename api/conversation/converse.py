"""The whole product on one page: what goes in, what comes out, and who does what to it.

    caller's audio -> listen (asr) -> respond (rag) -> speak (tts) -> assistant's audio

    caller     ~~~ сколько стоит доставка ~~~
    out          SpeechStarted  Partial Partial ... SpeechStopped Transcript
                                                     ResponseStarted AnswerDelta Speech Speech ...
    caller                                                               ~~~ подождите ~~~
    out                                                                    Duck  Interrupted
                                                                                SpeechStarted ...

A recording or a typed question runs through the same stages: it only enters further on.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from asr.turns.clarification import AGAIN, ANOTHER_WAY
from asr.turns.hearing import Hearing
from asr.turns.listen import listen
from asr.turns.turn_manager import ARE_YOU_THERE, DEAF, GOODBYE
from dialog.call import Call, Turn, answering
from dialog.errors import BadInput, Unavailable
from dialog.flow import aclose, interruptible
from dialog.messages import (
    Answer,
    AnswerDelta,
    CallEnded,
    HungUp,
    Inbound,
    Interrupted,
    Message,
    Outbound,
    PartFailed,
    Played,
    Respond,
    ResponseEnded,
    ResponseStarted,
    Say,
    Speech,
    Transcript,
    TurnTrace,
)
from rag.answering.llm import ChatMessage

AnswerQuestion = Callable[[str, Sequence[ChatMessage]], AsyncIterator[AnswerDelta | Answer]]
Speaking = Callable[[AsyncIterator[str], str | None, float], AsyncIterator[Speech]]

log = logging.getLogger(__name__)

NOTHING_HEARD = "Я ничего не услышал. Повторите, пожалуйста, вопрос."
BROKEN = "Извините, сейчас я не могу ответить. Попробуйте, пожалуйста, ещё раз."
FILLER = "Секунду, смотрю."
FILLER_AFTER_S = 1.2
PROMPTS = (FILLER, NOTHING_HEARD, BROKEN, AGAIN, ANOTHER_WAY, ARE_YOU_THERE, GOODBYE, DEAF)
HISTORY_TURNS = 5
REPLIES = (ResponseStarted, AnswerDelta, Answer, Speech, ResponseEnded, PartFailed)


@dataclass(frozen=True)
class Stages:
    """What does the work. No `speak`: the answer is only read. `history` was said before.
    `filler` is what bridges a long wait, when it is at hand."""

    hearing: Hearing
    respond: AnswerQuestion
    speak: Speaking | None = None
    history: Sequence[ChatMessage] = ()
    filler: Callable[[], Speech | None] = lambda: None


async def converse(
    inbound: AsyncIterator[Inbound], stages: Stages, call: Call | None = None
) -> AsyncGenerator[Outbound]:
    """Hold one conversation, from its first message to `CallEnded`.

    When `inbound` ends, what it asked for is finished first; after `HungUp` nothing is. Errors
    of a recording (BadInput, Unavailable) are raised; in a call they become words and a
    `PartFailed`. Closing it early stops everything it began.
    """
    call = call or Call()
    heard = listen(inbound, stages.hearing, call)
    answered = interruptible(heard, Responder(stages, call), Responder.TAKES)
    spoken = interruptible(answered, Speaker(stages, call), Speaker.TAKES)
    async with aclosing(accounted(confirmed(spoken, call), call)) as messages:
        try:
            async for message in messages:
                if isinstance(message, Outbound):
                    yield message
        except Exception as error:
            if not call.live:
                raise
            log.exception("a call broke")
            yield PartFailed("call", type(error).__name__)
            yield CallEnded("fault")


class Responder:
    """Answers the last transcript when told to; speaks given words when told those."""

    TAKES = (Respond, Say)

    def __init__(self, stages: Stages, call: Call) -> None:
        self._stages = stages
        self._call = call

    async def __call__(self, taken: AsyncIterator[Message]) -> AsyncGenerator[Message]:
        async for message in taken:
            assert isinstance(message, Respond | Say)
            turn = self._call.numbered(message.turn)
            yield ResponseStarted(turn.number)
            async with aclosing(self._answer(message, turn)) as parts:
                async for part in parts:
                    turn.trace.mark("first_token")
                    if isinstance(part, Answer):
                        turn.trace.mark("answered")
                    yield part

    async def _answer(
        self, message: Respond | Say, turn: Turn
    ) -> AsyncGenerator[AnswerDelta | Answer]:
        text = turn.question.text
        if isinstance(message, Say) or not text.strip():
            say = message if isinstance(message, Say) else Say(NOTHING_HEARD)
            yield AnswerDelta(say.text)
            yield Answer(say.text, "none", action=say.action)
            return
        answering(turn.trace)
        parts = self._stages.respond(text, [*self._stages.history, *self._said(turn)])
        try:
            async for part in parts:
                yield part
        except Exception as error:
            if not self._call.live:
                raise
            log.warning("no answer: %s", type(error).__name__)
            yield AnswerDelta(BROKEN)
            yield Answer(BROKEN, "none")
        finally:
            if isinstance(parts, AsyncGenerator):
                await parts.aclose()

    def _said(self, turn: Turn) -> list[ChatMessage]:
        """The turns before, the answers as far as they were heard."""
        before = [one for one in self._call.turns if one is not turn][-HISTORY_TURNS:]
        said = (
            (one, answer, self._call.heard(one) if answer else one.question.text)
            for one in before
            for answer in (False, True)
        )
        return [
            ChatMessage("assistant" if answer else "user", text)
            for one, answer, text in said
            if text and answer not in one.forgotten
        ]


class Speaker:
    """Voices each response while it grows. Without a voice it stays text: never silence for all."""

    TAKES = (ResponseStarted, AnswerDelta, Answer)

    def __init__(self, stages: Stages, call: Call) -> None:
        self._speak = stages.speak
        self._filler = stages.filler
        self._call = call

    async def __call__(self, taken: AsyncIterator[Message]) -> AsyncGenerator[Message]:
        async for message in taken:
            if not isinstance(message, ResponseStarted):
                continue
            words = _words(taken)
            async with aclosing(self._voiced(words, message.turn)) as parts:
                async for part in parts:
                    yield part
            async for _ in words:
                """What a voice left unread."""
            yield ResponseEnded(message.turn)

    async def _voiced(self, words: AsyncIterator[str], number: int) -> AsyncGenerator[Message]:
        settings = self._call.settings
        if self._speak is None or not settings.spoken:
            return
        turn = self._call.numbered(number)
        speech = self._speak(words, settings.voice, settings.speed)
        try:
            async with aclosing(self._bridged(speech, turn)) as phrases:
                async for phrase in phrases:
                    yield replace(phrase, turn=number)
        except Exception as error:
            if not self._call.live and not isinstance(error, Unavailable):
                raise
            log.warning("no voice, the answer stays text: %s", type(error).__name__)
            known = isinstance(error, Unavailable | BadInput)
            yield PartFailed("tts", str(error) if known else "synthesis failed")
        finally:
            if isinstance(speech, AsyncGenerator):
                await speech.aclose()

    async def _bridged(self, speech: AsyncIterator[Speech], turn: Turn) -> AsyncGenerator[Speech]:
        """The speech; before it, when a caller's question waits too long, one filler."""
        first = asyncio.ensure_future(anext(speech, None))
        try:
            filler = self._filler() if self._call.live and turn.question.text else None
            if filler is not None:
                done, _ = await asyncio.wait({first}, timeout=FILLER_AFTER_S)
                if not done:
                    yield replace(filler, filler=True)
            phrase = await first
        finally:
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
        while phrase is not None:
            turn.trace.mark("first_phrase")
            yield phrase
            phrase = await anext(speech, None)


async def _words(taken: AsyncIterator[Message]) -> AsyncGenerator[str]:
    """The pieces of one response, up to its `Answer`."""
    async for message in taken:
        if isinstance(message, AnswerDelta):
            yield message.text
        elif isinstance(message, Answer):
            return


async def confirmed(inbound: AsyncIterator[Message], call: Call) -> AsyncGenerator[Message]:
    """Hold back the answer to a guess until its `Transcript` comes. One that is withdrawn before
    leaves no trace: its `Interrupted` is held back for good."""
    held: list[Message] = []
    holding = False
    let_out = 0
    try:
        async for message in inbound:
            match message:
                case ResponseStarted():
                    holding = call.numbered(message.turn).guess
                    let_out = let_out if holding else message.turn
                case Interrupted() if message.turn > let_out:
                    held, holding = [], False
                    continue
            if holding and isinstance(message, REPLIES):
                held.append(message)
                continue
            yield message
            if holding and isinstance(message, Transcript):
                for reply in held:
                    yield reply
                held, holding, let_out = [], False, call.turns[-1].number
    finally:
        await aclose(inbound)


async def accounted(inbound: AsyncIterator[Message], call: Call) -> AsyncGenerator[Message]:
    """Keep the books: what was given out and when; a `TurnTrace` when a turn is over."""
    reason = "caller"
    turn: Turn | None = None
    try:
        async for message in inbound:
            if isinstance(message, CallEnded):
                reason = message.reason
                break
            if isinstance(message, HungUp):
                reason = message.reason
            if isinstance(message, ResponseStarted):
                turn = call.numbered(message.turn)
                for trace in _closed(call, before=turn):
                    yield trace
            if turn is not None:
                _note(message, turn, call)
            if isinstance(message, ResponseEnded):
                timings_ms = call.numbered(message.turn).trace.timings_ms()
                message = replace(message, timings_ms=timings_ms)  # noqa: PLW2901
            yield message
            if isinstance(message, ResponseEnded | Interrupted | Played) and not call.responding:
                for trace in _closed(call):
                    yield trace
        for trace in _closed(call):
            yield trace
        yield CallEnded(reason)
    finally:
        await aclose(inbound)


def _note(message: Message, turn: Turn, call: Call) -> None:
    match message:
        case AnswerDelta():
            turn.words += message.text
        case Answer():
            turn.answer = message
        case Speech():
            call.playback.give(message)
            if not message.filler:
                turn.trace.mark("first_audio")
        case ResponseEnded():
            turn.generated = True
            turn.trace.mark("total")
        case Interrupted():
            turn.interrupted = True
            turn.trace.mark("total")


def _closed(call: Call, before: Turn | None = None) -> list[TurnTrace]:
    """The traces of turns that are over and have not been told yet."""
    traces = []
    for turn in call.turns:
        if turn is before:
            break
        if turn.closed or turn.guess:
            continue
        turn.closed = True
        heard, timings_ms = call.heard(turn), turn.trace.timings_ms()
        traces.append(
            TurnTrace(turn.number, turn.question, turn.answer, heard, timings_ms, turn.interrupted)
        )
    return traces
