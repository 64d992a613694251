"""Prepositions that take a vowel before some numerals: "ко второму", "со ста", "об одном"."""

import re

from russian.grammar.spans import RewrittenText, substitute

_BEFORE_SECOND = (
    r"(?P<second>[КкСсВв])(?= втор(?:ой|ого|ому|ым|ом|ая|ую|ое|ых|ыми|ые|ник)(?![а-яё]))"
)
_BEFORE_HUNDRED = r"(?P<hundred>[Сс])(?= ст(?:а|о|ам)(?![а-яё]))"
_BEFORE_ONE = r"(?P<one>[Оо])(?= (?:один(?:надцат[иь])?|одн(?:ом|ой|их))(?![а-яё]))"
_PLACE = re.compile(rf"(?<![А-Яа-яЁё\u0301+-])(?:{_BEFORE_SECOND}|{_BEFORE_HUNDRED}|{_BEFORE_ONE})")


def vocalise(text: str) -> RewrittenText:
    """Add the vowel to prepositions that lack it."""
    return substitute(
        _PLACE, lambda found: found.group() + ("б" if found.group("one") else "о"), text
    )
