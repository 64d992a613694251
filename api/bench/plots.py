"""Plots of what was measured, as PNG, SVG or PDF. Imports matplotlib only when one is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from api.bench.load.caller import TurnResult
from api.bench.load.report import responses_ms
from dialog.errors import BadInput, Unavailable
from rag.evaluation import EvaluationFigures


def canvas(width: float, height: float) -> Any:
    """An empty figure; raises Unavailable without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise Unavailable("a plot needs matplotlib: pip install 'beseda[eval]'") from None
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Any, path: Path) -> None:
    """Write it; raises BadInput where the name or the place does not do."""
    try:
        figure.savefig(path, dpi=120)
    except (OSError, ValueError) as error:
        raise BadInput(f"cannot write {path}: {error}") from None


def answers(found: EvaluationFigures, path: Path) -> None:
    """Bars of all shares of `beseda eval answers`."""
    shares = {name: value for name, value in asdict(found).items() if name != "questions"}
    figure = canvas(8, 4)
    axes = figure.subplots()
    bars = axes.barh(list(shares), list(shares.values()))
    axes.bar_label(bars, fmt="%.3f", padding=3)
    axes.set(xlim=(0, 1.12), title=f"Answers to {found.questions} labelled questions")
    axes.invert_yaxis()
    save(figure, path)


def load(
    told: Mapping[str, Any], turns: Sequence[TurnResult], path: Path, bar_ms: float = 1500
) -> None:
    """A load test: how waits are distributed, and how they went with time or with callers."""
    figure = canvas(11, 4.2)
    spread, course = figure.subplots(1, 2)
    waits = sorted(responses_ms(turns))
    spread.step(waits, [(i + 1) / len(waits) for i in range(len(waits))], where="post")
    spread.set(xlabel="last speech to first own words, ms", ylabel="share of turns", ylim=(0, 1.02))
    if told["first_response_ms"]:
        for name, colour in (("p50", "tab:green"), ("p95", "tab:red")):
            at_ms = told["first_response_ms"][name]
            spread.axvline(at_ms, color=colour, linestyle="--", label=f"{name}: {at_ms} ms")
        spread.legend(loc="lower right")
    if "search" in told:
        _levels(course, told["search"])
    else:
        _times(course, turns)
    course.axhline(bar_ms, color="grey", linestyle=":", linewidth=1)
    failed = f"{told['turns']} turns, {told['failed']} failed"
    callers = f"{told['callers']} callers at once" if told["callers"] != 1 else "one caller"
    figure.suptitle(f"{callers} over {told['over']}, line: {told['line']}; {failed}", fontsize=11)
    save(figure, path)


def _levels(axes: Any, search: Mapping[str, Any]) -> None:
    levels = [one for one in search["levels"] if one["first_response_ms"]]
    callers = [one["callers"] for one in levels]
    for name in ("p50", "p95"):
        axes.plot(callers, [one["first_response_ms"][name] for one in levels], "o-", label=name)
    axes.set(xlabel="callers at once", ylabel="ms", ylim=(0, None))
    axes.legend()


def _times(axes: Any, turns: Sequence[TurnResult]) -> None:
    began_s = min((turn.at_s for turn in turns), default=0.0)
    good = [turn for turn in turns if turn.response_ms is not None]
    axes.scatter([turn.at_s - began_s for turn in good], [turn.response_ms for turn in good], s=10)
    for turn in turns:
        if turn.failure:
            axes.axvline(turn.at_s - began_s, color="tab:red", linewidth=1)
    axes.set(xlabel="seconds; red: a failed turn", ylabel="ms", ylim=(0, None))
