"""Lines: one is taken before a call begins, and let go however it ends."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path

import pytest

from api.conversation.calls import Calls
from api.conversation.converse import Stages
from api.conversation.history import Conversations
from api.metrics import Metrics
from dialog.errors import Unavailable
from dialog.messages import CallEnded, HungUp, Inbound
from rag.answering.llm import ChatMessage
from store.engine import open_store
from store.recordings import Recordings
from tests.calls import Assistant

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


async def scripted(_: Sequence[ChatMessage]) -> Stages:
    return Assistant().stages()


async def deaf(_: Sequence[ChatMessage]) -> Stages:
    raise Unavailable("nothing can listen")


@pytest.fixture
def conversations(tmp_path: Path) -> Iterator[Conversations]:
    store = open_store(f"sqlite:///{tmp_path}/beseda.db")
    yield Conversations(store, Recordings(tmp_path), Metrics())
    store.close()  # Python 3.13 warns of a database left open


async def hanging_up() -> AsyncGenerator[Inbound]:
    yield HungUp()


async def untouched() -> AsyncGenerator[Inbound]:
    raise AssertionError("nothing is read of it")
    yield HungUp()


async def test_who_finds_no_free_line_is_told_before_the_call_begins(
    conversations: Conversations,
) -> None:
    calls = Calls(scripted, conversations, Metrics(), limit=1)
    async with calls.open(hanging_up()) as call:
        with pytest.raises(Unavailable, match="all 1 lines are busy"):
            async with calls.open(untouched()):
                pytest.fail("there is no line")
        assert [message async for message in call] == [CallEnded("caller")]


async def test_a_line_is_free_again_though_nothing_was_read(conversations: Conversations) -> None:
    calls = Calls(scripted, conversations, Metrics(), limit=1)
    for _ in range(2):
        async with calls.open(untouched()):
            pass


async def test_a_line_is_free_again_when_nothing_can_listen(conversations: Conversations) -> None:
    calls = Calls(deaf, conversations, Metrics(), limit=1)
    for _ in range(2):
        with pytest.raises(Unavailable, match="nothing can listen"):
            async with calls.open(untouched()) as call:
                await anext(aiter(call))
