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


def test_a_plot_has_a_panel_for_each_column(tmp_path: Path) -> None:
    def size(columns: int) -> tuple[int, int]:
        curve = Curve(tmp_path / f"run{columns}")
        for step in range(50):
            curve.add(step, **{f"column {n}": step * n for n in range(columns)})
        curve.plot()
        png = (tmp_path / f"run{columns}.png").read_bytes()
        assert png.startswith(b"\x89PNG")
        return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])

    (one_wide, one_high), (three_wide, three_high), (four_wide, four_high) = map(size, (1, 3, 4))
    assert three_wide == four_wide == 3 * one_wide
    assert one_high == three_high == four_high / 2, "a fourth one begins another row"
