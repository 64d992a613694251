"""One rule of rewriting, and the one pass that applies an ordered list of them.

Knows nothing about Russian. At each place where something may need rewriting the first rule that
matches and answers wins; the pass then goes on behind the match, so that its time is linear.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from russian.spans import Converted, Replacement, rewrite


@dataclass(frozen=True, slots=True)
class Rule:
    """`say` turns a match of `pattern` into words, or into None when it is not its business.

    `starts` names the classes of first characters that the rule can begin with: "0" digits,
    "a" Latin letters, "я" Cyrillic words, "#" all else. Patterns bound every repetition.
    """

    starts: str
    pattern: re.Pattern[str]
    say: Callable[[re.Match[str]], str | None]


# A place is a digit, a Latin letter or a sign, and a Cyrillic word only where it may be short for
# something: before a full stop, slash or hyphen, or in capitals. Others are passed over.
_PLACE = re.compile(
    r"(?P<я>[А-Яа-яЁё]{1,6}(?=[./-])|[А-ЯЁ]{2,8}(?![а-яё])|(?:млн|млрд|ул|кв|[Пп]н|[Вв]т|[Сс]р|[Чч]т|[Пп]т|[Сс]б|[Вв]с)(?![а-яё]))"
    r"|(?P<skip>[А-Яа-яЁё]+)|(?P<d>\d)|(?P<a>[A-Za-z])|(?P<x>[^\s.,!?;:()\"'«»…—])"
)


def one_pass(text: str, rules: Sequence[Rule]) -> Converted:
    """Rewrite text by the first fitting rule at each place."""
    return rewrite(text, _replacements(text, rules))


def _replacements(text: str, rules: Sequence[Rule]) -> Iterator[Replacement]:
    by_start = {kind: [r for r in rules if kind in r.starts] for kind in ("я", "0", "a", "#")}
    names = {"я": "я", "d": "0", "a": "a", "x": "#"}
    position = 0
    while place := _PLACE.search(text, position):
        start = place.start()
        position = place.end()
        if place.lastgroup == "skip":
            continue
        for rule in by_start[names[place.lastgroup or "x"]]:
            found = rule.pattern.match(text, start)
            said = rule.say(found) if found else None
            if found and said is not None:
                position = max(found.end(), start + 1)
                yield Replacement(start, found.end(), _apart(text, start, found.end(), said))
                break


def _apart(text: str, start: int, end: int, said: str) -> str:
    """Words set apart from letters and digits that touch them: "15Pro"."""
    if said[:1].isalpha() and start and text[start - 1].isalnum():
        said = " " + said
    if said[-1:].isalpha() and text[end : end + 1].isalnum():
        said += " "
    return said
