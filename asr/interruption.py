"""Whether what is heard while the assistant speaks should stop it.

    "угу", "да-да", "понятно"       a backchannel: go on
    the assistant's own words       echo: go on
    anything else                   an interruption: stop

Knows words; knows nothing of sound or of playing.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal

from russian.tables import listed

Verdict = Literal["undecided", "nothing", "interruption"]

# What a listener says to show that he listens. A recogniser writes some of them oddly.
_BACKCHANNELS = frozenset(
    listed(
        """ага агу угу уга ого да так ну вот понятно понятна понял поняла ясно ясна хорошо
        ладно окей ок точно верно конечно правильно именно слушаю интересно здорово отлично
        мм ммм хм гм м э а у о ах ох эх ой аа ааа угум ну-ну да-да так-так понимаю согласен
        согласна всё все допустим разумеется естественно безусловно действительно прекрасно
        замечательно неплохо"""
    )
)
# Short words that mean stop, however short they are.
_STOPS = frozenset(
    listed(
        """нет стоп стой стойте хватит подожди подождите погоди погодите алло постой постойте
        минуту минутку секунду секундочку тихо тише извините простите послушайте"""
    )
)
_STEMS = ("подожд", "погод", "посто", "стоп", "хват", "нет", "алло", "минут", "секунд", "извин")
_ECHO_LIKENESS = 0.72
_ECHO_SHARE = 0.6
SHORT_LETTERS = 3


def verdict(words: Sequence[str], spoken: str, *, settled: bool) -> Verdict:
    """Judge the words heard so far against what has been spoken lately.

    `settled`: the speaker has paused, so that the last word is whole. Before that a beginning
    of a backchannel ("поня") is left undecided.
    """
    said = [word for word in words if word]
    if not said or is_echo(said, spoken):
        return "nothing" if settled else "undecided"
    *before, last = said
    if any(map(_stops, said)):
        return "interruption"
    if settled:
        return "nothing" if all(map(_is_backchannel, said)) else "interruption"
    meant = "".join(word for word in before if not _is_backchannel(word))
    meant += "" if _may_become_backchannel(last) else last
    return "interruption" if len(meant) > SHORT_LETTERS else "undecided"


def is_echo(words: Sequence[str], spoken: str) -> bool:
    """Whether most of these words are among those just spoken, in about their form."""
    own = re.findall(r"[а-яё]+", spoken.lower())
    if not own:
        return False
    found = sum(any(_alike(word, other) for other in own) for word in words)
    return found / len(words) >= _ECHO_SHARE


def _alike(heard: str, spoken: str) -> bool:
    if heard == spoken:
        return True
    if min(len(heard), len(spoken)) < 3:
        return False
    return SequenceMatcher(None, heard, spoken).ratio() >= _ECHO_LIKENESS


def _is_backchannel(word: str) -> bool:
    return word in _BACKCHANNELS or (len(word) <= 2 and word not in _STOPS)


def _may_become_backchannel(word: str) -> bool:
    return _is_backchannel(word) or any(one.startswith(word) for one in _BACKCHANNELS)


def _stops(word: str) -> bool:
    return word in _STOPS or word.startswith(_STEMS)
