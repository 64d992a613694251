"""Conversations that are kept: exchanges and turns, counted, told again, and deleted."""

import logging
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from api.conversation.exchange import Reply
from api.conversation.history import Conversations
from api.conversation.respond import HISTORY_TURNS
from api.metrics import Metrics
from dialog.content import Answer, Transcript
from dialog.messages import TurnTrace
from rag.answering.llm import ChatMessage
from store.engine import Store, open_store
from store.recordings import Recordings

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

CALL = str(uuid.UUID(int=1))
QUESTION = "Сколько стоит доставка?"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/beseda.db")
    yield store
    store.close()


@pytest.fixture
def conversations(opened: Store, tmp_path: Path, metrics: Metrics) -> Conversations:
    return Conversations(opened, Recordings(tmp_path / "recordings"), metrics)


def reply(question: str, answer: str = "300 рублей.") -> Reply:
    answered = Answer(answer, "extractive")
    return Reply(Transcript(question, (), 0.0), answered, (), {"total": 20.0})


def turn(question: str, answer: str, heard: str) -> TurnTrace:
    answered = Answer(answer, "llm")
    return TurnTrace(1, Transcript(question, (), 0.0), answered, heard, {"total": 20.0}, True)


async def test_an_exchange_is_kept_and_counted(
    conversations: Conversations, metrics: Metrics
) -> None:
    first = await conversations.save_exchange(reply("Первый?"))
    again = await conversations.save_exchange(reply("Второй?"), first)
    other = await conversations.save_exchange(reply("Третий?"))
    assert first == again != other
    kept = conversations.get(first)
    assert kept is not None
    assert [one.question for one in kept.turns] == ["Первый?", "Второй?"]
    assert [(one.title, one.turns) for one in conversations.latest(1)] == [("Третий?", 1)]
    told = metrics.render().decode()
    assert 'beseda_answers_total{source="extractive"} 3.0' in told


async def test_a_turn_is_kept_as_far_as_it_was_heard(
    conversations: Conversations, metrics: Metrics
) -> None:
    await conversations.save_turn(turn("", "Здравствуйте!", "Здравствуйте!"), CALL)
    assert not await conversations.exists(CALL), "a greeting answers nothing"
    await conversations.save_turn(turn(QUESTION, "Триста рублей в месяц.", "Триста"), CALL)
    assert await conversations.history(CALL) == [
        ChatMessage("user", QUESTION),
        ChatMessage("assistant", "Триста"),
    ]
    told = metrics.render().decode()
    assert 'beseda_turns_total{interrupted="true",source="llm"} 2.0' in told
    assert "beseda_answers_total{" not in told, "turns are counted apart"


async def test_history_is_the_last_exchanges_in_order(conversations: Conversations) -> None:
    assert await conversations.history(None) == []
    assert await conversations.history(CALL) == []
    for number in range(HISTORY_TURNS + 2):
        await conversations.save_exchange(reply(f"{number}?", f"{number}."), CALL)
    history = await conversations.history(CALL)
    expected = range(2, HISTORY_TURNS + 2)
    assert [one.content for one in history] == [f"{n}{end}" for n in expected for end in "?."]


async def test_a_call_goes_on_though_its_turn_cannot_be_kept(
    conversations: Conversations, opened: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with opened.session() as session:
        refused = "BEFORE INSERT ON turns BEGIN SELECT RAISE(ABORT, 'no more'); END"
        session.execute(text(f"CREATE TRIGGER full {refused}"))
    with caplog.at_level(logging.INFO):
        await conversations.save_turn(turn(QUESTION, "Триста.", "Триста."), CALL)
    assert "a turn could not be kept" in caplog.text
    assert "IntegrityError" in caplog.text
    assert "доставка" not in caplog.text, "nobody's words belong into a log"


async def test_deleting_takes_the_recording_along(conversations: Conversations) -> None:
    conversations.begin(CALL)
    assert await conversations.exists(CALL)
    conversations.recordings.path(CALL).write_bytes(b"OggS")
    assert conversations.delete(CALL)
    assert not await conversations.exists(CALL)
    assert conversations.recordings.get(CALL) is None
    assert not conversations.delete(CALL)
    conversations.recordings.path(CALL).write_bytes(b"OggS")
    assert conversations.delete(CALL), "a recording without a conversation"
