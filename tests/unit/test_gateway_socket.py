"""Calls between the service and its gateway, both ends in one process over a real socket."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from api.telephony.gateway_socket import relay_call, serve_calls
from dialog.content import Speech
from dialog.errors import Unavailable
from dialog.messages import CallEnded, CallerAudio, HungUp, Inbound, KeyPressed, Outbound

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

IDENTITY = uuid.UUID(int=7)
SPEECH = Speech(np.linspace(-1, 1, 160, dtype=np.float32), 8_000, "да", (), 1)


class Service:
    """Answers with a word, and notes what it is told until the caller hangs up."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.told: dict[uuid.UUID, list[Inbound]] = {}
        self.ended = asyncio.Event()
        self._refusal = refusal

    async def answer(
        self, identity: uuid.UUID, inbound: AsyncIterator[Inbound]
    ) -> AsyncGenerator[Outbound]:
        told = self.told.setdefault(identity, [])
        try:
            if self._refusal is not None:
                raise self._refusal
            yield SPEECH
            async for message in inbound:
                told.append(message)
            yield CallEnded("caller")
        finally:
            self.ended.set()


async def says(*messages: Inbound) -> AsyncIterator[Inbound]:
    for message in messages:
        yield message


async def silent() -> AsyncIterator[Inbound]:
    await asyncio.Event().wait()
    yield HungUp()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "calls"


async def test_a_call_s_messages_go_both_ways_in_their_order(path: Path) -> None:
    service = Service()
    sound = CallerAudio(np.full(160, 0.25, np.float32), 8_000)
    async with serve_calls(path, service.answer):
        call = relay_call(path, IDENTITY, says(sound, KeyPressed("5"), HungUp()))
        speech, ended = [message async for message in call]
    assert isinstance(speech, Speech)
    assert np.array_equal(speech.samples, SPEECH.samples)
    assert ended == CallEnded("caller")
    heard, *rest = service.told[IDENTITY]
    assert isinstance(heard, CallerAudio)
    assert np.array_equal(heard.samples, sound.samples)
    assert rest == [KeyPressed("5"), HungUp()]


async def test_a_refusal_is_raised_where_the_caller_is(path: Path) -> None:
    service = Service(Unavailable("all lines are busy"))
    async with serve_calls(path, service.answer):
        with pytest.raises(Unavailable, match="all lines are busy"):
            await anext(relay_call(path, IDENTITY, silent()))


async def test_a_fault_ends_its_call_and_no_other(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    service, broken = Service(), Service(ValueError("what a caller has said"))

    async def answer(
        identity: uuid.UUID, inbound: AsyncIterator[Inbound]
    ) -> AsyncGenerator[Outbound]:
        one = broken if identity.int == 1 else service
        async with aclosing(one.answer(identity, inbound)) as messages:
            async for message in messages:
                yield message

    call = relay_call(path, IDENTITY, silent())
    async with serve_calls(path, answer), aclosing(call):
        assert isinstance(await anext(call), Speech)
        gone = relay_call(path, uuid.UUID(int=1), silent())
        assert [message async for message in gone] == []
        assert not service.ended.is_set()
    assert "ValueError" in caplog.text
    assert "what a caller has said" not in caplog.text


async def test_a_gateway_that_leaves_hangs_its_call_up(path: Path) -> None:
    service = Service()
    async with serve_calls(path, service.answer):
        async with aclosing(relay_call(path, IDENTITY, silent())) as call:
            await anext(call)
        async with asyncio.timeout(10):
            await service.ended.wait()
    assert service.told[IDENTITY] == [HungUp("gateway")]


async def test_the_service_s_end_ends_its_calls(path: Path) -> None:
    service = Service()
    async with serve_calls(path, service.answer):
        call = relay_call(path, IDENTITY, silent())
        assert isinstance(await anext(call), Speech)
    assert service.ended.is_set()
    assert [message async for message in call] == []
    with pytest.raises(OSError, match=r"No such file|refused"):
        await anext(relay_call(path, IDENTITY, silent()))


async def test_one_that_leaves_before_it_says_who_calls_is_no_call(path: Path) -> None:
    service = Service()
    async with serve_calls(path, service.answer):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
    assert service.told == {}
