"""Background tasks: over with their block, never lost without a line in the log."""

import asyncio
import logging

import pytest

from dialog.tasks import TaskSet, background, cancel_and_wait

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

SECRET = "what a caller has said"


class Work:
    """Runs for ever, and takes a moment to clean up."""

    def __init__(self) -> None:
        self.started = self.cleaned = False

    async def run(self) -> None:
        self.started = True
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.cleaned = True


async def fail() -> None:
    raise ValueError(SECRET)


async def settle() -> None:
    """Let every task do what it can."""
    for _ in range(5):
        await asyncio.sleep(0)


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "dialog.tasks"]


async def test_work_runs_as_long_as_its_block() -> None:
    work = Work()
    async with background(work.run()) as task:
        await settle()
        assert work.started and not task.done()
    assert task.cancelled() and work.cleaned


async def test_it_ends_with_a_block_that_fails() -> None:
    work = Work()
    with pytest.raises(KeyError):
        async with background(work.run()):
            await settle()
            raise KeyError
    assert work.cleaned


async def test_it_ends_with_a_block_that_is_cancelled() -> None:
    work = Work()

    async def hold() -> None:
        async with background(work.run()):
            await asyncio.Event().wait()

    holding = asyncio.create_task(hold())
    await settle()
    await cancel_and_wait(holding)
    assert holding.cancelled() and work.cleaned


async def test_its_result_is_there_to_be_awaited() -> None:
    async with background(asyncio.sleep(0, "done")) as task:
        assert await task == "done"


async def test_an_error_that_nobody_awaits_is_logged_by_its_type_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with background(fail()):
        await settle()
    assert failures(caplog) == ["fail failed in the background: ValueError"]
    assert SECRET not in caplog.text


async def test_an_error_that_the_block_raises_is_not_told_twice(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(ValueError, match=SECRET):
        async with background(fail()) as task:
            await task
    assert failures(caplog) == []


async def test_an_error_is_logged_though_the_block_raises_another(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(KeyError):
        async with background(fail()):
            await settle()
            raise KeyError
    assert failures(caplog) == ["fail failed in the background: ValueError"]


async def test_a_set_forgets_what_has_ended(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with TaskSet() as tasks:
        tasks.start(asyncio.sleep(0))
        tasks.start(asyncio.sleep(60))
        assert len(tasks) == 2
        await settle()
        assert len(tasks) == 1
    assert len(tasks) == 0
    assert failures(caplog) == []


async def test_an_error_in_a_set_ends_no_other_task(caplog: pytest.LogCaptureFixture) -> None:
    work = Work()
    async with TaskSet() as tasks:
        tasks.start(work.run())
        tasks.start(fail())
        await settle()
        assert failures(caplog) == ["fail failed in the background: ValueError"]
        assert len(tasks) == 1 and not work.cleaned
    assert work.cleaned


async def test_a_set_is_waited_for_until_all_have_ended_by_themselves() -> None:
    done: list[int] = []

    async def work(number: int) -> None:
        await asyncio.sleep(0)
        done.append(number)

    tasks = TaskSet()
    for number in range(3):
        tasks.start(work(number))
    await tasks.join()
    assert done == [0, 1, 2] and len(tasks) == 0
