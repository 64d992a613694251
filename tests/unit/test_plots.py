"""Plots are drawn where they can be, and say in words where they cannot."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from api.bench import plots
from api.bench.load.caller import TurnResult
from api.bench.load.questions import Question
from dialog.errors import BadInput, Unavailable
from rag.evaluation import EvaluationFigures

pytestmark = pytest.mark.unit

FIGURES = EvaluationFigures(120, 0.95, 0.9, 0.93, 0.91, 1.0, 0.8, 0.889, 0.85, 0.99)


def result(at_s: float, response_ms: float | None, failure: str | None = None) -> TurnResult:
    return TurnResult(Question(Path("q.wav")), 0, at_s, 1, response_ms, failure)


TURNS = [result(0.0, 700.0), result(4.0, 1900.0), result(9.0, None, "no answer")]
TOLD: dict[str, Any] = {
    "turns": 3, "failed": 1, "callers": 2, "over": "realtime", "line": "mobile",
    "first_response_ms": {"p50": 700, "p95": 1900},
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")]
)
def test_a_plot_is_what_its_name_says(tmp_path: Path, name: str, start: bytes) -> None:
    plots.answers(FIGURES, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


def texts(path: Path) -> str:
    """What is written in an SVG: matplotlib leaves each text in a comment."""
    return "\n".join(re.findall(r"<!-- (.*?) -->", path.read_text("utf-8"), re.S))


def test_answers_has_a_bar_for_each_share(tmp_path: Path) -> None:
    plots.answers(FIGURES, tmp_path / "a.svg")
    shown = texts(tmp_path / "a.svg")
    assert "Answers to 120 labelled questions" in shown
    for name, value in (("recall_at_5", "0.950"), ("refusal_f1", "0.889"), ("mrr", "0.910")):
        assert name in shown and value in shown


def test_a_load_test_shows_the_waits_and_what_failed(tmp_path: Path) -> None:
    plots.load(TOLD, TURNS, tmp_path / "a.svg")
    shown = texts(tmp_path / "a.svg")
    assert "2 callers at once over realtime, line: mobile; 3 turns, 1 failed" in shown
    assert "p50: 700 ms" in shown and "p95: 1900 ms" in shown
    assert "seconds; red: a failed turn" in shown


def test_a_search_for_the_limit_shows_callers_instead_of_seconds(tmp_path: Path) -> None:
    levels = [{"callers": n, "first_response_ms": {"p50": 500 * n, "p95": 900 * n}} for n in (1, 2)]
    levels.append({"callers": 3, "first_response_ms": {}})  # nobody was answered
    plots.load({**TOLD, "search": {"levels": levels}}, TURNS, tmp_path / "a.svg")
    shown = texts(tmp_path / "a.svg")
    assert "callers at once" in shown
    assert "seconds; red" not in shown


def test_a_load_test_that_nobody_answered_is_drawn_too(tmp_path: Path) -> None:
    told = {**TOLD, "callers": 1, "failed": 3, "first_response_ms": {}}
    plots.load(told, [result(0.0, None, "no answer")] * 3, tmp_path / "a.svg")
    assert "one caller over realtime, line: mobile; 3 turns, 3 failed" in texts(tmp_path / "a.svg")


@pytest.mark.parametrize("name", ["plot.xyz", "gone/plot.png"])
def test_a_plot_that_cannot_be_written_is_bad_input(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="cannot write"):
        plots.answers(FIGURES, tmp_path / name)


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(Unavailable, match=r"pip install 'beseda\[eval\]'"):
        plots.canvas(1, 1)
