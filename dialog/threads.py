"""Threads for work that blocks, a pool for each purpose: one kind of work cannot starve another.

    await STORE.run(function, argument)

asyncio's own pool has a few threads for everything, and six slow documents held up every answer.
Here a full pool delays its own kind only, a queue that is too long is refused, and a pool that
gets nothing done is known (`stuck`). What computes on a model has a thread of its own (`models`).
"""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from dialog.errors import Unavailable

T = TypeVar("T")

MAX_WAITING = 256
"""Jobs of one pool, those at work included."""


class Threads:
    """A pool. A job that takes longer than `patience_s` is a sign that the pool is stuck."""

    def __init__(self, name: str, workers: int, patience_s: float) -> None:
        self.name = name
        self.patience_s = patience_s
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix=name)
        self._numbers = itertools.count()
        self._running: dict[int, float] = {}
        self._asked = 0

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """`function(*arguments)` on one of the threads; its result, or what it raises.

        Raises Unavailable when too much is waiting already. Cancelling takes a job that has not
        begun out of the queue; one that has begun goes on to its end.
        """
        if self._asked >= MAX_WAITING:
            raise Unavailable(f"too much waits for {self.name}: try again later")
        loop = asyncio.get_running_loop()
        self._asked += 1
        try:
            return await loop.run_in_executor(self._executor, self._timed, function, arguments)
        finally:
            self._asked -= 1

    def oldest_s(self) -> float:
        """For how long the oldest job has been running; 0 without one."""
        began_s = min(list(self._running.values()), default=None)
        return 0.0 if began_s is None else time.monotonic() - began_s

    def _timed(self, function: Callable[..., T], arguments: tuple[object, ...]) -> T:
        number = next(self._numbers)
        self._running[number] = time.monotonic()
        try:
            return function(*arguments)
        finally:
            del self._running[number]


STORE = Threads("store", 4, patience_s=60.0)
"""Short reads and writes of the database; SQLite's lock is waited for half a minute."""

ANSWERS = Threads("answers", 6, patience_s=60.0)
"""Searching, and what is done with the passages."""

DOCUMENTS = Threads("documents", 4, patience_s=600.0)
"""Taking documents in, which reads a file for 20 s at most, and brings the index up."""

UPLOADS = Threads("uploads", 6, patience_s=60.0)
"""Decoding what was uploaded, a few seconds of sound at a time."""

RECORDINGS = Threads("recordings", 4, patience_s=60.0)
"""Writing what is recorded of calls."""

TEXT = Threads("text", 2, patience_s=60.0)
"""How words are written, and how text is read."""

POOLS = (STORE, ANSWERS, DOCUMENTS, UPLOADS, RECORDINGS, TEXT)


def stuck() -> Iterator[str]:
    """The names of the pools in which a job has run for longer than any should."""
    return (pool.name for pool in POOLS if pool.oldest_s() > pool.patience_s)
