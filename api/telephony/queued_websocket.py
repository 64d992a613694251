"""WebSockets whose far end queues the sound that it gets, and plays it by its own clock.

    Played ----> mark_command --> far end, which sends it back once all before it has been played
    clear -----> clear_command -> far end, which forgets its queue
    Inbound <--- parse <--------- far end

Knows which marks an interruption has made worthless; a protocol knows how all of it is worded.
"""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from api.telephony.bridge import Disconnected
from api.telephony.sockets import Socket
from dialog.audio.wire_format import WireFormat
from dialog.content import Samples
from dialog.messages import CallerAudio, Inbound, Played

T = TypeVar("T")

START_WITHIN_S = 5.0


class QueuedWebSocket(ABC):
    """One call's line: a `Transport`."""

    lead_s = 0.2
    comfort = False  # carriers fill pauses themselves

    def __init__(self, socket: Socket, form: WireFormat) -> None:
        self.rate_hz = form.rate_hz
        self._socket = socket
        self._form = form
        self._marked = self._cleared = 0  # turns

    @abstractmethod
    def parse(self, message: str | bytes) -> Sequence[Inbound]:
        """What a message of the far end tells the call; raises Disconnected for a farewell."""

    def sound(self, frame: Samples) -> str | bytes:
        """The message that carries a frame."""
        return self._form.encode(frame)

    @abstractmethod
    def mark_command(self, played: Played) -> str:
        """Has the far end send back what `parse` makes the same `Played` of."""

    @abstractmethod
    def clear_command(self) -> str:
        """Has the far end forget what it has not played."""

    async def heard(self) -> AsyncGenerator[Inbound]:
        """Sound, digits and what has been played, until the far end leaves."""
        while True:
            try:
                messages = self.parse(await self._socket.receive())
            except Disconnected:
                return
            for message in messages:
                # The far end sends back also the marks that were in a queue it has cleared.
                if not isinstance(message, Played) or message.turn > self._cleared:
                    yield message

    async def send(self, frame: Samples) -> None:
        """Give the far end 20 ms of sound; raises Disconnected."""
        await self._socket.send(self.sound(frame))

    async def mark(self, played: Played) -> bool:
        """Have `heard` tell when all that was sent has been played; raises Disconnected."""
        self._marked = played.turn
        await self._socket.send(self.mark_command(played))
        return True

    async def clear(self) -> None:
        """Empty the far end's queue; the marks in it are worth nothing. Raises Disconnected."""
        self._cleared = self._marked
        await self._socket.send(self.clear_command())

    async def hang_up(self) -> None:
        """Close the socket, and the call with it; never raises."""
        await self._socket.close()

    def _caller_audio(self, data: bytes) -> Sequence[Inbound]:
        samples = self._form.decode(data)
        return [CallerAudio(samples, self.rate_hz)] if len(samples) else []


async def first(message: Awaitable[T]) -> T:
    """What a far end begins with; raises Disconnected where that takes too long."""
    try:
        async with asyncio.timeout(START_WITHIN_S):
            return await message
    except TimeoutError:
        raise Disconnected("no stream began") from None


def mark_name(played: Played) -> str:
    """What has been played, as a name for protocols whose marks have one."""
    return f"{played.turn}.{played.samples}"


def named_mark(name: str) -> Sequence[Played]:
    """What a mark's name tells; nothing where the name is not one of ours."""
    turn, _, samples = name.partition(".")
    ours = turn.isdecimal() and samples.isdecimal()
    return [Played(int(turn), int(samples))] if ours else []


def json_object(text: str | bytes) -> dict[str, Any]:
    """A message in JSON; an empty one for what is none."""
    with suppress(ValueError, RecursionError):
        message = json.loads(text)
        if isinstance(message, dict):
            return message
    return {}
