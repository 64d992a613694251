"""Whether what is heard while the assistant speaks should stop it.

    "угу", "да-да", "понятно"       a backchannel: go on
    the assistant's own words       echo: go on
    anything else                   an interruption: stop

Knows words; knows nothing of sound or of playing.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from dialog.messages import Word
from russian.tables import listed

Verdict = Literal["undecided", "nothing", "interruption"]

# What a listener says to show that he listens, alone or two in a row. Recognisers spell such
# sounds oddly ("ага" as "ада"), so they are compared by letters and not by words.
_SINGLE = listed("да ага угу ну так хорошо понятно ясно ладно понял поняла всё конечно мм")
_MORE = listed(
    """окей верно точно правильно именно слушаю интересно отлично хм гм ах ох понимаю согласен
    согласна прекрасно замечательно допустим дадада"""
)
_BACKCHANNELS = (*_SINGLE, *_MORE, *(f"{a}{b}" for a in _SINGLE for b in _SINGLE))
# Words that mean stop, however short they are, and how they begin.
_STOPS = listed(
    """нет сто подожди погоди постой хватит алло минут секунд извин прости послушай
    оператор"""
)
_ECHO_LIKENESS = 0.72
_ECHO_SHARE = 0.6
_ECHO_LETTERS = 5
_SHORT_LETTERS = 3
_LONG_LETTERS = 10
_SURE = 0.7
_LIKE = 0.4
"""The part of the letters that may differ from a backchannel's."""


def verdict(words: Sequence[Word], spoken: str, *, settled: bool) -> Verdict:
    """Judge the words heard so far against what has been spoken lately.

    `settled`: the speaker has paused, so that the last word is whole. Before that what may
    yet become a backchannel ("поня") is left undecided. Of a short sound only the words count
    that the recogniser is sure of: it makes some word of every "м-м".
    """
    # A lone consonant is the sound's beginning, and no word that could stop anybody.
    said = [word for word in words if len(word.text) > 1 or word.text in "аиоуэя"]
    texts = [word.text for word in said]
    letters = "".join(texts)
    if not said or is_echo(texts, spoken):
        return "nothing" if settled else "undecided"
    if any(_stops(word.text) and word.confidence >= _SURE for word in said):
        return "interruption"
    if like_backchannel(letters, whole=settled):
        return "nothing" if settled else "undecided"
    sure = letters if len(letters) >= _LONG_LETTERS else _sure_letters(said)
    if settled:
        return "interruption" if len(sure) >= _SHORT_LETTERS else "nothing"
    return "interruption" if len(sure) > _SHORT_LETTERS else "undecided"


def _sure_letters(words: Sequence[Word]) -> str:
    return "".join(word.text for word in words if word.confidence >= _SURE)


def is_echo(words: Sequence[str], spoken: str) -> bool:
    """Whether most of these words are among those just spoken, in about their form."""
    own = re.findall(r"[а-яё]+", spoken.lower())
    if not own or sum(map(len, words)) < _ECHO_LETTERS:
        return False
    found = sum(any(_alike(word, other) for other in own) for word in words)
    return found / len(words) >= _ECHO_SHARE


@lru_cache(maxsize=512)
def like_backchannel(letters: str, *, whole: bool) -> bool:
    """Whether the letters are near a backchannel's, or near its beginning where not `whole`."""
    most = _LIKE * len(letters)
    return any(
        _distance(letters, meant, whole=whole) <= most
        for meant in _BACKCHANNELS
        if not whole or abs(len(meant) - len(letters)) <= most
    )


def _distance(heard: str, meant: str, *, whole: bool) -> int:
    """Levenshtein's, to all of `meant` or to the nearest of its beginnings."""
    row = list(range(len(meant) + 1))
    for i, letter in enumerate(heard, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(meant, 1):
            here = min(row[j] + 1, row[j - 1] + 1, diagonal + (letter != other))
            diagonal, row[j] = row[j], here
    return row[-1] if whole else min(row)


def _alike(heard: str, spoken: str) -> bool:
    if heard == spoken:
        return True
    if min(len(heard), len(spoken)) < 3:
        return False
    return SequenceMatcher(None, heard, spoken).ratio() >= _ECHO_LIKENESS


def _stops(word: str) -> bool:
    return word.startswith(_STOPS)
