"""Builds what a command or the service needs, each part when it is first used, and closes it.

The one place that knows which class stands behind which setting, but for the doors of the
telephone, which `api.telephony.phone` opens on top of it. What is loaded is in `api.models`; what
is kept, and how calls are held, in `api.conversation`.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Self

from api.conversation.calls import Calls
from api.conversation.converse import Stages
from api.conversation.history import Conversations
from api.metrics import Metrics
from api.models import Models
from api.settings import Settings, read_yaml, unwrapped
from asr.recogniser import load_recogniser
from asr.streaming import load_engine
from asr.turns.hearing import Hearing
from asr.worker import RecognitionWorker
from dialog.errors import BadInput, Unavailable
from dialog.prompts import PROMPTS, Prompts
from dialog.sandbox import close_sandboxes
from dialog.tasks import TaskSet
from models.runtime import ModelThread
from rag import vocabulary
from rag.answering.answer import Answerer
from rag.answering.circuit_breaker import Breaker
from rag.answering.llm import ChatMessage, LanguageModel, OpenAIChat, Timeouts
from rag.ingestion.ingest import Ingestion
from rag.retrieval.retriever import Retriever, open_retriever
from russian.custom import NO_RULES, CustomRules, RulesError, load_rules
from store.engine import Store, open_store
from store.recordings import Recordings
from store.space import check_space, taken_bytes
from tts.synthesiser import load_synthesiser

log = logging.getLogger(__name__)


def own_rules(path: Path | None) -> CustomRules:
    """The operator's rules, if a file is named; BadInput for one that cannot be used."""
    try:
        return load_rules(path.expanduser()) if path else NO_RULES
    except RulesError as error:
        raise BadInput(str(error)) from None


def own_prompts(settings: Settings) -> Prompts:
    """What the assistant says: the operator's sentences where there are any. A greeting and a
    notice that are settings of their own come before the file's. Raises BadInput for a file that
    cannot be used."""
    prompts = PROMPTS
    if settings.prompts is not None:
        path = settings.prompts.expanduser()
        try:
            prompts = Prompts.replacing(read_yaml("BESEDA_PROMPTS", path))
        except ValueError as error:
            raise BadInput(f"BESEDA_PROMPTS {path}: {error}") from None
    greeting, notice = settings.greeting, settings.record_notice
    return replace(
        prompts,
        greeting=prompts.greeting if greeting is None else greeting,
        record_notice=prompts.record_notice if notice is None else notice,
    )


class Services:
    """The parts of one process. Use it as a context: leaving it closes all that was built.

    `models` takes the place of those that the settings name.
    """

    def __init__(self, settings: Settings, models: Models | None = None) -> None:
        self.settings = settings
        self.prompts = own_prompts(settings)
        self.metrics = Metrics()
        self.models = models or self._models()
        self._background = TaskSet()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._background.cancel()
        self.models.close()
        close_sandboxes()
        # Only what was built is closed: touching a cached property would build it now.
        for name in ("retriever", "store"):
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
    def conversations(self) -> Conversations:
        return Conversations(self.store, self.recordings, self.metrics)

    @cached_property
    def retriever(self) -> Retriever:
        return open_retriever(
            self.store,
            self.settings.home / "index",
            qdrant_url=self.settings.qdrant_url,
            qdrant_api_key=unwrapped(self.settings.qdrant_api_key),
            dense_model=self.settings.dense_model,
            rerank_model=self.settings.rerank_model,
        )

    def _check_room(self, wanted_bytes: int) -> None:
        # The index may be written anew when something is added.
        home = self.settings.home
        check_space(home, wanted_bytes + taken_bytes(home / "index"))

    @cached_property
    def ingestion(self) -> Ingestion:
        names = vocabulary.VocabularyFile(self.store, self._vocabulary)
        return Ingestion(self.store, self.retriever.follow, names, check_room=self._check_room)

    @cached_property
    def llm(self) -> LanguageModel | None:
        """One for every door, so that what one door has waited for in vain the others do not."""
        if self.settings.llm_url is None:
            return None
        patience_s = self.settings.llm_patience_s
        model = OpenAIChat(
            self.settings.llm_url,
            self.settings.llm_model,
            api_key=unwrapped(self.settings.llm_api_key),
            timeouts=Timeouts(first_piece_s=patience_s, next_piece_s=patience_s),
        )
        return Breaker(model)

    @cached_property
    def answerer(self) -> Answerer:
        return Answerer(self.retriever, self.llm, prompts=self.prompts)

    @cached_property
    def calls(self) -> Calls:
        limit = self.settings.max_calls
        return Calls(self.call_stages, self.conversations, self.metrics, limit)

    def stages(self, *, spoken: bool, history: Sequence[ChatMessage] = ()) -> Stages:
        """What one exchange runs through. Raises Unavailable without a database."""
        say = self.models.speak if spoken else None
        answer = partial(self.answerer.answer, style="spoken" if spoken else "written")
        hearing = Hearing(self.models.transcribe)
        return Stages(hearing, answer, say, history, prompts=self.prompts)

    async def call_stages(self, history: Sequence[ChatMessage] = ()) -> Stages:
        """The same for a call; waits for recognition. Raises Unavailable."""
        hearing = await self.models.hearing()
        stages = self.stages(spoken=True, history=history)
        return replace(stages, hearing=hearing, filler=lambda: self.models.filler)

    def start(self) -> None:
        """Begin to load the models and to warm every part; returns at once. Call it in the event
        loop."""
        self.models.start()
        self._background.start(self.warm())

    async def warm(self) -> None:
        """Use every part once, since a first use loads what it needs; a part that cannot be had is
        left cold."""
        await asyncio.gather(self.models.warm(self.prompts.urgent), self._warm_answers())

    async def _warm_answers(self) -> None:
        """The first search loads the index and the dictionaries."""
        try:
            if self.llm is not None:  # importing its client takes a second
                await asyncio.to_thread(import_module, "openai")
            async for _ in self.answerer.answer("Сколько стоит доставка?"):
                pass
        except Unavailable as error:
            log.warning("not warm: %s", error.message)

    def _models(self) -> Models:
        settings, phrases = self.settings, self._vocabulary
        recogniser = partial(load_recogniser, settings.asr_model, settings.device, phrases=phrases)
        engine = partial(load_engine, settings.asr_model, settings.device, phrases)
        synthesiser = partial(load_synthesiser, settings.tts_model, settings.device)
        return Models(
            ModelThread("recogniser", recogniser),
            RecognitionWorker(engine),
            ModelThread("synthesiser", synthesiser),
            read=self._voice_text,
            voice=settings.voice,
        )

    def _voice_text(self, text: str) -> str:
        from russian.voice import voice_text

        return voice_text(text, custom=self.rules)

    @property
    def _vocabulary(self) -> Path:
        """Names from the documents, which the recognisers listen for."""
        return self.settings.home / vocabulary.FILE
