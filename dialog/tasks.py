"""Tasks that run beside the code that has started them: none is left behind, and none fails unseen.

    async with background(work()) as task: ...      one, for as long as the block runs
    tasks = TaskSet(); tasks.start(work())          many, each for as long as it likes

asyncio.TaskGroup is for tasks that end by themselves, and that fail together: leaving it waits for
them, and the first error cancels the others and becomes an ExceptionGroup. Here a task's work has
no end of its own (a clock, a pump, a listener) and is over with its block, or its error is its own
affair: one call that fails ends no other call.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Awaitable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


@asynccontextmanager
async def background(work: Awaitable[T]) -> AsyncGenerator[asyncio.Task[T]]:
    """Run `work` while the block runs. At the block's end it is cancelled, and waited for.

    Its error is raised only where the block awaits the task; else it is logged.
    """
    task: asyncio.Task[T] = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        await cancel_and_wait(task)


async def cancel_and_wait(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel tasks, and wait until each has cleaned up after itself.

    Their errors are logged, but for the one that is just being raised.
    """
    raised = sys.exception()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        _log_error(task, but_for=raised)


class TaskSet:
    """Tasks of one owner; each is forgotten when it ends, and its error is logged. As a context, or
    by `close`, it ends all that are left."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        """How many are running."""
        return len(self._tasks)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def start(self, work: Coroutine[Any, Any, object]) -> None:
        """Run one more."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def join(self) -> None:
        """Wait until all have ended by themselves."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cancel(self) -> None:
        """Cancel all; returns before they are gone."""
        for task in self._tasks:
            task.cancel()

    async def close(self) -> None:
        """Cancel all, and wait until each has cleaned up after itself."""
        self.cancel()
        await self.join()

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        _log_error(task)


def _log_error(task: "asyncio.Task[Any]", but_for: BaseException | None = None) -> None:
    """By its type alone: a message may quote what a caller has said."""
    error = None if task.cancelled() else task.exception()
    if error is not None and error is not but_for:
        work = getattr(task.get_coro(), "__qualname__", "a task")
        log.warning("%s failed in the background: %s", work, type(error).__name__)
