"""The load test's parts: what is read, what a detector makes of sound, figures."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.bench.load import questions
from api.bench.load.answer_detector import HOP_S, MATCH_HZ, AnswerDetector, Sound, likeness
from api.bench.load.caller import TurnResult
from api.bench.load.jitter import Spread
from api.bench.load.questions import Question, Script
from api.bench.load.report import figures
from api.bench.timing import loud_span, percentiles
from api.telephony.playout import PLAYOUT_FRAME_S
from asr.wer import edits, plain_words
from dialog.audio.line import CLEAN
from dialog.audio.pcm import write_wav
from dialog.content import Samples
from dialog.errors import BadInput
from tests.recordings import tone

pytestmark = pytest.mark.unit

RATE_HZ = 8_000
ASKED_S = 0.5


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def voice(seconds: float, seed: int = 0) -> Samples:
    """Sound like no other: noise."""
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE_HZ)).astype(np.float32)


# ---- what is asked


def folder_of(tmp_path: Path, *lines: object) -> Path:
    write_wav(tmp_path / "one.wav", tone(16_000, 0.3), 16_000)
    write_wav(tmp_path / "two.wav", tone(16_000, 0.3), 16_000)
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    (tmp_path / "said.jsonl").write_text(text, "utf-8")
    return tmp_path


def test_references_are_found_by_file_and_by_id(tmp_path: Path) -> None:
    folder = folder_of(
        tmp_path,
        {"files": ["one.wav", "one.opus"], "words": "сколько стоит счёт", "answer_contains": ["5"]},
        {"id": "two", "text": "Тариф «Домашний 200»?"},
        {"_id": "k1", "text": "Вопрос без записи"},
    )
    one, two = questions.read([folder])
    assert (one.path, one.words, one.contains) == (
        folder / "one.wav", ("сколько", "стоит", "счет"), ("5",),
    )  # fmt: skip
    assert (two.path, two.words) == (folder / "two.wav", ("тариф", "домашний", "двести"))
    assert questions.read([folder / "two.wav"]) == [two]


def test_recordings_without_references_are_asked_all_the_same(tmp_path: Path) -> None:
    assert [one.words for one in questions.read([folder_of(tmp_path)])] == [(), ()]


@pytest.mark.parametrize("text", ["{", "[]", "\xff"])
def test_a_broken_file_of_references_is_said(tmp_path: Path, text: str) -> None:
    folder = folder_of(tmp_path)
    (folder / "said.jsonl").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match=r"said\.jsonl"):
        questions.read([folder])


def test_every_caller_begins_elsewhere_and_asks_everything(tmp_path: Path) -> None:
    asked = questions.read([folder_of(tmp_path)])
    script = Script(asked, CLEAN, RATE_HZ, seed=1)
    assert {script.question(0, turn).path.name for turn in range(2)} == {"one.wav", "two.wav"}
    assert script.question(0, 0) != script.question(1, 0)
    spoken = script.spoken(asked[0])
    assert len(spoken.samples) % 160 == 0
    assert spoken.end_s == pytest.approx(0.3, abs=0.02)
    assert script.spoken(asked[0]) is spoken


# ---- the answer detector


def heard(
    detector: AnswerDetector, sound: Samples, at_s: float, size_s: float = PLAYOUT_FRAME_S
) -> AnswerDetector:
    size = round(size_s * RATE_HZ)
    for start in range(0, len(sound), size):
        detector.hear(Sound(sound[start : start + size], at_s + start / RATE_HZ))
    return detector


def on_a_loop(check: Callable[[], None]) -> None:
    async def run() -> None:
        check()

    asyncio.run(run())


@pytest.mark.parametrize("size_s", [0.02, 0.2])
def test_an_ear_tells_a_filler_from_an_answer(size_s: float) -> None:
    filler, answer = voice(1.2, seed=1), voice(1.0, seed=2)
    sound = np.concatenate((silence(0.4), 0.5 * filler, silence(0.3), answer, silence(0.5)))
    detector = AnswerDetector(RATE_HZ, [np.concatenate((silence(0.15), filler, silence(0.1)))])
    detector.listen(10.0)
    heard(detector, sound, 10.0, size_s)
    assert detector.fillers_heard == 1
    assert detector.words_at_s == pytest.approx(10.0 + 0.4 + 1.2 + 0.3, abs=2 * HOP_S)
    assert detector.loud_until_s == pytest.approx(10.0 + 2.9, abs=2 * HOP_S)


def test_an_answer_right_behind_its_filler_is_found() -> None:
    filler = voice(1.2, seed=1)
    detector = AnswerDetector(RATE_HZ, [filler])
    detector.listen(0.0)
    heard(detector, np.concatenate((silence(0.1), filler, voice(1.0, seed=2))), 0.0)
    assert detector.words_at_s == pytest.approx(0.1 + 1.2, abs=2 * HOP_S)


def test_a_short_word_is_an_answer_and_comfort_noise_is_none() -> None:
    detector = AnswerDetector(RATE_HZ, [voice(1.2, seed=1)])
    detector.listen(0.0)
    noise = np.random.default_rng(3).normal(0, 0.0007, 3 * RATE_HZ).astype(np.float32)
    heard(detector, noise, 0.0)
    assert detector.words_at_s is None
    heard(detector, np.concatenate((voice(0.1, seed=2), silence(0.6))), 3.0)
    assert detector.words_at_s == pytest.approx(3.0, abs=2 * HOP_S)


def test_what_was_said_before_does_not_count() -> None:
    detector = AnswerDetector(RATE_HZ)
    detector.listen(1.0)
    heard(detector, np.concatenate((voice(0.9), silence(0.6))), 0.0)
    assert detector.words_at_s is None
    detector.flush(0.5)
    assert detector.loud_until_s == 0.5


def test_likeness_bears_a_shift_and_no_other_sound() -> None:
    one = voice(0.6, seed=1)
    assert likeness(np.concatenate((silence(0.02), 0.2 * one)), one) > 0.9
    assert likeness(voice(0.6, seed=2), one) < 0.2
    assert likeness(one[:100], one) == 0.0
    assert MATCH_HZ == RATE_HZ


# ---- figures


def turn(response_ms: float | None = None, **fields: object) -> TurnResult:
    made = TurnResult(Question(Path("q.wav"), ("один", "два")), 0, 0.0, 1, response_ms)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def test_figures_of_a_run() -> None:
    found = figures(
        [
            turn(500, wrong_words=1, right=True, filler=True),
            turn(1_500, wrong_words=0, right=False, split=1),
            turn(failure="no answer"),
            turn(900, again=True),
        ],
        callers=4,
    )
    assert (found.turns, found.failed, found.failures) == (4, 1, {"no answer": 1})
    assert (found.wer, found.words) == (0.25, 4)
    assert (found.answers_right, found.answers_checked) == (1, 2)
    assert (found.fillers, found.split, found.asked_again) == (1, 1, 1)
    assert found.first_response_ms == {"p50": 900, "p95": 1440, "p99": 1488, "max": 1500}


def test_nothing_is_made_up_for_nobody() -> None:
    found = figures([], callers=0)
    assert (found.first_response_ms, found.wer, found.answers_right) == (None, None, None)


@given(st.lists(st.floats(0, 1e5, allow_subnormal=False), min_size=1))
def test_percentiles_lie_in_order_between_the_ends(values: Sequence[float]) -> None:
    found = percentiles(values)
    assert found is not None
    assert list(found) == ["p50", "p95", "p99", "max"]
    assert sorted(found.values()) == list(found.values())
    assert round(min(values)) <= found["p50"]
    assert found["max"] == round(max(values))


@given(st.lists(st.floats(0, 1.9, allow_subnormal=False), min_size=1, max_size=300))
def test_a_spread_agrees_with_the_times_themselves(seconds: list[float]) -> None:
    spread = Spread()
    for one in seconds:
        spread.add(one)
    found = spread.figures_ms()
    assert found is not None
    middle = np.percentile(seconds, 50, method="inverted_cdf")
    assert found["p50"] == pytest.approx(1000 * middle, abs=0.11)
    assert found["max"] == round(1000 * max(seconds), 2)


@pytest.mark.parametrize(
    ("said", "heard_text", "wrong"),
    [("а б в", "а б в", 0), ("а б в", "а в", 1), ("а б", "а х б", 1), ("", "а", 1), ("а б", "", 2)],
)
def test_words_heard_wrong(said: str, heard_text: str, wrong: int) -> None:
    assert edits(plain_words(said), plain_words(heard_text)) == wrong


def test_where_a_recording_is_loud() -> None:
    sound = np.concatenate([np.zeros(1_600), tone(16_000, 0.5), np.zeros(3_200)])
    assert loud_span(sound.astype(np.float32)) == pytest.approx((0.1, 0.6), abs=0.011)
    assert loud_span(np.zeros(1_600, np.float32)) == (0.0, 0.1)
    assert loud_span(np.zeros(0, np.float32)) == (0.0, 0.0)
