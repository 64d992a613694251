"""A whole recording through the pipeline, with a scripted recogniser and detector."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from asr.recogniser import ENGINES, Recogniser, load_recogniser
from asr.recording import MAX_BATCH, for_reading, stretches_in_batches, transcribe
from asr.vad import RATE_HZ
from dialog.audio.pcm import wav_bytes
from dialog.content import Samples, Transcript, Word
from dialog.errors import BadInput, Unavailable
from models.catalogue import ModelEntry
from models.runtime import ModelThread

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


class Level:
    """A detector that takes loudness for speech."""

    def __call__(self, frame: Samples) -> float:
        return min(1.0, float(np.abs(frame).mean()) * 3)


class Scripted:
    """Says one word for each array, a tenth of a second into it."""

    def __init__(
        self, words: Sequence[str], rate_hz: int = RATE_HZ, confidence: float = 0.9
    ) -> None:
        self.rate_hz = rate_hz
        self.batches: list[list[float]] = []
        self._words = iter(words)
        self._confidence = confidence

    def transcribe(self, audio: Sequence[Samples]) -> list[Transcript]:
        self.batches.append([len(samples) / self.rate_hz for samples in audio])
        return [self._one(len(samples) / self.rate_hz) for samples in audio]

    def streaming(self) -> None:
        return None

    def _one(self, duration_s: float) -> Transcript:
        text = next(self._words)
        if not text:
            return Transcript("", (), duration_s)
        return Transcript(text, (Word(text, 0.1, 0.4, self._confidence),), duration_s)


def spoken(*seconds: tuple[float, float]) -> io.BytesIO:
    """A WAV of (speech, pause) lengths."""
    parts = [np.r_[np.full(int(s * RATE_HZ), 0.5), np.zeros(int(p * RATE_HZ))] for s, p in seconds]
    return io.BytesIO(wav_bytes(np.concatenate(parts).astype(np.float32), RATE_HZ))


async def heard(recording: io.BytesIO, recogniser: Scripted) -> Transcript:
    thread: ModelThread[Recogniser] = ModelThread("asr", lambda: recogniser)
    try:
        return await transcribe(recording, thread, vad=Level)
    finally:
        thread.close()


def at(start_s: float, text: str) -> Transcript:
    return Transcript(text, (Word(text, start_s, start_s + 1.0, 0.9),), start_s + 1.0)


async def test_words_get_their_time_in_the_recording() -> None:
    transcript = await heard(spoken((1.0, 1.0), (1.0, 1.0)), Scripted(["алло", "слушаю"]))
    assert [word.text for word in transcript.words] == ["алло", "слушаю"]
    first, second = transcript.words
    assert first.start_s == pytest.approx(0.1, abs=0.05)
    assert second.start_s == pytest.approx(2.0 - 0.25 + 0.1, abs=0.1)
    assert second.end_s - second.start_s == pytest.approx(0.3)
    assert transcript.duration_s == pytest.approx(4.0)
    assert "алло" in transcript.text.lower()


async def test_batches_are_bounded() -> None:
    count = 2 * MAX_BATCH + 3
    recogniser = Scripted(["да"] * count)
    transcript = await heard(spoken(*[(0.5, 0.7)] * count), recogniser)
    assert len(transcript.words) == count
    assert [len(batch) for batch in recogniser.batches] == [MAX_BATCH, MAX_BATCH, 3]
    starts = [word.start_s for word in transcript.words]
    assert starts == sorted(starts)
    recogniser = Scripted(["да"] * 20)
    await heard(spoken((100.0, 1.0)), recogniser)
    assert max(sum(batch) for batch in recogniser.batches) < 85
    assert max(max(batch) for batch in recogniser.batches) < 20.1


async def test_where_nobody_speaks_nothing_is_recognised() -> None:
    recogniser = Scripted([])
    transcript = await heard(spoken((0.0, 3.0)), recogniser)
    assert transcript == Transcript("", (), 3.0)
    assert recogniser.batches == []


async def test_words_that_the_recogniser_only_guesses_are_no_speech() -> None:
    transcript = await heard(spoken((1.0, 1.0)), Scripted(["бу"], confidence=0.01))
    assert transcript.text == ""
    assert transcript.words == ()


async def test_a_recogniser_of_another_rate_is_given_that_rate() -> None:
    recogniser = Scripted(["да"], rate_hz=8_000)
    await heard(spoken((1.0, 1.0)), recogniser)
    assert recogniser.batches[0][0] == pytest.approx(1.25, abs=0.1)


async def test_progress_is_told_and_bad_input_needs_no_model() -> None:
    def never() -> Recogniser:
        raise AssertionError("loaded")

    idle: ModelThread[Recogniser] = ModelThread("asr", never)
    with pytest.raises(BadInput):
        await transcribe(io.BytesIO(b"not a recording"), idle, vad=Level)
    idle.close()
    told: list[float] = []
    recogniser = Scripted(["да"] * 20)
    thread: ModelThread[Recogniser] = ModelThread("asr", lambda: recogniser)
    recording = spoken(*[(0.5, 0.7)] * 20)
    await transcribe(recording, thread, vad=Level, progress=told.append)
    thread.close()
    assert told == sorted(told)
    assert told[-1] == pytest.approx(24.0, abs=0.1)
    assert len(told) == 3


def test_reading_waits_until_a_batch_is_wanted() -> None:
    read: list[int] = []

    def blocks() -> Iterator[Samples]:
        for number in range(100):
            read.append(number)
            yield np.where(np.arange(RATE_HZ) < RATE_HZ // 4, 0.5, 0.0).astype(np.float32)

    batches = stretches_in_batches(blocks(), Level)
    next(batches)
    assert len(read) <= MAX_BATCH + 2


def test_a_model_that_punctuates_keeps_its_own_text() -> None:
    heard = [at(0.0, "Добрый день, Анна."), at(5.0, "Как дела?")]
    assert for_reading(heard) == "Добрый день, Анна. Как дела?"
    assert for_reading([]) == ""


def test_a_long_pause_ends_a_sentence_and_numbers_become_digits() -> None:
    heard = [at(0.0, "у меня тариф"), at(1.5, "за шестьсот рублей"), at(5.0, "сколько он стоит")]
    assert for_reading(heard) == "У меня тариф за 600 ₽. Сколько он стоит?"


def test_engines_are_pluggable() -> None:
    seen: list[tuple[str, str, Path | None]] = []

    def other(entry: ModelEntry, device: str, phrases: Path | None) -> Recogniser:
        seen.append((entry.source, device, phrases))
        return Scripted([])

    engines = {**ENGINES, "other": other}
    assert load_recogniser("other:some/model", "cpu", engines).rate_hz == RATE_HZ
    names = Path("names.txt")
    load_recogniser("other:some/model", "cuda", engines, phrases=names)
    assert seen == [("some/model", "cpu", None), ("some/model", "cuda", names)]
    with pytest.raises(Unavailable, match="no recognition engine 'other'"):
        load_recogniser("other:some/model", "cpu")
