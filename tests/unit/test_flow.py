"""Interruption: what was begun, queued or unread is dropped, in one place."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import pytest

from dialog.content import Answer, AnswerDelta, Transcript
from dialog.flow import interruptible
from dialog.messages import Interrupted, Message, Respond

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


async def counting(taken: AsyncIterator[Message]) -> AsyncGenerator[Message]:
    """Twenty replies to each message."""
    async for _ in taken:
        for number in range(20):
            yield AnswerDelta(str(number))


async def feed(queue: "asyncio.Queue[Message | None]") -> AsyncGenerator[Message]:
    while (message := await queue.get()) is not None:
        yield message


def queue_of(*messages: Message | None) -> "asyncio.Queue[Message | None]":
    queue: asyncio.Queue[Message | None] = asyncio.Queue()
    for message in messages:
        queue.put_nowait(message)
    return queue


async def settle() -> None:
    """Let every task do what it can."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_no_stale_reply_after_an_interruption() -> None:
    queue = queue_of(Respond(1))
    stream = interruptible(feed(queue), counting, (Respond,))
    assert await anext(stream) == Respond(1)
    assert await anext(stream) == AnswerDelta("0")
    queue.put_nowait(Interrupted(1))
    queue.put_nowait(None)
    await settle()
    assert [message async for message in stream] == [Interrupted(1)]


async def test_a_slow_reader_sees_the_interruption_before_unread_replies() -> None:
    queue = queue_of(Respond(1))
    stream = interruptible(feed(queue), counting, (Respond,), bound=4)
    await anext(stream)
    await settle()  # the reply lane is full by now
    queue.put_nowait(Interrupted(1))
    await settle()
    assert await anext(stream) == Interrupted(1)
    await stream.aclose()


async def test_work_begins_anew_after_an_interruption() -> None:
    async def once(taken: AsyncIterator[Message]) -> AsyncGenerator[Message]:
        async for message in taken:
            assert isinstance(message, Respond)
            yield AnswerDelta(str(message.turn))

    queue = queue_of(Respond(1), Interrupted(1), Respond(2), None)
    replies = [m async for m in interruptible(feed(queue), once, (Respond,))]
    assert replies[-1] == AnswerDelta("2")


@pytest.mark.parametrize("where", ["work", "inbound"])
async def test_errors_reach_the_caller(where: str) -> None:
    async def broken(taken: AsyncIterator[Message]) -> AsyncGenerator[Message]:
        async for _ in taken:
            raise LookupError(where)
        yield AnswerDelta("")

    async def inbound() -> AsyncGenerator[Message]:
        yield Respond(1)
        if where == "inbound":
            raise LookupError(where)
        await asyncio.Event().wait()

    work = broken if where == "work" else counting
    with pytest.raises(LookupError, match=where):
        _ = [message async for message in interruptible(inbound(), work, (Respond,))]


async def test_closing_early_leaves_no_task_and_closes_what_it_read() -> None:
    closed: list[str] = []

    async def inbound() -> AsyncGenerator[Message]:
        try:
            yield Respond(1)
            await asyncio.Event().wait()
        finally:
            closed.append("inbound")

    async def endless(taken: AsyncIterator[Message]) -> AsyncGenerator[Message]:
        try:
            async for _ in taken:
                yield AnswerDelta("a")
                await asyncio.Event().wait()
        finally:
            closed.append("work")

    before = len(asyncio.all_tasks())
    stream = interruptible(interruptible(inbound(), endless, (Respond,)), counting, (Answer,))
    await anext(stream)
    await anext(stream)
    await stream.aclose()
    assert sorted(closed) == ["inbound", "work"]
    assert len(asyncio.all_tasks()) == before


async def test_the_end_of_the_inbound_waits_for_the_work() -> None:
    queue = queue_of(Transcript("a", (), 0.0), Respond(1), None)
    messages = [m async for m in interruptible(feed(queue), counting, (Respond,))]
    assert len(messages) == 22
