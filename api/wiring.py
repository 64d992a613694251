"""Builds what a command or the service needs, each part when it is first used.

The one place that knows which class stands behind which setting.
"""

import asyncio
import logging
import os
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np

from api.conversation.converse import PROMPTS, Stages, converse
from api.conversation.exchange import Reply
from api.conversation.respond import HISTORY_TURNS, AnswerQuestion
from api.logs import log_to
from api.metrics import Metrics
from api.settings import Settings
from asr.recogniser import Recogniser, load_recogniser
from asr.streaming import load_engine
from asr.turns.hearing import Hearing
from asr.worker import RecognitionWorker
from dialog.call import Call
from dialog.errors import BadInput, Unavailable
from dialog.messages import Inbound, Outbound, Speech, Transcript, TurnTrace, Word
from models.runtime import ModelThread
from rag import vocabulary
from rag.answering.answer import Answerer
from rag.answering.circuit_breaker import Breaker
from rag.answering.llm import ChatMessage, ChatModel, OpenAIChat, Timeouts
from rag.retrieval.library import Library, open_library
from russian.custom import NO_RULES, CustomRules, RulesError, load_rules
from store.conversations import (
    Conversation,
    ConversationInfo,
    begin_conversation,
    delete_conversation,
    get_conversation,
    list_conversations,
    record_turn,
)
from store.engine import Store, open_store
from store.recordings import Recordings
from tts.cache import PhraseCache
from tts.synthesiser import Synthesiser, load_synthesiser

log = logging.getLogger(__name__)


def settle_in(home: Path) -> None:
    """Make `home` hold whatever the process writes: logging, libraries' warnings included, goes
    to its beseda.log, so that stderr stays clean, and downloaded models to its hub/.

    Raises BadInput when the home cannot be written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        log_to(home / "beseda.log")
    except OSError as error:
        raise BadInput(f"cannot write to BESEDA_HOME {home}: {error.strerror}") from None
    logging.captureWarnings(True)
    os.environ.setdefault("HF_HOME", str(home / "hub"))
    # Libraries below would report their use to their makers; nothing may leave the machine.
    for switch in ("HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ.setdefault(switch, "1")
    # These name addresses and queries at INFO.
    for noisy in ("httpx", "httpcore", "openai", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def own_rules(path: Path | None) -> CustomRules:
    """The operator's rules, if a file is named; BadInput for one that cannot be used."""
    try:
        return load_rules(path.expanduser()) if path else NO_RULES
    except RulesError as error:
        raise BadInput(str(error)) from None


class Services:
    """The parts of one process. Use it as a context: leaving it stops every thread."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.metrics: Metrics | None = None
        self.spoken = PhraseCache()
        self._filler: Speech | None = None
        self._beside: list[asyncio.Task[None]] = []
        self._calls = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._beside:
            task.cancel()
        # Only what was built is closed: touching a cached property would build it now.
        for name in ("ears", "recogniser", "synthesiser", "library", "store"):
            if name in self.__dict__:
                getattr(self, name).close()

    @cached_property
    def rules(self) -> CustomRules:
        return own_rules(self.settings.rules)

    @cached_property
    def store(self) -> Store:
        return open_store(self.settings.database)

    @cached_property
    def recordings(self) -> Recordings:
        return Recordings(self.settings.home / "recordings")

    @cached_property
    def library(self) -> Library:
        key = self.settings.qdrant_api_key
        return open_library(
            self.store,
            self.settings.home / "index",
            qdrant_url=self.settings.qdrant_url,
            qdrant_api_key=key.get_secret_value() if key else None,
            dense_model=self.settings.dense_model,
            rerank_model=self.settings.rerank_model,
            phrases=self.settings.home / vocabulary.FILE,
        )

    @cached_property
    def llm(self) -> ChatModel | None:
        if self.settings.llm_url is None:
            return None
        key = self.settings.llm_api_key
        patience_s = self.settings.llm_patience_s
        model = OpenAIChat(
            self.settings.llm_url,
            self.settings.llm_model,
            api_key=key.get_secret_value() if key else None,
            timeouts=Timeouts(first_piece_s=patience_s, next_piece_s=patience_s),
        )
        return Breaker(model)

    @cached_property
    def answerer(self) -> Answerer:
        return Answerer(self.library, self.llm)

    @cached_property
    def recogniser(self) -> ModelThread[Recogniser]:
        known = self.settings.home / vocabulary.FILE
        model, device = self.settings.asr_model, self.settings.device
        load = partial(load_recogniser, model, device, phrases=known)
        return ModelThread("recogniser", load)

    @cached_property
    def ears(self) -> RecognitionWorker:
        """Recognition for calls, in a process of its own."""
        known = self.settings.home / vocabulary.FILE
        return RecognitionWorker(
            partial(load_engine, self.settings.asr_model, self.settings.device, known)
        )

    @cached_property
    def synthesiser(self) -> ModelThread[Synthesiser]:
        load = partial(load_synthesiser, self.settings.tts_model, self.settings.device)
        return ModelThread("synthesiser", load)

    def start(self) -> None:
        """Begin to load the models; returns at once. Call it in the event loop."""
        self.recogniser.start()
        self.synthesiser.start()
        loop = asyncio.get_running_loop()
        self._beside = [loop.create_task(self.warm()), loop.create_task(self.ears.watch())]

    async def load(self, *, spoken: bool) -> None:
        """Load the models side by side and wait. What fails here is told by who needs it."""
        threads: list[ModelThread[Any]] = [self.recogniser]
        if spoken:
            threads.append(self.synthesiser)
        loads = (thread.run(lambda _: None) for thread in threads)
        await asyncio.gather(*loads, return_exceptions=True)

    async def readiness(self) -> dict[str, str]:
        """Each part's state: `ready`, or in a word what keeps it."""
        asr, tts = self.recogniser.state, self.synthesiser.state
        models = {"asr": asr, "calls": self.ears.state, "tts": tts}
        return {**models, "store": await asyncio.to_thread(self._store_state)}

    def _store_state(self) -> str:
        try:
            self.library.refresh()
        except Exception as error:
            logging.getLogger(__name__).warning("store: %s", type(error).__name__)
            return "failed"
        return "ready"

    async def transcribe(
        self, source: Path | BinaryIO, progress: Callable[[float], None] | None = None
    ) -> Transcript:
        """A whole recording to text; raises BadInput for what is none.

        `progress` is told how many seconds have been heard.
        """
        from asr.recording import transcribe

        return await transcribe(source, self.recogniser, progress=progress)

    def speak(
        self, text: AsyncIterator[str] | str, voice: str | None = None, speed: float = 1.0
    ) -> AsyncIterator[Speech]:
        """Written text to phrases of speech; raises BadInput for an unknown voice."""
        from russian.voice import voice_text
        from tts.speech import speak

        read = partial(voice_text, custom=self.rules)
        chosen = voice or self.settings.voice
        return speak(text, self.synthesiser, chosen, speed, read, cache=self.spoken)

    def stages(self, *, spoken: bool, history: Sequence[ChatMessage] = ()) -> Stages:
        """What one exchange, or one call, runs through."""
        say = self.speak if spoken else None
        answer = partial(self.answerer.answer, style="ear" if spoken else "eye")
        return Stages(Hearing(self.transcribe), answer, say, history)

    async def live_stages(self, history: Sequence[ChatMessage] = ()) -> Stages:
        """The same for a call; waits for the recogniser. Raises Unavailable."""
        from asr.recording import for_reading

        rate_hz, chunk = await self.ears.start()
        hearing = Hearing(
            self.transcribe,
            self.ears.open,
            rate_hz,
            chunk,
            read=lambda heard: for_reading([heard]),
        )
        stages = self.stages(spoken=True, history=history)
        return replace(stages, hearing=hearing, filler=lambda: self._filler)

    async def warm(self) -> None:
        """Make what every call may need at once: recognition, and the phrases of `PROMPTS`."""
        from asr.recording import for_reading

        try:
            if self.llm is not None:  # importing its client takes a second
                await asyncio.to_thread(import_module, "openai")
            rate_hz, _ = await self.ears.start()
            ear = self.ears.open()
            noise = np.random.default_rng(0).normal(0.0, 0.1, 2 * rate_hz)
            await ear.preview(noise.astype(np.float32))  # the first step of a model is its slowest
            await ear.close()
            async for _ in self.answerer.answer("Сколько стоит доставка?"):
                """The first search loads the index and the dictionaries."""
            await asyncio.to_thread(for_reading, [Transcript("да", (Word("да", 0, 1, 1),), 1)])
            for prompt in PROMPTS:
                phrases = [phrase async for phrase in self.speak(prompt)]
                self._filler = self._filler or phrases[0]
        except Unavailable as error:
            log.warning("not warm: %s", error.message)

    async def call(
        self,
        inbound: AsyncIterator[Inbound],
        conversation_id: str | None = None,
        respond: AnswerQuestion | None = None,
    ) -> AsyncGenerator[Outbound]:
        """Hold a live call (see docs/calls.md): `converse`, its turns kept and counted.

        `respond` answers in place of the documents alone.
        Raises Unavailable at once when too many calls are held already.
        """
        if self._calls >= self.settings.max_calls:
            raise Unavailable(f"all {self.settings.max_calls} lines are busy: try again later")
        self._count_calls(1)
        kept_in = conversation_id or str(uuid.uuid4())
        try:
            stages = await self.live_stages(await self.history(conversation_id))
            stages = replace(stages, respond=respond or stages.respond)
            async with aclosing(converse(inbound, stages, Call(live=True))) as messages:
                async for message in messages:
                    if isinstance(message, TurnTrace):
                        await self.keep(message, kept_in)
                    yield message
        finally:
            self._count_calls(-1)

    def _count_calls(self, change: int) -> None:
        self._calls += change
        if self.metrics is not None:
            self.metrics.calls.set(self._calls)

    async def keep(self, turn: TurnTrace, conversation_id: str) -> None:
        """Keep a call's turn, its answer as the caller heard it, and count it."""
        if self.metrics is not None:
            self.metrics.turn(turn)
        if not turn.question.text:
            return  # a greeting or a prompt
        answer = replace(turn.answer, text=turn.heard)
        reply = Reply(turn.question, answer, (), turn.timings_ms)
        try:
            await self.record(reply, conversation_id)
        except Exception:
            log.exception("a turn could not be kept")  # the call matters more

    async def record(self, reply: Reply, conversation_id: str | None = None) -> str:
        """Keep an exchange; returns its conversation's id."""
        return await asyncio.to_thread(self._record, reply, conversation_id)

    def _record(self, reply: Reply, conversation_id: str | None) -> str:
        with self.store.session() as session:
            turn = record_turn(
                session,
                reply.transcript.text,
                reply.answer,
                words=reply.transcript.words,
                timings_ms=reply.timings_ms,
                conversation_id=conversation_id,
            )
            return turn.conversation_id

    async def history(self, conversation_id: str | None) -> list[ChatMessage]:
        """The last exchanges of a conversation, oldest first."""
        if conversation_id is None:
            return []
        conversation = await asyncio.to_thread(self.conversation, conversation_id)
        turns = conversation.turns[-HISTORY_TURNS:] if conversation else ()
        return [
            message
            for turn in turns
            for message in (
                ChatMessage("user", turn.question),
                ChatMessage("assistant", turn.answer.text),
            )
        ]

    async def known(self, conversation_id: str) -> bool:
        """Whether something has been kept under this id."""
        return await asyncio.to_thread(self.conversation, conversation_id) is not None

    def conversation(self, conversation_id: str) -> Conversation | None:
        """A kept conversation; blocking."""
        with self.store.reading() as session:
            return get_conversation(session, conversation_id)

    def conversations(self, limit: int) -> list[ConversationInfo]:
        """The latest conversations; blocking."""
        with self.store.reading() as session:
            return list_conversations(session, limit)

    def begin_conversation(self, conversation_id: str) -> None:
        """Have a conversation, though nothing has been said in it yet; blocking."""
        with self.store.session() as session:
            begin_conversation(session, conversation_id)

    def delete_conversation(self, conversation_id: str) -> bool:
        """Delete a conversation and its recording; False where there was neither. Blocking."""
        with self.store.session() as session:
            known = delete_conversation(session, conversation_id)
        return self.recordings.delete(conversation_id) or known
