"""One word spelt several ways: with stress marks or without, with ё or with е, large or small.

Knows letters; knows no word.
"""

STRESS = "+\u0301"
"""The marks that a writer puts before a stressed vowel, or after it."""

_WITHOUT_STRESS = str.maketrans("", "", STRESS)


def unstressed(text: str) -> str:
    """The text without `+` and U+0301."""
    return text.translate(_WITHOUT_STRESS)


def fold(text: str) -> str:
    """Lower case, no stress marks, е for ё: the form in which words are compared."""
    return unstressed(text).lower().replace("ё", "е")
