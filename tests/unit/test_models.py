"""The models of a process: loaded when they are needed, warm before a call, gone when closed."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from threading import Event

import numpy as np
import pytest

from api.models import Models
from asr.recogniser import Recogniser
from asr.worker import RecognitionWorker
from dialog.content import Samples, Words
from dialog.errors import Unavailable
from models.runtime import ModelThread
from tts.synthesiser import Synthesiser

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

PROMPTS = ("Секунду, смотрю. Вот.", "До свидания.")


class Voice:
    """Ten samples for each letter; remembers what it was asked to say, and by whom."""

    rate_hz = 1000
    voices: tuple[str, ...] = ("anna", "boris")

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def synthesise(self, text: str, voice: str, speed: float) -> Samples:
        self.said.append((text, voice))
        return np.full(len(text) * 10, 0.5, np.float32)


class Engine:
    """Hears nothing; counts how many samples it was shown."""

    rate_hz = 1000
    chunk = 10

    def __init__(self) -> None:
        self.seen = 0

    def start(self) -> int:
        return 0

    def step(
        self, chunks: Sequence[Samples], states: Sequence[int]
    ) -> tuple[list[Words], list[int]]:
        return self.finish(chunks, states), list(states)

    def finish(self, rests: Sequence[Samples], states: Sequence[int]) -> list[Words]:
        self.seen += sum(map(len, rests))
        return [() for _ in rests]


@pytest.fixture
def voice() -> Voice:
    return Voice()


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def tried() -> Event:
    """Set once the recogniser of recordings has been looked for."""
    return Event()


@pytest.fixture
def made(voice: Voice, engine: Engine, tried: Event) -> Iterator[Callable[..., Models]]:
    """Makes models; a recogniser of recordings is never there."""
    opened: list[Models] = []

    def missing() -> Recogniser:
        tried.set()
        raise Unavailable("no such model")

    def make(load: Callable[[], Synthesiser] = lambda: voice, **options: str) -> Models:
        recognition = RecognitionWorker(lambda: engine, in_process=True)
        synthesiser: ModelThread[Synthesiser] = ModelThread("synthesiser", load)
        recogniser = ModelThread("recogniser", missing)
        opened.append(Models(recogniser, recognition, synthesiser, read=str.lower, **options))
        return opened[-1]

    yield make
    for models in opened:
        models.close()


async def test_only_what_is_needed_is_loaded(made: Callable[..., Models]) -> None:
    models = made()
    assert models.states() == {"asr": "idle", "calls": "idle", "tts": "idle"}
    await models.load(spoken=False)  # raises nothing: who needs the recogniser is told
    assert models.states() == {"asr": "failed", "calls": "idle", "tts": "idle"}
    await models.load(spoken=True)
    assert models.states()["tts"] == "ready"


async def test_start_loads_all_without_being_asked(
    made: Callable[..., Models], tried: Event
) -> None:
    models = made()
    models.start()
    assert await models.voices() == ("anna", "boris")
    assert models.states()["tts"] == "ready"
    assert await asyncio.to_thread(tried.wait, 10.0)


async def test_the_voice_of_the_settings_speaks_unless_another_is_asked_for(
    made: Callable[..., Models], voice: Voice
) -> None:
    models = made(voice="boris")
    for asked in (None, "anna"):
        async for _ in models.speak("Здравствуйте.", asked):
            pass
    assert voice.said == [("здравствуйте.", "boris"), ("здравствуйте.", "anna")]


async def test_warm_models_have_been_used_and_their_prompts_are_at_hand(
    made: Callable[..., Models], voice: Voice, engine: Engine
) -> None:
    models = made()
    assert models.filler is None
    await models.warm(PROMPTS)
    assert engine.seen == 2 * engine.rate_hz, "two seconds of noise were recognised"
    assert models.filler is not None
    assert models.filler.text == "Секунду, смотрю."
    said = len(voice.said)
    async for _ in models.speak(PROMPTS[1]):
        pass
    assert len(voice.said) == said, "what is at hand is not synthesised again"


async def test_without_a_voice_the_service_stays_cold_and_goes_on(
    made: Callable[..., Models], caplog: pytest.LogCaptureFixture
) -> None:
    def no_voice() -> Synthesiser:
        raise Unavailable("the voice is missing")

    models = made(no_voice)
    with caplog.at_level(logging.WARNING):
        await models.warm(PROMPTS)
    assert models.filler is None
    assert "not warm: the voice is missing" in caplog.text


async def test_a_call_is_heard_at_the_engine_s_own_rate(made: Callable[..., Models]) -> None:
    hearing = await made().hearing()
    assert (hearing.rate_hz, hearing.chunk) == (1000, 10)
    assert hearing.open is not None
    stream = hearing.open()
    assert await stream.push(np.zeros(10, np.float32)) == ()
    await stream.close()


async def test_nothing_is_left_open(made: Callable[..., Models]) -> None:
    models = made()
    models.start()
    await models.voices()
    models.close()
    assert models.states() == {"asr": "closed", "calls": "closed", "tts": "closed"}
    with pytest.raises(Unavailable, match="shut down"):
        await models.voices()
