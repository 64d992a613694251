"""What Prometheus scrapes. No label ever holds what somebody said or who they are."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from dialog.content import Answer
from dialog.messages import TurnTrace

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300)
TURN_SECONDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.3, 1.6, 2, 3, 5, 10, 30)


class Metrics:
    """The counters of one service; a registry of its own, so that tests can hold several."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._stages = Histogram(
            "beseda_stage_seconds",
            "Time spent in each stage of an exchange",
            ["stage"],
            buckets=SECONDS,
            registry=self.registry,
        )
        self._answers = Counter(
            "beseda_answers", "Answers by the rung that spoke", ["source"], registry=self.registry
        )
        self._invented = Counter(
            "beseda_invented_figures",
            "Figures of the language model that stand in no document, and were not said",
            registry=self.registry,
        )
        self._turns = Counter(
            "beseda_turns",
            "Turns of live calls",
            ["source", "interrupted"],
            registry=self.registry,
        )
        self._lost = Counter(
            "beseda_turns_lost",
            "Turns and exchanges that were answered, and could not be kept",
            registry=self.registry,
        )
        self.calls = Gauge("beseda_calls", "Live calls held now", registry=self.registry)
        self._steps = Histogram(
            "beseda_turn_seconds",
            "From the caller's last speech to each step of the turn",
            ["step"],
            buckets=TURN_SECONDS,
            registry=self.registry,
        )
        self._requests = Counter(
            "beseda_requests",
            "Requests by route and status",
            ["route", "status"],
            registry=self.registry,
        )

    def turn(self, turn: TurnTrace) -> None:
        """Count one turn of a live call."""
        self._invented.inc(turn.answer.invented)
        self._turns.labels(turn.answer.source, str(turn.interrupted).lower()).inc()
        for step, ms in turn.timings_ms.items():
            self._steps.labels(step).observe(max(ms, 0.0) / 1000)

    def turn_lost(self) -> None:
        """Count what was answered and could not be kept."""
        self._lost.inc()

    def exchange(self, answer: Answer, timings_ms: dict[str, float]) -> None:
        """Count one answered question."""
        self._answers.labels(answer.source).inc()
        self._invented.inc(answer.invented)
        for stage, ms in timings_ms.items():
            self._stages.labels(stage).observe(ms / 1000)

    def request(self, route: str, status: int) -> None:
        """Count one HTTP request; `route` is the template, never the path asked for."""
        self._requests.labels(route, str(status)).inc()

    def render(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self.registry)
