"""Keeps a speculative answer back until it is certain that its question was whole.

    in    ResponseStarted  AnswerDelta  Speech ... Transcript
    out                                            Transcript  ResponseStarted  AnswerDelta ...

Knows which messages belong to a response; knows nothing of who begins one, or why.
"""

from collections.abc import AsyncGenerator, AsyncIterator

from dialog.call import Call
from dialog.flow import aclose
from dialog.messages import (
    Answer,
    AnswerDelta,
    Interrupted,
    Message,
    PartFailed,
    ResponseEnded,
    ResponseStarted,
    Speech,
    Transcript,
)

REPLIES = (ResponseStarted, AnswerDelta, Answer, Speech, ResponseEnded, PartFailed)


async def hold_speculative(inbound: AsyncIterator[Message], call: Call) -> AsyncGenerator[Message]:
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
