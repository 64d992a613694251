"""The tables of cases of `russian/`: a sentence, what is wanted of it, and whether that is missed.

A third cell, "missed", freezes a known miss by its name: a case that is missed anew fails, however
many others have become right; and one that has become right must lose the mark.
"""

from collections.abc import Callable
from pathlib import Path

from russian.grammar.spans import RewrittenText

_FOLDER = Path(__file__).parent / "data"
_BAR = 0.98  # of the table; what is missed stays in it


def check_table(name: str, rewrite: Callable[[str], RewrittenText]) -> None:
    """Hold `rewrite` against tests/data/`name`; raises `AssertionError` that names each case."""
    lines = (_FOLDER / name).read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if "\t" in line]
    assert len(rows) >= 400, f"{name}: only {len(rows)} cases"
    marks = {cell for row in rows for cell in row[2:]}
    assert marks <= {"missed"}, f"{name}: no such marks: {sorted(marks)}"
    known = {(row[0], row[1]) for row in rows if row[2:]}
    assert len(known) <= len(rows) * (1 - _BAR), f"{name}: {len(known)} known misses"
    got = {(given, wanted): rewrite(given).text for given, wanted, *_ in rows}
    missed = {case for case, text in got.items() if text != case[1]}
    anew = [f"{case[0]}\n  want {case[1]}\n  got  {got[case]}" for case in sorted(missed - known)]
    assert not anew, "\n".join(anew)
    assert not known - missed, f"missed no more, so unmark them: {sorted(known - missed)}"
