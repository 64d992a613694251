"""Russian text as the recogniser writes it: lower-case letters and spaces, ё where it is certain.

Knows nothing of numbers (templates spell theirs) nor of where sentences come from.
"""

import re
from pathlib import Path

from russian.spelling import fold

# Words whose е can only be ё: most sources write е, and the recogniser should not learn both.
_CERTAIN = (Path(__file__).parents[1] / "data" / "yo.txt").read_text("utf-8").split()
_YO = {fold(word): word for word in _CERTAIN}
_LETTERS = re.compile(r"[^а-яё]+")


def plain(text: str) -> str:
    """`text` in the recogniser's alphabet: "Во-первых, счет!" gives "во первых счёт"."""
    words = _LETTERS.sub(" ", text.lower()).split()
    return " ".join(_YO.get(word, word) for word in words)


def runs(text: str, length: int = 5) -> set[tuple[str, ...]]:
    """Every `length` words in a row of `text`, ё written as е: what a held-out sentence shares."""
    words = fold(text).split()
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}
