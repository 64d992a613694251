"""The clock of a telephone line, on a loop whose own clock jumps."""

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing
from typing import TypeVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.telephony.playout import DUCKED, NOISE_RMS, PLAYOUT_FRAME_S, Playout
from dialog.content import Samples, Speech
from dialog.messages import Duck, Interrupted, Played, ResponseEnded, Unduck
from tests.clock import JumpingLoop

pytestmark = pytest.mark.unit

T = TypeVar("T")


def run(work: Coroutine[None, None, T]) -> T:
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(work)


def speech(samples: int, turn: int = 1, rate_hz: int = 8_000, level: float = 0.5) -> Speech:
    return Speech(np.full(samples, level, np.float32), rate_hz, "да", (), turn)


async def taken(playout: Playout, count: int) -> tuple[list[float], list[Samples]]:
    """The next frames, and when each of them came."""
    times_s, frames = [], []
    async with aclosing(playout.frames()) as source:
        async for frame in source:
            times_s.append(asyncio.get_running_loop().time())
            frames.append(frame)
            if len(frames) == count:
                return times_s, frames
    raise AssertionError("frames are endless")


def test_a_frame_comes_each_20_ms_speech_or_not() -> None:
    playout = Playout(8_000, comfort=True)
    playout.put(speech(1_000))
    times_s, frames = run(taken(playout, 50))
    assert np.allclose(np.diff(times_s), PLAYOUT_FRAME_S)
    assert {len(frame) for frame in frames} == {160}


def test_a_pause_is_filled_with_soft_noise_and_never_with_nothing() -> None:
    _, frames = run(taken(Playout(16_000, comfort=True), 300))
    noise = np.concatenate(frames)
    assert noise.std() == pytest.approx(NOISE_RMS, rel=0.05)
    assert min(frame.std() for frame in frames) > 0
    assert np.abs(noise).max() < 0.01


def test_a_far_end_that_queues_is_kept_ahead() -> None:
    playout = Playout(8_000, lead_s=0.2)
    playout.put(speech(8_000))
    times_s, _ = run(taken(playout, 50))
    assert times_s[:11] == pytest.approx([0.0] * 11)
    assert np.allclose(np.diff(times_s[10:]), PLAYOUT_FRAME_S)


@settings(max_examples=30)
@given(
    st.lists(st.integers(1, 3_000), min_size=1, max_size=6),
    st.sampled_from([8_000, 16_000, 22_050, 24_000]),
    st.sampled_from([8_000, 16_000, 24_000]),
)
def test_what_was_played_counts_up_to_what_was_given(
    phrases: list[int], voice_hz: int, wire_hz: int
) -> None:
    playout = Playout(wire_hz)
    for length in phrases:
        playout.put(speech(length, rate_hz=voice_hz))
    playout.put(ResponseEnded(1))
    seconds = sum(phrases) / voice_hz
    count = int(np.ceil(round(seconds * wire_hz) / round(wire_hz * PLAYOUT_FRAME_S)))
    _, frames = run(taken(playout, count))
    assert sum(len(frame) for frame in frames) >= seconds * wire_hz - 1
    assert playout.played() == Played(1, sum(phrases))
    assert playout.idle


def test_an_interruption_leaves_nothing_of_the_turn() -> None:
    playout = Playout(8_000, comfort=True)
    playout.put(speech(8_000))
    run(taken(playout, 5))
    playout.put(Interrupted(1))
    _, frames = run(taken(playout, 5))
    assert max(np.abs(frame).max() for frame in frames) < 0.01
    assert playout.played() == Played(1, 800)


def test_a_frame_holds_one_turn_so_that_each_is_counted_to_its_end() -> None:
    playout = Playout(8_000)
    playout.put(speech(100, turn=1))
    playout.put(speech(160, turn=2))
    _, (first, second) = run(taken(playout, 2))
    assert np.count_nonzero(first) == 100
    assert np.count_nonzero(second) == 160


def test_ducking_is_gradual_within_a_frame() -> None:
    playout = Playout(8_000)
    playout.put(speech(8_000))
    playout.put(Duck())
    _, (falling, low) = run(taken(playout, 2))
    assert falling[0] == pytest.approx(0.5)
    assert low == pytest.approx(np.full(160, 0.5 * DUCKED))
    assert np.abs(np.diff(falling)).max() < 0.01
    playout.put(Unduck())
    _, (_, high) = run(taken(playout, 2))
    assert high == pytest.approx(np.full(160, 0.5))


def test_after_a_long_stall_no_burst_follows() -> None:
    async def stalled() -> list[float]:
        playout = Playout(8_000, comfort=True)
        loop = asyncio.get_running_loop()
        times_s: list[float] = []
        async with aclosing(playout.frames()) as source:
            async for _ in source:
                if len(times_s) == 2:
                    await asyncio.sleep(3.0)
                times_s.append(loop.time())
                if len(times_s) == 30:
                    return times_s
        raise AssertionError("frames are endless")

    times_s = run(stalled())
    at_once = sum(1 for gap in np.diff(times_s) if gap < PLAYOUT_FRAME_S / 2)
    assert at_once <= 6
    assert np.allclose(np.diff(times_s[-15:]), PLAYOUT_FRAME_S)
