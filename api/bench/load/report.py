"""What a load test found, in figures. Knows turns; knows no socket and no clock."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.bench.load.caller import TurnResult
from api.bench.timing import percentiles


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """One run, or one number of callers of a search. `first_response_ms`: from the caller's last
    speech to the answer's own words. `wer`: the share of words heard wrong, None without reference
    texts. `steps_ms` are the service's own."""

    callers: int
    turns: int
    failed: int
    failures: dict[str, int]
    first_response_ms: dict[str, float] | None
    wer: float | None
    words: int
    answers_right: int | None
    answers_checked: int
    asked_again: int
    fillers: int
    cut_in: int
    split: int
    steps_ms: dict[str, dict[str, float] | None]

    def too_late(self, until_ms: float) -> bool:
        """Whether a search has passed its limit here: a turn failed, or the p95 is beyond it."""
        waits = self.first_response_ms
        return bool(self.failed) or (waits is not None and waits["p95"] > until_ms)


def figures(turns: Sequence[TurnResult], callers: int) -> LoadFigures:
    """What these turns amount to."""
    failures = Counter(turn.failure for turn in turns if turn.failure)
    measured = [turn for turn in turns if turn.wrong_words is not None]
    words = sum(len(turn.question.words) for turn in measured)
    checked = [turn.right for turn in turns if turn.right is not None]
    return LoadFigures(
        callers=callers,
        turns=len(turns),
        failed=sum(failures.values()),
        failures=dict(failures.most_common()),
        first_response_ms=percentiles(responses_ms(turns)),
        wer=round(sum(turn.wrong_words or 0 for turn in measured) / words, 4) if words else None,
        words=words,
        answers_right=sum(checked) if checked else None,
        answers_checked=len(checked),
        asked_again=sum(turn.again and not turn.failure for turn in turns),
        fillers=sum(turn.filler for turn in turns),
        cut_in=sum(turn.cut_in for turn in turns),
        split=sum(turn.split for turn in turns),
        steps_ms=_steps(turns),
    )


def responses_ms(turns: Iterable[TurnResult]) -> list[float]:
    """How long each answered turn waited."""
    return [turn.response_ms for turn in turns if turn.response_ms is not None]


def _steps(turns: Sequence[TurnResult]) -> dict[str, dict[str, float] | None]:
    steps: dict[str, list[float]] = {}
    for turn in turns:
        for step, ms in turn.timings_ms.items():
            steps.setdefault(step, []).append(ms)
    return {step: percentiles(found) for step, found in steps.items()}
