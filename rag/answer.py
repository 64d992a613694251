"""Answers a question from the documents, by the best rung of the ladder that holds.

    language model -> the passages' own sentences -> an honest "I do not know"

Knows the ladder; how passages are found, weighed, worded or quoted is in its neighbours.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

from dialog.messages import Answer, AnswerDelta, Source
from rag import evidence, extract, prompt
from rag.evidence import Evidence, Question
from rag.library import Library
from rag.llm import ChatMessage, ChatModel
from russian.sentences import sentences

UNKNOWN = "Я не нашёл ответа на этот вопрос в документах. Попробуйте спросить иначе."
CANNOT_LOOK_UP = "Извините, сейчас я не могу заглянуть в документы. Попробуйте, пожалуйста, позже."

THRESHOLD = 0.5
"""The share of a question that the best passage must cover to answer it; see evidence.py and
tests/contract/test_knowing.py, where it is measured."""

PASSAGES = 5
CANDIDATES = 20
"""Passages shown to the model, and those fetched to choose them from."""

log = logging.getLogger(__name__)


class Answerer:
    def __init__(
        self, library: Library, llm: ChatModel | None = None, threshold: float = THRESHOLD
    ) -> None:
        self._library = library
        self._llm = llm
        self._threshold = threshold

    async def answer(
        self, question: str, history: Sequence[ChatMessage] = ()
    ) -> AsyncGenerator[AnswerDelta | Answer]:
        """Deltas as they come, then exactly one `Answer`, whose text is all of them joined.

        Never raises for a model, an index or a database that is down: the answer says so.
        """
        try:
            asked, found = await asyncio.to_thread(self._gather, question)
        except Exception:
            log.exception("retrieval failed")  # the traceback names no question
            for message in _whole(Answer(CANNOT_LOOK_UP, "none")):
                yield message
            return
        if not found:
            for message in _whole(Answer(UNKNOWN, "none")):
                yield message
            return
        async with contextlib.aclosing(self._worded(asked, found, history)) as messages:
            async for message in messages:
                yield message

    def _gather(self, question: str) -> tuple[Question, list[Evidence]]:
        """The passages that cover enough of the question, best first."""
        hits = self._library.search_passages(question, CANDIDATES)
        asked = evidence.question(question, self._library.idf)
        found = evidence.weigh(asked, hits)[:PASSAGES]
        return asked, [one for one in found if one.coverage >= self._threshold]

    async def _worded(
        self, asked: Question, found: Sequence[Evidence], history: Sequence[ChatMessage]
    ) -> AsyncGenerator[AnswerDelta | Answer]:
        said: list[str] = []
        if self._llm is not None:
            try:
                stream = self._llm.stream(prompt.messages(asked.text, found, history))
                async with (
                    contextlib.aclosing(stream),
                    contextlib.aclosing(_sentences(stream)) as whole,
                ):
                    async for sentence in whole:
                        yield AnswerDelta(f" {sentence}" if said else sentence)
                        said.append(sentence)
                if said:
                    yield _by_model(" ".join(said), found)
                    return
                log.warning("the language model said nothing")
            except Exception as error:
                log.warning("the language model failed: %s", error)
        # Whole sentences that a dying model has spoken stay; what it broke off was never passed
        # on. The documents' own sentences follow as new ones, those already said left out.
        rest = extract.extract(asked, found, said)
        yield AnswerDelta(f" {rest.text}" if said else rest.text)
        yield Answer(" ".join([*said, rest.text]), "extractive", rest.sources)


def _whole(answer: Answer) -> tuple[AnswerDelta, Answer]:
    return AnswerDelta(answer.text), answer


def _by_model(text: str, found: Sequence[Evidence]) -> Answer:
    if text.startswith(prompt.NOT_FOUND.rstrip(".")):
        return Answer(text, "none")
    shown: dict[str, Source] = {}
    for one in found:
        source = Source(one.hit.document_id, one.hit.title, one.hit.text, one.coverage)
        shown.setdefault(one.hit.document_id, source)
    return Answer(text, "llm", tuple(shown.values()))


async def _sentences(pieces: AsyncIterator[str]) -> AsyncGenerator[str]:
    """Whole sentences, each as soon as the next one begins.

    At the end a rest without a full stop was cut at the limit of length: it is dropped,
    unless it is all there is.
    """
    pending = ""
    any_said = False
    async for piece in pieces:
        pending += piece
        *whole, last = sentences(pending) or [""]
        for sentence in whole:
            any_said = True
            yield sentence
        pending = last + pending[len(pending.rstrip()) :]
    rest = pending.strip()
    if rest and (not any_said or rest[-1] in ".!?…»)"):
        yield rest
