"""A thousand callers who do everything wrong, over real loopback connections: nothing is left."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from api.telephony import audiosocket_frames
from api.telephony.audiosocket_frames import Frame, encode
from dialog.messages import HungUp
from tests.telephone import IDENTITY, QUIET, Exchange, Script, door, words

pytestmark = [pytest.mark.service, pytest.mark.anyio]

CALLS = 1_000
AT_ONCE = 25
HELLO = encode(Frame(audiosocket_frames.IDENTITY, IDENTITY.bytes))

Fault = Callable[[Exchange, random.Random], Awaitable[None]]


async def proper(line: Exchange, dice: random.Random) -> None:
    line.say(HELLO, QUIET * dice.randint(1, 20))
    await line.heard(dice.randint(1, 5))


async def half_frame(line: Exchange, dice: random.Random) -> None:
    line.say(HELLO, QUIET, QUIET[: dice.randint(1, 300)])
    await line.heard(1)


async def half_identity(line: Exchange, dice: random.Random) -> None:
    line.say(HELLO[: dice.randint(0, 18)])


async def no_identity(line: Exchange, dice: random.Random) -> None:
    line.say(QUIET * 3)
    await line.rest()


async def wrong_identity(line: Exchange, dice: random.Random) -> None:
    line.say(encode(Frame(audiosocket_frames.IDENTITY, bytes(dice.choice([0, 15, 17, 600])))))
    await line.rest()


async def reset(line: Exchange, dice: random.Random) -> None:
    line.say(HELLO, QUIET)
    if dice.random() < 0.5:
        await line.heard(1)
    line.reset()


async def silence(line: Exchange, dice: random.Random) -> None:
    line.say(HELLO)


async def junk(line: Exchange, dice: random.Random) -> None:
    line.say(HELLO, dice.randbytes(dice.randint(1, 5_000)))


async def strange_frames(line: Exchange, dice: random.Random) -> None:
    kinds = [0x02, 0x04, 0x03, 0x10, 0x12, 0x18, 0x7F]
    line.say(HELLO, *(encode(Frame(dice.choice(kinds), dice.randbytes(dice.randint(0, 9))))
                      for _ in range(50)))  # fmt: skip
    await line.heard(1)


async def flood(line: Exchange, dice: random.Random) -> None:
    """Twenty seconds of sound in one breath: cut off."""
    line.say(HELLO, QUIET * 1_000)
    await line.rest()


async def error_frame(line: Exchange, dice: random.Random) -> None:
    line.say(HELLO, QUIET, encode(Frame(audiosocket_frames.ERROR, b"\x01")))
    await line.rest()


async def deaf(line: Exchange, dice: random.Random) -> None:
    """Takes nothing of what it is told."""
    line.writer.transport.pause_reading()  # type: ignore[attr-defined]
    line.say(HELLO, QUIET * 5)


FAULTS: list[Fault] = [proper, half_frame, half_identity, no_identity, wrong_identity, reset,
                       silence, junk, strange_frames, flood, error_frame, deaf]  # fmt: skip


def sockets() -> int:
    links = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the folder's own, which is closed by now
            links.append(str(link.readlink()))
    return sum(link.startswith("socket:") for link in links)


async def test_a_thousand_faulty_calls_leave_no_task_and_no_socket() -> None:
    script = Script(words(2.0))
    tasks, open_before = len(asyncio.all_tasks()), sockets()
    async with door(script, limit=AT_ONCE * 4) as opened:
        room = asyncio.Semaphore(AT_ONCE)
        listening = sockets()

        async def caller(number: int) -> None:
            dice = random.Random(number)
            async with room:
                with suppress(OSError):
                    async with opened.line() as line:
                        await FAULTS[number % len(FAULTS)](line, dice)

        await asyncio.gather(*(caller(number) for number in range(CALLS)))
        async with asyncio.timeout(30):
            while sockets() > listening:  # noqa: ASYNC110
                await asyncio.sleep(0.05)  # real connections on a real clock
        async with opened.line() as line:
            await proper(line, random.Random(0))
    assert script.running == 0
    assert sum(isinstance(told, HungUp) for told in script.told) > CALLS / 2
    assert len(asyncio.all_tasks()) == tasks
    assert sockets() == open_before
