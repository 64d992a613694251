"""Routes that answer, guards and error bodies, in process: see `tests.contract.scripted`."""

import base64
import gc
import io
import json
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from api.http.app import create_app
from api.settings import Settings
from dialog.content import Speech
from dialog.errors import Unavailable
from tests.contract.scripted import (
    RATE_HZ,
    ScriptedModels,
    ScriptedServices,
    audio,
    client_of,
    error_of,
)

pytestmark = pytest.mark.contract


def test_talk_answers_from_the_document_in_text_and_sound(informed: TestClient) -> None:
    reply = informed.post("/v1/talk", files=audio()).json()
    assert reply["transcript"] == "Сколько стоит доставка роутера?"
    assert "300" in reply["answer"]
    assert reply["source"] == "extractive"
    assert reply["sources"][0]["id"] == "delivery.md"
    assert {"listen", "respond", "speak", "total"} <= set(reply["timings_ms"])
    with wave.open(io.BytesIO(base64.b64decode(reply["audio"]))) as spoken:
        assert spoken.getframerate() == RATE_HZ
        assert spoken.getnframes() == len(reply["answer"])


def test_talk_gives_the_sound_alone_when_asked(informed: TestClient) -> None:
    response = informed.post("/v1/talk", files=audio(), headers={"accept": "audio/wav"})
    assert response.headers["content-type"] == "audio/wav"
    assert response.content[:4] == b"RIFF"


def test_talk_reads_typed_questions_too(informed: TestClient) -> None:
    typed = {"text": "Сколько стоит доставка роутера?", "audio": False}
    reply = informed.post("/v1/talk", json=typed).json()
    assert "300" in reply["answer"]
    assert reply["audio"] is None


def test_talk_says_that_it_heard_nothing(informed: TestClient) -> None:
    response = informed.post("/v1/talk", files=audio(""))
    assert response.status_code == 200
    assert response.json()["source"] == "none"
    assert response.json()["transcript"] == ""


def test_talk_says_that_it_does_not_know(informed: TestClient) -> None:
    reply = informed.post("/v1/talk", json={"text": "Кто написал «Войну и мир»?"}).json()
    assert (reply["source"], reply["sources"]) == ("none", [])


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        ({"files": {"file": ("a.wav", b"garbage")}}, 400),
        ({"json": {"text": "  "}}, 400),
        ({"json": {}}, 400),
        ({"json": [1]}, 400),
        ({"content": b"{", "headers": {"content-type": "application/json"}}, 400),
        ({"json": {"text": "да", "speed": 9}}, 400),
        ({"json": {"text": "да", "voice": "nobody"}}, 400),
        ({"files": {"file": ("a.wav", b"x" * 200_000)}}, 413),
    ],
)
def test_bad_questions_are_named(
    informed: TestClient, request_: dict[str, object], status: int
) -> None:
    response = informed.post("/v1/talk", **request_)  # type: ignore[arg-type]
    assert response.status_code == status, response.text
    error_of(response.json())
    assert informed.get("/healthz").status_code == 200


# Starlette leaves the half-read upload to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile")
def test_an_undeclared_long_body_is_refused_too(client: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(50):
            yield b"x" * 10_000

    kind = {"content-type": "multipart/form-data; boundary=b"}
    assert client.post("/v1/talk", content=chunks(), headers=kind).status_code == 413
    gc.collect()


def test_a_fault_tells_nothing_of_what_was_said(client: TestClient) -> None:
    response = client.post("/v1/audio/transcriptions", files={"file": ("a.wav", b"crash")})
    assert response.status_code == 500
    assert "secret" not in response.text
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize(
    ("form", "expected"), [("json", '{"text":"добрый день"}'), ("text", "добрый день\n")]
)
def test_transcriptions(client: TestClient, form: str, expected: str) -> None:
    response = client.post(
        "/v1/audio/transcriptions",
        files=audio("добрый день"),
        data={"model": "x", "response_format": form},
    )
    assert response.text == expected


def test_an_unknown_format_is_refused(client: TestClient) -> None:
    response = client.post(
        "/v1/audio/transcriptions", files=audio("да"), data={"response_format": "docx"}
    )
    assert response.status_code == 400
    assert "response_format" in error_of(response.json())


def test_a_request_without_its_file_names_the_field(client: TestClient) -> None:
    response = client.post("/v1/audio/transcriptions", data={"model": "x"})
    assert response.status_code == 400
    assert error_of(response.json()).startswith("file:")


def test_speech_is_a_wav(client: TestClient) -> None:
    response = client.post("/v1/audio/speech", json={"input": "Добрый день", "model": "x"})
    assert response.status_code == 200
    assert response.content[:4] == b"RIFF"
    assert len(response.content) == 44 + 2 * len("Добрый день")


@pytest.mark.parametrize(
    "body",
    [
        {"input": "  "},
        {"input": "да", "voice": "nobody"},
        {"input": "да", "response_format": "midi"},
        {"input": "да", "speed": 100},
        {},
    ],
)
def test_speech_refuses_before_the_first_sound(client: TestClient, body: dict[str, object]) -> None:
    response = client.post("/v1/audio/speech", json=body)
    assert response.status_code == 400
    error_of(response.json())


def test_chat_whole(informed: TestClient) -> None:
    body = {"model": "m", "messages": [{"role": "user", "content": "Сколько стоит доставка?"}]}
    reply = informed.post("/v1/chat/completions", json=body).json()
    assert reply["object"] == "chat.completion"
    assert "300" in reply["choices"][0]["message"]["content"]
    assert reply["sources"][0]["title"] == "Доставка"


def test_chat_streamed_is_the_same_text(informed: TestClient) -> None:
    messages = [{"role": "user", "content": "Сколько стоит доставка?"}]
    whole = informed.post("/v1/chat/completions", json={"messages": messages}).json()
    body = {"messages": messages, "stream": True}
    events = informed.post("/v1/chat/completions", json=body).text.strip().split("\n\n")
    assert events[-1] == "data: [DONE]"
    chunks = [json.loads(event.removeprefix("data: ")) for event in events[:-1]]
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert text == whole["choices"][0]["message"]["content"]
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-1]["sources"] == whole["sources"]


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "assistant", "content": "да"}],
        [{"role": "user", "content": ""}],
        [{"role": "user", "content": [{"type": "image_url", "text": ""}]}],
        [{"role": "pope", "content": "да"}],
    ],
)
def test_chat_needs_a_question(client: TestClient, messages: list[object]) -> None:
    response = client.post("/v1/chat/completions", json={"messages": messages})
    assert response.status_code == 400
    error_of(response.json())


def test_a_question_of_a_whole_book_is_refused_by_every_door(client: TestClient) -> None:
    book = "слово " * 1_500
    messages = [{"role": "user", "content": book}]
    for response in (
        client.post("/v1/chat/completions", json={"messages": messages}),
        client.post("/v1/talk", json={"text": book}),
        client.post("/v1/search", json={"query": book}),
    ):
        assert response.status_code == 413
        assert response.json()["error"]["code"] == "text_too_long"


def test_ready_only_when_everything_is(client: TestClient) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"]["tts"] == "loading"


def test_metrics_count_without_telling(fresh: TestClient) -> None:
    fresh.post("/v1/talk", files=audio())
    fresh.get("/v1/conversations/private-id")
    text = fresh.get("/metrics").text
    assert 'beseda_answers_total{source="extractive"} 1.0' in text
    assert 'beseda_stage_seconds_count{stage="listen"} 1.0' in text
    assert 'route="/v1/conversations/{conversation_id}"' in text
    assert "private-id" not in text


def test_unknown_paths_are_shaped_too(client: TestClient) -> None:
    response = client.get("/v1/nothing")
    assert response.status_code == 404
    error_of(response.json())


def test_a_key_is_asked_for_everywhere_but_health(tmp_path: Path) -> None:
    with client_of(tmp_path, api_keys="right") as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        for path in ("/v1/documents", "/metrics", "/openapi.json"):
            refused = client.get(path)
            assert refused.status_code == 401
            error_of(refused.json())
            wrong = client.get(path, headers={"authorization": "Bearer wrong"})
            assert wrong.status_code == 401
            right = client.get(path, headers={"authorization": "Bearer right"})
            assert right.status_code == 200


def test_no_voice_is_503_for_speech(tmp_path: Path) -> None:
    class Mute(ScriptedModels):
        async def speak(
            self, text: AsyncIterator[str] | str, voice: str | None = None, speed: float = 1.0
        ) -> AsyncIterator[Speech]:
            raise Unavailable("the voice is missing")
            yield Speech(np.zeros(0, np.float32), RATE_HZ)

    settings = Settings(home=tmp_path)
    app = create_app(settings, ScriptedServices(settings, Mute()))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        response = client.post("/v1/audio/speech", json={"input": "да"})
        assert response.status_code == 503
        assert error_of(response.json()) == "the voice is missing"
