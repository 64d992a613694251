"""A model on a thread of its own, loaded when first needed.

Knows threads and queues; knows nothing about what the model does. Inference blocks and
holds the GIL for long, so no coroutine may call a model: it awaits `run` instead. One
thread per model also means that a model is never entered twice at a time.
"""

import asyncio
import heapq
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, Literal, TypeVar

from dialog.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")
ThreadState = Literal["idle", "loading", "ready", "failed", "closed"]
MAX_WAITING = 64


class ModelThread(Generic[T]):
    """Runs functions of one model, one after another: by rank, and in the order of the calls.

    `load` is called once, on the thread, before the first function. When it fails, every
    waiting caller gets its exception, and the next call tries again: a missing file may
    have appeared since. More than `max_waiting` calls at a time are refused with
    `Unavailable`, so that a flood ends in an answer and not in growing memory.
    """

    def __init__(self, name: str, load: Callable[[], T], max_waiting: int = MAX_WAITING) -> None:
        self.name = name
        self._load = load
        self._max_waiting = max_waiting
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._waiting = 0
        self._model: T | None = None
        self._queue: list[tuple[int, int, Future[Any], Callable[[T], Any]]] = []
        self._count = itertools.count()
        self._state: ThreadState = "idle"

    @property
    def state(self) -> ThreadState:
        return self._state

    def start(self) -> None:
        """Load in the background; a failure is seen in `state` and by the next caller."""
        self._submit(lambda _: None).add_done_callback(lambda future: future.exception())

    async def run(self, function: Callable[[T], R], rank: int = 0) -> R:
        """`function(model)` on the model's thread. A cancelled caller leaves the rest alone:
        a call that waits is dropped, one that runs is finished and its result forgotten.
        What waits with a lower `rank` is run first."""
        return await asyncio.wrap_future(self._submit(function, rank))

    def close(self) -> None:
        """Drop what waits, finish what runs, release the model; no thread is left."""
        self._executor.shutdown(wait=True, cancel_futures=True)
        while self._queue:
            heapq.heappop(self._queue)[2].cancel()
        self._model = None
        self._state = "closed"

    def _submit(self, function: Callable[[T], R], rank: int = 0) -> "Future[R]":
        future: Future[R] = Future()
        with self._lock:
            if self._waiting >= self._max_waiting:
                raise Unavailable(f"{self.name} is busy: {self._waiting} requests are waiting")
            heapq.heappush(self._queue, (rank, next(self._count), future, function))
            try:
                self._executor.submit(self._next)
            except RuntimeError as error:
                raise Unavailable(f"{self.name} is shut down") from error
            self._waiting += 1
        future.add_done_callback(self._left)
        return future

    def _next(self) -> None:
        """Run what is due: one for each that was submitted, not always the same one."""
        with self._lock:
            _, _, future, function = heapq.heappop(self._queue)
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(function(self._loaded()))
        except BaseException as error:
            future.set_exception(error)

    def _left(self, _: "Future[R]") -> None:
        with self._lock:
            self._waiting -= 1

    def _loaded(self) -> T:
        if self._model is None:
            self._state = "loading"
            try:
                self._model = self._load()
            except BaseException:
                self._state = "failed"
                raise
            self._state = "ready"
        return self._model
