"""A language model's server killed (-9) in the middle of its answer."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dialog.messages import Answer, AnswerDelta
from rag.answer import Answerer
from rag.library import Library, open_library
from rag.llm import OpenAIChat, Timeouts
from store.engine import open_store
from tests.service.test_one_home import article

pytestmark = [pytest.mark.service, pytest.mark.anyio]

TIMES = 5
QUESTION = "сколько стоит тариф домашний двести"
EXTRACT = "В статье «Тарифы» сказано: Тариф «Домашний 200» стоит 650 рублей в месяц."
NEXT_RUNG_S = 1.0


@contextmanager
def server(*sentences: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The process and its URL."""
    script = str(Path(__file__).with_name("openai_server.py"))
    process = subprocess.Popen(
        [sys.executable, script, *sentences], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process, f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    store = open_store(f"sqlite:///{tmp_path}/beseda.db")
    opened = open_library(store, tmp_path / "index")
    text = "Тариф «Домашний 200» стоит 650 рублей в месяц."
    opened.ingest([article(tmp_path, "Тарифы", text)])
    yield opened
    opened.close()
    store.close()


async def test_killed_in_mid_sentence_nothing_is_lost_doubled_or_left_half(
    library: Library,
) -> None:
    for _ in range(TIMES):
        with server(
            "Это хороший тариф.",
            "Он стоит ровно шесть",
        ) as (process, url):
            said: list[str] = []
            killed_s = 0.0
            async for message in Answerer(library, OpenAIChat(url, "m")).answer(QUESTION):
                if isinstance(message, AnswerDelta):
                    said.append(message.text)
                    if len(said) == 1:
                        process.kill()
                        killed_s = time.monotonic()
                else:
                    answer = message
            assert said == ["Это хороший тариф.", f" {EXTRACT}"]
            assert answer == Answer("".join(said), "extractive", answer.sources)
            assert time.monotonic() - killed_s < NEXT_RUNG_S


async def test_a_server_that_stalls_is_left_behind(library: Library) -> None:
    hasty = Timeouts(first_piece_s=5.0, next_piece_s=0.3)
    with server("Он стоит ровно шесть") as (_, url):
        model = OpenAIChat(url, "m", timeouts=hasty)
        messages = [message async for message in Answerer(library, model).answer(QUESTION)]
    assert messages[0] == AnswerDelta(EXTRACT)
    assert isinstance(messages[1], Answer)
    assert messages[1].source == "extractive"
