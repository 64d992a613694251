"""Keeps a speculative answer back until it is certain that its question was whole.

    in    Respond(1, speculative)  ResponseStarted(1)  AnswerDelta  Transcript
    out                                                             Transcript  ResponseStarted(1)

Goes by messages alone. What voids the answer comes as `Interrupted`, so that a `Transcript` without
one confirms it.
"""

from collections.abc import AsyncGenerator, AsyncIterator

from dialog.content import Answer, AnswerDelta, Speech, ToolCalls, Transcript
from dialog.flow import aclose
from dialog.messages import (
    Interrupted,
    Message,
    PartFailed,
    Respond,
    ResponseEnded,
    ResponseStarted,
)

REPLIES = (ResponseStarted, AnswerDelta, ToolCalls, Answer, Speech, ResponseEnded)


async def hold_speculative(inbound: AsyncIterator[Message]) -> AsyncGenerator[Message]:
    """Hold a speculative response until its `Transcript` has been let out. Of one that is voided
    nothing is let out; nor is an `Interrupted` of what has not been seen to start."""
    held: list[Message] = []
    speculative = 0
    holding = False
    started = 0
    try:
        async for message in inbound:
            match message:
                case Respond(speculative=True):
                    speculative = message.turn
                case ResponseStarted():
                    holding = message.turn == speculative
                case Interrupted() if message.turn > started:
                    held, speculative, holding = [], 0, False
                    continue
            if holding and _is_reply(message):
                held.append(message)
                continue
            let_out = [message]
            if isinstance(message, Transcript):
                let_out, held, speculative, holding = [message, *held], [], 0, False
            for one in let_out:
                if isinstance(one, ResponseStarted):
                    started = one.turn
                yield one
    finally:
        await aclose(inbound)


def _is_reply(message: Message) -> bool:
    """Whether it belongs to a response: of failures, only those of its voice do."""
    return isinstance(message, REPLIES) or (
        isinstance(message, PartFailed) and message.part == "tts"
    )
