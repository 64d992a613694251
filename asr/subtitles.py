"""Recognised words in groups that can be read while they are heard: a subtitle's cues.

Knows limits of space and time; knows no format of subtitles. Imports nothing that is heavy.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dialog.content import Word

MAX_CUE_CHARS = 84  # two lines of 42, the usual subtitle
MAX_CUE_S = 7.0
CUE_PAUSE_S = 0.7


def cues(words: "tuple[Word, ...]") -> "Iterator[tuple[Word, ...]]":
    """Group words into cues: cut at a pause, at two full lines, at 7 seconds."""
    if not words:
        return
    cue = [words[0]]
    for previous, word in pairwise(words):
        chars = sum(len(w.text) + 1 for w in cue) + len(word.text)
        if (
            word.start_s - previous.end_s > CUE_PAUSE_S
            or chars > MAX_CUE_CHARS
            or word.end_s - cue[0].start_s > MAX_CUE_S
        ):
            yield tuple(cue)
            cue = []
        cue.append(word)
    yield tuple(cue)


def cue_text(cue: "tuple[Word, ...]") -> str:
    """The cue's words as one line."""
    return " ".join(word.text for word in cue)
