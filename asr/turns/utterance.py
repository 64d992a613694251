"""One utterance on its way through recognition, beside the loop that receives its audio.

    frames -> push when a chunk is full -> News(words)
    pause  -> peek                      -> News(words, settled)

Knows the order of requests; knows nothing of turns. News goes to a mailbox, and never waits.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from dialog.messages import Samples, Word

Words = tuple[Word, ...]


class Ear(Protocol):
    """See `asr.worker.Ear`."""

    async def push(self, samples: Samples) -> Words: ...

    async def peek(self, samples: Samples) -> Words: ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class News:
    """What is known of an utterance. `settled`: these would be its words if it ended at the
    frame `upto`. `error`: recognition failed, and there will be no more."""

    utterance: "Utterance"
    words: Words
    settled: bool = False
    upto: int = 0
    error: Exception | None = None


class Utterance:
    """Give it `samples` at the engine's rate, and `peek` at pauses; `close` it in the end."""

    def __init__(self, ear: Ear, chunk: int, start_s: float, tell: Callable[[News], None]) -> None:
        self.start_s = start_s
        self._ear = ear
        self._chunk = chunk
        self._tell = tell
        self._samples: list[Samples] = []
        self._count = 0
        self._peek_at: int | None = None
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def samples(self, samples: Samples) -> None:
        """More of it."""
        self._samples.append(samples)
        self._count += len(samples)
        if self._count >= self._chunk:
            self._changed.set()

    def peek(self, upto: int) -> None:
        """Tell what the words are if nothing follows; `upto` comes back with the news."""
        self._peek_at = upto
        self._changed.set()

    async def close(self) -> None:
        """Stop, and free what recognition holds of it."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._ear.close()

    async def _run(self) -> None:
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                await self._step()
        except Exception as error:
            self._tell(News(self, (), error=error))

    async def _step(self) -> None:
        waiting = np.concatenate([np.zeros(0, np.float32), *self._samples])
        whole = len(waiting) // self._chunk * self._chunk
        upto, self._peek_at = self._peek_at, None
        self._samples, self._count = [waiting[whole:]], len(waiting) - whole
        if whole and upto is None:
            self._tell(News(self, self._placed(await self._ear.push(waiting[:whole]))))
        elif upto is not None:
            if whole:
                await self._ear.push(waiting[:whole])
            words = self._placed(await self._ear.peek(waiting[whole:]))
            self._tell(News(self, words, settled=True, upto=upto))

    def _placed(self, words: Words) -> Words:
        start_s = self.start_s
        return tuple(
            replace(
                word, start_s=round(word.start_s + start_s, 3), end_s=round(word.end_s + start_s, 3)
            )
            for word in words
        )
