"""The operator's sentences are what is said at every door: HTTP, Realtime, telephone, command."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.cli.__main__ import main
from api.http.app import create_app
from api.settings import Settings
from api.telephony.phone import Phone
from asr.turns.hearing import Hearing
from dialog.content import Answer
from dialog.messages import Inbound, TextInput
from tests.calls import ScriptedEar, loud
from tests.contract.realtime import text_item
from tests.contract.scripted import ScriptedModels, ScriptedServices, audio, with_page

pytestmark = pytest.mark.contract

FILE = """
greeting: Добрый день!
record_notice: Идёт запись.
nothing_heard: Ни звука.
filler: Минутку.
unknown: Этого я не знаю.
quote: "Статья «{title}»:"
"""
STRANGE = "Кто написал «Войну и мир»?"


class HearingModels(ScriptedModels):
    """Hear a call, too; what they are told to make beforehand is kept."""

    def __init__(self) -> None:
        super().__init__()
        self.prepared: tuple[str, ...] = ()
        self.filler = None

    async def hearing(self) -> Hearing:
        return Hearing(self.transcribe, lambda: ScriptedEar(set()), vad=lambda: loud)

    async def voices(self) -> tuple[str, ...]:
        return ("scripted",)

    async def warm(self, prompts: object) -> None:
        assert isinstance(prompts, tuple)
        self.prepared = prompts


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    path = tmp_path / "prompts.yaml"
    path.write_text(FILE, encoding="utf-8")
    return Settings(home=tmp_path, prompts=path)


OWN_PAGE = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}


@pytest.fixture
def service(settings: Settings) -> Iterator[TestClient]:
    app = create_app(settings, ScriptedServices(settings, HearingModels()))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        yield client


def test_over_http(service: TestClient) -> None:
    with_page(service)
    assert service.post("/v1/talk", json={"text": STRANGE}).json()["answer"] == "Этого я не знаю."
    assert service.post("/v1/talk", files=audio("")).json()["answer"] == "Ни звука."
    asked = {"text": "Сколько стоит доставка роутера?"}
    answer = service.post("/v1/talk", json=asked).json()["answer"]
    assert answer == "Статья «Доставка»: Доставка роутера стоит 300 рублей."
    chat = {"messages": [{"role": "user", "content": STRANGE}]}
    (choice,) = service.post("/v1/chat/completions", json=chat).json()["choices"]
    assert choice["message"]["content"] == "Этого я не знаю."


def test_over_realtime(service: TestClient) -> None:
    with service.websocket_connect("ws://127.0.0.1/v1/realtime", headers=OWN_PAGE) as socket:
        socket.send_json({"type": "conversation.item.create", "item": text_item(STRANGE)})
        socket.send_json({"type": "response.create"})
        event = socket.receive_json()
        while event["type"] != "response.done":
            event = socket.receive_json()
    (item,) = event["response"]["output"]
    assert item["content"][0]["transcript"] == "Этого я не знаю."


@pytest.mark.parametrize("record", [False, True])
def test_on_the_telephone(settings: Settings, *, record: bool) -> None:
    settings = settings.model_copy(update={"record": record})

    async def answers() -> list[str]:
        greeted = asyncio.Event()

        async def typed() -> AsyncIterator[Inbound]:
            await greeted.wait()
            yield TextInput(STRANGE)

        said = []
        with ScriptedServices(settings, HearingModels()) as services:
            async for message in Phone(services).answer(uuid.uuid4(), typed()):
                if isinstance(message, Answer):
                    said.append(message.text)
                    greeted.set()
        return said

    first = "Идёт запись." if record else "Добрый день!"
    said = asyncio.run(answers())
    assert (said[0], said[-1]) == (first, "Этого я не знаю.")


def test_on_the_command_line(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BESEDA_HOME", str(settings.home))
    monkeypatch.setenv("BESEDA_PROMPTS", str(settings.prompts))
    assert main(["ask", STRANGE]) == 0
    assert "Ответ:     Этого я не знаю.\n" in capsys.readouterr().out


def test_they_are_synthesised_beforehand(settings: Settings) -> None:
    models = HearingModels()
    with ScriptedServices(settings, models) as services:
        asyncio.run(services.warm())
    assert models.prepared[:2] == ("Минутку.", "Ни звука.")
    assert len(models.prepared) == 8
