"""A small home of documents, with a recogniser and a voice that are told what to say."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from api.cli import commands
from api.cli.parser import build_parser
from api.models import Models
from api.settings import Settings
from api.wiring import Services
from asr.recogniser import Engine
from asr.worker import RecognitionWorker
from dialog.content import Samples, Transcript, Word
from models.runtime import ModelThread

QUESTION = "сколько стоит доставка роутера"
PAGES = {
    "delivery.md": "# Доставка\n\nДоставка роутера стоит 300 рублей.\n",
    "hours.md": "# Часы работы\n\nОфис на Лесной открыт с 9 до 20 часов.\n",
}


class Ear:
    """Hears what it was told it would, in whatever is spoken."""

    rate_hz = 16_000

    def __init__(self) -> None:
        self.hears = QUESTION

    def transcribe(self, audio: Sequence[Samples]) -> list[Transcript]:
        return [self._heard(len(samples) / self.rate_hz) for samples in audio]

    def _heard(self, duration_s: float) -> Transcript:
        texts = self.hears.split()
        step_s = duration_s / max(1, len(texts))
        words = [Word(text, n * step_s, (n + 1) * step_s, 0.9) for n, text in enumerate(texts)]
        return Transcript(self.hears, tuple(words), duration_s)

    def streaming(self) -> Engine | None:
        return None


class Voice:
    """A hundred samples for each letter; keeps what it was asked to say."""

    rate_hz = 8000
    voices: tuple[str, ...] = ("anna", "boris")

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, float]] = []

    def synthesise(self, text: str, voice: str, speed: float) -> Samples:
        self.asked.append((text, voice, speed))
        return np.full(len(text) * 100, 0.5, np.float32)


def no_call() -> Engine:
    raise AssertionError("none of these commands holds a call")


Run = Callable[..., int]


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def voice() -> Voice:
    return Voice()


def opened(home: Path, ear: Ear, load_voice: Callable[[], Voice]) -> Services:
    models = Models(
        ModelThread("recogniser", lambda: ear),
        RecognitionWorker(no_call),
        ModelThread("synthesiser", load_voice),
        read=str.lower,
    )
    return Services(Settings.model_validate({"home": home}), models)


def carried_out(services: Services, *typed: object) -> int:
    """A command as it was typed; its exit status."""
    arguments = build_parser().parse_args([str(part) for part in typed])
    return commands.COMMANDS[arguments.command](arguments, services)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the two pages in it."""
    folder = tmp_path_factory.mktemp("ingested")
    (folder / "home").mkdir()
    for name, text in PAGES.items():
        (folder / name).write_text(text, "utf-8")
    with opened(folder / "home", Ear(), Voice) as services:
        pages = [folder / name for name in PAGES]
        assert carried_out(services, "ingest", *pages, "--tag", "site") == 0
    return folder / "home"


@pytest.fixture
def services(tmp_path: Path, ingested: Path, ear: Ear, voice: Voice) -> Iterator[Services]:
    home = shutil.copytree(ingested, tmp_path / "home")
    with opened(home, ear, lambda: voice) as services:
        yield services


@pytest.fixture
def run(services: Services) -> Run:
    return partial(carried_out, services)
