"""One caller: dials, listens to the greeting, asks, listens to the answer, asks again, hangs up.

    player    ....~~~~ question ~~~~............................~~~~ question ~~~~
    detector      [greeting]            [filler] [own words ...]

Three tasks a call: the player's clock, the detector, and the script that goes between them.
"""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from api.bench.load.answer_detector import AnswerDetector
from api.bench.load.clients import HUNG_UP, CallLine, Lost
from api.bench.load.jitter import Spread
from api.bench.load.questions import Question, Script, SpokenQuestion
from api.bench.load.service_client import KeptTurn
from api.telephony.playout import PLAYOUT_FRAME_S
from asr.wer import edits, plain_words
from dialog.audio.line import Packets
from dialog.content import Samples
from dialog.tasks import cancel_and_wait

GREETING_WITHIN_S = 2.5
QUIET_S = 1.0
ASK_S = 0.5
KEPT_WITHIN_S = 3.0
ANSWER_S = 90.0
AGAIN_S = 1.0
NO_ANSWER = "no answer"
# What is heard so soon after the question begins was under way before it.
GAP_BEFORE_S = 0.3


class Target(Protocol):
    """Where calls are placed."""

    @property
    def rate_hz(self) -> int: ...

    def call(self, identity: uuid.UUID) -> AbstractAsyncContextManager[CallLine]: ...


class ServiceHistory(Protocol):
    """What the service has kept."""

    async def turns(self, identity: uuid.UUID) -> list[KeptTurn]: ...


@dataclass
class TurnResult:
    """One question and what came of it. `failure`: why nothing did. `response_ms` counts from the
    caller's last speech to the first of the answer's own words; None where the assistant spoke
    before the question's end (`cut_in`). `again`: it asked to repeat."""

    question: Question
    caller: int
    at_s: float
    callers: int
    response_ms: float | None = None
    failure: str | None = None
    filler: bool = False
    cut_in: bool = False
    again: bool = False
    heard: tuple[str, ...] = ()
    wrong_words: int | None = None
    right: bool | None = None
    split: int = 0
    timings_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class CallProfile:
    """How everyone calls: `turns` questions a call, `think_s` of silence before each on average,
    and no more than `patience_s` for an answer."""

    turns: int = 3
    think_s: float = 1.0
    patience_s: float = 20.0


@dataclass
class LoadRun:
    """What all callers share, and what they note down. `calling`: how many hold a call now.
    `greeted`: one was, so that whoever is not yet waits instead of talking over a late greeting."""

    target: Target
    history: ServiceHistory
    script: Script
    profile: CallProfile
    fillers: Sequence[Samples]
    note: Callable[[TurnResult], None]
    lateness: Spread = field(default_factory=Spread)
    calls: int = 0
    calling: int = 0
    greeted: bool = False


class Caller:
    """Calls until told to stop."""

    def __init__(self, number: int, run: LoadRun) -> None:
        self._number = number
        self._run = run
        self._asked = 0
        self._turn: TurnResult | None = None
        self._random = random.Random(f"{run.script.seed}/{number}")

    async def calls(self, stop: asyncio.Event, *, once: bool) -> None:
        """Place one call, or one after another until `stop`; the turn under way is finished."""
        while not stop.is_set():
            held = await self._call(stop)
            if once:
                return
            if not held:
                await asyncio.sleep(AGAIN_S)

    async def _call(self, stop: asyncio.Event) -> bool:
        """Whether there was a call; one that is lost is noted as a failed turn."""
        identity = uuid.uuid4()
        self._turn = None
        self._run.calls += 1
        self._run.calling += 1
        try:
            async with self._run.target.call(identity) as wire:
                await self._held(wire, identity, stop)
            return True
        except Lost as lost:
            turn, reason = self._turn or self._next(), str(lost)
            early = self._turn is None and reason == HUNG_UP
            turn.failure = "hung up before a question: are all lines busy?" if early else reason
            self._run.note(turn)
            return False
        finally:
            self._run.calling -= 1

    async def _held(self, wire: CallLine, identity: uuid.UUID, stop: asyncio.Event) -> None:
        detector = AnswerDetector(wire.rate_hz, self._run.fillers)
        player = QuestionPlayer(wire.rate_hz)
        tasks = [
            asyncio.create_task(self._converse(player, detector, identity, stop)),
            asyncio.create_task(self._speak(wire, player)),
            asyncio.create_task(_listen(wire, detector)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task in done:
                    task.result()
        finally:
            await cancel_and_wait(*tasks)

    async def _converse(
        self,
        player: "QuestionPlayer",
        detector: AnswerDetector,
        identity: uuid.UUID,
        stop: asyncio.Event,
    ) -> None:
        loop = asyncio.get_running_loop()
        detector.listen(loop.time())
        run = self._run
        wait_s = run.profile.patience_s if run.greeted else GREETING_WITHIN_S
        run.greeted |= await _within(detector.answered.wait(), wait_s)
        await _quiet(detector)
        for _ in range(self._run.profile.turns):
            await asyncio.sleep(self._random.uniform(0.5, 1.5) * self._run.profile.think_s)
            turn = self._turn = self._next()
            await self._ask(turn, player, detector, identity)
            self._turn = None
            self._run.note(turn)
            if stop.is_set() or turn.failure == NO_ANSWER:
                return

    def _next(self) -> TurnResult:
        question = self._run.script.question(self._number, self._asked)
        self._asked += 1
        now_s = asyncio.get_running_loop().time()
        return TurnResult(question, self._number, now_s, self._run.calling)

    async def _ask(
        self,
        turn: TurnResult,
        player: "QuestionPlayer",
        detector: AnswerDetector,
        identity: uuid.UUID,
    ) -> None:
        loop = asyncio.get_running_loop()
        spoken = await asyncio.to_thread(self._run.script.spoken, turn.question)
        before, fillers = len(await self._run.history.turns(identity)), detector.fillers_heard
        began_s = await player.say(spoken)
        end_s = began_s + spoken.end_s
        await asyncio.sleep(end_s - loop.time())
        turn.cut_in = detector.loud_until_s > began_s + GAP_BEFORE_S
        detector.listen(end_s)
        turn.at_s = end_s
        if not await _within(detector.answered.wait(), self._run.profile.patience_s):
            turn.failure = NO_ANSWER
            return
        assert detector.words_at_s is not None
        if not turn.cut_in:
            turn.response_ms = 1000 * (detector.words_at_s - end_s)
        turn.filler = detector.fillers_heard > fillers
        _judge(turn, await self._answer_over(detector, identity, before))

    async def _answer_over(
        self, detector: AnswerDetector, identity: uuid.UUID, before: int
    ) -> list[KeptTurn]:
        """What the service keeps of the turn, once the answer has been heard to its end."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + ANSWER_S
        while loop.time() < deadline_s:
            await _quiet(detector)
            kept = await self._run.history.turns(identity)
            waited_s = loop.time() - detector.loud_until_s
            if len(kept) > before and waited_s > QUIET_S:
                return kept[before:]
            if waited_s > KEPT_WITHIN_S:
                return []
            await asyncio.sleep(ASK_S)
        return []

    async def _speak(self, wire: CallLine, player: "QuestionPlayer") -> None:
        """The clock: a packet each 20 ms, as late as the line makes it."""
        loop = asyncio.get_running_loop()
        rng = np.random.default_rng((self._run.script.seed, self._number, self._asked))
        packets = Packets(self._run.script.line, rng)
        due_s = arrives_s = loop.time()
        while True:
            late_s, packet = packets.carry(player.packet(due_s))
            arrives_s = max(arrives_s, due_s + late_s)
            await asyncio.sleep(arrives_s - loop.time())
            self._run.lateness.add(loop.time() - arrives_s)
            if packet is not None:
                await wire.send(packet)
            due_s += PLAYOUT_FRAME_S


class QuestionPlayer:
    """20 ms at a time: a question once one is given, else what the line sounds like in pauses."""

    def __init__(self, rate_hz: int) -> None:
        self._size = round(rate_hz * PLAYOUT_FRAME_S)
        self._saying = self._bed = np.zeros(self._size, np.float32)
        self._at = self._size
        self._bed_at = 0
        self._waiting: tuple[SpokenQuestion, asyncio.Future[float]] | None = None

    def say(self, spoken: SpokenQuestion) -> "asyncio.Future[float]":
        """Say it from the next packet on; the future is when its first sample is spoken."""
        began: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting = spoken, began
        return began

    def packet(self, due_s: float) -> Samples:
        """What is spoken from `due_s` on."""
        if self._waiting is not None:
            spoken, began = self._waiting
            self._waiting = None
            self._saying, self._bed, self._at = spoken.samples, spoken.bed, 0
            if not began.done():
                began.set_result(due_s)
        if self._at + self._size <= len(self._saying):
            piece = self._saying[self._at : self._at + self._size]
            self._at += self._size
            return piece
        self._bed_at = (self._bed_at + self._size) % max(len(self._bed), 1)
        piece = self._bed[self._bed_at : self._bed_at + self._size]
        return piece if len(piece) == self._size else self._bed[: self._size]


async def _listen(wire: CallLine, detector: AnswerDetector) -> None:
    loop = asyncio.get_running_loop()
    async for sound in wire.sounds():
        if sound is None:
            detector.flush(loop.time())
        else:
            detector.hear(sound)


async def _quiet(detector: AnswerDetector) -> None:
    """Wait until nothing has been heard for `QUIET_S`, or nothing ever was."""
    loop = asyncio.get_running_loop()
    while True:
        left_s = detector.loud_until_s + QUIET_S - loop.time()
        if left_s <= 0:
            return
        await asyncio.sleep(left_s)


async def _within(waiting: Awaitable[object], seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await waiting
        return True
    except TimeoutError:
        return False


def _judge(turn: TurnResult, kept: list[KeptTurn]) -> None:
    """What the service understood and answered."""
    turn.again = not kept
    turn.split = max(0, len(kept) - 1)
    if not kept:
        return
    if kept[-1].broken:
        turn.failure = "the service said that it could not answer"
    turn.timings_ms = kept[-1].timings_ms
    turn.heard = tuple(word for one in kept for word in _words(one))
    said = turn.question.words
    if said:
        turn.wrong_words = edits(said, turn.heard)
    if turn.question.contains:
        told = kept[-1].answer.lower()
        turn.right = all(part.lower() in told for part in turn.question.contains)


def _words(kept: KeptTurn) -> list[str]:
    return plain_words(" ".join(kept.words) if kept.words else kept.question)
