"""Recognition in a process of its own: batches, states, a crash in the middle of a word."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest

from asr.worker import RecognitionWorker
from dialog.content import Samples, Word
from dialog.errors import Unavailable
from dialog.tasks import background

pytestmark = [pytest.mark.service, pytest.mark.anyio]


class Counting:
    """Says how many samples it has had, and in how large a batch, and in which process."""

    rate_hz = 1000
    chunk = 10

    def start(self) -> int:
        return 0

    def step(
        self, chunks: Sequence[Samples], states: Sequence[int]
    ) -> tuple[list[tuple[Word, ...]], list[int]]:
        if any(len(chunk) and chunk[0] < 0 for chunk in chunks):
            raise ValueError("a model that raises")
        after = [state + len(chunk) for chunk, state in zip(chunks, states, strict=True)]
        return [self._words(count, len(chunks)) for count in after], after

    def finish(self, rests: Sequence[Samples], states: Sequence[int]) -> list[tuple[Word, ...]]:
        return self.step(rests, states)[0]

    def _words(self, count: int, batch: int) -> tuple[Word, ...]:
        return tuple(Word(str(number), 0.0, 0.0, 1.0) for number in (count, batch, os.getpid()))


def chunk(value: float = 0.5) -> Samples:
    return np.full(10, value, np.float32)


@pytest.fixture
async def ears() -> AsyncIterator[RecognitionWorker]:
    opened = RecognitionWorker(Counting)
    yield opened
    opened.close()


async def test_many_utterances_share_a_step_and_keep_their_states(ears: RecognitionWorker) -> None:
    assert await ears.start() == (1000, 10)
    several = [ears.open() for _ in range(5)]
    for ear in several:
        await ear.push(chunk())
    answers = await asyncio.gather(*(ear.push(chunk()) for ear in several))
    assert {words[0].text for words in answers} == {"20"}
    assert {words[1].text for words in answers} == {"5"}
    assert {words[2].text for words in answers} != {str(os.getpid())}
    previewed = await several[0].preview(chunk())
    assert previewed[0].text == "30"
    assert (await several[0].push(chunk()))[0].text == "30"
    assert await ears.held() == 5
    for ear in several:
        await ear.close()
    assert await ears.held() == 0


async def test_a_model_that_raises_fails_its_batch_and_then_works_again(
    ears: RecognitionWorker,
) -> None:
    ear = ears.open()
    with pytest.raises(Unavailable):
        await ear.push(chunk(-1.0))
    assert (await ear.push(chunk()))[0].text == "10"
    await ear.close()


async def test_a_killed_process_is_replaced(ears: RecognitionWorker) -> None:
    ear = ears.open()
    words = await ear.push(chunk())
    os.kill(int(words[2].text), signal.SIGKILL)
    with pytest.raises(Unavailable):
        for _ in range(3):
            await ear.push(chunk())
    await ear.close()
    again = ears.open()
    assert (await again.push(chunk()))[0].text == "10"
    await again.close()
    assert await ears.held() == 0


async def test_a_killed_process_is_noticed_and_replaced_without_being_asked(
    ears: RecognitionWorker,
) -> None:
    async with background(ears.watch(every_s=0.02)):
        await ears.start()
        ear = ears.open()
        killed = int((await ear.push(chunk()))[2].text)
        os.kill(killed, signal.SIGKILL)
        states: list[str] = []
        async with asyncio.timeout(30):
            while "loading" not in states or states[-1] != "ready":
                states.append(ears.state)
                await asyncio.sleep(0.005)
        assert int((await ears.open().push(chunk()))[2].text) != killed
