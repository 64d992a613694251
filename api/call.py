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

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from asr.listen import Hearing, listen
from dialog.call import Call, Turn
from dialog.errors import BadInput, Unavailable
from dialog.flow import aclose, interruptible
from dialog.messages import (
    Answer,
    AnswerDelta,
    CallEnded,
    Fault,
    HungUp,
    Inbound,
    Interrupted,
    Message,
    Outbound,
    Played,
    Respond,
    ResponseEnded,
    ResponseStarted,
    Say,
    Speech,
    TurnTrace,
)
from rag.llm import ChatMessage

Answering = Callable[[str, Sequence[ChatMessage]], AsyncIterator[AnswerDelta | Answer]]
Speaking = Callable[[AsyncIterator[str], str | None, float], AsyncIterator[Speech]]

NOTHING_HEARD = "Я ничего не услышал. Повторите, пожалуйста, вопрос."
HISTORY_TURNS = 5


@dataclass(frozen=True)
class Stages:
    """What does the work. No `speak`: the answer is only read. `history` was said before."""

    hearing: Hearing
    respond: Answering
    speak: Speaking | None = None
    history: Sequence[ChatMessage] = ()


async def converse(
    inbound: AsyncIterator[Inbound], stages: Stages, call: Call | None = None
) -> AsyncGenerator[Outbound]:
    """Hold one conversation, from its first message to `CallEnded`.

    When `inbound` ends, what it asked for is finished first; after `HungUp` nothing is. Errors
    of a recording (BadInput, Unavailable) are raised; in a call they become words and a `Fault`.
    Closing it early stops everything it began.
    """
    call = call or Call()
    heard = listen(inbound, stages.hearing, call)
    answered = interruptible(heard, Responder(stages, call), Responder.TAKES)
    spoken = interruptible(answered, Speaker(stages, call), Speaker.TAKES)
    async with aclosing(accounted(spoken, call)) as messages:
        async for message in messages:
            if isinstance(message, Outbound):
                yield message


class Responder:
    """Answers the last transcript when told to; speaks given words when told those."""

    TAKES = (Respond, Say)

    def __init__(self, stages: Stages, call: Call) -> None:
        self._stages = stages
        self._call = call

    async def __call__(self, taken: AsyncIterator[Message]) -> AsyncGenerator[Message]:
        async for message in taken:
            turn = self._call.begin_turn(said=isinstance(message, Say))
            yield ResponseStarted(turn.number)
            async with aclosing(self._answer(message, turn)) as parts:
                async for part in parts:
                    yield part

    async def _answer(self, message: Message, turn: Turn) -> AsyncGenerator[Message]:
        text = turn.question.text
        if isinstance(message, Say) or not text.strip():
            words = message.text if isinstance(message, Say) else NOTHING_HEARD
            yield AnswerDelta(words)
            yield Answer(words, "none")
            return
        parts = self._stages.respond(text, [*self._stages.history, *self._said(turn)])
        try:
            async for part in parts:
                yield part
        finally:
            if isinstance(parts, AsyncGenerator):
                await parts.aclose()

    def _said(self, turn: Turn) -> list[ChatMessage]:
        """The turns before, the answers as far as they were heard."""
        before = [one for one in self._call.turns if one is not turn][-HISTORY_TURNS:]
        return [
            message
            for one in before
            for message in (
                ChatMessage("user", one.question.text),
                ChatMessage("assistant", self._call.heard(one)),
            )
            if message.content
        ]


class Speaker:
    """Voices each response while it grows. Without a voice it stays text: never silence for all."""

    TAKES = (ResponseStarted, AnswerDelta, Answer)

    def __init__(self, stages: Stages, call: Call) -> None:
        self._speak = stages.speak
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

    async def _voiced(self, words: AsyncIterator[str], turn: int) -> AsyncGenerator[Message]:
        settings = self._call.settings
        if self._speak is None or not settings.spoken:
            return
        speech = self._speak(words, settings.voice, settings.speed)
        try:
            async for phrase in speech:
                yield Speech(phrase.samples, phrase.rate_hz, phrase.text, phrase.marks, turn)
        except (Unavailable, BadInput) as error:
            if isinstance(error, BadInput) and not self._call.live:
                raise
            yield Fault("tts", error.message)
        finally:
            if isinstance(speech, AsyncGenerator):
                await speech.aclose()


async def _words(taken: AsyncIterator[Message]) -> AsyncGenerator[str]:
    """The pieces of one response, up to its `Answer`."""
    async for message in taken:
        if isinstance(message, AnswerDelta):
            yield message.text
        elif isinstance(message, Answer):
            return


async def accounted(inbound: AsyncIterator[Message], call: Call) -> AsyncGenerator[Message]:
    """Keep the books: what was given out and when; a `TurnTrace` when a turn is over."""
    ended = HungUp()
    try:
        async for message in inbound:
            if isinstance(message, CallEnded):
                ended = HungUp(message.reason)
                break
            if isinstance(message, HungUp):
                ended = message
            if isinstance(message, ResponseStarted):
                for trace in _closed(call, but=call.turn):
                    yield trace
            if call.turn is not None:
                _note(message, call.turn, call)
            yield message
            if isinstance(message, ResponseEnded | Interrupted | Played) and not call.responding:
                for trace in _closed(call):
                    yield trace
        for trace in _closed(call):
            yield trace
        yield CallEnded(ended.reason)
    finally:
        await aclose(inbound)


def _note(message: Message, turn: Turn, call: Call) -> None:
    match message:
        case AnswerDelta():
            turn.words += message.text
            turn.trace.mark("first_token")
        case Answer():
            turn.answer = message
            turn.trace.mark("answered")
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


def _closed(call: Call, but: Turn | None = None) -> list[TurnTrace]:
    """The traces of turns that are over and have not been told yet."""
    traces = []
    for turn in call.turns:
        if turn is but or turn.closed:
            continue
        turn.closed = True
        traces.append(
            TurnTrace(
                turn.number,
                turn.question,
                turn.answer,
                call.heard(turn),
                turn.trace.timings_ms(),
                turn.interrupted,
            )
        )
    return traces
