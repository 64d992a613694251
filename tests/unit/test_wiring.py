"""Wiring: each part is built once, when it is first used, and closed with the others."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from api.conversation.exchange import Reply
from api.settings import Settings
from api.wiring import Services
from dialog.content import Answer, Transcript
from dialog.messages import HungUp, Inbound
from rag.answering.circuit_breaker import Breaker

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

PAGE = "# Доставка\n\nДоставка роутера стоит 300 рублей.\n"


def settings(home: Path, **given: object) -> Settings:
    return Settings.model_validate({"home": home / "home", **given})


def test_nothing_is_built_before_it_is_used(tmp_path: Path) -> None:
    with Services(settings(tmp_path, llm_url="http://127.0.0.1:9/v1")) as services:
        assert services.models.states() == {"asr": "idle", "calls": "idle", "tts": "idle"}
    assert services.models.states() == {"asr": "closed", "calls": "closed", "tts": "closed"}
    assert not (tmp_path / "home").exists()


def test_what_was_built_is_closed(tmp_path: Path) -> None:
    page = tmp_path / "delivery.md"
    page.write_text(PAGE, encoding="utf-8")
    for _ in range(2):  # the second time the index folder must be free again
        with Services(settings(tmp_path)) as services:
            services.ingestion.ingest([page])
            (hit,) = services.retriever.search("доставка роутера", 5)
            assert hit.title == "Доставка"


def test_a_language_model_is_wired_once_and_behind_the_breaker(tmp_path: Path) -> None:
    with Services(settings(tmp_path)) as services:
        assert services.llm is None
    with Services(settings(tmp_path, llm_url="http://127.0.0.1:9/v1")) as services:
        assert isinstance(services.llm, Breaker)
        assert services.llm is services.llm


async def test_all_parts_count_into_the_same_metrics(tmp_path: Path) -> None:
    async def hanging_up() -> AsyncGenerator[Inbound]:
        yield HungUp()

    reply = Reply(Transcript("Сколько?", (), 0.0), Answer("300.", "extractive"), (), {})
    with Services(settings(tmp_path)) as services:
        await services.conversations.save_exchange(reply)
        async with services.calls.open(hanging_up()):
            told = services.metrics.render().decode()
    assert 'beseda_answers_total{source="extractive"} 1.0' in told
    assert "beseda_calls 1.0" in told
