"""What `beseda bench` measures of a call, on a clock that jumps: a scripted assistant answers, and
is talked over, at moments that are known."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import pytest

from api.bench.live import (
    BenchCall,
    CallTimings,
    answers,
    interruption_report,
    interruptions,
    latency_report,
)
from api.bench.timing import RATE_HZ, loud_span, onset_s, percentiles
from api.wiring import Services
from dialog.audio.pcm import write_wav
from dialog.content import Answer, Samples, Speech, Transcript
from dialog.messages import (
    CallerAudio,
    CallSettings,
    Duck,
    Inbound,
    Interrupted,
    Outbound,
    Played,
    ResponseEnded,
    ResponseStarted,
    TurnTrace,
    Unduck,
)
from tests.clock import JumpingLoop
from tests.recordings import tone

pytestmark = pytest.mark.unit

Found = TypeVar("Found")
Talk = AsyncGenerator[AsyncIterator[Outbound]]

VOICE_HZ = 8000
ANSWER = Answer("Триста рублей.", "extractive")
QUESTION = np.concatenate([tone(RATE_HZ, 1.0), np.zeros(RATE_HZ // 2, np.float32)])
"""Loud until 1 s, then half a second of room."""


def speech(seconds: float, silent_s: float = 0.0, *, filler: bool = False) -> Speech:
    sound = np.concatenate([np.zeros(round(silent_s * VOICE_HZ), np.float32),
                            tone(VOICE_HZ, seconds)])  # fmt: skip
    return Speech(sound, VOICE_HZ, "триста рублей", (), 1, filler=filler)


class Assistant:
    """Answers the first words of each call, `after_s` after their last loud block; who speaks over
    the answer stops it if it `stops`, and makes it softer for a moment if not."""

    def __init__(self, after_s: float = 0.3, *, stops: bool = True) -> None:
        self.after_s, self.stops = after_s, stops
        self.told: list[Inbound] = []
        self.held = self.most = 0

    @property
    def calls(self) -> "Assistant":
        return self

    @asynccontextmanager
    async def open(self, inbound: AsyncIterator[Inbound]) -> Talk:
        self.held += 1
        self.most = max(self.most, self.held)
        yield self._messages(inbound)
        self.held -= 1

    async def _messages(self, inbound: AsyncIterator[Inbound]) -> AsyncGenerator[Outbound]:
        loop, heard, answering, waits = asyncio.get_running_loop(), None, False, True
        async for message in inbound:
            self.told.append(message)
            loud = isinstance(message, CallerAudio) and np.abs(message.samples).max() > 0.1
            if loud and answering:
                answering = False
                yield Duck()
                yield Interrupted(1) if self.stops else Unduck()
            elif loud and waits:
                heard = loop.time()
            elif heard is not None and loop.time() - heard >= self.after_s:
                answering, heard, waits = True, None, False
                for reply in self._answer():
                    yield reply

    def _answer(self) -> list[Outbound]:
        question = Transcript("сколько стоит", (), 1.0)
        timings = {"final_text": 250.0, "first_audio": 300.0}
        return [
            question, ResponseStarted(1), speech(0.4, filler=True), speech(3.0, 0.1),
            TurnTrace(1, question, ANSWER, ANSWER.text, timings), ResponseEnded(1),
        ]  # fmt: skip


def run(assistant: Assistant, call: Callable[[Services], Coroutine[Any, Any, Found]]) -> Found:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(call(cast(Services, assistant)))


def measured(assistant: Assistant, over: Samples | None = None) -> CallTimings:
    return run(assistant, BenchCall(QUESTION, over).hold)


def test_a_wait_is_from_the_last_loud_sample_to_the_answers_first() -> None:
    heard = measured(Assistant(after_s=0.3))
    assert heard.transcript == "сколько стоит"
    assert heard.first_sound_s is not None
    # A block is 20 ms; the answer itself begins with 0.1 s of silence.
    assert heard.first_sound_s - heard.last_loud_s == pytest.approx(0.3 + 0.1, abs=0.03)


def test_a_later_answer_is_measured_as_later() -> None:
    waits = [
        (heard.first_sound_s or 0) - heard.last_loud_s
        for heard in (measured(Assistant(after_s=0.2)), measured(Assistant(after_s=0.45)))
    ]
    assert waits[1] - waits[0] == pytest.approx(0.25, abs=0.021)


def test_a_caller_speaks_in_real_time_and_reports_what_was_played() -> None:
    assistant = Assistant()
    measured(assistant)
    settings, *rest = assistant.told
    assert settings == CallSettings(prompts=False)
    sound = np.concatenate([one.samples for one in rest if isinstance(one, CallerAudio)])
    assert loud_span(sound)[1] == pytest.approx(0.6 + 1.0, abs=0.011)


def test_talking_over_the_answer_begins_when_it_has_been_heard_for_a_while() -> None:
    assistant = Assistant()
    heard = measured(assistant, over=tone(RATE_HZ, 0.8))
    assert heard.first_sound_s is not None and heard.silent_s is not None
    assert heard.onset_s - (heard.first_sound_s - 0.1) == pytest.approx(1.5, abs=0.05)
    assert heard.decided_s == pytest.approx(heard.onset_s, abs=0.05)
    assert heard.silent_s == pytest.approx(heard.decided_s or 0, abs=0.045)
    played = [one.samples for one in assistant.told if isinstance(one, Played)]
    assert played[:-1] == sorted(played[:-1]), "the call is told how far its answer came"
    assert max(played) / VOICE_HZ == pytest.approx(1.5, abs=0.15)


def test_a_clip_that_does_not_stop_the_assistant_is_counted_as_unducked() -> None:
    heard = measured(Assistant(stops=False), over=tone(RATE_HZ, 0.8))
    assert heard.decided_s is None
    assert heard.ducked_s is not None
    report = interruption_report([heard])
    assert (report["clips"], report["stopped"], report["unducked"]) == (1, 0, 1)
    assert report["onset_to_silence_ms"] is None


def test_an_assistant_that_never_answers_is_given_up() -> None:
    assistant = Assistant(after_s=1000)
    heard = measured(assistant)
    assert heard.first_sound_s is None
    assert latency_report([heard]) == {
        "calls": 1, "answered": 0, "last_speech_to_first_sound_ms": None, "trace_ms": {},
    }  # fmt: skip


@pytest.fixture
def recordings(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{n}.wav" for n in range(5)]
    for path in paths:
        write_wav(path, QUESTION, RATE_HZ)
    return paths


def test_each_file_is_a_call_and_so_many_are_held_at_a_time(recordings: list[Path]) -> None:
    assistant, told = Assistant(), list[str]()
    found = run(assistant, lambda services: answers(services, recordings, 2, told.append))
    assert len(found) == 5
    assert assistant.most == 2
    assert sorted(told) == [f"{n}.wav: сколько стоит" for n in range(5)]
    report = latency_report(found)
    assert report["answered"] == 5
    assert report["trace_ms"] == {
        "final_text": {"p50": 250, "p95": 250, "p99": 250, "max": 250},
        "first_audio": {"p50": 300, "p95": 300, "p99": 300, "max": 300},
    }


def test_clips_talk_over_the_same_answer_in_turn(recordings: list[Path]) -> None:
    question, *clips = recordings
    assistant, told = Assistant(), list[str]()
    found = run(
        assistant, lambda services: interruptions(services, question, clips[:2], told.append)
    )
    assert told == ["1.wav: stopped", "2.wav: stopped"]
    report = interruption_report(found)
    assert (report["clips"], report["stopped"]) == (2, 2)
    assert cast("dict[str, float]", report["decision_to_silence_ms"])["max"] <= 45


# ---- what both measure with


def test_the_loud_span_leaves_the_room_out() -> None:
    room = 0.001 * np.ones(RATE_HZ, np.float32)
    begins, ends = loud_span(np.concatenate([room, tone(RATE_HZ, 0.5), room]))
    assert [begins, ends] == pytest.approx([1.0, 1.5], abs=0.011)


@pytest.mark.parametrize("samples", [0, 50, 16_000])
def test_silence_is_loud_from_end_to_end(samples: int) -> None:
    assert loud_span(np.zeros(samples, np.float32)) == (0.0, samples / RATE_HZ)


def test_an_onset_is_where_a_phrase_is_first_heard() -> None:
    assert onset_s(speech(0.5, 0.25)) == pytest.approx(0.25, abs=0.001)
    assert onset_s(Speech(np.zeros(80, np.float32), VOICE_HZ)) == 0.0


def test_percentiles_of_nothing_are_none() -> None:
    assert percentiles([]) is None
    assert percentiles([1.4]) == {"p50": 1, "p95": 1, "p99": 1, "max": 1}
    assert percentiles(range(1, 102)) == {"p50": 51, "p95": 96, "p99": 100, "max": 101}
