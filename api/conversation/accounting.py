"""What was given out to a caller and when: the books of a call.

Knows which message ends a turn; changes nothing but the times in `ResponseEnded`.
"""

from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import replace

from api.conversation.call import Call, Turn
from dialog.content import Answer, AnswerDelta, Speech
from dialog.flow import aclose
from dialog.messages import (
    CallEnded,
    HungUp,
    Interrupted,
    Message,
    Played,
    ResponseEnded,
    ResponseStarted,
    TurnTrace,
)


async def accounted(inbound: AsyncIterator[Message], call: Call) -> AsyncGenerator[Message]:
    """Keep the books: what was given out and when; a `TurnTrace` when a turn is over.

    A response may be worded while the one before it is still being spoken: its words come before
    the other's last speech.
    """
    reason = "caller"
    worded: Turn | None = None
    try:
        async for message in inbound:
            if isinstance(message, CallEnded):
                reason = message.reason
                break
            if isinstance(message, HungUp):
                reason = message.reason
            if isinstance(message, ResponseStarted):
                worded = call.numbered(message.turn)
                for trace in _closed(call, before=worded):
                    yield trace
            if worded is not None:
                _note(message, worded, call)
            yield _timed(message, call)
            if isinstance(message, ResponseEnded | Interrupted | Played) and not call.responding:
                for trace in _closed(call):
                    yield trace
        for trace in _closed(call):
            yield trace
        yield CallEnded(reason)
    finally:
        await aclose(inbound)


def _timed(message: Message, call: Call) -> Message:
    """The end of a response with the times of its turn; any other message as it is."""
    if isinstance(message, ResponseEnded) and (turn := call.numbered(message.turn)) is not None:
        return replace(message, timings_ms=turn.trace.timings_ms())
    return message


def _note(message: Message, worded: Turn, call: Call) -> None:
    """Note what is given out: words in the turn that is being `worded`, the rest in its own."""
    match message:
        case AnswerDelta():
            worded.words += message.text
        case Answer():
            worded.answer = message
        case Speech() | ResponseEnded() | Interrupted():
            if (turn := call.numbered(message.turn)) is not None:
                _note_spoken(message, turn, call)


def _note_spoken(message: Speech | ResponseEnded | Interrupted, turn: Turn, call: Call) -> None:
    match message:
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
    """The traces of turns that have not been told yet: of all, or of those `before` this one of
    which nothing more will be given out."""
    traces = []
    for turn in call.turns:
        if turn is before:
            break
        if turn.closed or turn.speculative:
            continue
        if before is not None and not (turn.generated or turn.interrupted):
            continue
        turn.closed = True
        heard, timings_ms = call.heard(turn), turn.trace.timings_ms()
        traces.append(
            TurnTrace(turn.number, turn.question, turn.answer, heard, timings_ms, turn.interrupted)
        )
    return traces
