"""Answers a question from the documents, by the best rung of the ladder that holds.

language model -> the passages' own sentences -> an honest "I do not know"
"""

from collections.abc import AsyncIterator, Sequence

from dialog.messages import Answer, AnswerDelta
from rag.library import Library
from rag.llm import ChatMessage, ChatModel


class Answerer:
    def __init__(self, library: Library, llm: ChatModel | None = None) -> None:
        self._library = library
        self._llm = llm

    async def answer(
        self, question: str, history: Sequence[ChatMessage] = ()
    ) -> AsyncIterator[AnswerDelta | Answer]:
        """Deltas as they come, then exactly one `Answer`, whose text is all of them joined.

        Never raises for a model, an index or a database that is down: the answer says so.
        """
        raise NotImplementedError
        yield AnswerDelta("")
