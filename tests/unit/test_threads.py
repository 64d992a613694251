"""Blocking work in pools of its own: one kind does not wait for another."""

import asyncio
import threading

import pytest

from dialog.errors import Unavailable
from dialog.threads import MAX_WAITING, POOLS, Threads, stuck

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


async def test_results_and_errors_come_back() -> None:
    pool = Threads("some", 1, patience_s=1.0)
    assert await pool.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await pool.run(divmod, 7, 0)
    assert pool.oldest_s() == 0


async def test_a_full_pool_delays_its_own_kind_only() -> None:
    slow, quick = Threads("slow", 2, patience_s=1.0), Threads("quick", 1, patience_s=1.0)
    open_ = threading.Event()
    waiting = [asyncio.create_task(slow.run(open_.wait)) for _ in range(5)]
    assert await asyncio.wait_for(quick.run(str, 5), 1) == "5"
    assert not any(task.done() for task in waiting)
    assert slow.oldest_s() > 0
    open_.set()
    assert await asyncio.gather(*waiting) == [True] * 5


async def test_a_queue_has_an_end() -> None:
    pool = Threads("some", 1, patience_s=1.0)
    open_ = threading.Event()
    waiting = [asyncio.create_task(pool.run(open_.wait)) for _ in range(MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="too much waits for some"):
        await pool.run(str)
    open_.set()
    await asyncio.gather(*waiting)
    assert await pool.run(str, 1) == "1"


async def test_who_gets_nothing_done_is_told() -> None:
    assert list(stuck()) == []
    pool = POOLS[0]
    begun, open_ = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        open_.wait()

    waiting = asyncio.create_task(pool.run(hang))
    pool.patience_s, before = 0.0, pool.patience_s
    try:
        await asyncio.to_thread(begun.wait)
        assert list(stuck()) == [pool.name]
    finally:
        pool.patience_s = before
        open_.set()
        await waiting
