"""The real service in a process of its own, with the embedded models, asked over a socket."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from openai import BadRequestError, OpenAI

from dialog.audio.pcm import write_wav
from tests.service.serving import SAMPLES, Running, serving

pytestmark = [pytest.mark.service, pytest.mark.model]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("home")) as running:
        yield running


def test_a_document_from_another_process_is_found_within_two_seconds(
    service: Running, tmp_path: Path
) -> None:
    page = tmp_path / "otter.md"
    page.write_text("# Выдры\n\nВыдру Матильду кормят в восемь часов утра.\n", encoding="utf-8")
    service.beseda("ingest", str(page))
    ingested_s = time.monotonic()
    hits = service.client.post("/v1/search", json={"query": "выдра Матильда"}).json()["hits"]
    assert time.monotonic() - ingested_s < 2.0
    assert hits[0]["title"] == "Выдры"
    asked = service.beseda("ask", "Во сколько кормят выдру Матильду?", "--json")
    assert "восемь" in json.loads(asked.stdout)["answer"]


def test_a_spoken_question_is_answered_aloud(service: Running) -> None:
    service.beseda("ingest", str(SAMPLES / "knowledge"))
    with (SAMPLES / "questions" / "q3.opus").open("rb") as question:
        response = service.client.post("/v1/talk", files={"file": question})
    assert response.status_code == 200, response.text
    reply = response.json()
    assert reply["source"] == "extractive"
    assert reply["sources"]
    assert reply["audio"]


def test_the_stock_openai_client_works_unchanged(service: Running) -> None:
    client = OpenAI(base_url=f"{service.client.base_url}/v1", api_key="none", timeout=120)
    with (SAMPLES / "questions" / "q6.wav").open("rb") as question:
        heard = client.audio.transcriptions.create(model="beseda", file=question)
    assert "отпуск" in heard.text
    voices = service.client.get("/v1/audio/voices").json()["data"]
    speech = client.audio.speech.create(
        model="beseda", voice=voices[0]["id"], input="Добрый день", response_format="wav"
    )
    assert speech.content[:4] == b"RIFF"
    asked = client.chat.completions.create(
        model="beseda", messages=[{"role": "user", "content": heard.text}]
    )
    streamed = client.chat.completions.create(
        model="beseda", messages=[{"role": "user", "content": heard.text}], stream=True
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in streamed)
    assert text == asked.choices[0].message.content
    with pytest.raises(BadRequestError, match="no voice"):
        client.audio.speech.create(
            model="beseda", voice="nobody", input="Добрый день", response_format="wav"
        )


def test_silence_and_noise_are_valid_audio(service: Running, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, 32_000).astype(np.float32)
    for samples in (np.zeros(32_000, np.float32), noise):
        write_wav(tmp_path / "a.wav", samples, 16_000)
        with (tmp_path / "a.wav").open("rb") as file:
            heard = service.client.post("/v1/audio/transcriptions", files={"file": file})
        assert (heard.status_code, heard.json()) == (200, {"text": ""})


def test_a_long_upload_never_stalls_health(service: Running, tmp_path: Path) -> None:
    with (SAMPLES / "questions" / "q1.wav").open("rb") as file:
        question = np.frombuffer(file.read()[44:], "<i2").astype(np.float32) / 32768
    write_wav(tmp_path / "long.wav", np.tile(question, 60), 16_000)
    slowest_s = 0.0

    def upload() -> None:
        with (tmp_path / "long.wav").open("rb") as file:
            service.client.post("/v1/audio/transcriptions", files={"file": file})

    worker = threading.Thread(target=upload)
    worker.start()
    checks = 0
    while worker.is_alive():
        began_s = time.monotonic()
        assert service.client.get("/healthz").status_code == 200
        slowest_s = max(slowest_s, time.monotonic() - began_s)
        checks += 1
        worker.join(0.05)
    assert checks > 3
    assert slowest_s < 2.0, "a stalled loop would answer only after the transcription"
