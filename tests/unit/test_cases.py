"""The check of the tables of cases itself: nothing pays for a case that is missed anew."""

from pathlib import Path

import pytest

from russian.grammar.spans import RewrittenText
from tests import cases

pytestmark = pytest.mark.unit


def upper(text: str) -> RewrittenText:
    return RewrittenText(text.upper(), ())


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """400 good cases."""
    monkeypatch.setattr(cases, "_FOLDER", tmp_path)
    (tmp_path / "own.tsv").write_text("".join(f"а{n}\tА{n}\n" for n in range(400)), "utf-8")
    return tmp_path / "own.tsv"


def add(table: Path, line: str) -> None:
    table.write_text(table.read_text("utf-8") + line + "\n", "utf-8")


def test_a_known_miss_is_borne(table: Path) -> None:
    add(table, "# a heading")
    add(table, "б\tВ\tmissed")
    cases.check_table("own.tsv", upper)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("б\tВ", "б\n  want В\n  got  Б"),
        ("б\tБ\tmissed", "missed no more, so unmark them: [('б', 'Б')]"),
        ("б\tВ\tmised", "mised"),
    ],
)
def test_what_is_missed_anew_or_no_more_is_named(table: Path, line: str, told: str) -> None:
    add(table, "в\tГ\tmissed")
    add(table, line)
    with pytest.raises(AssertionError) as failure:
        cases.check_table("own.tsv", upper)
    assert told in str(failure.value)


def test_more_than_a_fiftieth_may_not_be_missed(table: Path) -> None:
    for n in range(9):
        add(table, f"б{n}\tВ{n}\tmissed")
    with pytest.raises(AssertionError):
        cases.check_table("own.tsv", upper)
