"""What is kept: what was asked and answered, and recordings of calls beside it.

Knows what is kept when, and that it is counted; rows and files are for `store` to know.
"""

import logging
import uuid
from dataclasses import replace

from api.conversation.exchange import Reply
from api.conversation.respond import HISTORY_TURNS
from api.metrics import Metrics
from dialog.errors import BadInput
from dialog.messages import TurnTrace
from dialog.threads import STORE
from rag.answering.llm import ChatMessage
from store.conversations import (
    Conversation,
    ConversationInfo,
    begin_conversation,
    delete_conversation,
    get_conversation,
    list_conversations,
    record_turn,
)
from store.engine import Store
from store.recordings import Recordings

log = logging.getLogger(__name__)


class Conversations:
    """Every conversation that was kept. Methods that are no coroutines block."""

    def __init__(self, store: Store, recordings: Recordings, metrics: Metrics) -> None:
        self._store = store
        self.recordings = recordings
        self._metrics = metrics

    async def save_exchange(self, reply: Reply, conversation_id: str | None = None) -> str:
        """Keep and count one question with its answer; returns its conversation's id. A new
        conversation begins where none is named. An answer that is ready is given, though it cannot
        be kept: the loss is counted, and told in the log."""
        self._metrics.exchange(reply.answer, reply.timings_ms)
        try:
            return await STORE.run(self._save, reply, conversation_id)
        except BadInput:
            raise
        except Exception:
            self._lost("an exchange")
            return conversation_id or str(uuid.uuid4())

    async def save_turn(self, turn: TurnTrace, conversation_id: str) -> None:
        """Count a call's turn and keep it, its answer as far as the caller heard it. Raises
        nothing: the call matters more."""
        self._metrics.turn(turn)
        if not turn.question.text:
            return  # a greeting or a prompt
        answer = replace(turn.answer, text=turn.heard)
        reply = Reply(turn.question, answer, (), turn.timings_ms)
        try:
            await STORE.run(self._save, reply, conversation_id)
        except Exception:
            self._lost("a turn")

    def _lost(self, what: str) -> None:
        self._metrics.turn_lost()
        log.exception("%s could not be kept", what)

    async def history(self, conversation_id: str | None) -> list[ChatMessage]:
        """The last exchanges of a conversation, oldest first; none for None."""
        if conversation_id is None:
            return []
        conversation = await STORE.run(self.get, conversation_id)
        turns = conversation.turns[-HISTORY_TURNS:] if conversation else ()
        return [
            message
            for turn in turns
            for message in (
                ChatMessage("user", turn.question),
                ChatMessage("assistant", turn.answer),
            )
        ]

    async def exists(self, conversation_id: str) -> bool:
        """Whether something has been kept under this id."""
        return await STORE.run(self.get, conversation_id) is not None

    def get(self, conversation_id: str) -> Conversation | None:
        """A conversation with its turns; None where there is none."""
        with self._store.reading() as session:
            return get_conversation(session, conversation_id)

    def latest(self, limit: int) -> list[ConversationInfo]:
        """The latest conversations, newest first."""
        with self._store.reading() as session:
            return list_conversations(session, limit)

    def begin(self, conversation_id: str) -> None:
        """Have a conversation, though nothing has been said in it yet."""
        with self._store.session() as session:
            begin_conversation(session, conversation_id)

    def delete(self, conversation_id: str) -> bool:
        """Delete a conversation and its recording; False where there was neither."""
        with self._store.session() as session:
            existed = delete_conversation(session, conversation_id)
        return self.recordings.delete(conversation_id) or existed

    def _save(self, reply: Reply, conversation_id: str | None) -> str:
        with self._store.session() as session:
            turn = record_turn(
                session,
                reply.transcript.text,
                reply.answer,
                words=reply.transcript.words,
                timings_ms=reply.timings_ms,
                conversation_id=conversation_id,
            )
            return turn.conversation_id
