"""Whether what is heard while the assistant speaks should stop it.

    "угу", "да-да", "понятно"       a backchannel: go on
    the assistant's own words       echo: go on
    "стоп", "нет, подождите"        an interruption: stop
    anything else of some length    an interruption: stop

Knows words and how long they took; knows nothing of sound or of playing.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from dialog.content import Word
from russian.grammar.tables import listed

Verdict = Literal["undecided", "nothing", "interruption"]

# What a listener says to show that he listens, alone or two in a row. Recognisers spell such
# sounds oddly ("ага" as "апя"), so they are compared by how letters sound and not by words.
_SINGLE = listed("да ага угу ну так хорошо понятно ясно ладно понял поняла всё конечно мм")
_MORE = listed(
    """окей верно точно правильно именно слушаю интересно отлично хм гм мгм угум ах ох понимаю
    согласен согласна прекрасно замечательно допустим дадада"""
)
_BACKCHANNELS = (
    *_SINGLE,
    *_MORE,
    *(f"{a}{b}" for a in _SINGLE for b in _SINGLE),
    *(f"{a}{b}" for a in ("да", "ага", "угу", "ну") for b in _MORE),
)
_WORDS = (*_SINGLE, *_MORE)
# Words that mean stop, however short they are: how they begin, and how they sound.
_STOPS = listed(
    """нет стоп стой подожди погоди постой хватит алло минут секунд извин прости послушай
    оператор"""
)
_STOP_SOUNDS = listed(
    """нет стоп подождите погодите постойте хватит алло минутку минуточку секунду секундочку
    извините простите оператор ненадо"""
)
# Short words that sentences have, and of which no recogniser makes three letters from an "ага".
_SHORT = frozenset(listed("а я вы мы ты не вам вас мне меня"))
_ECHO_LIKENESS = 0.72
_ECHO_SHARE = 0.6
_ECHO_LETTERS = 5
_SHORT_LETTERS = 3
_LONG_LETTERS = 5

# The confidence of a word that counts, of one that decides alone, of one that means stop or is
# short, and of one that is all that was said before a pause and means stop.
_SURE = 0.6
_VERY_SURE = 0.92
_STOP_SURE = 0.5
_ALONE_STOP_SURE = 0.4

# The part of the letters, those that sound alike counting for less, in which what is heard may
# differ from a backchannel; in which a certain word may; in which all words may, though some are
# certain; and by how much nearer something else must be.
_LIKE = 0.4
_LIKE_SURE = 0.27
_VERY_LIKE = 0.22
_CLEARLY = 0.05

# Seconds of speech before which nothing is believed but a stop, before which only words that are
# certain are, and from which on doubtful ones are, too.
_AT_ALL_S = 0.25
_EARLY_S = 0.45
_LONG_S = 0.6

_VOWELS = frozenset("аеёиоуыэюя")
_STOPPED = frozenset("бпдтгк")
_HISSED = frozenset("вфзсжшщчцх")
_SOUNDED = frozenset("мнлрй")


def verdict(
    words: Sequence[Word], spoken: str, *, settled: bool, voiced_s: float = _LONG_S
) -> Verdict:
    """Judge the words heard so far against what has been spoken lately.

    `settled`: the speaker has paused, so that the last word is whole. Before that what may
    yet become a backchannel ("поня") is left undecided. `voiced_s` is how long somebody has
    spoken. Of a short sound only the words count that the recogniser is sure of: it makes some
    word of every "м-м".
    """
    # A lone consonant is the sound's beginning, and no word that could stop anybody.
    said = [word for word in words if len(word.text) > 1 or word.text in "аиоуэя"]
    texts = [word.text for word in said]
    letters = "".join(texts)
    nothing: Verdict = "nothing" if settled else "undecided"
    if not said or is_echo(texts, spoken):
        return nothing
    if _means_stop(said, settled=settled):
        return "interruption"
    backchannel = unlike(letters, _BACKCHANNELS, whole=settled)
    known = settled or voiced_s >= _AT_ALL_S
    if known and backchannel > _VERY_LIKE and _foreign(said, settled=settled):
        return "interruption"
    stop = unlike(letters, _STOP_SOUNDS, whole=settled)
    if backchannel <= _LIKE and backchannel <= stop + _CLEARLY:
        return nothing
    if settled and stop <= _LIKE:
        return "interruption"
    return _of_others(said, settled=settled, voiced_s=voiced_s)


def _means_stop(said: Sequence[Word], *, settled: bool) -> bool:
    alone = settled and len(said) == 1
    least = _ALONE_STOP_SURE if alone else _STOP_SURE
    return any(word.text.startswith(_STOPS) and word.confidence >= least for word in said)


def _foreign(said: Sequence[Word], *, settled: bool) -> bool:
    """Whether a word is certain that no backchannel has, or two shorter ones are."""
    letters = 0
    for place, word in enumerate(said):
        whole = settled or place < len(said) - 1
        if word.text in _SHORT:
            letters += len(word.text) if word.confidence >= _STOP_SURE else 0
        elif len(word.text) > 2 and word.confidence >= _VERY_SURE:
            away = unlike(word.text, _WORDS, whole=whole) > _LIKE_SURE
            letters += len(word.text) if away else 0
    return letters > _SHORT_LETTERS or (letters == _SHORT_LETTERS and len(said) > 1)


def _of_others(said: Sequence[Word], *, settled: bool, voiced_s: float) -> Verdict:
    """Words that are no backchannel's, and of none of which one may be certain."""
    letters = sum(len(word.text) for word in said)
    sure = sum(len(word.text) for word in said if word.confidence >= _SURE)
    if voiced_s >= _LONG_S and letters >= _LONG_LETTERS:
        sure = letters
    if settled:
        return "interruption" if sure >= _SHORT_LETTERS else "nothing"
    return "interruption" if sure > _SHORT_LETTERS and voiced_s >= _EARLY_S else "undecided"


def is_echo(words: Sequence[str], spoken: str) -> bool:
    """Whether most of these words are among those just spoken, in about their form."""
    own = re.findall(r"[а-яё]+", spoken.lower())
    if not own or sum(map(len, words)) < _ECHO_LETTERS:
        return False
    found = sum(len(word) for word in words if any(_alike(word, other) for other in own))
    return found / sum(map(len, words)) >= _ECHO_SHARE


@lru_cache(maxsize=512)
def unlike(letters: str, meant: tuple[str, ...], *, whole: bool) -> float:
    """How far the letters are from the nearest of what may be meant, or from the nearest of its
    beginnings where not `whole`: 0 the same, 1 nothing in common."""
    return min(_distance(letters, one, whole=whole) for one in meant)


def _distance(heard: str, meant: str, *, whole: bool) -> float:
    """Levenshtein's, by sound, as a part of the longer; to all of `meant`, or to a beginning."""
    row = [float(j) for j in range(len(meant) + 1)]
    for i, letter in enumerate(heard, 1):
        diagonal, row[0] = row[0], float(i)
        for j, other in enumerate(meant, 1):
            here = min(row[j] + 1, row[j - 1] + 1, diagonal + _cost(letter, other))
            diagonal, row[j] = row[j], here
    if whole:
        return row[-1] / max(len(heard), len(meant))
    return min(row) / len(heard)


@lru_cache(maxsize=2048)
def _cost(heard: str, meant: str) -> float:
    """What it costs to hear one letter for another: little where they sound alike."""
    if heard == meant:
        return 0.0
    if heard in _VOWELS and meant in _VOWELS:
        return 0.4
    alike = any(heard in kind and meant in kind for kind in (_STOPPED, _HISSED, _SOUNDED))
    return 0.5 if alike else 1.0


def _alike(heard: str, spoken: str) -> bool:
    if heard == spoken:
        return True
    if min(len(heard), len(spoken)) < 3:
        return False
    return SequenceMatcher(None, heard, spoken).ratio() >= _ECHO_LIKENESS
