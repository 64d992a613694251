"""Where speech begins and ends, with a scripted detector: its probability is the sound."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asr.segmentation import Segment, Segmenter, SegmenterConfig
from asr.vad import FRAME, RATE_HZ
from dialog.content import Samples

pytestmark = pytest.mark.unit

FRAME_S = FRAME / RATE_HZ


def level(frame: Samples) -> float:
    """A detector that takes loudness for speech."""
    return float(np.abs(frame).mean())


def sound(*parts: tuple[float, float]) -> Samples:
    """Parts of (seconds, probability)."""
    return np.concatenate([np.full(round(s / FRAME_S) * FRAME, p, np.float32) for s, p in parts])


def cut(samples: Samples, cutting: SegmenterConfig | None = None) -> list[Segment]:
    segmenter = Segmenter(level, cutting)
    return [*segmenter.push(samples), *segmenter.flush()]


def seconds(stretch: Segment) -> float:
    return len(stretch.samples) / RATE_HZ


def test_speech_is_found_with_a_little_around_it() -> None:
    (stretch,) = cut(sound((2.0, 0.0), (1.0, 0.9), (2.0, 0.0)))
    assert stretch.start_s == pytest.approx(2.0 - 0.25, abs=2 * FRAME_S)
    assert seconds(stretch) == pytest.approx(0.25 + 1.0 + 0.25, abs=3 * FRAME_S)


def test_a_pause_ends_a_stretch_and_a_breath_does_not() -> None:
    assert len(cut(sound((1.0, 0.9), (0.3, 0.1), (1.0, 0.9)))) == 1
    first, second = cut(sound((1.0, 0.9), (0.8, 0.1), (1.0, 0.9)))
    assert first.start_s + seconds(first) <= second.start_s
    assert second.start_s == pytest.approx(1.8 - 0.25, abs=3 * FRAME_S)


def test_doubt_neither_begins_nor_ends_speech() -> None:
    assert cut(sound((3.0, 0.4))) == []
    (stretch,) = cut(sound((1.0, 0.9), (2.0, 0.4), (1.0, 0.9)))
    assert seconds(stretch) == pytest.approx(4.0, abs=0.1)


def test_a_click_is_no_speech() -> None:
    assert cut(sound((1.0, 0.0), (0.064, 0.9), (1.0, 0.0))) == []
    assert len(cut(sound((1.0, 0.0), (0.2, 0.9), (1.0, 0.0)))) == 1


def test_nothing_and_silence_hold_no_speech() -> None:
    assert cut(np.zeros(0, np.float32)) == []
    assert cut(np.zeros(100, np.float32)) == []
    assert cut(np.zeros(5 * RATE_HZ, np.float32)) == []


def test_speech_at_the_very_ends_is_kept() -> None:
    samples = np.full(RATE_HZ + 100, 0.9, np.float32)
    (stretch,) = cut(samples)
    assert stretch.start_s == 0.0
    assert np.array_equal(stretch.samples[: len(samples)], samples)
    assert len(stretch.samples) - len(samples) < FRAME


def test_endless_speech_is_cut_at_its_quietest_and_loses_nothing() -> None:
    samples = sound((16.0, 0.9), (0.1, 0.6), (20.0, 0.9), (1.0, 0.0))
    first, second, *_ = stretches = cut(samples)
    assert all(seconds(stretch) <= 20.0 + FRAME_S for stretch in stretches)
    assert first.start_s + seconds(first) == pytest.approx(16.1, abs=0.15)
    assert second.start_s == pytest.approx(first.start_s + seconds(first), abs=1e-9)
    joined = np.concatenate([stretch.samples for stretch in stretches])
    assert np.array_equal(
        joined[: round(36 / FRAME_S) * FRAME], samples[: round(36 / FRAME_S) * FRAME]
    )


@settings(max_examples=40, deadline=None)
@given(
    parts=st.lists(
        st.tuples(st.floats(0.05, 3.0), st.sampled_from([0.0, 0.4, 0.9])), min_size=1, max_size=8
    ),
    cuts=st.lists(st.integers(0, 200_000), max_size=6),
)
def test_it_does_not_matter_where_the_stream_is_cut(
    parts: list[tuple[float, float]], cuts: list[int]
) -> None:
    samples = sound(*parts)
    cutting = SegmenterConfig(max_s=2.0, search_s=1.0)
    segmenter = Segmenter(level, cutting)
    pieces = [
        stretch for piece in np.split(samples, sorted(cuts)) for stretch in segmenter.push(piece)
    ]
    pieces += segmenter.flush()
    whole = cut(samples, cutting)
    assert [p.start_s for p in pieces] == [w.start_s for w in whole]
    assert all(np.array_equal(p.samples, w.samples) for p, w in zip(pieces, whole, strict=True))
    # In order, without overlap, and each one is the sound of its own time.
    for stretch in whole:
        start = round(stretch.start_s * RATE_HZ)
        inside = samples[start : start + len(stretch.samples)]
        assert np.array_equal(stretch.samples[: len(inside)], inside)
    ends = [w.start_s + seconds(w) for w in whole]
    assert all(end <= w.start_s + 1e-9 for end, w in zip(ends, whole[1:], strict=False))
