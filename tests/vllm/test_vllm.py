"""Streaming, cancellation, overload and kill -9 against the real vLLM server.

Its model is tiny and random: the words are noise, and what is tested is the wire and the
ladder. `make test-vllm` builds the server's own environment and names its interpreter.
"""

import asyncio
import os
import subprocess
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from pathlib import Path

import pytest

from api.actions.actions import read_actions
from api.actions.selector import NOTHING, Selector
from dialog.content import Answer, AnswerDelta
from rag.answering.answer import Answerer
from rag.answering.llm import ChatMessage, JsonObject, OpenAIChat, Timeouts
from rag.ingestion.ingest import Ingestion
from rag.retrieval.retriever import Retriever, open_retriever
from store.engine import open_store
from tests.service.test_one_home import article
from tests.vllm.server import Server, running

PYTHON = os.environ.get("BESEDA_TEST_VLLM", "")

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.anyio,
    pytest.mark.skipif(not PYTHON, reason="run by `make test-vllm`"),
]

KILLS = 3
CALLERS = 24
PATIENT = Timeouts(connect_s=5, first_piece_s=30, next_piece_s=30, decision_s=30)
SAMPLE_ACTIONS = Path(__file__).parents[2] / "samples" / "actions.yaml"
QUESTION = "сколько стоит тариф домашний двести"
QUOTE = "Тариф «Домашний 200» стоит 650 рублей в месяц."
ASKED = [ChatMessage("user", "Расскажи о тарифах подробно.")]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    script = str(Path(__file__).with_name("tiny_saiga.py"))
    subprocess.run([PYTHON, script, str(folder)], check=True)
    return folder


@pytest.fixture(scope="module")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(PYTHON, model, tmp_path_factory.mktemp("log") / "vllm.log") as started:
        yield started


@pytest.fixture
def retriever(tmp_path: Path) -> Iterator[Retriever]:
    store = open_store(f"sqlite:///{tmp_path}/beseda.db")
    opened = open_retriever(store, tmp_path / "index")
    Ingestion(store, opened.follow).ingest([article(tmp_path, "Тарифы", QUOTE)])
    yield opened
    opened.close()
    store.close()


def chat(server: Server, timeouts: Timeouts = PATIENT) -> OpenAIChat:
    return OpenAIChat(server.url, "saiga", timeouts=timeouts)


async def ask(answerer: Answerer) -> tuple[list[str], Answer]:
    said: list[str] = []
    async for message in answerer.answer(QUESTION):
        if isinstance(message, AnswerDelta):
            said.append(message.text)
        else:
            answer = message
    return said, answer


def check(said: list[str], answer: Answer) -> None:
    """Complete, spoken, no sentence twice, none left half."""
    assert answer.text == "".join(said) != ""
    assert answer.text.rstrip()[-1] in ".!?…:;»)" or answer.source == "llm"
    assert answer.text.count(QUOTE) <= 1
    if answer.source == "extractive":
        assert answer.text.endswith(QUOTE)


async def test_pieces_are_streamed(server: Server) -> None:
    pieces = [piece async for piece in chat(server).stream(ASKED)]
    assert len(pieces) > 5


async def test_an_action_is_chosen_with_a_template_that_knows_no_functions(server: Server) -> None:
    catalogue = read_actions(SAMPLE_ACTIONS)
    model = Noting(chat(server))
    await Selector(catalogue, model, patience_s=30).select("соедините меня с человеком", [])
    described = {name for name, action in catalogue.actions.items() if action.description}
    assert model.called in described | {NOTHING}


async def test_a_listener_who_leaves_stops_the_server(server: Server) -> None:
    async for _ in (stream := chat(server).stream(ASKED)):
        break
    await stream.aclose()
    deadline_s = time.monotonic() + 10
    # The server notices at its next step, and tells nobody.
    while server.metric("num_requests_running") and time.monotonic() < deadline_s:  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    assert server.metric("num_requests_running") == 0


async def test_more_callers_than_it_serves_all_get_an_answer(
    server: Server, retriever: Retriever
) -> None:
    hasty = Timeouts(connect_s=2, first_piece_s=2, next_piece_s=2)
    replies = await asyncio.gather(
        *(ask(Answerer(retriever, chat(server, hasty))) for _ in range(CALLERS))
    )
    for said, answer in replies:
        check(said, answer)
        assert answer.source in ("llm", "extractive", "none")
    # The server has outlived it.
    assert [piece async for piece in chat(server).stream(ASKED)]


class Noting:
    """The model that chooses functions, and which it called: noise, but one of those offered."""

    def __init__(self, model: OpenAIChat) -> None:
        self._model = model
        self.called = ""

    async def decide(
        self, messages: list[JsonObject], tools: list[JsonObject], choice: object
    ) -> JsonObject:
        reply = await self._model.decide(messages, tools, choice)
        self.called = reply["tool_calls"][0]["function"]["name"]
        return reply


class Killing:
    """The model over a server that is killed (-9) at the third piece of its answer."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.killed_s = 0.0

    async def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str]:
        number = 0
        async for piece in chat(self._server).stream(messages):
            number += 1
            if number == 3:
                self._server.kill()
                self.killed_s = time.monotonic()
            yield piece


@pytest.mark.parametrize("time_", range(KILLS))
async def test_killed_in_mid_answer_the_documents_go_on(
    time_: int, model: Path, retriever: Retriever, tmp_path: Path
) -> None:
    with running(PYTHON, model, tmp_path / "vllm.log") as server:
        killing = Killing(server)
        said, answer = await ask(Answerer(retriever, killing))
        assert killing.killed_s
        assert time.monotonic() - killing.killed_s < 1.0
        check(said, answer)
        assert answer.source == "extractive"
