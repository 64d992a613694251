"""Content words of a text in dictionary form, so that a question meets the passage it is about.

Numbers said and numbers written meet as digits; a brand meets its Russian spelling. Knows nothing
about weights or scores.
"""

import re
from functools import cache, lru_cache

from russian.grammar.calendar import MONTHS
from russian.grammar.lexicon import keys
from russian.grammar.morphology import lemma
from russian.grammar.tables import listed
from russian.grammar.units import UNITS
from russian.spelling import fold, unstressed
from russian.writing.reading import Token, numeral
from russian.written import to_written

# «не» is dropped, too: "не работает интернет" is about the same page as "интернет работает".
_STOP = frozenset(
    listed(
        """а без бы был быть в вам вас весь во вот вы где для до его ее если есть еще же за здесь и
        из или им их к как какой ко когда который ли либо мне мой мы на над нам нас наш
        не него нее нет ни них но ну о об он она оно они от по под при про с свой себя
        сейчас со так такой там то тот тоже только ты у уже чем что чтобы это этот я ваш
        можно нужно надо пожалуйста здравствуйте добрый подсказать сказать алло ага да э
        эм хотеть мочь"""
    )
)
_PHONE = r"(?:\+7|8)?[ (-]{0,2}\d{3}[ )-]{1,2}\d{3}-\d\d-\d\d"
_NUMBER = r"[1-9]\d{0,2}(?:[ \u00a0]\d{3}){1,5}(?!\d)(?:,\d{1,9})?|\d+(?:[.,:]\d+)?"
_TOKEN = re.compile(
    rf"(?P<phone>{_PHONE})(?!\d)"
    r"|(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})"
    rf"|(?P<number>{_NUMBER})(?:-[а-яё]{{1,3}}(?![а-яё]))?"
    r"|[A-Za-zА-Яа-яЁё]+(?:[+\u0301-][A-Za-zА-Яа-яЁё]+)*|[₽%$€]"
)
_ABBREVIATIONS = {
    "₽": "рубль", "%": "процент", "$": "доллар", "€": "евро", "руб": "рубль", "коп": "копейка",
    "тыс": "тысяча", "млн": "миллион", "ул": "улица", "мин": "минута", "мес": "месяц",
}  # fmt: skip


def lemmas(text: str) -> list[str]:
    """Lemmas in order, lower case, ё as е, without function words; digits stay."""
    converted = to_written(text)
    found: list[str] = []
    done = 0
    # A piece at a time: "триста двести" is 300 and 200, and never the one number "300 200".
    for span in converted.spans:
        found += _of_piece(converted.text[done : span.start])
        found += _of_piece(converted.text[span.start : span.end])
        done = span.end
    return found + _of_piece(converted.text[done:])


def _of_piece(piece: str) -> list[str]:
    found: list[str] = []
    for match in _TOKEN.finditer(piece):
        if match["phone"]:
            found.append(re.sub(r"\D", "", match["phone"])[-10:])
        elif match["day"]:
            found += (str(int(match["day"])), _month(int(match["month"])), match["year"])
        elif match["number"]:
            found.append(re.sub(r"[ \u00a0]", "", match["number"]).replace(",", "."))
        else:
            found += _keys(match.group())
    return found


def _month(number: int) -> str:
    return lemma(MONTHS[number - 1]) if 1 <= number <= 12 else str(number)


@lru_cache(maxsize=50_000)
def _keys(token: str) -> tuple[str, ...]:
    word = fold(token)
    if word in _abbreviated():
        return (_abbreviated()[word],)
    if word in keys():
        return (keys()[word],)
    if "-" in word:
        return tuple(key for part in word.split("-") for key in _keys(part))
    number = numeral(Token(word, 0, 0))
    if number is not None and number.value <= 1000:
        return (str(number.value),)
    normal = word if word.isascii() else fold(lemma(unstressed(token).lower()))
    return () if word in _STOP or normal in _STOP else (normal,)


@cache
def _abbreviated() -> dict[str, str]:
    """Nouns by their signs and abbreviations; lone letters are too many things."""
    long = {key.lower(): unit.noun for key, unit in UNITS.items() if len(key) > 1}
    units = {key: noun for key, noun in long.items() if " " not in noun}
    return units | _ABBREVIATIONS
