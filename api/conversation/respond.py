"""The stage that answers: the last question when told to, given words when told those.

    Respond, Say --> ResponseStarted  AnswerDelta ... or ToolCalls  Answer

Knows what a model is told of the conversation before; knows nothing of voices.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing

from api.conversation.call import Call, Trace, Turn
from dialog.content import Answer, AnswerDelta, AnswerPart
from dialog.messages import Message, Respond, ResponseStarted, Say, ToolOutput
from dialog.prompts import Prompts
from rag.answering.llm import ChatMessage

AnswerQuestion = Callable[[str, Sequence[ChatMessage]], AsyncIterator[AnswerPart]]

log = logging.getLogger(__name__)

HISTORY_TURNS = 5


class Responder:
    """Answers the last transcript when told to; speaks given words when told those."""

    TAKES = (Respond, Say)

    def __init__(
        self,
        respond: AnswerQuestion,
        history: Sequence[ChatMessage],
        prompts: Prompts,
        call: Call,
    ) -> None:
        self._respond = respond
        self._history = history
        self._prompts = prompts
        self._call = call

    async def __call__(self, taken: AsyncIterator[Message]) -> AsyncGenerator[Message]:
        async for message in taken:
            assert isinstance(message, Respond | Say)
            turn = self._call.numbered(message.turn)
            if turn is None:
                continue
            yield ResponseStarted(turn.number)
            async with aclosing(self._answer(message, turn)) as parts:
                async for part in parts:
                    _mark(part, turn.trace)
                    yield part

    async def _answer(self, message: Respond | Say, turn: Turn) -> AsyncGenerator[AnswerPart]:
        text = turn.question.text
        if isinstance(message, Say) or not text.strip():
            nothing = Say(self._prompts.nothing_heard, outcome="unheard")
            say = message if isinstance(message, Say) else nothing
            yield AnswerDelta(say.text)
            yield Answer(say.text, "none", action=say.action, outcome=say.outcome)
            return
        self._call.rest_on_outputs(turn)
        history = [*self._history, *self._said_before(turn), *_returned(turn.tool_outputs)]
        parts = self._respond(text, history)
        try:
            async for part in parts:
                yield part
        except Exception as error:
            if not self._call.live:
                raise
            log.warning("no answer: %s", type(error).__name__)
            yield AnswerDelta(self._prompts.broken)
            yield Answer(self._prompts.broken, "none", outcome="broken")
        finally:
            if isinstance(parts, AsyncGenerator):
                await parts.aclose()

    def _said_before(self, turn: Turn) -> list[ChatMessage]:
        """The turns before, the answers as far as they were heard."""
        said = []
        for before in [one for one in self._call.turns if one is not turn][-HISTORY_TURNS:]:
            if not before.question_deleted:
                said.append(ChatMessage("user", before.question.text))
            if not before.answer_deleted:
                said.append(ChatMessage("assistant", self._call.heard(before)))
        return [message for message in said if message.content]


def _mark(part: AnswerPart, trace: Trace) -> None:
    """Note the steps that a part of an answer tells of."""
    if isinstance(part, AnswerDelta) and part.retrieved_s is not None:
        trace.mark("passages", part.retrieved_s)
    trace.mark("first_token")
    if isinstance(part, Answer):
        trace.mark("answered")


def _returned(outputs: Sequence[ToolOutput]) -> list[ChatMessage]:
    """What functions returned, each after the call of it."""
    return [
        message
        for output in outputs
        for message in (
            ChatMessage("assistant", "", tool_calls=(output.call,)),
            ChatMessage("tool", output.output, tool_call_id=output.call.call_id),
        )
    ]
