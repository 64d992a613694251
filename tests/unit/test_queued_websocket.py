"""What all transports with a queue at their far end do, on the smallest protocol there can be."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from api.telephony.bridge import Disconnected
from api.telephony.queued_websocket import (
    START_WITHIN_S,
    QueuedWebSocket,
    first,
    json_object,
    mark_name,
    named_mark,
)
from dialog.audio.wire_format import linear
from dialog.messages import CallerAudio, Inbound, Played
from tests.clock import JumpingLoop
from tests.telephone import FarEnd

pytestmark = pytest.mark.unit


class Carrier(FarEnd):
    def __init__(self, *says: str | bytes) -> None:
        super().__init__(*says)
        self.got: list[str | bytes] = []

    async def send(self, message: str | bytes) -> None:
        if self.closed:
            raise Disconnected("left")
        self.got.append(message)


class Line(QueuedWebSocket):
    """Bytes are sound, `mark NAME` comes back as it was sent, `bye` is the end."""

    def parse(self, message: str | bytes) -> Sequence[Inbound]:
        if isinstance(message, bytes):
            return self._caller_audio(message)
        if message == "bye":
            raise Disconnected("bye")
        return named_mark(message.removeprefix("mark "))

    def mark_command(self, played: Played) -> str:
        return f"mark {mark_name(played)}"

    def clear_command(self) -> str:
        return "clear"


def line(far: Carrier) -> Line:
    return Line(far, linear(16_000))


async def heard(wire: Line) -> list[Inbound]:
    return [message async for message in wire.heard()]


@pytest.mark.anyio
async def test_sound_is_heard_until_the_far_end_says_good_bye() -> None:
    wire = line(Carrier(bytes(640), b"", "junk", bytes(640), "bye", bytes(640)))
    messages = await heard(wire)
    assert [type(one) for one in messages] == [CallerAudio, CallerAudio]
    assert all(isinstance(one, CallerAudio) and one.rate_hz == 16_000 for one in messages)


@pytest.mark.anyio
async def test_it_is_heard_until_the_far_end_leaves_without_a_word() -> None:
    far = Carrier(bytes(640))
    far.inbox.put_nowait(None)
    assert len(await heard(line(far))) == 1


@pytest.mark.anyio
async def test_what_is_sent_keeps_its_order() -> None:
    far = Carrier()
    wire = line(far)
    await wire.send(np.zeros(320, np.float32))
    assert await wire.mark(Played(1, 320))
    await wire.clear()
    await wire.hang_up()
    assert far.got == [bytes(640), "mark 1.320", "clear"]
    assert far.closed
    with pytest.raises(Disconnected):
        await wire.send(np.zeros(320, np.float32))


@pytest.mark.anyio
async def test_marks_of_a_cleared_queue_are_not_heard() -> None:
    far = Carrier()
    wire = line(far)
    await wire.mark(Played(1, 100))
    await wire.mark(Played(2, 50))
    await wire.clear()
    await wire.mark(Played(3, 25))
    for name in ("1.100", "2.50", "3.25"):
        far.inbox.put_nowait(f"mark {name}")
    await wire.hang_up()
    assert await heard(wire) == [Played(3, 25)]


def test_a_far_end_that_does_not_begin_is_given_up() -> None:
    async def wait() -> float:
        loop = asyncio.get_running_loop()
        with pytest.raises(Disconnected, match="no stream began"):
            await first(Carrier().receive())
        return loop.time()

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        assert runner.run(wait()) == pytest.approx(START_WITHIN_S)


@pytest.mark.anyio
async def test_one_that_has_left_before_it_began_is_told() -> None:
    far = Carrier()
    far.inbox.put_nowait(None)
    with pytest.raises(Disconnected, match="left"):
        await first(far.receive())


def test_a_mark_s_name_tells_what_was_played() -> None:
    assert named_mark(mark_name(Played(3, 4_410))) == [Played(3, 4_410)]


@pytest.mark.parametrize("name", ["", "3", "3.", ".5", "a.b", "-1.5", "3.5.7", "3 . 5"])
def test_a_name_of_somebody_else_s_tells_nothing(name: str) -> None:
    assert named_mark(name) == []


def test_messages_in_json() -> None:
    assert (
        json_object('{"event": "stop"}') == json_object(b'{"event": "stop"}') == {"event": "stop"}
    )
    for junk in ("", "[1]", "5", "{", b"\xff", "[" * 100_000):
        assert json_object(junk) == {}
