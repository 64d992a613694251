"""What the callers of a load test do, on a clock that jumps."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from api.bench.load.answer_detector import Sound
from api.bench.load.caller import CallProfile, LoadRun, QuestionPlayer, TurnResult
from api.bench.load.clients import CallLine, Lost
from api.bench.load.questions import Question, Script, SpokenQuestion
from api.bench.load.report import LoadFigures, figures
from api.bench.load.schedule import CallerSchedule, Plan, Search
from api.bench.load.service_client import KeptTurn
from api.telephony.playout import PLAYOUT_FRAME_S
from dialog.audio.line import CLEAN
from dialog.audio.pcm import write_wav
from dialog.content import Samples
from tests.clock import JumpingLoop
from tests.recordings import tone
from tests.unit.test_load import ASKED_S, RATE_HZ, silence, voice

pytestmark = pytest.mark.unit


def test_a_player_speaks_a_question_and_else_the_lines_noise() -> None:
    async def run() -> None:
        player = QuestionPlayer(RATE_HZ)
        spoken = SpokenQuestion(np.full(320, 0.5, np.float32), np.full(480, 0.1, np.float32), 0.04)
        assert not player.packet(0.0).any()
        began = player.say(spoken)
        packets = [player.packet(1.0 + PLAYOUT_FRAME_S * i) for i in range(9)]
        assert await began == 1.0
        assert [round(float(p.mean()), 1) for p in packets] == [0.5, 0.5] + [0.1] * 7
        assert {len(p) for p in packets} == {160}

    asyncio.run(run())


class Assistant:
    """The far end of calls: greets, and answers each question `after_s` its last loud sample."""

    rate_hz = RATE_HZ

    def __init__(
        self,
        after_s: float = 0.7,
        *,
        lines: int = 99,
        deaf: bool = False,
        drops: bool = False,
        greets_s: tuple[float, ...] = (),
    ) -> None:
        self.after_s, self.lines, self.deaf, self.drops = after_s, lines, deaf, drops
        self.greets_s = iter(greets_s)
        self.open = 0
        self.kept: dict[uuid.UUID, list[KeptTurn]] = {}

    async def turns(self, identity: uuid.UUID) -> list[KeptTurn]:
        return self.kept.get(identity, [])

    @asynccontextmanager
    async def call(self, identity: uuid.UUID) -> AsyncIterator[CallLine]:
        if self.open >= self.lines:
            raise Lost("all lines are busy")
        self.open += 1
        try:
            yield Line(self, self.kept.setdefault(identity, []))
        finally:
            self.open -= 1


class Line:
    rate_hz = RATE_HZ

    def __init__(self, assistant: Assistant, kept: list[KeptTurn]) -> None:
        self._assistant, self._kept = assistant, kept
        self._sounds: asyncio.Queue[tuple[float, Samples]] = asyncio.Queue()
        self._speech_s: float | None = None
        self._sounds.put_nowait((next(assistant.greets_s, 0.3), voice(1.0, seed=9)))

    async def send(self, packet: Samples) -> None:
        now_s = asyncio.get_running_loop().time()
        if np.abs(packet).max() > 0.1:
            self._speech_s = now_s + PLAYOUT_FRAME_S
        elif self._speech_s is not None and not self._assistant.deaf:
            if self._assistant.drops:
                raise Lost("hung up")
            self._sounds.put_nowait((self._assistant.after_s - PLAYOUT_FRAME_S, voice(2.0, seed=8)))
            self._kept.append(
                KeptTurn("один два", ("один", "два"), "это 650 рублей", {"endpoint": 1})
            )
            self._speech_s = None

    async def sounds(self) -> AsyncGenerator[Sound | None]:
        loop = asyncio.get_running_loop()
        while True:
            after_s, sound = await self._sounds.get()
            await asyncio.sleep(after_s)
            yield Sound(np.concatenate((sound, silence(0.6))), loop.time())


@pytest.fixture
def script(tmp_path: Path) -> Script:
    path = tmp_path / "q.wav"
    write_wav(path, np.pad(tone(16_000, ASKED_S), (0, 1_600)), 16_000)
    question = Question(path, ("один", "два", "три"), ("650",))
    return Script([question], CLEAN, RATE_HZ, seed=1)


def called(
    assistant: Assistant, script: Script, plan: Plan, *, turns: int = 2
) -> tuple[list[TurnResult], LoadRun]:
    noted: list[TurnResult] = []

    async def run() -> LoadRun:
        profile = CallProfile(turns, think_s=0.5, patience_s=5.0)
        run = LoadRun(assistant, assistant, script, profile, [], noted.append)
        await CallerSchedule(run).hold(plan)
        assert assistant.open == run.calling == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return run

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return noted, runner.run(run())


def test_callers_ask_listen_and_ask_again(script: Script) -> None:
    turns, run = called(Assistant(0.7), script, Plan(3), turns=2)
    assert (len(turns), run.calls) == (6, 3)
    for turn in turns:
        assert turn.failure is None
        assert turn.response_ms == pytest.approx(700, abs=60)
        assert (turn.wrong_words, turn.right, turn.again) == (1, True, False)
    assert run.lateness.figures_ms() is not None


def test_callers_go_on_calling_for_as_long_as_was_said(script: Script) -> None:
    turns, run = called(Assistant(), script, Plan(2, seconds=30.0), turns=2)
    assert run.calls >= 4
    assert max(turn.at_s for turn in turns) > 20


def test_whoever_is_greeted_late_does_not_talk_over_the_greeting(script: Script) -> None:
    turns, _ = called(Assistant(greets_s=(0.3, 4.0)), script, Plan(2), turns=1)
    assert [turn.failure for turn in turns] == [None] * 2
    assert [turn.response_ms for turn in turns] == pytest.approx([700] * 2, abs=60)


@pytest.mark.parametrize(
    ("assistant", "reason"),
    [
        (Assistant(deaf=True), "no answer"),
        (Assistant(drops=True), "hung up"),
        (Assistant(lines=0), "all lines are busy"),
    ],
)
def test_a_turn_without_an_answer_has_failed(
    script: Script, assistant: Assistant, reason: str
) -> None:
    turns, _ = called(assistant, script, Plan(2), turns=1)
    assert [turn.failure for turn in turns] == [reason] * 2
    assert figures(turns, 2).failures == {reason: 2}


def test_a_refused_caller_tries_again_a_moment_later(script: Script) -> None:
    turns, run = called(Assistant(lines=1), script, Plan(2, seconds=10.0, ramp_s=0), turns=1)
    refused = [turn for turn in turns if turn.failure]
    assert 3 <= len(refused) <= 12
    assert run.calls == len(refused) + sum(not turn.failure for turn in turns)


class Tiring(Assistant):
    """The more call, the later it answers."""

    @property
    def after_s(self) -> float:
        return 0.3 * self.open

    @after_s.setter
    def after_s(self, _: float) -> None:
        pass


def test_a_search_ends_where_answers_come_too_late(script: Script) -> None:
    noted: list[TurnResult] = []
    levels: list[LoadFigures] = []

    async def run() -> None:
        assistant = Tiring()
        run = LoadRun(assistant, assistant, script, CallProfile(3, 0.5, 9.0), [], noted.append)

        def measure(callers: int, since_s: float) -> LoadFigures:
            turns = [turn for turn in noted if turn.at_s >= since_s]
            levels.append(figures(turns, callers))
            return levels[-1]

        await CallerSchedule(run).search(Search(1, 1, 20.0, until_ms=1_000), measure)

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(run())
    assert [one.callers for one in levels] == [1, 2, 3, 4]
    assert levels[-1].first_response_ms is not None
    assert levels[-1].first_response_ms["p95"] > 1_000


def test_an_end_from_outside_leaves_nothing_behind(script: Script) -> None:
    noted: list[TurnResult] = []

    async def run() -> None:
        assistant = Assistant()
        run = LoadRun(assistant, assistant, script, CallProfile(), [], noted.append)
        running = asyncio.create_task(CallerSchedule(run).hold(Plan(3, seconds=60.0)))
        await asyncio.sleep(20)
        running.cancel()
        await asyncio.wait([running])
        assert assistant.open == 0
        assert asyncio.all_tasks() == {asyncio.current_task()}

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(run())
    assert noted
    assert not any(turn.failure for turn in noted), "a turn that we broke off has not failed"
