"""Dates, times, plain numbers and brands, from words to what documents show."""

from collections.abc import Sequence

from russian.grammar.calendar import MONTHS
from russian.grammar.lexicon import first_words, written_forms
from russian.grammar.morphology import forms, lemma
from russian.grammar.tables import listed
from russian.spelling import fold
from russian.writing.amounts import grouped
from russian.writing.reading import Number, Rewriting, Token, numeral, read_number, text_at
from russian.writing.unitwords import unit_words

_MONTHS = {fold(month): number for number, month in enumerate(MONTHS, 1)}
_BEFORE_TIME = frozenset(listed("в во к ко до с со после около на по от - — –"))
_SHARP = frozenset(("час", "часа", "часов"))
_MINUTES = frozenset(listed("минута минуту минуты минут"))
_PARTS_OF_DAY = frozenset(listed("утра дня вечера ночи"))
_HOURS = frozenset(listed("час часа часов часам часами"))
_YEARS = frozenset(listed("год года году годом годе"))
# Nouns that a number names: "дом пять", "добавочный два".
_LABELS = frozenset(
    listed(
        """дом квартира корпус строение этаж подъезд офис кабинет номер пункт раздел глава статья
        страница канал порт добавочный шаг"""
    )
)
_ONES = frozenset(listed("ноль один два три четыре пять шесть семь восемь девять"))
# Words that are numerals by their looks only, unless something shows that they count.
_DOUBTFUL = frozenset(listed("сорока ста"))
_COUNTING = frozenset(
    listed(
        """от до около после более менее свыше больше меньше к из без вместо кроме среди порядка
        против примерно почти по на через за с под о"""
    )
)
_ABOUT = frozenset(listed("около более менее свыше больше меньше до порядка от не почти примерно"))
_LONGEST_BRAND = 5  # words


def date(words: Sequence[Token], first: int) -> Rewriting | None:
    """ "двадцать первого мая две тысячи двадцать четвёртого года" is 21.05.2024."""
    day = _day(words, first)
    if day is None:
        return None
    month = _MONTHS.get(text_at(words, day.last))
    if month is None:
        return _numeric(words, day) or _days(words, day)
    return _with_year(words, day, month, day.last + 1) or (day.last, str(day.value))


def _with_year(words: Sequence[Token], day: Number, month: int, first: int) -> Rewriting | None:
    year = read_number(words, first)
    if year is None or not year.ending or not 1000 <= year.value <= 2999:
        return None
    last = year.last + (text_at(words, year.last) in ("года", "год", "г"))
    return last, f"{day.value:02d}.{month:02d}.{year.value}"


def _numeric(words: Sequence[Token], day: Number) -> Rewriting | None:
    """ "двадцать второго ноль пятого две тысячи двадцать пятого": the month is a number, too."""
    month = read_number(words, day.last + (text_at(words, day.last) == "ноль"))
    if month is None or not month.ending or not 1 <= month.value <= 12:
        return None
    return _with_year(words, day, month.value, month.last)


def _day(words: Sequence[Token], first: int) -> Number | None:
    day = read_number(words, first)
    return day if day and day.ending and 1 <= day.value <= 31 else None


def _days(words: Sequence[Token], low: Number) -> Rewriting | None:
    """ "с первого по десятое июня": the first day is a figure, for the second is."""
    between = text_at(words, low.last)
    high = _day(words, low.last + 1) if between in ("по", "до", "—", "-", "и") else None
    if high is None or text_at(words, high.last) not in _MONTHS:
        return None
    return low.last, str(low.value)


def clock(words: Sequence[Token], first: int) -> Rewriting | None:
    """ "в девять тридцать": after a preposition, or where nothing else is said."""
    hours = _spoken_hour(words, first)
    if hours is None or hours.ending or hours.value > 24:
        return None
    sharp = _sharp(words, first, hours)
    if sharp:
        return sharp
    minutes = _minutes(words, hours.last)
    if minutes is None:
        return None
    value, last = minutes
    following = text_at(words, last)
    if following in unit_words() or (last < len(words) and numeral(words[last])):
        return None
    alone = first == 0 and not following.isalpha()
    if not alone and (first == 0 or words[first - 1].text not in _BEFORE_TIME):
        return None
    return last, f"{hours.value}:{value:02d}"


def _spoken_hour(words: Sequence[Token], first: int) -> Number | None:
    """The hour; one o'clock is "час" after "в", though not in "километров в час"."""
    if words[first].text != "час" or not first or words[first - 1].text not in ("в", "во"):
        return read_number(words, first)
    measured = first > 1 and words[first - 2].text in unit_words()
    return None if measured or not _minutes(words, first + 1) else Number(1, first, first + 1)


def _sharp(words: Sequence[Token], first: int, hours: Number) -> Rewriting | None:
    """ "в пятнадцать часов (десять минут)" is a time, but not with a part of the day after it."""
    if not first or words[first - 1].text not in ("в", "во"):
        return None
    following = text_at(words, hours.last + 1)
    if text_at(words, hours.last) not in _SHARP or following in _PARTS_OF_DAY:
        return None
    minutes = read_number(words, hours.last + 1)
    if minutes is None:
        return hours.last + 1, f"{hours.value}:00"
    if minutes.ending or minutes.value > 59 or text_at(words, minutes.last) not in _MINUTES:
        return None
    return minutes.last + 1, f"{hours.value}:{minutes.value:02d}"


def _minutes(words: Sequence[Token], first: int) -> tuple[int, int] | None:
    """Two digits of minutes: "тридцать", "ноль пять", "ноль ноль"; and the token after them."""
    number = read_number(words, first)
    if number is None or number.ending or number.value > 59:
        return None
    if number.value >= 10:
        return number.value, number.last
    tail = read_number(words, number.last) if number.value == 0 else None
    return (tail.value, tail.last) if tail and tail.value < 10 and not tail.ending else None


def number(words: Sequence[Token], first: int) -> Rewriting | None:
    """A plain number: ten and more as figures, one to nine only where a noun asks for them."""
    found = read_number(words, first)
    if found is None:
        return None
    if found.ending:
        return _ordinal(words, found)
    if found.value < 10:
        return _one_digit(words, found)
    return None if _stays_in_words(words, found) else (found.last, grouped(found.value))


def _stays_in_words(words: Sequence[Token], found: Number) -> bool:
    """ "миллион проблем", "сорока прилетела", "без десяти восемь"."""
    first = found.first
    if first and words[first - 1].text == "без" and read_number(words, found.last):
        return True
    item = numeral(words[first])
    if found.last - first > 1 or item is None:
        return False
    doubtful = words[first].text in _DOUBTFUL and not _counts(words, first)
    before = words[first - 1].text if first else ""
    if item.value == 1000 and before in _ABOUT and not words[first].text.endswith("ами"):
        return False
    return item.kind == "scale" or doubtful


def _one_digit(words: Sequence[Token], found: Number) -> Rewriting | None:
    before = text_at(words, found.first - 1) if found.first else ""
    if words[found.first].text in _ONES and before.isalpha() and lemma(before) in _LABELS:
        return found.last, str(found.value)
    of_day = before in ("в", "во") and 2 <= found.value <= 9
    if of_day and not text_at(words, found.last).isalnum() and words[found.first].text in _ONES:
        return found.last, str(found.value)  # "приходите в семь"
    return None


def _counts(words: Sequence[Token], position: int) -> bool:
    """Whether the words around show that a doubtful word is a number."""
    if position and words[position - 1].text in _COUNTING:
        return True
    following = text_at(words, position + 1)
    reading = forms(following)[0] if following.isalpha() else None
    return bool(reading and reading.part == "NOUN" and reading.plural and reading.case != "nomn")


def _ordinal(words: Sequence[Token], found: Number) -> Rewriting | None:
    if found.value >= 1000 and text_at(words, found.last) in _YEARS:
        return found.last, str(found.value)
    return (found.last, f"{found.value}-{found.ending}") if found.value >= 10 else None


def brand(words: Sequence[Token], first: int) -> Rewriting | None:
    """ "вай фай" is Wi-Fi; the longest phrase of the table wins."""
    if words[first].text not in first_words() or (first and words[first - 1].text in ".@"):
        return None
    for last in range(min(len(words), first + _LONGEST_BRAND), first, -1):
        piece = [word.text for word in words[first:last]]
        if "-" not in (piece[0], piece[-1]):
            written = written_forms().get(" ".join(word for word in piece if word != "-"))
            if written:
                return last, written
    return None
