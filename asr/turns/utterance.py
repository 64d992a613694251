"""One utterance on its way through recognition, beside the loop that receives its audio.

    frames -> push when a chunk is full -> RecognitionUpdate(words)
    pause  -> preview                      -> RecognitionUpdate(words, is_final)

Knows the order of requests; knows nothing of turns. News goes to a mailbox, and never waits.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dialog.content import Samples, Words
from dialog.tasks import cancel_and_wait


class UtteranceStream(Protocol):
    """What recognises one utterance: samples are mono float32 at the engine's rate, (n,), and word
    times are seconds from the utterance's first sample. `asr.worker.RecognitionStream` is one."""

    async def push(self, samples: Samples) -> Words:
        """All words so far, after further samples: a whole number of the engine's chunks. Raises
        `Unavailable` when recognition is busy, failed or died."""
        ...

    async def preview(self, samples: Samples) -> Words:
        """All words, if the utterance ended with these further samples, of any number; it goes on
        as if not asked. Raises `Unavailable` as `push` does."""
        ...

    async def close(self) -> None:
        """Let go of what recognition holds of the utterance; never raises `Unavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class RecognitionUpdate:
    """What is known of an utterance. `is_final`: these would be its words if it ended at the
    frame `up_to_frame`. `error`: recognition failed, and there will be no more."""

    utterance: "Utterance"
    words: Words
    is_final: bool = False
    up_to_frame: int = 0
    error: Exception | None = None


class Utterance:
    """Give it `samples` at the engine's rate, and `preview` at pauses; `close` it in the end."""

    def __init__(
        self,
        stream: UtteranceStream,
        chunk: int,
        start_s: float,
        on_update: Callable[[RecognitionUpdate], None],
    ) -> None:
        self.start_s = start_s
        self._stream = stream
        self._chunk = chunk
        self._on_update = on_update
        self._samples: list[Samples] = []
        self._count = 0
        self._preview_at: int | None = None
        self._changed = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    def samples(self, samples: Samples) -> None:
        """More of it: mono float32 at the engine's rate, (n,), any n."""
        self._samples.append(samples)
        self._count += len(samples)
        if self._count >= self._chunk:
            self._changed.set()

    def preview(self, up_to_frame: int) -> None:
        """Tell what the words are if nothing follows; `up_to_frame` comes back with the news."""
        self._preview_at = up_to_frame
        self._changed.set()

    async def close(self) -> None:
        """Stop, and free what recognition holds of it."""
        await cancel_and_wait(self._task)
        await self._stream.close()

    async def _run(self) -> None:
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                await self._step()
        except Exception as error:
            self._on_update(RecognitionUpdate(self, (), error=error))

    async def _step(self) -> None:
        waiting = np.concatenate([np.zeros(0, np.float32), *self._samples])
        whole = len(waiting) // self._chunk * self._chunk
        up_to_frame, self._preview_at = self._preview_at, None
        self._samples, self._count = [waiting[whole:]], len(waiting) - whole
        if whole and up_to_frame is None:
            self._on_update(
                RecognitionUpdate(self, self._placed(await self._stream.push(waiting[:whole])))
            )
        elif up_to_frame is not None:
            if whole:
                await self._stream.push(waiting[:whole])
            words = self._placed(await self._stream.preview(waiting[whole:]))
            self._on_update(RecognitionUpdate(self, words, is_final=True, up_to_frame=up_to_frame))

    def _placed(self, words: Words) -> Words:
        return tuple(word.shifted(self.start_s) for word in words)
