"""How many call, and for how long: callers who come in little by little, or ever more until
answers come too late.

    callers  1 2 3 ...... N ......................   (ramp, then `seconds`, or a call each)
    callers  2 ..... 4 ..... 6 ..... 8 ... too late   (search)
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from api.bench.load.caller import Caller, LoadRun
from api.bench.load.report import LoadFigures
from dialog.tasks import cancel_and_wait


@dataclass(frozen=True, slots=True)
class Plan:
    """`seconds` None: a call for each caller. `ramp_s`: how long it takes until all have come."""

    callers: int
    seconds: float | None = None
    ramp_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Search:
    """Begin with `callers`, add `step` each `seconds`, until the 95th percentile of the wait
    passes `until_ms`, or a turn fails, or there are `most`."""

    callers: int
    step: int
    seconds: float
    until_ms: float
    most: int = 256


class CallerSchedule:
    """The callers of one run. `stop` ends it: turns under way are finished."""

    def __init__(self, run: LoadRun) -> None:
        self._run = run
        self._tasks: list[asyncio.Task[None]] = []
        self.stop = asyncio.Event()

    async def hold(self, plan: Plan) -> None:
        """All of it."""
        try:
            await self._grow(plan.callers, plan.ramp_s / plan.callers, once=plan.seconds is None)
            if plan.seconds is not None:
                await self._passing(plan.seconds)
                self.stop.set()
            await self._all()
        finally:
            await self._leave()

    async def search(self, plan: Search, measure: Callable[[int, float], LoadFigures]) -> None:
        """`measure` is told at the end of each step how many call, and since when."""
        callers = plan.callers
        try:
            while callers <= plan.most and not self.stop.is_set():
                await self._grow(callers, 1.0, once=False)
                since_s = asyncio.get_running_loop().time()
                await self._passing(plan.seconds)
                if measure(callers, since_s).too_late(plan.until_ms):
                    break
                callers += plan.step
            self.stop.set()
            await self._all()
        finally:
            await self._leave()

    async def _grow(self, callers: int, every_s: float, *, once: bool) -> None:
        for number in range(len(self._tasks), callers):
            if self.stop.is_set():
                return
            caller = Caller(number, self._run)
            self._tasks.append(asyncio.create_task(caller.calls(self.stop, once=once)))
            await self._passing(every_s)

    async def _passing(self, seconds: float) -> None:
        """Wait; a caller that breaks, through a fault of ours, breaks the run."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stop.wait()
        for task in self._tasks:
            if task.done():
                task.result()

    async def _all(self) -> None:
        await asyncio.gather(*self._tasks)

    async def _leave(self) -> None:
        await cancel_and_wait(*self._tasks)
