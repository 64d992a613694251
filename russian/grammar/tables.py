"""Tables of words: running text in the code, so that a word is added in one place without quotes,
and TSV files beside it."""

from collections.abc import Iterator
from pathlib import Path


def listed(words: str) -> tuple[str, ...]:
    """The words of a table in order; white space and line breaks separate them."""
    return tuple(words.split())


def rows(path: Path, columns: int) -> Iterator[tuple[str, ...]]:
    """The rows of a TSV file, each of `columns` cells: those missing at the end of a line are "".
    A line that begins with "#" is a comment.

    Raises `ValueError` at a line with more cells."""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) > columns:
            raise ValueError(f"{path.name}, line {number}: {len(cells)} cells, not {columns}")
        yield (*cells, *[""] * (columns - len(cells)))
