"""An utterance beside the loop that receives it: what is asked of recognition, and what is told."""

import asyncio
from collections.abc import Callable

import numpy as np
import pytest

from asr.turns.utterance import RecognitionUpdate, Utterance
from dialog.content import Samples, Word, Words
from dialog.errors import Unavailable

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

CHUNK = 100


class Stream:
    """Hears one word for each chunk, and a last one of what is left."""

    def __init__(self, error: Exception | None = None) -> None:
        self.asked: list[tuple[str, int]] = []
        self.closed = False
        self._pushed = 0
        self._error = error

    async def push(self, samples: Samples) -> Words:
        self.asked.append(("push", len(samples)))
        if self._error is not None:
            raise self._error
        self._pushed += len(samples)
        return _words(self._pushed // CHUNK)

    async def preview(self, samples: Samples) -> Words:
        self.asked.append(("preview", len(samples)))
        return _words((self._pushed + len(samples) + CHUNK - 1) // CHUNK)

    async def close(self) -> None:
        self.closed = True


def _words(count: int) -> Words:
    return tuple(Word(f"слово{n}", 0.1 * n, 0.1 * n + 0.05, 0.9) for n in range(count))


def samples(count: int) -> Samples:
    return np.zeros(count, np.float32)


async def only_update(stream: Stream, drive: Callable[[Utterance], None]) -> RecognitionUpdate:
    """What is told of an utterance that begins at 2.5 s."""
    told: asyncio.Queue[RecognitionUpdate] = asyncio.Queue()
    utterance = Utterance(stream, CHUNK, 2.5, told.put_nowait)
    drive(utterance)
    update = await asyncio.wait_for(told.get(), 1)
    assert update.utterance is utterance
    await utterance.close()
    assert stream.closed
    assert told.empty()
    return update


async def test_whole_chunks_are_pushed_and_the_rest_waits() -> None:
    def drive(utterance: Utterance) -> None:
        for _ in range(5):
            utterance.samples(samples(50))

    stream = Stream()
    update = await only_update(stream, drive)
    assert stream.asked == [("push", 200)]
    assert [word.text for word in update.words] == ["слово0", "слово1"]
    assert not update.is_final


async def test_a_pause_is_looked_into_with_what_is_left_over() -> None:
    def drive(utterance: Utterance) -> None:
        utterance.samples(samples(130))
        utterance.preview(77)

    stream = Stream()
    update = await only_update(stream, drive)
    assert stream.asked == [("push", 100), ("preview", 30)]
    assert (update.is_final, update.up_to_frame, len(update.words)) == (True, 77, 2)


async def test_a_short_sound_is_looked_into_without_a_push() -> None:
    def drive(utterance: Utterance) -> None:
        utterance.samples(samples(30))
        utterance.preview(3)

    stream = Stream()
    await only_update(stream, drive)
    assert stream.asked == [("preview", 30)]


async def test_words_are_told_in_the_time_of_the_call() -> None:
    update = await only_update(Stream(), lambda utterance: utterance.samples(samples(200)))
    assert [(word.start_s, word.end_s) for word in update.words] == [(2.5, 2.55), (2.6, 2.65)]


async def test_a_failure_is_told_and_is_the_last() -> None:
    error = Unavailable("recognition failed")
    stream = Stream(error)
    update = await only_update(stream, lambda utterance: utterance.samples(samples(100)))
    assert update.error is error
    assert update.words == ()


def test_a_shifted_word_keeps_milliseconds() -> None:
    word = Word("да", 0.1, 0.2, 0.9)
    assert word.shifted(0.2) == Word("да", 0.3, 0.4, 0.9)  # and not 0.30000000000000004
    assert word.shifted(-0.0504) == Word("да", 0.05, 0.15, 0.9)
