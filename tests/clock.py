"""An event loop whose clock jumps to the next timer: a minute of conversation takes no time."""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

STUCK_S = 5.0
THREAD_S = 0.2


class JumpingSelector(selectors.DefaultSelector):
    """Never waits for a timer; waits really only where a thread is at work, and then not for long:
    a thread that hangs must not hold the timer that gives it up."""

    now_s = 0.0
    threads = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(THREAD_S if self.threads and timeout != 0 else 0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            ready = super().select(STUCK_S)
            if not ready:
                raise RuntimeError("nothing is left that could happen")
            return ready
        self.now_s += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    def __init__(self, *_: Any) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now_s

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        self._jumping.threads += 1
        working = super().run_in_executor(executor, func, *args)
        working.add_done_callback(self._left)
        return working

    def _left(self, _: object) -> None:
        self._jumping.threads -= 1

    async def shutdown_default_executor(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - asyncio's own signature
    ) -> None:
        """Without the limit that asyncio's runner sets: from Python 3.13 on it is a timer of the
        loop's, to which the clock would jump while the threads still end."""
        await super().shutdown_default_executor()
