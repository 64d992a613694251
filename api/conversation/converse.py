"""The whole product on one page: what goes in, what comes out, and who does what to it.

    caller's audio -> listen (asr) -> turns -> respond (rag) -> speak (tts) -> assistant's audio

    caller     ~~~ сколько стоит доставка ~~~
    out          SpeechStarted  Partial Partial ... SpeechStopped Transcript
                                                     ResponseStarted AnswerDelta Speech Speech ...
    caller                                                               ~~~ подождите ~~~
    out                                                                    Duck  Interrupted
                                                                                SpeechStarted ...

A recording or a typed question runs through the same stages: it only enters further on.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from api.conversation.accounting import accounted
from api.conversation.call import Call
from api.conversation.respond import AnswerQuestion, Responder
from api.conversation.speak import Speaker, Speaking
from api.conversation.speculation import hold_speculative
from api.conversation.turn_taking import take_turns
from asr.turns.hearing import Hearing
from asr.turns.listen import listen, transcribe_each
from dialog.content import Speech
from dialog.flow import interruptible
from dialog.messages import CallEnded, Inbound, Outbound, PartFailed
from dialog.prompts import PROMPTS, Prompts
from rag.answering.llm import ChatMessage

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stages:
    """What does the work. No `speak`: the answer is only read. `history` was said before.
    `filler` is what bridges a long wait, when it is at hand; `prompts` is all else that the
    assistant says of its own."""

    hearing: Hearing
    respond: AnswerQuestion
    speak: Speaking | None = None
    history: Sequence[ChatMessage] = ()
    filler: Callable[[], Speech | None] = lambda: None
    prompts: Prompts = PROMPTS


async def converse(
    inbound: AsyncIterator[Inbound], stages: Stages, call: Call | None = None
) -> AsyncGenerator[Outbound]:
    """Hold one conversation, from its first message to `CallEnded`.

    When `inbound` ends, what it asked for is finished first; after `HungUp` nothing is. Errors
    of a recording (BadInput, Unavailable) are raised; in a call they become words and a
    `PartFailed`. Closing it early stops everything it began.
    """
    call = call or Call()
    responder = Responder(stages.respond, stages.history, stages.prompts, call)
    speaker = Speaker(stages.speak, stages.filler, call)
    if call.live:
        heard = listen(inbound, stages.hearing, call, stages.prompts)
    else:
        heard = transcribe_each(inbound, stages.hearing)
    turns = take_turns(heard, call)
    answered = interruptible(turns, responder, Responder.TAKES)
    spoken = interruptible(answered, speaker, Speaker.TAKES)
    confirmed = hold_speculative(spoken)
    async with aclosing(accounted(confirmed, call)) as messages:
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
