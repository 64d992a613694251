"""One question, one answer: the flow that every door shares.

    Recording -> listen -> Transcript -> respond -> Answer -> speak -> Speech

Each stage turns an async iterator of messages into another, adds its own and passes on
what it does not know. A typed question enters as a `Transcript` that nobody had to hear,
and a reply that is only read leaves out the last stage.
"""

import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np

from dialog.errors import Unavailable
from dialog.messages import Answer, AnswerDelta, Recording, Samples, Speech, Transcript
from rag.llm import ChatMessage

log = logging.getLogger(__name__)
T = TypeVar("T")

Message = Recording | Transcript | AnswerDelta | Answer | Speech
Messages = AsyncIterator[Message]
Transcribe = Callable[[Path | BinaryIO], Awaitable[Transcript]]
Respond = Callable[[str, Sequence[ChatMessage]], AsyncIterator[AnswerDelta | Answer]]
Speak = Callable[[AsyncIterator[str]], AsyncIterator[Speech]]

NOTHING_HEARD = "Я ничего не услышал. Повторите, пожалуйста, вопрос."


@dataclass(frozen=True)
class Stages:
    """What does the work of one exchange. No `speak`: the answer is only read."""

    transcribe: Transcribe
    respond: Respond
    speak: Speak | None = None
    history: Sequence[ChatMessage] = ()


class Stopwatch:
    """Milliseconds spent in each stage of one exchange, and until the first sound."""

    def __init__(self) -> None:
        self._started_s = time.perf_counter()
        self._spent_ms: dict[str, float] = {}
        self._first_audio_ms: float | None = None

    @contextmanager
    def running(self, stage: str) -> Iterator[None]:
        """Count the time inside the block as `stage`'s."""
        begun_s = time.perf_counter()
        try:
            yield
        finally:
            spent_ms = (time.perf_counter() - begun_s) * 1000
            self._spent_ms[stage] = self._spent_ms.get(stage, 0.0) + spent_ms

    async def timed(self, stage: str, source: AsyncIterator[T]) -> AsyncIterator[T]:
        """Pass `source` on, counting as `stage`'s only the time that it is waited for."""
        while True:
            try:
                with self.running(stage):
                    item = await anext(source)
            except StopAsyncIteration:
                return
            yield item

    def heard_sound(self) -> None:
        """The first call marks the time to the first audio."""
        if self._first_audio_ms is None:
            self._first_audio_ms = self._elapsed_ms()

    def timings_ms(self) -> dict[str, float]:
        """Per stage that ran. `speak` is what the others leave: it pulls them as it goes."""
        total_ms = self._elapsed_ms()
        timings = dict(self._spent_ms)
        if self._first_audio_ms is not None:
            timings["speak"] = total_ms - sum(self._spent_ms.values())
            timings["first_audio"] = self._first_audio_ms
        timings["total"] = total_ms
        return {stage: round(spent_ms, 1) for stage, spent_ms in timings.items()}

    def _elapsed_ms(self) -> float:
        return (time.perf_counter() - self._started_s) * 1000


@dataclass(frozen=True)
class Reply:
    """Everything that came of one exchange. `speech` is empty when nothing was spoken."""

    transcript: Transcript
    answer: Answer
    speech: tuple[Speech, ...]
    timings_ms: dict[str, float]


def joined(speech: Sequence[Speech]) -> Samples:
    """Spoken phrases as one mono array, at the rate of the first."""
    return np.concatenate([phrase.samples for phrase in speech])


def converse(inbound: Messages, stages: Stages, watch: Stopwatch) -> Messages:
    """The whole product on one line."""
    return speak(respond(listen(inbound, stages, watch), stages, watch), stages, watch)


async def listen(inbound: Messages, stages: Stages, watch: Stopwatch) -> Messages:
    """Replace each recording by what was said in it."""
    async for message in inbound:
        if isinstance(message, Recording):
            with watch.running("listen"):
                message = await stages.transcribe(message.audio)  # noqa: PLW2901
        yield message


async def respond(inbound: Messages, stages: Stages, watch: Stopwatch) -> Messages:
    """Answer each transcript; an empty one is answered by saying so."""
    async for message in inbound:
        yield message
        if not isinstance(message, Transcript):
            continue
        if not message.text.strip():
            yield AnswerDelta(NOTHING_HEARD)
            yield Answer(NOTHING_HEARD, "none")
            continue
        async for part in watch.timed("respond", stages.respond(message.text, stages.history)):
            yield part


async def speak(inbound: Messages, stages: Stages, watch: Stopwatch) -> Messages:
    """Voice the answer while it grows. Without a voice it stays text: never silence for all."""
    passed: list[Message] = []

    async def words() -> AsyncIterator[str]:
        async for message in inbound:
            passed.append(message)
            if isinstance(message, AnswerDelta):
                yield message.text

    if stages.speak is not None:
        try:
            async for speech in stages.speak(words()):
                while passed:
                    yield passed.pop(0)
                watch.heard_sound()
                yield speech
        except Unavailable as error:
            log.warning("no voice, the answer stays text: %s", error.message)
    for message in passed:
        yield message
    async for message in inbound:
        yield message


async def exchange(
    question: Recording | Transcript, stages: Stages
) -> AsyncIterator[Message | Reply]:
    """One exchange: its messages as they come, and at the end the whole `Reply`.

    Raises BadInput for audio that cannot be decoded, Unavailable when nothing can listen.
    """

    async def inbound() -> Messages:
        yield question

    watch = Stopwatch()
    speech: list[Speech] = []
    transcript = Transcript("", (), 0.0)
    answer = Answer(NOTHING_HEARD, "none")
    async for message in converse(inbound(), stages, watch):
        match message:
            case Transcript():
                transcript = message
            case Answer():
                answer = message
            case Speech():
                speech.append(message)
        yield message
    yield Reply(transcript, answer, tuple(speech), watch.timings_ms())


async def collect(question: Recording | Transcript, stages: Stages) -> Reply:
    """Run one exchange to its end; raises what `exchange` raises."""
    async for message in exchange(question, stages):
        if isinstance(message, Reply):
            return message
    raise AssertionError("an exchange ends with its reply")
