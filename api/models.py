"""What is loaded: the models that hear and speak, from their first load to their last thread.

    a recording -> recogniser, a thread          text -> synthesiser, a thread
    a call      -> recognition, a process

Knows when each is loaded, ready and used; which models they are is for `api.wiring` to know.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from asr.recogniser import Recogniser
from asr.turns.hearing import Hearing
from asr.worker import RecognitionWorker
from dialog.content import Speech, Transcript, Word
from dialog.errors import Unavailable
from dialog.tasks import TaskSet
from dialog.threads import TEXT
from models.runtime import ModelThread
from tts.cache import PhraseCache
from tts.synthesiser import Synthesiser

log = logging.getLogger(__name__)


class Models:
    """The models of one process; nothing is loaded before it is needed, or before `start`.

    `read` turns written text into what a voice reads; `voice` speaks where none is asked for.
    """

    def __init__(
        self,
        recogniser: ModelThread[Recogniser],
        recognition: RecognitionWorker,
        synthesiser: ModelThread[Synthesiser],
        *,
        read: Callable[[str], str],
        voice: str | None = None,
    ) -> None:
        self._recogniser = recogniser
        self._recognition = recognition
        self._synthesiser = synthesiser
        self._read = read
        self._voice = voice
        self._phrases = PhraseCache()
        self._background = TaskSet()
        self.filler: Speech | None = None
        """What bridges a long wait in a call; None until `warm` has made it."""

    def start(self) -> None:
        """Begin to load; returns at once. Call it in the event loop."""
        self._recogniser.start()
        self._synthesiser.start()
        self._background.start(self._recognition.watch())

    async def load(self, *, spoken: bool) -> None:
        """Load what an exchange needs, side by side, and wait; the voice only where it is `spoken`.
        Raises nothing: whoever needs a model that cannot be had is told then."""
        threads: list[ModelThread[Any]] = [self._recogniser]
        if spoken:
            threads.append(self._synthesiser)
        loads = (thread.run(lambda _: None) for thread in threads)
        await asyncio.gather(*loads, return_exceptions=True)

    async def warm(self, prompts: Sequence[str]) -> None:
        """Use each model once, since a first use is the slowest, and keep `prompts` as speech: a
        call may need them at once. The first phrase of them becomes the filler."""
        try:
            await self._warm_recognition()
            for prompt in prompts:
                phrases = [phrase async for phrase in self.speak(prompt)]
                self.filler = self.filler or phrases[0]
        except Unavailable as error:
            log.warning("not warm: %s", error.message)

    def states(self) -> dict[str, str]:
        """Each model's state: `ready`, or in a word what keeps it."""
        return {
            "asr": self._recogniser.state,
            "calls": self._recognition.state,
            "tts": self._synthesiser.state,
        }

    async def voices(self) -> tuple[str, ...]:
        """The voices that can be asked for, the default first; waits for the synthesiser.
        Raises Unavailable."""
        return tuple(await self._synthesiser.run(lambda synthesiser: synthesiser.voices))

    async def transcribe(
        self, source: Path | BinaryIO, progress: Callable[[float], None] | None = None
    ) -> Transcript:
        """A whole recording to text; `progress` is told how many seconds have been heard.

        Raises BadInput for what is no recording, Unavailable without a recogniser.
        """
        from asr.recording import transcribe

        return await transcribe(source, self._recogniser, progress=progress)

    def speak(
        self, text: AsyncIterator[str] | str, voice: str | None = None, speed: float = 1.0
    ) -> AsyncIterator[Speech]:
        """Written text to phrases of speech; its first phrase raises BadInput for an unknown voice
        or text that cannot be spoken, Unavailable without a synthesiser."""
        from tts.speech import speak

        chosen = voice or self._voice
        return speak(text, self._synthesiser, chosen, speed, self._read, cache=self._phrases)

    async def hearing(self) -> Hearing:
        """What hears one call; waits for recognition. Raises Unavailable."""
        from asr.recording import for_reading

        rate_hz, chunk = await self._recognition.start()
        return Hearing(
            self.transcribe,
            self._recognition.open,
            rate_hz,
            chunk,
            read=lambda heard: for_reading([heard]),
        )

    def close(self) -> None:
        """Stop every thread and the process; returns when they are gone."""
        self._background.cancel()
        self._recognition.close()
        self._recogniser.close()
        self._synthesiser.close()

    async def _warm_recognition(self) -> None:
        from asr.recording import for_reading

        rate_hz, _ = await self._recognition.start()
        stream = self._recognition.open()
        noise = np.random.default_rng(0).normal(0.0, 0.1, 2 * rate_hz)
        await stream.preview(noise.astype(np.float32))
        await stream.close()
        await TEXT.run(for_reading, [Transcript("да", (Word("да", 0, 1, 1),), 1)])
