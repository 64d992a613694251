"""A stage that can be interrupted: the one place where running, queued and unsent work is dropped.

    inbound --+---------- every message, at once ----------> message lane --+--> out
              +-- those it takes --> work(...) --> reply lane, bounded -----+

Knows which messages drop work; knows nothing of what the work is. The message lane has no
bound, so that `Interrupted` is never stuck behind unread replies; it holds text, which is small.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable

from dialog.messages import HungUp, Interrupted, Message
from dialog.tasks import background

BOUND = 4
DROPS = (Interrupted, HungUp)

Work = Callable[[AsyncIterator[Message]], AsyncIterator[Message]]


async def interruptible(
    inbound: AsyncIterator[Message],
    work: Work,
    takes: tuple[type[Message], ...],
    bound: int = BOUND,
) -> AsyncGenerator[Message]:
    """Pass every message on, and what `work` makes of those it takes, as it comes.

    `Interrupted` and `HungUp` drop all that `work` has begun, waits for or has not had read
    yet, and it begins anew with what follows. When `inbound` ends, `work` is finished first.
    Its errors and those of `inbound` are raised here. Closing early leaves no task behind.
    """
    out = _Lanes(bound)
    async with background(_pump(inbound, work, takes, out)) as pump:
        pump.add_done_callback(out.close)
        while (message := await out.get()) is not None:
            yield message


async def aclose(source: AsyncIterator[Message]) -> None:
    """Close an iterator that can be closed."""
    if isinstance(source, AsyncGenerator):
        await source.aclose()


async def _pump(
    inbound: AsyncIterator[Message], work: Work, takes: tuple[type[Message], ...], out: "_Lanes"
) -> None:
    worker = _Worker(work, out)
    try:
        async for message in inbound:
            if isinstance(message, DROPS):
                worker.drop()
                out.drop_replies()
                out.put(message)
                await worker.gone()
                worker = _Worker(work, out)
            else:
                out.put(message)
                if isinstance(message, takes):
                    worker.give(message)
        await worker.finish()
    finally:
        worker.drop()
        await worker.gone()
        await aclose(inbound)


class _Lanes:
    """Two queues with one reader: messages first, then replies, then the error or the end."""

    def __init__(self, bound: int) -> None:
        self._messages: deque[Message] = deque()
        self._replies: deque[Message] = deque()
        self._bound = bound
        self._ended = False
        self._error: BaseException | None = None
        self._changed = asyncio.Event()
        self._room = asyncio.Event()

    def put(self, message: Message) -> None:
        self._messages.append(message)
        self._changed.set()

    async def reply(self, message: Message) -> None:
        """Waits while `bound` replies are unread."""
        while len(self._replies) >= self._bound:
            self._room.clear()
            await self._room.wait()
        self._replies.append(message)
        self._changed.set()

    def drop_replies(self) -> None:
        self._replies.clear()
        self._room.set()

    def close(self, by: "asyncio.Task[None]") -> None:
        """A task is done: the pump ends the stream, a failed one breaks it."""
        if by.cancelled():
            return
        self._error = self._error or by.exception()
        self._ended = True
        self._changed.set()

    async def get(self) -> Message | None:
        """The next message; None at the end."""
        while True:
            if self._messages:
                return self._messages.popleft()
            if self._error is not None:
                raise self._error
            if self._replies:
                self._room.set()
                return self._replies.popleft()
            if self._ended:
                return None
            self._changed.clear()
            await self._changed.wait()


class _Worker:
    """One run of the work, from its first message until it is dropped or finished."""

    def __init__(self, work: Work, out: _Lanes) -> None:
        self._work = work
        self._out = out
        self._given: asyncio.Queue[Message | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def give(self, message: Message) -> None:
        self._given.put_nowait(message)
        if self._task is None:
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(self._failed)

    def drop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def gone(self) -> None:
        """Wait until a dropped run has cleaned up after itself."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def finish(self) -> None:
        """Let it work off what it was given."""
        self._given.put_nowait(None)
        await self.gone()

    def _failed(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and task.exception() is not None:
            self._out.close(task)

    async def _run(self) -> None:
        replies = self._work(self._taken())
        try:
            async for reply in replies:
                await self._out.reply(reply)
        finally:
            await aclose(replies)

    async def _taken(self) -> AsyncGenerator[Message]:
        while (message := await self._given.get()) is not None:
            yield message
