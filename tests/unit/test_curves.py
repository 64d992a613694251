"""What a training run writes about itself."""

from pathlib import Path

import pytest

from recipes.curves import Curve

pytestmark = pytest.mark.unit


def test_rows_grow_and_survive_a_restart_from_an_earlier_step(tmp_path: Path) -> None:
    curve = Curve(tmp_path / "run")
    curve.add(10, loss=3.0)
    curve.add(20, loss=2.0)
    curve.add(20, wer=50.0)
    curve.add(30, loss=1.5)
    again = Curve(tmp_path / "run", 20)
    assert again.rows == [
        {"step": 10, "loss": 3.0},
        {"step": 20, "loss": 2.0},
        {"step": 20, "wer": 50.0},
    ]
    again.add(30, loss=1.0)
    lines = (tmp_path / "run.csv").read_text("utf-8").splitlines()
    assert lines[0] == "step,loss,wer"
    assert [line.split(",")[0] for line in lines[1:]] == ["10.0", "20.0", "20.0", "30.0"]
    assert lines[-1] == "30.0,1.0,"


def test_a_run_from_nothing_forgets_what_was_there(tmp_path: Path) -> None:
    Curve(tmp_path / "run").add(10, loss=3.0)
    assert Curve(tmp_path / "run").rows == []
