"""A language model's server killed (-9) in the middle of its answer."""

import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from dialog.content import Answer, AnswerDelta
from rag.answering.answer import Answerer
from rag.answering.llm import ChatMessage, OpenAIChat, Timeouts
from rag.ingestion.ingest import Ingestion
from rag.retrieval.retriever import Retriever, open_retriever
from store.engine import open_store
from tests.contract.test_answer import Scripted
from tests.service.test_one_home import article

pytestmark = [pytest.mark.service, pytest.mark.anyio]

TIMES = 200
PIECES = 8
"""The server's two sentences come in eight pieces: it is killed at each of them in turn."""

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
def retriever(tmp_path: Path) -> Iterator[Retriever]:
    store = open_store(f"sqlite:///{tmp_path}/beseda.db")
    opened = open_retriever(store, tmp_path / "index")
    text = "Тариф «Домашний 200» стоит 650 рублей в месяц."
    Ingestion(store, opened.follow).ingest([article(tmp_path, "Тарифы", text)])
    yield opened
    opened.close()
    store.close()


class Killing:
    """The model of a server that is killed (-9) when so many pieces of its answer have come."""

    def __init__(self, process: "subprocess.Popen[str]", url: str, after: int) -> None:
        self._process = process
        self._model = OpenAIChat(url, "m", timeouts=Timeouts(5.0, 5.0, 5.0))
        self._after = after
        self.killed_s = 0.0

    async def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str]:
        number = 0
        async for piece in self._model.stream(messages):
            number += 1
            if number == self._after:
                self._process.kill()
                self.killed_s = time.monotonic()
            yield piece


async def test_killed_in_mid_answer_nothing_is_lost_doubled_or_left_half(
    retriever: Retriever,
) -> None:
    for turn in range(TIMES):
        with server("Это хороший тариф.", "Он стоит ровно шесть") as (process, url):
            model = Killing(process, url, after=1 + turn % PIECES)
            said: list[str] = []
            async for message in Answerer(retriever, model).answer(QUESTION):
                if isinstance(message, AnswerDelta):
                    said.append(message.text)
                else:
                    answer = message
            assert model.killed_s
            assert time.monotonic() - model.killed_s < NEXT_RUNG_S
        assert said in (["Это хороший тариф.", f" {EXTRACT}"], [EXTRACT])
        assert answer == Answer("".join(said), "extractive", answer.sources)


async def test_a_server_that_stalls_is_left_behind(retriever: Retriever) -> None:
    hasty = Timeouts(first_piece_s=5.0, next_piece_s=0.3)
    with server("Он стоит ровно шесть") as (_, url):
        model = OpenAIChat(url, "m", timeouts=hasty)
        messages = [message async for message in Answerer(retriever, model).answer(QUESTION)]
    assert messages[0] == AnswerDelta(EXTRACT)
    assert isinstance(messages[1], Answer)
    assert messages[1].source == "extractive"


async def test_a_server_that_says_nothing_is_waited_for_less_than_a_second(
    retriever: Retriever,
) -> None:
    import openai  # noqa: F401  # the service imports it as it warms up

    with server() as (_, url):
        model = OpenAIChat(url, "m")
        async for _ in Answerer(retriever, Scripted()).answer(QUESTION):
            """The first answer loads the dictionaries."""
        began_s = time.monotonic()
        first = await anext(stream := Answerer(retriever, model).answer(QUESTION))
        assert time.monotonic() - began_s < NEXT_RUNG_S
        assert first == AnswerDelta(EXTRACT)
        await stream.aclose()
