"""The HTTP service in process, with a real store and a scripted ear and voice."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np
from fastapi.testclient import TestClient

from api.http.app import create_app
from api.models import Models
from api.settings import Settings
from api.wiring import Services
from dialog.content import Speech, Transcript, Word
from dialog.errors import BadInput

RATE_HZ = 8000
PAGE = "# Доставка\n\nДоставка роутера стоит 300 рублей.\n"


class ScriptedModels(Models):
    """Hear the upload's own bytes as text."""

    def __init__(self) -> None:
        """There is nothing to load."""
        self.filler = None

    def close(self) -> None:
        """Nor to close."""

    def states(self) -> dict[str, str]:
        return {"asr": "ready", "tts": "loading"}

    async def transcribe(
        self, source: Path | BinaryIO, progress: Callable[[float], None] | None = None
    ) -> Transcript:
        assert not isinstance(source, Path)
        data = source.read()  # noqa: ASYNC240 (bytes in memory)
        if data == b"garbage":
            raise BadInput("not a usable audio recording", code="undecodable_audio")
        if data == b"crash":
            raise RuntimeError("secret words of a caller")
        text = data.decode()
        return Transcript(text, tuple(Word(word, 0.0, 1.0, 0.9) for word in text.split()), 1.0)

    async def speak(
        self, text: AsyncIterator[str] | str, voice: str | None = None, speed: float = 1.0
    ) -> AsyncIterator[Speech]:
        if voice == "nobody":
            raise BadInput("no voice 'nobody'", code="unknown_voice")
        if isinstance(text, str):
            if not text.strip():
                raise BadInput("the text is empty", code="empty_text")
            yield Speech(np.zeros(len(text), np.float32), RATE_HZ)
            return
        async for piece in text:
            yield Speech(np.zeros(len(piece), np.float32), RATE_HZ)


class ScriptedServices(Services):
    """Real store, index and answers over scripted models."""

    def __init__(self, settings: Settings, models: Models | None = None) -> None:
        super().__init__(settings, models or ScriptedModels())

    def start(self) -> None:
        """There is nothing to warm."""


def client_of(home: Path, **settings: object) -> TestClient:
    chosen = Settings.model_validate({"home": home, "max_upload": 100_000, **settings})
    app = create_app(chosen, ScriptedServices(chosen))
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


def with_page(client: TestClient) -> TestClient:
    response = client.post("/v1/documents", files={"file": ("delivery.md", PAGE.encode())})
    assert response.status_code == 201, response.text
    return client


def audio(said: str = "Сколько стоит доставка роутера?") -> dict[str, tuple[str, bytes]]:
    return {"file": ("question.wav", said.encode())}


def error_of(body: dict[str, dict[str, str]]) -> str:
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert "\n" not in body["error"]["message"]
    return body["error"]["message"]
