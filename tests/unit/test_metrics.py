"""What is counted of exchanges, turns and requests, and that nobody's words are in it."""

import pytest

from api.metrics import Metrics
from dialog.content import Answer, Source, Transcript
from dialog.messages import TurnTrace

pytestmark = pytest.mark.unit

ANSWER = Answer("Триста рублей, Иван.", "llm", (Source("d1", "Договор Ивана", "300", 0.9),), 2)


def told(metrics: Metrics) -> dict[str, float]:
    """Every sample of the text that Prometheus scrapes."""
    lines = metrics.render().decode().splitlines()
    samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in samples}


def trace(answer: Answer, *, interrupted: bool = False, **timings_ms: float) -> TurnTrace:
    question = Transcript("Сколько должен Иван?", (), 1.0)
    return TurnTrace(1, question, answer, answer.text, timings_ms, interrupted)


def test_an_exchange_counts_its_answer_and_the_time_of_each_stage() -> None:
    metrics = Metrics()
    metrics.exchange(ANSWER, {"listen": 240.0, "total": 1500.0})
    metrics.exchange(Answer("Не знаю.", "none"), {"total": 20.0})
    found = told(metrics)
    assert found['beseda_answers_total{source="llm"}'] == 1
    assert found['beseda_answers_total{source="none"}'] == 1
    assert found["beseda_invented_figures_total"] == 2
    assert found['beseda_stage_seconds_sum{stage="listen"}'] == pytest.approx(0.24)
    assert found['beseda_stage_seconds_bucket{le="0.25",stage="listen"}'] == 1
    assert found['beseda_stage_seconds_bucket{le="1.0",stage="total"}'] == 1
    assert found['beseda_stage_seconds_count{stage="total"}'] == 2


def test_a_turn_counts_who_spoke_whether_it_was_cut_and_each_step() -> None:
    metrics = Metrics()
    metrics.turn(trace(ANSWER, final_text=350.0, first_audio=820.0))
    metrics.turn(trace(ANSWER, interrupted=True, final_text=-3.0))
    found = told(metrics)
    assert found['beseda_turns_total{interrupted="false",source="llm"}'] == 1
    assert found['beseda_turns_total{interrupted="true",source="llm"}'] == 1
    assert found["beseda_invented_figures_total"] == 4
    assert found['beseda_turn_seconds_bucket{le="0.9",step="first_audio"}'] == 1
    assert found['beseda_turn_seconds_bucket{le="0.8",step="first_audio"}'] == 0
    assert found['beseda_turn_seconds_sum{step="final_text"}'] == pytest.approx(0.35), (
        "a text that was there before the last sound of speech took no time"
    )


def test_calls_go_up_and_down() -> None:
    metrics = Metrics()
    metrics.calls.inc()
    metrics.calls.inc()
    metrics.calls.dec()
    assert told(metrics)["beseda_calls"] == 1


def test_two_services_in_one_process_count_apart() -> None:
    one, other = Metrics(), Metrics()
    one.request("/v1/talk", 200)
    assert told(one)['beseda_requests_total{route="/v1/talk",status="200"}'] == 1
    assert not any("requests_total{" in name for name in told(other))


def test_no_label_holds_what_was_said() -> None:
    metrics = Metrics()
    metrics.turn(trace(ANSWER, interrupted=True, final_text=1.0))
    metrics.exchange(ANSWER, {"total": 1.0})
    text = metrics.render().decode()
    assert "Иван" not in text and "руб" not in text
    assert {name.partition("{")[0] for name in told(metrics) if "{" in name} >= {
        "beseda_turns_total", "beseda_answers_total",
    }  # fmt: skip
