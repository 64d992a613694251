"""Hours as people say them, to figures: "без пятнадцати три", "полвторого", "четверть седьмого"."""

from collections.abc import Sequence

from russian.grammar.calendar import MONTHS
from russian.grammar.morphology import forms
from russian.grammar.tables import listed
from russian.spelling import fold
from russian.writing.reading import Number, Rewriting, Token, numeral, read_number, text_at

_MONTHS = frozenset(fold(month) for month in MONTHS)
_ONES = frozenset(listed("один два три четыре пять шесть семь восемь девять"))
_NOT_HOURS = frozenset(listed("рублей рубля рубль процентов процента копеек минут минуты дней"))
_PARTS = frozenset(listed("утра вечера дня ночи часа часов"))
_PAST = {"половина": 30, "половине": 30, "половины": 30, "половину": 30, "пол": 30, "четверть": 15}


def _hour(words: Sequence[Token], first: int) -> Number | None:
    found = read_number(words, first)
    return found if found and 1 <= found.value <= 12 else None


def before_hour(words: Sequence[Token], first: int) -> Rewriting | None:
    """ "без пятнадцати три" is 2:45, "без четверти пять" 4:45."""
    if words[first].text != "без":
        return None
    minutes, last = _minutes_short(words, first + 1)
    last += text_at(words, last).startswith("минут")
    hour = _hour(words, last)
    if minutes is None or hour is None or hour.ending or text_at(words, hour.last) in _NOT_HOURS:
        return None
    before = words[first - 1].text if first else ""
    at = "в " if before.isalpha() and forms(before)[0].part in ("VERB", "INFN") else ""
    return hour.last, f"{at}{(hour.value + 10) % 12 + 1}:{60 - minutes}"


def _minutes_short(words: Sequence[Token], first: int) -> tuple[int | None, int]:
    """The minutes that are missing, in the genitive; "двадцати девять" is twenty to nine."""
    if text_at(words, first) == "четверти":
        return 15, first + 1
    found = read_number(words, first)
    if found is None or found.ending:
        return None, first
    if (
        found.last - first == 2
        and words[first].text == "двадцати"
        and text_at(words, first + 1) in _ONES
    ):
        return 20, first + 1
    return (found.value, found.last) if found.value < 30 else (None, first)


def after_hour(words: Sequence[Token], first: int) -> Rewriting | None:
    """ "полвторого", "половина пятого", "четверть седьмого", "пять минут шестого"."""
    word = words[first].text
    joined = numeral(Token(word[3:], 0, 0)) if word.startswith("пол") else None
    if joined and joined.ending == "го" and 1 <= joined.value <= 12:
        return first + 1, f"{(joined.value + 10) % 12 + 1}:30"
    minutes, last = _PAST.get(word), first + 1
    if minutes is None:
        said = read_number(words, first)
        if (
            said is None
            or said.ending
            or said.value > 59
            or not text_at(words, said.last).startswith("минут")
        ):
            return None
        minutes, last = said.value, said.last + 1
    hour = _hour(words, last)
    if hour is None or hour.ending != "го" or text_at(words, hour.last) in _MONTHS:
        return None
    if (
        text_at(words, hour.last) not in _PARTS
        and text_at(words, hour.last).isalpha()
        and _agrees(words, hour)
    ):
        return None  # "половина пятого подъезда"
    return hour.last, f"{(hour.value + 10) % 12 + 1}:{minutes:02d}"


def _agrees(words: Sequence[Token], hour: Number) -> bool:
    """Whether a masculine noun in the genitive follows, so that the ordinal is its own."""
    return any(
        form.part == "NOUN" and form.case == "gent" and not form.plural
        for form in forms(text_at(words, hour.last))[:1]
    )
