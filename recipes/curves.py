"""What a training run measures of itself: a CSV that grows, and its plot beside it.

Knows nothing of models. A run that goes on from a saved step first drops the rows after it.
"""

import csv
from pathlib import Path


class Curve:
    """`NAME.csv` with a row for each recording, and `NAME.png` with a panel for each column."""

    def __init__(self, path: Path, step: int = 0) -> None:
        """`path` without its ending; rows after `step`, left by a run that was cut short, go."""
        self._csv, self._png = path.with_suffix(".csv"), path.with_suffix(".png")
        self.rows: list[dict[str, float]] = []
        if self._csv.exists():
            with self._csv.open(encoding="utf-8", newline="") as file:
                found = [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(file)]
            self.rows = [row for row in found if row["step"] <= step]
            if len(self.rows) < len(found):
                self._write()

    def add(self, step: int, **values: float) -> None:
        """Write one row; not every column needs a value every time."""
        row = {"step": float(step), **{name: float(value) for name, value in values.items()}}
        known = {name for earlier in self.rows for name in earlier}
        self.rows.append(row)
        if set(row) <= known and self._csv.exists():
            with self._csv.open("a", encoding="utf-8", newline="") as file:
                csv.DictWriter(file, self._columns()).writerow(row)
        else:
            self._write()

    def plot(self) -> None:
        """Draw all rows anew."""
        from matplotlib.figure import Figure

        names = self._columns()[1:]
        figure = Figure(figsize=(4.5 * min(3, len(names)), 3.0 * -(-len(names) // 3)))
        for place, name in enumerate(names, 1):
            axes = figure.add_subplot(-(-len(names) // 3), min(3, len(names)), place)
            points = [(row["step"], row[name]) for row in self.rows if name in row]
            axes.plot(*zip(*points, strict=True), ".-" if len(points) < 40 else "-")
            axes.set_title(name)
            axes.set_xlabel("step")
        figure.tight_layout()
        figure.savefig(self._png)

    def _columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows for name in row)) or ["step"]

    def _write(self) -> None:
        temporary = self._csv.with_suffix(".tmp")
        with temporary.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self._columns())
            writer.writeheader()
            writer.writerows(self.rows)
        temporary.replace(self._csv)
