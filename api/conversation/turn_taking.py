"""Whose turn it is: what was heard becomes turns of the call, numbered as they are answered.

    in    EagerEndOfTurn   TurnRetracted   EagerEndOfTurn   EndOfTurn    Cancel
    out   Respond(1)       Interrupted(1)  Respond(1)       Transcript   Interrupted(1)

The one place that begins, confirms, retracts and interrupts turns. Knows nothing of audio, and
nothing of answers.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import replace

from api.conversation.call import NOTHING, Call, Trace
from dialog.clock import now_s
from dialog.flow import aclose
from dialog.messages import (
    CallSettings,
    Cancel,
    DeleteFromHistory,
    DeleteToolOutput,
    EagerEndOfTurn,
    EndOfTurn,
    Interrupted,
    Message,
    Played,
    Respond,
    Say,
    ToolOutput,
    TurnRetracted,
)


async def take_turns(heard: AsyncIterator[Message], call: Call) -> AsyncGenerator[Message]:
    """Keep the turns of `call` by what was heard; pass on what that means for other stages.

    Each message is done with before the next is taken: who listens may go by `call`.
    """
    try:
        async for message in heard:
            for out in taken(message, call):
                yield out
    finally:
        await aclose(heard)


def taken(message: Message, call: Call) -> Iterator[Message]:
    """What one message changes in `call`, and the messages that follow from it."""
    match message:
        case EagerEndOfTurn():
            yield from _retracted(call)
            turn = call.begin(message.transcript, Trace(now_s()), speculative=True)
            yield Respond(turn, speculative=True)
        case TurnRetracted():
            yield from _retracted(call)
        case EndOfTurn():
            yield from _ended(message, call)
        case Respond() | Say():
            yield from _retracted(call)
            question = NOTHING if isinstance(message, Say) else call.question
            yield replace(message, turn=call.begin(question, Trace(now_s())))
        case Cancel():
            yield from _retracted(call)
            yield from _interrupted(call)
        case Played():
            call.playback.played(message)
            yield message
        case CallSettings():
            call.settings = message
        case DeleteFromHistory():
            call.delete(message)
        case ToolOutput():
            call.tool_outputs += (message,)
        case DeleteToolOutput():
            call.delete_output(message)
        case _:
            yield message


def _ended(message: EndOfTurn, call: Call) -> Iterator[Message]:
    """A turn of the caller's, to be answered unless its answer has been begun already, or waits to
    be asked for. An answer that was begun to another question is void."""
    begun = call.speculative
    if begun is not None and begun.question.text != message.transcript.text:
        yield from _retracted(call)
        begun = None
    trace = Trace(message.said_s)
    if message.endpoint_s is not None:
        trace.mark("endpoint", message.endpoint_s)
    trace.mark("final_text")
    call.question = message.transcript
    if begun is not None:
        call.confirm(begun, trace)
    yield message.transcript
    answer = call.settings.auto_respond if message.answer is None else message.answer
    if begun is None and answer:
        yield Respond(call.begin(message.transcript, trace))


def _retracted(call: Call) -> Iterator[Message]:
    turn = call.speculative
    if turn is not None:
        yield Interrupted(turn.number)
        call.retract()


def _interrupted(call: Call) -> Iterator[Message]:
    """Whatever is being made or played; given words may follow an answer that still plays."""
    for turn in [turn for turn in call.turns if not call.is_over(turn)]:
        turn.interrupted = True
        yield Interrupted(turn.number, call.heard(turn), call.playback.line(turn.number).played)
