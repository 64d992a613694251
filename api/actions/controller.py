"""The actions of one call: when each begins, what it says, and what is done once that was heard.

    inbound -----> keys -----------+              +--> messages -----> hold
                                   v              |
    question -> phrase, function, digits -> words, `Answer.action`
                                   ^              |
                 rules: hours, failures <---------+--> TurnTrace, heard whole -> transfer, hang-up

A caller who speaks over the announcement of a transfer stays. Knows when; how things are done is
`executor`'s to know.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

from api.actions.actions import Action, ActionCatalogue, Collect
from api.actions.control import CannotDo, Control
from api.actions.executor import Executor, SaidWords
from api.actions.selector import Selector
from api.actions.webhooks import Hooks
from api.conversation.respond import AnswerQuestion
from dialog.content import Answer, AnswerDelta, AnswerPart, Outcome, Transcript
from dialog.flow import aclose
from dialog.keypad import KeyedNumber
from dialog.messages import (
    CallEnded,
    CallSettings,
    Cancel,
    HungUp,
    Inbound,
    Interrupted,
    KeyPressed,
    Message,
    Outbound,
    Say,
    SpeechStarted,
    TurnTrace,
)
from dialog.prompts import PROMPTS, Prompts
from dialog.tasks import TaskSet, background
from rag.answering.llm import ChatMessage
from russian.lemmas import lemmas

log = logging.getLogger(__name__)

FAILURES: frozenset[Outcome] = frozenset(("unknown", "unheard", "unclear", "unavailable", "broken"))
TRIES = 3


class Controller:
    """See above. `conversation` is the id of what is kept of the call."""

    def __init__(
        self,
        catalogue: ActionCatalogue,
        control: Control,
        conversation: str,
        *,
        hooks: Hooks | None = None,
        selector: Selector | None = None,
        prompts: Prompts = PROMPTS,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._catalogue = catalogue
        self._prompts = prompts
        self._executor = Executor(catalogue, control, conversation, hooks or Hooks(), prompts)
        self._selector = selector
        self._clock = clock
        self._waiting: deque[Inbound] = deque()
        self._beginning = TaskSet()
        self._heard = ""
        self._certain = asyncio.Event()
        self._collecting: Collect | None = None
        self._tries = self._failures = 0
        self._number = KeyedNumber()

    # ---- into the call

    async def inbound(self, inbound: AsyncIterator[Inbound]) -> AsyncGenerator[Inbound]:
        """What comes from the line, keys of actions taken out, and what actions have to say."""
        opened = False
        try:
            async for message in inbound:
                if not opened and not isinstance(message, Say | CallSettings):  # they come first
                    opened = True
                    if action := self._catalogue.closed(self._clock()):
                        self._begin(action)
                for one in self._key(message) if isinstance(message, KeyPressed) else (message,):
                    yield one
                while self._waiting and not isinstance(message, HungUp):
                    yield self._waiting.popleft()
        finally:
            await self._beginning.close()
            await aclose(inbound)

    def _key(self, message: KeyPressed) -> Sequence[Inbound]:
        """A key of an action, if no number is being keyed; the last key of a number ends it."""
        fresh = self._number.paused
        if fresh or message.key == "#":
            self._number.take()
        if message.key != "#":
            self._number.press(message.key)
        if self._collecting is not None:
            full = message.key.isdigit() and len(self._number.keys) >= self._collecting.most
            return (message, KeyPressed("#")) if full else (message,)
        action = self._catalogue.keyed(message.key) if fresh else None
        if action is None:
            return (message,)
        self._number.take()
        self._begin(action)
        return (Cancel(),)

    def _begin(self, action: Action) -> None:
        """Have an action speak that answers no question."""

        async def begin() -> None:
            words, name = await self._act(action, {})
            self._waiting.append(Say(words, action=name, outcome="action"))

        self._beginning.start(begin())

    # ---- answers

    def answering(self, otherwise: AnswerQuestion) -> AnswerQuestion:
        """Answers what is meant for an action by it, everything else as before."""

        async def answer(
            question: str, history: Sequence[ChatMessage]
        ) -> AsyncIterator[AnswerPart]:
            action = self._catalogue.asked(question)
            if action is None and self._collecting is None:
                action = self._spoken_key(question)
            parts: AsyncGenerator[AnswerPart]
            if action is not None:
                parts = self._answer(question, action, {})
            elif self._collecting is not None:
                parts = self._collect(question, self._collecting)
            else:
                parts = self._chosen(question, history, otherwise)
            async with aclosing(parts):
                async for part in parts:
                    yield part

        return answer

    async def _answer(
        self, question: str, action: Action, arguments: dict[str, Any]
    ) -> AsyncGenerator[AnswerDelta | Answer]:
        """Act and tell, once the question is certain: speculation must not send anything."""
        await self._until_certain(question)
        self._collecting = None
        for part in _whole(await self._act(action, arguments)):
            yield part

    async def _collect(
        self, question: str, collect: Collect
    ) -> AsyncGenerator[AnswerDelta | Answer]:
        """Digits, whether they were spoken or keyed."""
        await self._until_certain(question)
        digits = digits_of(question)
        self._tries += 1
        if collect.least <= len(digits) <= collect.most:
            self._collecting = None
            words = await self._act(self._catalogue.actions[collect.then], {"digits": digits})
        elif self._tries < TRIES:
            words = self._prompts.how_many_digits.format(digits=collect.digits), collect.name
        else:
            self._collecting = None
            words = self._prompts.no_digits, collect.name
            if collect.otherwise is not None:
                said, name = await self._act(self._catalogue.actions[collect.otherwise], {})
                words = f"{self._prompts.no_digits} {said}", name
        for part in _whole(words):
            yield part

    async def _chosen(
        self, question: str, history: Sequence[ChatMessage], otherwise: AnswerQuestion
    ) -> AsyncGenerator[AnswerPart]:
        """The model's choice, while the documents are already being asked."""
        parts = otherwise(question, history)
        try:
            async with background(anext(parts, None)) as first:
                choice = await self._selector.select(question, history) if self._selector else None
                if choice is not None:
                    async for said in self._answer(question, *choice):
                        yield said
                    return
                if (begun := await first) is not None:
                    yield begun
                    async for part in parts:
                        yield part
        finally:
            if isinstance(parts, AsyncGenerator):
                await parts.aclose()

    def _spoken_key(self, question: str) -> Action | None:
        """A digit said by itself is as good as its key."""
        found = lemmas(question)
        return self._catalogue.keyed(found[0]) if len(found) == 1 else None

    async def _until_certain(self, question: str) -> None:
        while self._heard != question:
            self._certain.clear()
            await self._certain.wait()
        self._heard = ""

    async def _act(self, action: Action, arguments: dict[str, Any]) -> SaidWords:
        said, name = await self._executor.begin(action, arguments)
        if isinstance(begun := self._catalogue.actions[name], Collect):
            self._collecting, self._tries = begun, 0
            self._number.take()
        return said, name

    # ---- out of the call

    async def messages(self, call: AsyncIterator[Outbound]) -> AsyncGenerator[Outbound]:
        """The call's messages; the last is ours where an action ends the call."""
        async for message in call:
            yield message
            self._note(message)
            if isinstance(message, TurnTrace) and not message.interrupted and message.answer.action:
                reason = await self._carried_out(message.answer.action)
                if reason is not None:
                    yield CallEnded(reason)
                    return

    async def _carried_out(self, name: str) -> str | None:
        try:
            return await self._executor.carry_out(name)
        except CannotDo as error:
            log.warning("action %s: %s", name, error)
            self._waiting.append(Say(self._prompts.not_connected, outcome="action"))
            return None

    def _note(self, message: Message) -> None:
        match message:
            case Transcript():
                self._heard = message.text
                self._certain.set()
            case SpeechStarted() | Interrupted():
                self._heard = ""
            case Answer() if message.outcome in FAILURES:
                self._failures += 1
                if action := self._catalogue.failed(self._failures):
                    self._begin(action)
            case Answer() if message.source != "none" or message.action:
                self._failures = 0


def digits_of(text: str) -> str:
    """The digits in what was said or keyed, one after another."""
    return "".join(one for one in lemmas(text) if one.isdigit())


def _whole(words: SaidWords) -> tuple[AnswerDelta, Answer]:
    said, name = words
    return AnswerDelta(said), Answer(said, "none", action=name, outcome="action")
