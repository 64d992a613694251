"""Live calls: how many are held at a time, and what becomes of their turns.

Knows calls as streams of messages; knows nothing of transports.
"""

import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace

from api.conversation.call import Call
from api.conversation.converse import Stages, converse
from api.conversation.history import Conversations
from api.conversation.respond import AnswerQuestion
from api.metrics import Metrics
from dialog.errors import Unavailable
from dialog.messages import Inbound, Outbound, TurnTrace
from rag.answering.llm import ChatMessage

CallStages = Callable[[Sequence[ChatMessage]], Awaitable[Stages]]


class Calls:
    """The lines of one service: at most `limit` calls at a time. `stages` makes what a call runs
    through, given what was said before it."""

    def __init__(
        self, stages: CallStages, conversations: Conversations, metrics: Metrics, limit: int
    ) -> None:
        self._stages = stages
        self._conversations = conversations
        self._metrics = metrics
        self._limit = limit
        self._held = 0

    @asynccontextmanager
    async def open(
        self,
        inbound: AsyncIterator[Inbound],
        conversation_id: str | None = None,
        respond: AnswerQuestion | None = None,
    ) -> AsyncGenerator[AsyncIterator[Outbound]]:
        """A line, taken for as long as the block runs, and the messages of the call on it (see
        docs/calls.md): `converse`, its turns kept and counted.

        `respond` answers in place of the documents alone. Raises Unavailable when all lines are
        busy, before the block begins; the messages raise it when nothing can listen.
        """
        if self._held >= self._limit:
            raise Unavailable(f"all {self._limit} lines are busy: try again later")
        self._count(1)
        try:
            async with aclosing(self._messages(inbound, conversation_id, respond)) as messages:
                yield messages
        finally:
            self._count(-1)

    async def _messages(
        self,
        inbound: AsyncIterator[Inbound],
        conversation_id: str | None,
        respond: AnswerQuestion | None,
    ) -> AsyncGenerator[Outbound]:
        saved_as = conversation_id or str(uuid.uuid4())
        stages = await self._stages(await self._conversations.history(conversation_id))
        stages = replace(stages, respond=respond or stages.respond)
        async with aclosing(converse(inbound, stages, Call(live=True))) as messages:
            async for message in messages:
                if isinstance(message, TurnTrace):
                    await self._conversations.save_turn(message, saved_as)
                yield message

    def _count(self, change: int) -> None:
        self._held += change
        self._metrics.calls.set(self._held)
