"""A model has one thread, is loaded once, and its callers do not harm one another."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from dialog.errors import BadInput, Unavailable
from models.runtime import ModelThread, ThreadState

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


class Model:
    def __init__(self) -> None:
        self.thread = threading.current_thread().name
        self.calls: list[str] = []

    def call(self, name: str) -> str:
        self.calls.append(f"{name} on {threading.current_thread().name}")
        return name


def call(name: str) -> Callable[[Model], str]:
    return lambda model: model.call(name)


def state(thread: ModelThread[Model]) -> ThreadState:
    """Anew at each question: mypy would remember the answer to the one before."""
    return thread.state


async def test_it_is_loaded_once_on_its_own_thread_and_only_when_needed() -> None:
    loads: list[str] = []

    def load() -> Model:
        loads.append(threading.current_thread().name)
        return Model()

    thread = ModelThread("asr", load)
    assert state(thread) == "idle"
    assert not loads
    names = await asyncio.gather(*(thread.run(call(str(i))) for i in range(5)))
    assert names == ["0", "1", "2", "3", "4"]
    assert len(loads) == 1
    assert loads[0].startswith("asr")
    assert loads[0] != threading.current_thread().name
    assert state(thread) == "ready"
    calls = await thread.run(lambda m: m.calls)
    assert [call.split()[0] for call in calls] == names
    assert {call.split()[-1] for call in calls} == set(loads)
    thread.close()


async def test_start_loads_in_the_background() -> None:
    may_load = threading.Event()

    def load() -> Model:
        may_load.wait(5)
        return Model()

    thread = ModelThread("asr", load)
    thread.start()
    assert state(thread) != "ready"
    may_load.set()
    await thread.run(lambda m: None)
    assert state(thread) == "ready"
    thread.close()


async def test_a_failed_load_reaches_every_caller_and_the_next_call_tries_again() -> None:
    attempts: list[int] = []

    def load() -> Model:
        attempts.append(1)
        if len(attempts) < 3:
            raise Unavailable("model asr is missing: no file")
        return Model()

    thread = ModelThread("asr", load)
    thread.start()
    with pytest.raises(Unavailable) as refused:
        await thread.run(lambda m: m.call("a"))
    assert state(thread) == "failed"
    assert str(refused.value) == "model asr is missing: no file"
    assert await thread.run(lambda m: m.call("b")) == "b"
    assert state(thread) == "ready"
    thread.close()


async def test_errors_travel_to_their_caller_only() -> None:
    thread = ModelThread("tts", Model)

    def fail(_: Model) -> str:
        raise BadInput("no voice 'x'")

    first = asyncio.create_task(thread.run(fail))
    second = asyncio.create_task(thread.run(lambda m: m.call("b")))
    with pytest.raises(BadInput, match="no voice"):
        await first
    assert await second == "b"
    assert state(thread) == "ready"
    thread.close()


async def test_a_cancelled_caller_leaves_the_others_alone() -> None:
    started, go_on = threading.Event(), threading.Event()
    thread = ModelThread("asr", Model)

    def slow(model: Model) -> str:
        started.set()
        go_on.wait(5)
        return model.call("slow")

    running = asyncio.create_task(thread.run(slow))
    await asyncio.to_thread(started.wait, 5)
    waiting = asyncio.create_task(thread.run(lambda m: m.call("dropped")))
    last = asyncio.create_task(thread.run(lambda m: m.call("last")))
    await asyncio.sleep(0)
    running.cancel()
    waiting.cancel()
    await asyncio.gather(running, waiting, return_exceptions=True)
    go_on.set()
    assert await last == "last"
    calls = await thread.run(lambda m: m.calls)
    assert [call.split()[0] for call in calls] == ["slow", "last"]
    thread.close()


async def test_a_flood_is_refused_and_then_it_answers_again() -> None:
    go_on = threading.Event()
    thread = ModelThread("asr", Model, max_waiting=2)
    waiting = [asyncio.create_task(thread.run(lambda m: go_on.wait(5))) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="busy"):
        await thread.run(lambda m: None)
    go_on.set()
    await asyncio.gather(*waiting)
    assert await thread.run(lambda m: m.call("again")) == "again"
    thread.close()


async def test_close_leaves_no_thread_and_refuses_politely() -> None:
    thread = ModelThread("closing", Model)
    await thread.run(lambda m: m.call("a"))
    thread.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("closing")]
    assert state(thread) == "closed"
    with pytest.raises(Unavailable, match="shut down"):
        await thread.run(lambda m: m.call("b"))
    thread.close()


async def test_the_lowest_rank_is_run_first() -> None:
    may_go = threading.Event()
    thread = ModelThread("tts", Model)
    holds = asyncio.create_task(thread.run(lambda _: may_go.wait(5)))
    await asyncio.sleep(0)
    late = [asyncio.create_task(thread.run(call(f"late{i}"), rank=1)) for i in range(2)]
    await asyncio.sleep(0)
    soon = asyncio.create_task(thread.run(call("soon")))
    gone = asyncio.create_task(thread.run(call("gone")))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    may_go.set()
    await asyncio.gather(holds, *late, soon)
    calls = [done.split()[0] for done in await thread.run(lambda model: model.calls)]
    assert calls == ["soon", "late0", "late1"]
    thread.close()
