"""Russian text cut into sentences.

Knows where a full stop ends a sentence and where it belongs to an abbreviation, an initial, a
number or a list marker. Loses nothing but the white space between sentences.
"""

import re

from russian.grammar.tables import listed

# After these a full stop does not end the sentence, whatever follows.
_NEVER_LAST = frozenset(
    listed(
        """ул пр просп пер бул б-р наб пл ш обл р-н пос дер мкр д корп стр кв оф под эт каб тел
        факс доб моб см рис табл гл разд ст п пп ч напр т тов гр г-н г-жа им св акад
        проф доц инж зав зам ген дир вкл искл мин макс прим ориг англ рус"""
    )
)
# These end one where a capital letter follows: "с 2024 г. Тариф закрыт", "и т. д. Звоните".
_SOMETIMES_LAST = frozenset(
    listed(
        """г гг в вв руб коп тыс млн млрд трлн др пр проч сек час ч шт мес нед км см мм кг гр л экз
        чел р"""
    )
)
_END = re.compile(r"(?:[.!?…]+[»\")\]]*(?=\s)|\n)\s*")
_WORD_BEFORE = re.compile(r"([A-Za-zА-Яа-яЁё-]+|\d+)$")
_LIST_MARKER = re.compile(r"^\s*(?:\d{1,3}(?:\.\d{1,3})*|[а-яa-z])$")
_LOOK_BACK = 24


def sentences(text: str) -> list[str]:
    """Cut text into stripped, non-empty sentences; a line break always ends one."""
    found = []
    start = 0
    for mark in _END.finditer(text):
        if _ends(text, start, mark):
            found.append(text[start : mark.end()].strip())
            start = mark.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def _ends(text: str, start: int, mark: re.Match[str]) -> bool:
    if "\n" in mark.group():
        return True
    following = text[mark.end() : mark.end() + 4].lstrip('«"(—- ')[:1]
    if following.islower():
        return False
    if mark.group().strip(" \t") != ".":
        return True
    before = text[max(start, mark.start() - _LOOK_BACK) : mark.start()]
    return not _LIST_MARKER.match(before) and not _is_short(before, following)


def _is_short(before: str, following: str) -> bool:
    """Whether a full stop belongs to the abbreviation or initial that `before` ends with."""
    found = _WORD_BEFORE.search(before)
    word = found.group(1) if found else ""
    lower = word.lower()
    if len(word) == 1 and word.isalpha():
        if word.isupper():
            return True
        # The end of "т. д." before a capital is a sentence's; "д. Ромашки" is a village.
        if lower in "деп" and re.search(r"(?<![А-Яа-яё])[ти]\. ?[деп]$", before):
            return False
    if lower in _SOMETIMES_LAST:
        return following.isdigit()
    return lower in _NEVER_LAST
