"""A model that hangs, or keeps failing, is left alone, then tried again."""

import contextlib
from collections.abc import AsyncGenerator, Sequence

import pytest

from dialog.errors import Unavailable
from rag.answering.circuit_breaker import FAILURES, REST_S, Breaker
from rag.answering.llm import ChatMessage, JsonObject, TimedOut

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


class Model:
    def __init__(self) -> None:
        self.calls = 0
        self.works = False
        self.error = Unavailable("down")

    async def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str]:
        self.calls += 1
        if not self.works:
            raise self.error
        yield "да"

    async def decide(
        self, messages: list[JsonObject], tools: list[JsonObject], choice: object
    ) -> JsonObject:
        self.calls += 1
        if not self.works:
            raise self.error
        return {"content": "да"}


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def tries(breaker: Breaker, number: int) -> int:
    """How many of so many answers came."""
    answered = 0
    for _ in range(number):
        with contextlib.suppress(Unavailable):
            answered += len([piece async for piece in breaker.stream([])])
    return answered


async def test_after_failures_in_a_row_nothing_is_sent_until_the_rest_is_over() -> None:
    model, clock = Model(), Clock()
    breaker = Breaker(model, clock)
    assert await tries(breaker, 100) == 0
    assert model.calls == FAILURES
    clock.now_s = REST_S
    assert await tries(breaker, 100) == 0
    assert model.calls == FAILURES + 1  # one trial, and it failed
    clock.now_s = 2 * REST_S
    model.works = True
    assert await tries(breaker, 5) == 5


async def test_failures_that_are_not_in_a_row_do_not_count() -> None:
    model = Model()
    breaker = Breaker(model, Clock())
    for _ in range(2 * FAILURES):
        model.works = False
        assert await tries(breaker, FAILURES - 1) == 0
        model.works = True
        assert await tries(breaker, 1) == 1


async def test_after_one_timeout_neither_answers_nor_decisions_wait_for_it_again() -> None:
    model, clock = Model(), Clock()
    model.error = TimedOut("hangs")
    breaker = Breaker(model, clock)
    with pytest.raises(TimedOut):
        await breaker.decide([], [], "auto")
    assert await tries(breaker, 10) == 0
    with pytest.raises(Unavailable):
        await breaker.decide([], [], "auto")
    assert model.calls == 1
    clock.now_s, model.works = REST_S, True
    assert await breaker.decide([], [], "auto") == {"content": "да"}
    assert await tries(breaker, 5) == 5


async def test_failures_of_both_kinds_are_counted_together() -> None:
    model = Model()
    breaker = Breaker(model, Clock())
    assert await tries(breaker, FAILURES - 1) == 0
    for _ in range(2):
        with pytest.raises(Unavailable):
            await breaker.decide([], [], "auto")
    assert model.calls == FAILURES


async def test_one_that_answers_late_is_trusted_again_when_another_answer_ends_well() -> None:
    """Two callers: the model is too slow for one, and finishes what it says to the other."""
    model = Model()
    model.works = True
    breaker = Breaker(model, Clock())
    stream = breaker.stream([])
    assert await anext(stream) == "да"
    model.works, model.error = False, TimedOut("slow")
    assert await tries(breaker, 1) == 0
    assert await anext(stream, None) is None
    model.works = True
    assert await tries(breaker, 1) == 1


async def test_a_listener_who_leaves_is_no_failure() -> None:
    model = Model()
    model.works = True
    breaker = Breaker(model, Clock())
    for _ in range(2 * FAILURES):
        stream = breaker.stream([])
        assert await anext(stream) == "да"
        await stream.aclose()
    assert await tries(breaker, 1) == 1
