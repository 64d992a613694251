"""One rule of rewriting, and the one pass that applies an ordered list of them.

Knows nothing about Russian. At each place where something may need rewriting the first rule that
matches and answers wins; the pass then goes on behind the match, so that its time is linear.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from russian.spans import Converted, Replacement, rewrite


@dataclass(frozen=True, slots=True)
class Rule:
    """`say` turns a match of `pattern` into words, or into None when it is not its business.

    `starts` names the classes of first characters that the rule can begin with: "0" digits,
    "a" Latin letters, "я" Cyrillic words, "#" all else. `after`, if any, must match what follows
    the digits that a rule begins with, and is decided by two characters. Patterns bound every
    repetition.
    """

    starts: str
    pattern: re.Pattern[str]
    say: Callable[[re.Match[str]], str | None]
    after: str = ""


# A place is a digit, a Latin letter or a sign, and a Cyrillic word only where it may be short for
# something: before a full stop, slash or hyphen, or in capitals.
_PLACE = re.compile(
    r"(?P<я>(?<![А-Яа-яЁё])(?:[А-Яа-яЁё]{1,6}(?=[./-])|[А-ЯЁ]{2,8}(?![а-яё])"
    r"|(?:млн|млрд|ул|кв|[Мм]ск|[Пп]н|[Вв]т|[Сс]р|[Чч]т|[Пп]т|[Сс]б|[Вв]с)(?![а-яё])))"
    r"|(?P<d>\d+)|(?P<a>[A-Za-z])|(?P<x>[^\s.,!?;:()\"'«»…—А-Яа-яЁё])"
)
_KINDS = {"я": "я", "d": "0", "a": "a", "x": "#"}


class Rules:
    """Rules in order, sorted by the places that they may fit."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._found: dict[str, tuple[Rule, ...]] = {}

    def fitting(self, kind: str, following: str) -> tuple[Rule, ...]:
        """Rules for a place of this kind; most are settled by what follows the digits."""
        found = self._found.get(kind + following)
        if found is None:
            found = tuple(
                rule
                for rule in self._rules
                if kind in rule.starts and (kind != "0" or re.match(rule.after, following))
            )
            # Cleaned text has some two hundred characters, so the pairs are bounded.
            self._found[kind + following] = found
        return found


def one_pass(text: str, rules: Rules) -> Converted:
    """Rewrite text by the first fitting rule at each place."""
    return rewrite(text, _replacements(text, rules))


def _replacements(text: str, rules: Rules) -> Iterator[Replacement]:
    position = 0
    while place := _PLACE.search(text, position):
        start, position = place.span()
        following = text[position : position + 2] if place.lastgroup == "d" else ""
        for rule in rules.fitting(_KINDS[place.lastgroup or "x"], following):
            found = rule.pattern.match(text, start)
            said = rule.say(found) if found else None
            if found and said is not None:
                position = max(found.end(), start + 1)
                yield Replacement(start, found.end(), _apart(text, start, found.end(), said))
                break
        else:
            position = start + 1


def _apart(text: str, start: int, end: int, said: str) -> str:
    """Words set apart from letters and digits that touch them: "15Pro"."""
    if said[:1].isalpha() and start and text[start - 1].isalnum():
        said = " " + said
    if said[-1:].isalpha() and text[end : end + 1].isalnum():
        said += " "
    return said
