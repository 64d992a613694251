"""Joins one telephone line with one call (docs/calls.md): what every transport has in common.

    wire.heard() -> Inbox -> call -> messages -> Playout -> wire.send(), wire.clear()
                      ^                             |
                      +---------- Played -----------+

Knows when things are sent, cleared, reported and ended; a `Transport` knows how.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from typing import Protocol

import numpy as np

from api.telephony.playout import PLAYOUT_FRAME_S, Playout
from dialog.audio.dtmf import KeyGate
from dialog.content import Samples
from dialog.errors import Unavailable
from dialog.messages import CallEnded, CallerAudio, HungUp, Inbound, Interrupted, Outbound, Played
from dialog.tasks import background

log = logging.getLogger(__name__)

Calling = Callable[[AsyncIterator[Inbound]], AsyncGenerator[Outbound]]

REPORT_FRAMES = 5
INBOX_S = 60.0
# The busy tone of Russian exchanges: 425 Hz, as long on as off (GOST 7153 and ITU-T E.180).
BUSY_HZ, BUSY_ON_S, BUSY_S, BUSY_PEAK = 425, 0.35, 2.8, 0.2


class Disconnected(Exception):
    """The far end is not there any more, or takes nothing."""


class Transport(Protocol):
    """One line. `lead_s`: how far ahead of time the far end takes sound. `comfort`: it plays
    nothing in a pause unless it is given something."""

    rate_hz: int
    lead_s: float
    comfort: bool

    def heard(self) -> AsyncGenerator[Inbound]:
        """What the far end says; ends when it has hung up."""

    async def send(self, frame: Samples) -> None:
        """Give 20 ms of sound to the far end; raises Disconnected."""

    async def mark(self, played: Played) -> bool:
        """Have `heard` give this back once all that was sent has been played. False: the wire
        cannot tell, and what was sent counts as played. Raises Disconnected."""

    async def clear(self) -> None:
        """Have the far end throw away what it has not played; raises Disconnected."""

    async def hang_up(self) -> None:
        """End the line from this side; never raises."""


class Inbox:
    """What a line says to its call, in order. Reports of played sound follow one another, so
    only the newest waits; of sound that nobody takes, a minute waits at most."""

    def __init__(self, opening: Sequence[Inbound] = ()) -> None:
        self._waiting: deque[Inbound] = deque(opening)
        self._audio_s = 0.0
        self._some = asyncio.Event()

    def put(self, message: Inbound) -> None:
        """Add a message; never waits."""
        if isinstance(message, CallerAudio):
            if self._audio_s > INBOX_S:
                return
            self._audio_s += len(message.samples) / message.rate_hz
        elif isinstance(message, Played) and self._waiting:
            last = self._waiting[-1]
            if isinstance(last, Played) and last.turn == message.turn:
                self._waiting.pop()
        self._waiting.append(message)
        self._some.set()

    async def messages(self) -> AsyncGenerator[Inbound]:
        """Everything in its order, `HungUp` last."""
        while True:
            while not self._waiting:
                self._some.clear()
                await self._some.wait()
            message = self._waiting.popleft()
            if isinstance(message, CallerAudio):
                self._audio_s -= len(message.samples) / message.rate_hz
            yield message
            if isinstance(message, HungUp):
                return


async def connect_call(wire: Transport, call: Calling, opening: Sequence[Inbound] = ()) -> str:
    """Hold a call on a line from its first message to its last; returns why it ended.

    `opening` is said to the call first. Whatever happens the line is hung up and no task is left.
    A call that finds no free line (Unavailable) gives the caller the busy tone.
    """
    inbox = Inbox(opening)
    playout = Playout(wire.rate_hz, lead_s=wire.lead_s, comfort=wire.comfort)
    hear, play = _hear(wire, inbox), _play(wire, playout, inbox)
    try:
        async with background(hear) as hearing, background(play) as playing:
            try:
                reason = await _converse(wire, call(inbox.messages()), playout)
                if reason != "caller":
                    await _said_out(playout, hearing, playing)
                return reason
            except Unavailable:
                playing.cancel()
                await _busy(wire)
                return "busy"
    except Disconnected:
        return "gone"
    except Exception as error:
        log.warning("a call failed: %s", type(error).__name__, exc_info=error)
        return "fault"
    finally:
        await wire.hang_up()


async def _converse(wire: Transport, messages: AsyncGenerator[Outbound], playout: Playout) -> str:
    async with aclosing(messages):
        async for message in messages:
            playout.put(message)
            if isinstance(message, Interrupted):
                await wire.clear()
            if isinstance(message, CallEnded):
                return message.reason
    return "fault"


async def _hear(wire: Transport, inbox: Inbox) -> None:
    """The far end's messages into the call; when there are no more, it has hung up."""
    gate = KeyGate()
    try:
        async with aclosing(wire.heard()) as messages:
            async for message in messages:
                inbox.put(gate.push(message) if isinstance(message, CallerAudio) else message)
    except Disconnected:
        pass
    finally:
        inbox.put(HungUp())


async def _play(wire: Transport, playout: Playout, inbox: Inbox) -> None:
    """Speech to the far end, in time, and the reports of it to the call."""
    told: Played | None = None
    last: Played | None = None
    since = 0

    async def tell(report: Played) -> None:
        if not await wire.mark(report):
            inbox.put(report)

    try:
        async with aclosing(playout.frames()) as frames:
            async for frame in frames:
                await wire.send(frame)
                since += 1
                played = playout.played()
                if played is None or played == told:
                    continue
                turned = last is not None and last.turn != played.turn
                if turned and last is not None and last != told:
                    await tell(last)  # to its end, though the next one follows at once
                last = played
                if since >= REPORT_FRAMES or playout.idle or turned:
                    told, since = played, 0
                    await tell(played)
    except Disconnected:
        inbox.put(HungUp())


async def _said_out(playout: Playout, *line: "asyncio.Task[None]") -> None:
    """Wait until what was said last has been played, or one of the line's tasks has ended."""
    async with background(playout.drained()) as drained:
        await asyncio.wait([drained, *line], return_when=asyncio.FIRST_COMPLETED)


async def _busy(wire: Transport) -> None:
    """Tell a caller for whom there is no line what an exchange would tell."""
    times_s = np.arange(round(wire.rate_hz * BUSY_S)) / wire.rate_hz
    on = times_s % (2 * BUSY_ON_S) < BUSY_ON_S
    tone = (BUSY_PEAK * np.sin(2 * np.pi * BUSY_HZ * times_s) * on).astype(np.float32)
    size = round(wire.rate_hz * PLAYOUT_FRAME_S)
    loop = asyncio.get_running_loop()
    due_s = loop.time()
    try:
        for start in range(0, len(tone) - size + 1, size):
            await wire.send(tone[start : start + size])
            due_s += PLAYOUT_FRAME_S
            await asyncio.sleep(due_s - loop.time())
    except Disconnected:
        pass
