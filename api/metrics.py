"""What Prometheus scrapes. No label ever holds what somebody said or who they are."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300)


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
        self._requests = Counter(
            "beseda_requests",
            "Requests by route and status",
            ["route", "status"],
            registry=self.registry,
        )

    def exchange(self, source: str, timings_ms: dict[str, float]) -> None:
        """Count one answered question."""
        self._answers.labels(source).inc()
        for stage, ms in timings_ms.items():
            self._stages.labels(stage).observe(ms / 1000)

    def request(self, route: str, status: int) -> None:
        """Count one HTTP request; `route` is the template, never the path asked for."""
        self._requests.labels(route, str(status)).inc()

    def render(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self.registry)
