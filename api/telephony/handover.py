"""When a caller asks for a person: say so, hang up, and let the dialplan go on to the operator.

Knows the phrases; knows nothing of dialplans or carriers.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from api.call import Answering
from dialog.messages import (
    Answer,
    AnswerDelta,
    CallEnded,
    Interrupted,
    Outbound,
    ResponseEnded,
    Transcript,
)
from rag.llm import ChatMessage
from russian.lemmas import lemmas

WORDS = "Соединяю с сотрудником. Оставайтесь на линии."


class Handover:
    """The phrases that ask for a person, in any form of their words."""

    def __init__(self, phrases: Sequence[str]) -> None:
        self._phrases = [wanted for phrase in phrases if (wanted := lemmas(phrase))]

    def asked(self, text: str) -> bool:
        """Whether one of the phrases is in a text, its words in their order and together."""
        said = lemmas(text) if self._phrases else []
        return any(
            said[start : start + len(wanted)] == wanted
            for wanted in self._phrases
            for start in range(len(said) - len(wanted) + 1)
        )

    def answering(self, otherwise: Answering) -> Answering:
        """Answers a wish for a person by granting it, everything else as before."""

        async def answer(
            question: str, history: Sequence[ChatMessage]
        ) -> AsyncIterator[AnswerDelta | Answer]:
            if self.asked(question):
                yield AnswerDelta(WORDS)
                yield Answer(WORDS, "none")
                return
            async for part in otherwise(question, history):
                yield part

        return answer

    async def ending(self, messages: AsyncIterator[Outbound]) -> AsyncGenerator[Outbound]:
        """End the call after that answer, unless the caller speaks over it."""
        leaving = False
        async for message in messages:
            yield message
            match message:
                case Transcript():
                    leaving = self.asked(message.text)
                case Interrupted():
                    leaving = False
                case ResponseEnded() if leaving:
                    yield CallEnded("transfer")
                    return
