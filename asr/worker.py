"""Streaming recognition in a process of its own, shared by all calls.

    call 1 -- push --+                         +--------------------------+
    call 2 -- preview --+-- one batch at a time --| engine.step, all states  |
    call 3 -- push --+                         +--------------------------+

NeMo decodes in Python and holds the GIL, and audio that comes every 20 ms cannot wait for it.
Knows queues, batches and crashes; knows nothing of models or turns. A crashed process is
replaced at the next request: the utterances that were open are lost, and their calls are told.
"""

import asyncio
import contextlib
import itertools
import logging
import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from asr.recogniser import Engine, EngineState
from dialog.content import Samples, Words
from dialog.errors import Unavailable

R = TypeVar("R")
MAX_WAITING = 256
WATCHED_EVERY_S = 1.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Request:
    """One step of one utterance: more samples, a look at what it would be, or its end."""

    utterance: int
    kind: Literal["push", "preview", "close"]
    samples: Samples


_Asked = tuple[Request, "asyncio.Future[Words]"]


class Host:
    """The states of all open utterances beside their engine; lives in the process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._states: dict[int, EngineState] = {}

    def step(self, batch: Sequence[Request]) -> list[Words]:
        """Answer requests of different utterances, those of a kind in one step."""
        found: dict[int, Words] = {}
        pushes = [one for one in batch if one.kind == "push"]
        if pushes:
            words, after = self._engine.step(*self._arguments(pushes))
            self._states |= {one.utterance: s for one, s in zip(pushes, after, strict=True)}
            found |= {one.utterance: w for one, w in zip(pushes, words, strict=True)}
        previews = [one for one in batch if one.kind == "preview"]
        if previews:
            words = self._engine.finish(*self._arguments(previews))
            found |= {one.utterance: w for one, w in zip(previews, words, strict=True)}
        for one in batch:
            if one.kind == "close":
                self._states.pop(one.utterance, None)
        return [found.get(one.utterance, ()) for one in batch]

    @property
    def held(self) -> int:
        """How many utterances are open."""
        return len(self._states)

    def _arguments(self, requests: Sequence[Request]) -> tuple[list[Samples], list[EngineState]]:
        states = [self._states.get(one.utterance) for one in requests]
        begun = [self._engine.start() if state is None else state for state in states]
        return [one.samples for one in requests], begun


class RecognitionWorker:
    """Opens utterances; batches what they ask. `close` ends the process."""

    def __init__(self, load: Callable[[], Engine], *, in_process: bool = False) -> None:
        self._load = load
        self._host: Host | None = Host(load()) if in_process else None
        self._pool: ProcessPoolExecutor | None = None
        self._ids = itertools.count()
        self._waiting: list[_Asked] = []
        self._running: asyncio.Task[None] | None = None
        self._loaded: tuple[int, int] | None = None
        self.state = "idle"

    async def start(self) -> tuple[int, int]:
        """Load the model and wait for it; returns its rate in Hz and its chunk in samples."""
        if self._host is not None:
            return self._host._engine.rate_hz, self._host._engine.chunk
        if self._loaded is None:
            self.state = "loading"
            try:
                self._loaded = await self._in_process(_shape)
            except BaseException:
                self.state = "failed"
                raise
            self.state = "ready"
        return self._loaded

    async def watch(self, every_s: float = WATCHED_EVERY_S) -> None:
        """Look after the process for good: one that has died is not ready, and is replaced."""
        while self.state != "closed":
            await asyncio.sleep(every_s)
            with contextlib.suppress(Unavailable):
                if self.state == "ready":
                    await self._in_process(_shape)
                if self.state == "failed":
                    await self.start()

    def open(self) -> "RecognitionStream":
        """A new utterance; `close` it, whatever happens."""
        return RecognitionStream(self, next(self._ids))

    async def held(self) -> int:
        """How many utterances the process holds; for tests and metrics."""
        if self._host is not None:
            return self._host.held
        return await self._in_process(_held)

    async def ask(self, request: Request) -> Words:
        """Have a request answered in the next batch. Raises `Unavailable`."""
        if len(self._waiting) >= MAX_WAITING:
            raise Unavailable("recognition is busy")
        answer: asyncio.Future[Words] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, answer))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._work())
        return await answer

    def close(self) -> None:
        """End the process; what is under way is lost."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)
        self._loaded = None
        self.state = "closed"

    async def _work(self) -> None:
        while self._waiting:
            batch = self._take()
            try:
                words = await self._stepped([request for request, _ in batch])
            except Exception as error:
                log.warning("recognition failed: %s", type(error).__name__)
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(Unavailable("recognition failed"))
                continue
            for (_, answer), found in zip(batch, words, strict=True):
                if not answer.done():
                    answer.set_result(found)

    def _take(self) -> "list[_Asked]":
        """The first waiting request of each utterance."""
        seen: set[int] = set()
        batch: list[_Asked] = []
        later: list[_Asked] = []
        for item in self._waiting:
            (later if item[0].utterance in seen else batch).append(item)
            seen.add(item[0].utterance)
        self._waiting = later
        return batch

    async def _stepped(self, batch: list[Request]) -> list[Words]:
        if self._host is not None:
            return self._host.step(batch)
        return await self._in_process(_step, batch)

    async def _in_process(self, function: Callable[..., R], *arguments: object) -> R:
        pool = self._pool or self._new_pool()
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, function, *arguments)
        except BrokenProcessPool as error:
            if self._pool is pool:
                self._pool, self._loaded, self.state = None, None, "failed"
                pool.shutdown(wait=False)
            raise Unavailable("the recognition process died") from error

    def _new_pool(self) -> ProcessPoolExecutor:
        self._pool = ProcessPoolExecutor(
            1, multiprocessing.get_context("spawn"), initializer=_settle, initargs=(self._load,)
        )
        return self._pool


class RecognitionStream:
    """One utterance of a `RecognitionWorker`'s; see `asr.turns.utterance.UtteranceStream`."""

    def __init__(self, worker: RecognitionWorker, utterance: int) -> None:
        self._worker = worker
        self._utterance = utterance
        self._used = False

    async def push(self, samples: Samples) -> Words:
        """See `UtteranceStream`."""
        self._used = True
        return await self._worker.ask(Request(self._utterance, "push", samples))

    async def preview(self, samples: Samples) -> Words:
        """See `UtteranceStream`."""
        self._used = True
        return await self._worker.ask(Request(self._utterance, "preview", samples))

    async def close(self) -> None:
        """See `UtteranceStream`."""
        if self._used:
            nothing = np.zeros(0, np.float32)
            with contextlib.suppress(Unavailable):
                await self._worker.ask(Request(self._utterance, "close", nothing))


_host: Host | None = None
_loading: Callable[[], Engine] | None = None


def _settle(load: Callable[[], Engine]) -> None:
    """First thing in the new process: die with the parent, and leave the other core to it."""
    global _loading  # noqa: PLW0603 (a process pool has no other place for it)
    _loading = load
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_die_with, args=(parent,), daemon=True).start()


def _die_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _hosted() -> Host:
    global _host  # noqa: PLW0603
    if _host is None:
        assert _loading is not None
        _host = Host(_loading())
    return _host


def _step(batch: list[Request]) -> list[Words]:
    return _hosted().step(batch)


def _shape() -> tuple[int, int]:
    engine = _hosted()._engine
    return engine.rate_hz, engine.chunk


def _held() -> int:
    return _hosted().held
