"""One rule of rewriting, and the one pass that applies an ordered list of them.

Knows nothing about Russian. At each place where something may need rewriting the first rule that
matches and answers wins; the pass then goes on behind the match, so that its time is linear.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from russian.grammar.spans import Replacement, RewrittenText, rewrite


@dataclass(frozen=True, slots=True)
class Rule:
    """`say` turns a match of `pattern` into words, or into None when it is not its business.

    `starts` names the classes of first characters that the rule can begin with: "0" digits,
    "a" Latin letters, "я" Cyrillic words, "#" all else. `after`, if any, must match the two
    characters behind the digits that a rule begins with; `signs`, if any, holds the signs that it
    begins with. Patterns bound every repetition.
    """

    starts: str
    pattern: re.Pattern[str]
    say: Callable[[re.Match[str]], str | None]
    after: str = ""
    signs: str = ""

    def fits(self, kind: str, seen: str) -> bool:
        """Whether the rule may begin at a place of this kind, where `seen` decides more."""
        if kind not in self.starts:
            return False
        if kind == "#":
            return not self.signs or seen in self.signs
        return kind != "0" or bool(re.match(self.after, seen))


# A place is a digit, a Latin letter or a sign, and a Cyrillic word only where it may be short for
# something: before a full stop, slash or hyphen, in capitals, or a letter behind a number.
_PLACE = re.compile(
    r"(?P<я>(?<![А-Яа-яЁё])(?:[А-Яа-яЁё]{1,6}(?=[./-])|[А-ЯЁ]{2,8}(?![а-яё])|(?<=\d)[А-Яа-яЁё](?![А-Яа-яЁё])|(?<=\d-)[А-ЯЁ](?![А-Яа-яЁё])"
    r"|(?:млн|млрд|ул|кв|СПб|[Мм]ск|[Пп]н|[Вв]т|[Сс]р|[Чч]т|[Пп]т|[Сс]б|[Вв]с)(?![а-яё])))"
    r"|(?P<d>\d{1,40})|(?P<a>[A-Za-z])|(?P<x>[^\s.,!?;:()\"'«»…—А-Яа-яЁё])"
)
_KINDS = {"я": "я", "d": "0", "a": "a", "x": "#"}


class RuleSet:
    """Rules in order, sorted by the places that they may fit."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._found: dict[str, tuple[Rule, ...]] = {}

    def fitting(self, kind: str, seen: str) -> tuple[Rule, ...]:
        """Rules for a place of this kind; most are settled by the sign, or what follows digits."""
        found = self._found.get(kind + seen)
        if found is None:
            found = tuple(rule for rule in self._rules if rule.fits(kind, seen))
            # Cleaned text has some two hundred characters, so the pairs are bounded.
            self._found[kind + seen] = found
        return found


def one_pass(text: str, rules: RuleSet) -> RewrittenText:
    """Rewrite text by the first fitting rule at each place."""
    return rewrite(text, _replacements(text, rules))


def _replacements(text: str, rules: RuleSet) -> Iterator[Replacement]:
    position = 0
    before = Replacement(0, 0, "")
    while place := _PLACE.search(text, position):
        start, position = place.span()
        kind = place.lastgroup or ""
        seen = text[position : position + 2] if kind == "d" else place[0] if kind == "x" else ""
        for rule in rules.fitting(_KINDS[kind], seen):
            found = rule.pattern.match(text, start)
            said = rule.say(found) if found else None
            if found and said is not None:
                position = max(found.end(), start + 1)
                near = before.text[-1:] if before.end == start else text[start - 1]
                before = Replacement(
                    start, found.end(), _apart(near, said, text[position : position + 1])
                )
                yield before
                break
        else:
            position = start + 1


def _apart(before: str, said: str, after: str) -> str:
    """Words with one space to the letters and digits around them: "15Pro", "5 ₽"."""
    if before in ("", " "):
        said = said.removeprefix(" ")
    elif said[:1].isalpha() and before.isalnum():
        said = " " + said
    if said[-1:].isalpha() and after.isalnum():
        said += " "
    return said if after.isalnum() else said.removesuffix(" ")
