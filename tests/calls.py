"""A scripted line: a caller whose audio carries its words, an ear that reads them, a player.

Each word is a tone of constant height, which the ear looks up; loud frames are speech to the
scripted detector. Times are those of the event loop, which the tests let jump.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import numpy as np

from api.actions.controller import Controller
from api.conversation.call import Call
from api.conversation.converse import Stages, converse
from api.telephony.playout import Playout
from asr.turns.hearing import Hearing
from dialog.content import Answer, AnswerDelta, Samples, Speech, Transcript, Word
from dialog.messages import CallerAudio, HungUp, Inbound, Outbound, Played
from dialog.tasks import background
from rag.answering.llm import ChatMessage

RATE_HZ = 16_000
VOICE_HZ = 8_000
WORD_S = 0.3
CHUNK_S = 0.02
LETTERS_PER_S = 15
LEXICON: list[str] = []


def spoken(text: str) -> Samples:
    """Words of 0.3 s each, without a gap."""
    pieces = []
    for word in text.split():
        if word not in LEXICON:
            LEXICON.append(word)
        level = 0.2 + 0.002 * LEXICON.index(word)
        pieces.append(np.full(round(WORD_S * RATE_HZ), level, np.float32))
    return np.concatenate(pieces)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def read(samples: Samples) -> tuple[Word, ...]:
    """The words in scripted audio; one counts when half of it has come."""
    words: list[Word] = []
    levels = np.round((samples - 0.2) / 0.002).astype(int)
    step = round(WORD_S * RATE_HZ)
    voiced = np.flatnonzero(samples > 0.1)
    while len(voiced):
        start = int(voiced[0])
        if int((voiced < start + step).sum()) >= step // 2:
            word = LEXICON[int(np.median(levels[start + step // 8 : start + step // 2]))]
            words.append(Word(word, start / RATE_HZ, (start + step) / RATE_HZ, 0.95))
        voiced = voiced[voiced >= start + step]
    return tuple(words)


class ScriptedEar:
    """Counts itself in `open_ears` until it is closed."""

    def __init__(self, open_ears: set["ScriptedEar"]) -> None:
        self._open = open_ears
        self._heard = np.zeros(0, np.float32)
        open_ears.add(self)

    async def push(self, samples: Samples) -> tuple[Word, ...]:
        self._heard = np.concatenate((self._heard, samples))
        return read(self._heard)

    async def preview(self, samples: Samples) -> tuple[Word, ...]:
        return read(np.concatenate((self._heard, samples)))

    async def close(self) -> None:
        self._open.discard(self)


def loud(frame: Samples) -> float:
    return 0.95 if np.abs(frame).max() > 0.1 else 0.02


@dataclass
class Assistant:
    """Scripted answers by question; what was asked and with which history is kept."""

    answers: dict[str, str | Answer] = field(default_factory=dict)
    asked: list[tuple[str, list[ChatMessage]]] = field(default_factory=list)
    delay_s: float = 0.05
    speaking: int = 0
    open_ears: set[ScriptedEar] = field(default_factory=set)

    async def respond(
        self, question: str, history: Sequence[ChatMessage]
    ) -> AsyncIterator[AnswerDelta | Answer]:
        self.asked.append((question, list(history)))
        await asyncio.sleep(self.delay_s)
        answer = self.answers.get(question, f"Ответ на {question}.")
        answer = Answer(answer, "extractive") if isinstance(answer, str) else answer
        yield AnswerDelta(answer.text)
        yield answer

    async def speak(
        self, text: AsyncIterator[str], voice: str | None, speed: float
    ) -> AsyncGenerator[Speech]:
        self.speaking += 1
        try:
            async for piece in text:
                await asyncio.sleep(self.delay_s)
                seconds = len(piece) / LETTERS_PER_S
                yield Speech(np.full(round(seconds * VOICE_HZ), 0.3, np.float32), VOICE_HZ, piece)
        finally:
            self.speaking -= 1

    async def transcribe(self, _: Path | BinaryIO) -> Transcript:
        raise AssertionError("no recording in a call")

    def stages(self, **hearing: object) -> Stages:
        chunk = round(0.32 * RATE_HZ)
        ears = Hearing(self.transcribe, lambda: ScriptedEar(self.open_ears), chunk=chunk)
        ears = ears if not hearing else _changed(ears, hearing)
        return Stages(_changed(ears, {"vad": lambda: loud}), self.respond, self.speak)


def _changed(hearing: Hearing, changes: dict[str, object]) -> Hearing:
    return Hearing(**{**{f: getattr(hearing, f) for f in hearing.__dataclass_fields__}, **changes})


@dataclass
class Line:
    """A call from both ends. `script` holds samples to speak in real time, seconds to be silent,
    messages to send, and coroutine functions to wait for."""

    script: Sequence[Samples | float | Inbound]
    log: list[tuple[float, Outbound]] = field(default_factory=list)
    hang_up: bool = True

    async def run(self, stages: Stages, controller: Controller | None = None) -> "Line":
        loop = asyncio.get_running_loop()
        player = Playout(VOICE_HZ)
        reports: asyncio.Queue[Played] = asyncio.Queue()
        heard: AsyncIterator[Inbound] = self._inbound(reports)
        if controller is not None:
            heard = controller.inbound(heard)
            stages = replace(stages, respond=controller.answering(stages.respond))
        messages = converse(heard, stages, Call(live=True))
        if controller is not None:
            messages = controller.messages(messages)
        async with background(self._play(player, reports)), aclosing(messages):
            async for message in messages:
                self.log.append((loop.time(), message))
                player.put(message)
        return self

    def of(self, *kinds: type) -> list[Outbound]:
        return [message for _, message in self.log if isinstance(message, kinds)]

    def at(self, kind: type, index: int = 0) -> float:
        return [at_s for at_s, message in self.log if isinstance(message, kind)][index]

    async def _play(self, player: Playout, reports: "asyncio.Queue[Played]") -> None:
        count = 0
        async with aclosing(player.frames()) as frames:
            async for _ in frames:
                count += 1
                if (count % 5 == 0 or player.idle) and (report := player.played()):
                    reports.put_nowait(report)

    async def _inbound(self, reports: "asyncio.Queue[Played]") -> AsyncGenerator[Inbound]:
        for item in self.script:
            if isinstance(item, float):
                item = silence(item)  # noqa: PLW2901
            if not isinstance(item, np.ndarray):
                yield item
                continue
            step = round(CHUNK_S * RATE_HZ)
            for start in range(0, len(item), step):
                await asyncio.sleep(CHUNK_S)
                while not reports.empty():
                    yield reports.get_nowait()
                yield CallerAudio(item[start : start + step], RATE_HZ)
        if self.hang_up:
            yield HungUp()
