"""What to do about a turn that was not heard well: ask again, read back, offer another way.

    unsure -> "Не расслышал, повторите" -> unsure again -> keypad, text or a person
    a long number, not quite sure -> "Вы сказали ..., верно?" -> "да" -> it counts

Knows confidences and words; a dialogue of its own that ends when a turn is accepted.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from dialog.content import Transcript, Word
from dialog.messages import Say
from dialog.prompts import Prompts
from russian.grammar.tables import listed

UNSURE = 0.45
UNSURE_NUMBER = 0.8
FEWEST_DIGITS = 5
TIMES = 2

_YES = frozenset(listed("да ага угу верно правильно точно так конечно"))
_NO = frozenset(listed("нет неверно неправильно"))
_NUMBER = re.compile(r"\+?\d[\d ()-]*\d")


class Doubts:
    """One for each call: remembers what it asked."""

    def __init__(self, prompts: Prompts) -> None:
        self._prompts = prompts
        self._failures = 0
        self._to_confirm: Transcript | None = None

    def judge(self, heard: Transcript) -> Transcript | Say:
        """The turn to answer, or what to say in its place."""
        words = [word.text for word in heard.words]
        if self._to_confirm is not None:
            waiting, self._to_confirm = self._to_confirm, None
            if words and words[0] in _YES:
                return self._accept(waiting)
            if words and words[0] in _NO and len(words) <= 2:
                return self._again()
        if not heard.words:
            return self._accept(heard)  # typed, or nothing at all
        if confidence(heard.words) < UNSURE:
            return self._again()
        number = _unsure_number(heard)
        if number:
            self._to_confirm = replace(heard, words=())
            return Say(self._prompts.confirm_number.format(number=spaced(number)))
        return self._accept(heard)

    def would_accept(self, heard: Transcript) -> bool:
        """Whether `judge` would let this turn through; asks nothing and remembers nothing."""
        sure = confidence(heard.words) >= UNSURE and not _unsure_number(heard)
        return self._to_confirm is None and sure

    def _accept(self, heard: Transcript) -> Transcript:
        self._failures = 0
        return heard

    def _again(self) -> Say:
        self._failures += 1
        again, other = self._prompts.say_again, self._prompts.another_way
        return Say(other if self._failures >= TIMES else again, outcome="unclear")


def confidence(words: Sequence[Word]) -> float:
    """The mean over letters: a short word matters less."""
    letters = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / letters if letters else 0.0


def spaced(number: str) -> str:
    """A number as it is read back: its digits in groups of at most three, with pauses."""
    digits = re.sub(r"\D", "", number)
    first = len(digits) % 3 or 3
    groups = [digits[:first], *(digits[i : i + 3] for i in range(first, len(digits), 3))]
    return ", ".join(" ".join(group) if group[0] == "0" else group for group in groups)


def _unsure_number(heard: Transcript) -> str | None:
    """A number of many digits in a turn with a doubtful word."""
    if min(word.confidence for word in heard.words) >= UNSURE_NUMBER:
        return None
    for found in _NUMBER.findall(heard.text):
        if sum(char.isdigit() for char in found) >= FEWEST_DIGITS:
            return str(found)
    return None
