"""The checkpoints that come with the checkout: they hear the sample questions, they speak,
and each hears what the other says."""

import io
import json
from typing import Any

import numpy as np
import pytest

from asr.recogniser import Recogniser, load_recogniser
from asr.recording import transcribe
from dialog.audio.pcm import wav_bytes
from dialog.audio.resampling import resample
from dialog.content import Transcript
from models.runtime import ModelThread
from russian.spelling import fold
from tests.model import golden
from tests.recordings import tone
from tts.speech import speak
from tts.synthesiser import Synthesiser, load_synthesiser

pytestmark = [pytest.mark.model, pytest.mark.anyio]

MAX_WER = 0.15


@pytest.fixture(scope="module")
def recogniser(nemo: None) -> Recogniser:
    return load_recogniser("asr-ru-small", "cpu")


@pytest.fixture(scope="module")
def synthesiser(nemo: None) -> Synthesiser:
    return load_synthesiser("tts-ru-fastpitch", "cpu")


@pytest.fixture(scope="module")
def expected() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(golden.GOLDEN.read_text(encoding="utf-8"))
    return loaded


def questions() -> list[dict[str, Any]]:
    lines = (golden.QUESTIONS / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def edits(said: list[str], heard: list[str]) -> int:
    """Levenshtein distance in words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            here = min(row[j] + 1, row[j - 1] + 1, diagonal + (word != other))
            diagonal, row[j] = row[j], here
    return row[-1]


def plain(text: str) -> list[str]:
    return fold(text).split()


async def through(recogniser: Recogniser, recording: bytes) -> Transcript:
    """As the product does it: from a file, through the detector, to written text."""
    thread = ModelThread("asr", lambda: recogniser)
    try:
        return await transcribe(io.BytesIO(recording), thread)
    finally:
        thread.close()


def test_the_sample_questions_are_heard(recogniser: Recogniser) -> None:
    wrong, total = 0, 0
    for one in questions():
        samples = golden.question(one["id"], recogniser.rate_hz)
        (transcript,) = recogniser.transcribe([samples])
        errors = edits(plain(one["words"]), plain(" ".join(w.text for w in transcript.words)))
        words = len(plain(one["words"]))
        if one["id"] == "q1":
            assert errors / words <= MAX_WER, transcript.text
        wrong, total = wrong + errors, total + words
    assert wrong / total <= MAX_WER


@pytest.mark.parametrize("name", ["q1.wav", "q1.opus"])
async def test_a_recorded_question_becomes_written_text(recogniser: Recogniser, name: str) -> None:
    transcript = await through(recogniser, (golden.QUESTIONS / name).read_bytes())
    said = plain(questions()[0]["words"])
    assert edits(said, [fold(w.text) for w in transcript.words]) / len(said) <= MAX_WER
    assert transcript.text.endswith("?")
    assert "200" in transcript.text
    starts = [word.start_s for word in transcript.words]
    assert starts == sorted(starts)
    assert transcript.words[-1].end_s <= transcript.duration_s + 0.1


async def test_silence_noise_and_tones_are_empty(recogniser: Recogniser) -> None:
    rng = np.random.default_rng(0)
    sounds = {
        "silence": np.zeros(48_000, np.float32),
        "hiss": (0.2 * rng.standard_normal(48_000)).astype(np.float32),
        "dial tone": tone(16_000, 3.0, 425.0),
    }
    for name, samples in sounds.items():
        transcript = await through(recogniser, wav_bytes(samples, 16_000))
        assert (transcript.text, transcript.words) == ("", ()), name
        assert transcript.duration_s == pytest.approx(3.0)


async def test_the_voice_is_a_voice(synthesiser: Synthesiser, recogniser: Recogniser) -> None:
    text = "Тариф стоит шестьсот пятьдесят рублей в месяц."
    thread = ModelThread("tts", lambda: synthesiser)
    (speech,) = [phrase async for phrase in speak(text, thread)]
    thread.close()
    seconds = len(speech.samples) / speech.rate_hz
    assert 2.0 < seconds < 6.0
    assert 0.1 < np.abs(speech.samples).max() < 0.99  # neither silent nor clipping
    assert float(np.sqrt(np.mean(np.square(speech.samples)))) > 0.02
    recording = wav_bytes(resample(speech.samples, speech.rate_hz, 16_000), 16_000)
    transcript = await through(recogniser, recording)
    said = plain(text.rstrip("."))
    heard = [word.text for word in transcript.words]
    assert edits(said, heard) / len(said) <= 0.5, transcript.text


def test_speed_divides_the_length(synthesiser: Synthesiser) -> None:
    lengths = [
        len(synthesiser.synthesise(golden.SENTENCE, synthesiser.voices[0], speed))
        for speed in (0.5, 1.0, 2.0)
    ]
    assert lengths[0] / lengths[1] == pytest.approx(2, rel=0.15)
    assert lengths[1] / lengths[2] == pytest.approx(2, rel=0.15)


async def test_both_marks_of_stress_are_honoured(synthesiser: Synthesiser) -> None:
    """A castle is no lock; `+` before and U+0301 after the vowel say the same."""
    thread = ModelThread("tts", lambda: synthesiser)
    said = {}
    for text in ("з+амок", "за́мок", "зам+ок", "замо́к"):
        (speech,) = [phrase async for phrase in speak(text, thread)]
        said[text] = speech.samples
    thread.close()
    assert np.array_equal(said["з+амок"], said["за́мок"])
    assert np.array_equal(said["зам+ок"], said["замо́к"])
    assert len(said["з+амок"]) != len(said["зам+ок"])


def test_it_hears_what_it_heard_before(recogniser: Recogniser, expected: dict[str, Any]) -> None:
    now = golden.heard(recogniser)
    assert [w["word"] for w in now] == [w["word"] for w in expected["heard"]]
    for before, after in zip(expected["heard"], now, strict=True):
        assert after["start_s"] == pytest.approx(before["start_s"], abs=0.05)
        assert after["confidence"] == pytest.approx(before["confidence"], abs=0.05)


def test_it_says_what_it_said_before(synthesiser: Synthesiser, expected: dict[str, Any]) -> None:
    now = golden.spoken(synthesiser)
    assert now["samples"] == pytest.approx(expected["spoken"]["samples"], rel=0.02)
    assert now["loudness_db"] == pytest.approx(expected["spoken"]["loudness_db"], abs=1.5)
