"""How many words were heard wrong (WER). Knows words; knows no recogniser."""

import re
from collections.abc import Sequence

from russian.spelling import fold


def edits(said: Sequence[str], heard: Sequence[str]) -> int:
    """Levenshtein distance in words: the fewest that were changed, left out or put in."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            previous, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, previous + (word != other)),
            )
    return row[-1]


def plain_words(text: str) -> list[str]:
    """The words of a text as a recogniser would write them: lower case, е for ё, no marks."""
    return re.findall(r"\w+", fold(text))
