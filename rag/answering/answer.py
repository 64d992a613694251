"""Answers a question from the documents, by the best rung of the ladder that holds.

    language model -> the passages' own sentences -> an honest "I do not know"

Knows the ladder; how passages are found, weighed, worded or quoted is in its neighbours.
"""

import contextlib
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import replace

from dialog.clock import now_s
from dialog.content import Answer, AnswerDelta, Outcome, Source
from dialog.errors import Unavailable
from dialog.prompts import PROMPTS, Prompts
from dialog.threads import ANSWERS
from rag.answering import answerability, extract, followup, prompt
from rag.answering.answerability import Evidence
from rag.answering.citations import Checker, is_russian, supporting
from rag.answering.llm import ChatMessage, ChatModel
from rag.answering.prompt import Style
from rag.answering.query import Query, analyse
from rag.retrieval.retriever import Retriever
from russian.sentences import sentences

THRESHOLD = 0.55
"""How likely it must be that the passages answer; see `answerability.confidence`."""

COVERAGE_OF_BEST = 0.6
"""A further passage must cover this part of what the best one covers."""

MOST_REPEATED = 3
"""Sentences said already, one after another: a model that goes round is left."""

LONGEST_SENTENCE_CHARS = 1_000
LONGEST_REST_CHARS = 200

PASSAGES = 5
CANDIDATES = 20
"""Passages shown to the model, and those fetched to choose them from."""

log = logging.getLogger(__name__)


class Answerer:
    def __init__(
        self,
        retriever: Retriever,
        llm: ChatModel | None = None,
        threshold: float = THRESHOLD,
        prompts: Prompts = PROMPTS,
    ) -> None:
        self._retriever = retriever
        self._llm = llm
        self._threshold = threshold
        self._prompts = prompts

    async def answer(
        self, question: str, history: Sequence[ChatMessage] = (), style: Style = "spoken"
    ) -> AsyncGenerator[AnswerDelta | Answer]:
        """Deltas as they come, then exactly one `Answer`, whose text is all of them joined.

        Never raises for a model, an index or a database that is down: the answer says so.
        `style`: short sentences to be heard, or the whole of it to be read.
        """
        try:
            asked, found = await ANSWERS.run(self._gather, question, history)
        except Exception:
            log.exception("retrieval failed")  # the traceback names no question
            for message in _nothing(self._prompts.cannot_look_up, "unavailable"):
                yield message
            return
        retrieved_s = now_s()
        if not found:
            for message in _nothing(self._prompts.unknown, "unknown", retrieved_s):
                yield message
            return
        worded = self._worded(question, asked, found, history, style)
        async with contextlib.aclosing(worded) as messages:
            async for message in messages:
                if isinstance(message, AnswerDelta):
                    yield replace(message, retrieved_s=retrieved_s)
                else:
                    yield message

    def _gather(
        self, question: str, history: Sequence[ChatMessage]
    ) -> tuple[Query, list[Evidence]]:
        """The passages that cover enough of the question, best first."""
        whole = followup.self_contained(question, history)
        hits = self._retriever.search_passages(whole, CANDIDATES)
        asked = analyse(whole, hits, self._retriever.rarity)
        found = answerability.weigh(asked, hits)
        sure = answerability.confidence(asked, found, self._retriever.words_score(whole))
        if sure < self._threshold:
            return asked, []
        least = COVERAGE_OF_BEST * found[0].coverage
        return asked, [one for one in found[:PASSAGES] if one.coverage >= least]

    async def _worded(
        self,
        question: str,
        asked: Query,
        found: Sequence[Evidence],
        history: Sequence[ChatMessage],
        style: Style,
    ) -> AsyncGenerator[AnswerDelta | Answer]:
        not_found = self._prompts.not_found
        wording = _Wording(style, not_found)
        if self._llm is not None:
            shown = answerability.joined(found)
            # Figures of the sentence that the model is told to say are none of its inventions.
            known = f"{asked.text}\n{not_found}"
            checker = Checker(known, shown, marks=style == "written")
            request = prompt.messages(question, shown, history, style, not_found)
            try:
                stream = wording.sentences(self._llm.stream(request), checker)
                async with contextlib.aclosing(stream) as deltas:
                    async for delta in deltas:
                        yield delta
                if wording.said:
                    yield wording.answer(shown)
                    return
                log.warning("the language model said nothing that can be used")
            except Exception as error:
                # Its server may quote the question.
                log.warning("the language model failed: %s", type(error).__name__)
        # Whole sentences that a dying model has spoken stay; what it broke off was never passed
        # on. The documents' own sentences follow as new ones, those already said left out.
        rest = extract.extract(asked, found, self._prompts.quote, wording.said)
        if rest is None:
            yield wording.answer(found)
            return
        yield AnswerDelta(f" {rest.text}" if wording.said else rest.text)
        text = " ".join(part for part in (wording.text, rest.text) if part)
        yield Answer(text, "extractive", rest.sources, wording.invented)


class _Wording:
    """What a model has said so far, each sentence checked before it was passed on."""

    def __init__(self, style: Style, not_found: str) -> None:
        self._style = style
        self._not_found = not_found
        self.said: list[str] = []
        self.text = ""
        self.invented = 0
        self._cited: list[int] = []

    async def sentences(
        self, pieces: AsyncGenerator[str], checker: Checker
    ) -> AsyncGenerator[AnswerDelta]:
        """Raises `Unavailable` for what is no Russian text: the next rung does better."""
        repeated = 0
        async with contextlib.aclosing(pieces), contextlib.aclosing(_sentences(pieces)) as whole:
            async for gap, sentence in whole:
                checked = checker.check(sentence)
                self.invented += len(checked.invented)
                if checked.text and not is_russian(checked.text):
                    raise Unavailable("the language model speaks no Russian")
                self._cited += checked.cited
                repeated = repeated + 1 if checked.text in self.said else 0
                if repeated >= MOST_REPEATED:
                    return
                if checked.text and not repeated:
                    space = gap if self._style == "written" else " "
                    shown = f"{space if self.said else ''}{checked.text}"
                    self.said.append(checked.text)
                    self.text += shown
                    yield AnswerDelta(shown)

    def answer(self, shown: Sequence[Evidence]) -> Answer:
        """The model's words with what they rest on; nothing, where it says that it found none."""
        if self._found_nothing():
            return Answer(self.text, "none", invented=self.invented, outcome="unknown")
        sources: dict[str, Source] = {}
        for one in supporting(self.text, shown, self._cited):
            source = Source(one.hit.document_id, one.hit.title, one.hit.text, one.coverage)
            sources.setdefault(one.hit.document_id, source)
        return Answer(self.text, "llm", tuple(sources.values()), self.invented)

    def _found_nothing(self) -> bool:
        """Whether the model said what it was told to say then. It may leave out the last full stop,
        whereby the last of several sentences is lost, and it may go on."""
        said = " ".join(self.text.split())
        return said.startswith(self._not_found.rstrip(".!?…")) or self._not_found.startswith(said)


def _nothing(
    words: str, outcome: Outcome, retrieved_s: float | None = None
) -> tuple[AnswerDelta, Answer]:
    return AnswerDelta(words, retrieved_s), Answer(words, "none", outcome=outcome)


async def _sentences(pieces: AsyncIterator[str]) -> AsyncGenerator[tuple[str, str]]:
    """Whole sentences, each as soon as the next one begins, with the white space before it.

    At the end a rest without a full stop was cut at the limit of length: it is dropped,
    unless it is short and all there is. Raises `Unavailable` for a sentence without an end.
    """
    pending = ""
    any_said = False
    gap = ""
    async for piece in pieces:
        pending += piece
        *whole, last = sentences(pending) or [""]
        for sentence in whole:
            any_said = True
            before, pending = pending.split(sentence, 1)
            yield _gap(gap + before), sentence
            gap = ""
        if len(last) > LONGEST_SENTENCE_CHARS:
            raise Unavailable("the language model finds no end")
    gap += pending[: len(pending) - len(pending.lstrip())]
    rest = pending.strip()
    if rest and (rest[-1] in ".!?…»)]" or (not any_said and len(rest) <= LONGEST_REST_CHARS)):
        yield _gap(gap), rest


def _gap(white: str) -> str:
    return "\n" if "\n" in white else " "
