"""The decisions' index: every record is in it, under its own title and number."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

DECISIONS = Path(__file__).parents[2] / "docs/decisions"
ROW = re.compile(r"^\| \[(\d+)\]\((\S+?)\) \| (.+?) \| \d+ \w+ \d{4} \| \w.* \|$", re.M)


def test_the_index_lists_every_record_by_its_title() -> None:
    listed = {file: (number, title) for number, file, title in ROW.findall(_index())}
    records = sorted(DECISIONS.glob("[0-9]*.md"))
    assert sorted(listed) == [path.name for path in records]
    for path in records:
        number, title = listed[path.name]
        assert path.read_text("utf-8").splitlines()[0] == f"# {number}. {title}"
        assert path.name.startswith(f"{int(number):04}-")


def test_a_number_without_a_record_is_explained() -> None:
    numbers = {int(path.name[:4]) for path in DECISIONS.glob("[0-9]*.md")}
    missing = set(range(1, max(numbers) + 1)) - numbers
    assert {int(number) for number in re.findall(r"^\| (\d+) \|", _index(), re.M)} == missing
    assert all(f"There is no record {number}" in _index() for number in missing)


def _index() -> str:
    return (DECISIONS / "README.md").read_text("utf-8")
