"""Dates, times, quantities and plain numbers, from words to what documents show."""

from collections.abc import Sequence
from functools import cache

from russian.dates import MONTHS
from russian.lexicon import written_forms
from russian.morphology import forms, inflect, lemma
from russian.quantities import UNITS
from russian.reading import Number, Token, fold, numeral, read_number

Found = tuple[int, str]

_MONTHS = {fold(month): number for number, month in enumerate(MONTHS, 1)}
_AT = frozenset("в во к ко до с со после около на по от".split())
# Units written as a sign after the number; others keep their word.
_SIGNS = {"рубль": " ₽", "процент": "%", "доллар": " $", "евро": " €"}
_SHORT = {
    "килобит": "Кбит", "мегабит": "Мбит", "гигабит": "Гбит", "килобайт": "КБ", "мегабайт": "МБ",
    "гигабайт": "ГБ", "терабайт": "ТБ", "километр": "км", "сантиметр": "см", "миллиметр": "мм",
    "килограмм": "кг", "киловатт": "кВт", "герц": "Гц", "мегагерц": "МГц", "гигагерц": "ГГц",
    "метр": "м",
}  # fmt: skip
_PER = {
    ("в", "секунду"): "/с",
    ("в", "час"): "/ч",
    ("в", "минуту"): "/мин",
    ("в", "месяц"): "/мес.",
}
# After these nouns a number is a figure, also from one to nine: "5 минут", "дом 5".
_COUNTED = frozenset(
    """час минута секунда день сутки неделя месяц год раз градус штука копейка цент
    утро вечер ночь""".split()
)
_LABELS = frozenset(
    """дом квартира корпус строение этаж подъезд офис кабинет номер пункт раздел глава
    статья страница канал порт добавочный шаг""".split()
)
# Words that are numerals only by their looks, unless something says that they count.
_DOUBTFUL = frozenset("сорока три семью сто ста".split())
_RANGE = ("до", "-", "—", "–")


def date(text: str, words: Sequence[Token], first: int) -> Found | None:
    """ "двадцать первого мая две тысячи двадцать четвёртого года" is 21.05.2024."""
    day = read_number(words, first)
    if day is None or not day.ending or not 1 <= day.value <= 31 or day.last >= len(words):
        return None
    month = _MONTHS.get(words[day.last].text)
    if month is None:
        return None
    last = day.last + 1
    year = read_number(words, last) if last < len(words) else None
    if year is None or not year.ending or not 1000 <= year.value <= 2999:
        return last, f"{day.value} {words[day.last].text}"
    last = year.last
    if last < len(words) and words[last].text in ("года", "год", "г"):
        last += 1
    return last, f"{day.value:02d}.{month:02d}.{year.value}"


def clock(text: str, words: Sequence[Token], first: int) -> Found | None:
    """ "в девять тридцать", "к девяти ноль пяти": after a preposition, or all that is said."""
    hours = read_number(words, first)
    alone = first == 0
    if hours is None or hours.ending or hours.value > 24 or hours.last >= len(words):
        return None
    if (
        not alone
        and words[first - 1].text not in _AT
        and not (first > 1 and words[first - 1].text in _RANGE)
    ):
        return None
    last = hours.last
    if words[last].text in ("час", "часа", "часов", "часам", "часами"):
        last += 1
        if alone or words[first - 1].text not in ("в", "во"):
            return None
    minutes = _minutes(words, last) if last < len(words) else None
    if minutes is None:
        return None
    value, last = minutes
    if last > hours.last + 1 and last < len(words) and words[last].text.startswith("минут"):
        return None
    if last < len(words) and (_unit(words, last) or numeral(words[last])):
        return None
    if alone and last < len(words) and words[last].text.isalpha():
        return None
    return last, f"{hours.value}:{value:02d}"


def _minutes(words: Sequence[Token], first: int) -> tuple[int, int] | None:
    number = read_number(words, first)
    if number is None or number.ending or number.value > 59:
        return None
    if number.value == 0:
        tail = read_number(words, number.last) if number.last < len(words) else None
        if tail and tail.value < 10 and not tail.ending:
            return tail.value, tail.last
        return None
    return (number.value, number.last) if number.value >= 10 else None


def quantity(text: str, words: Sequence[Token], first: int) -> Found | None:
    """A number with its unit: money, percent, data, time; a range before one, too."""
    found = _amount(words, first)
    if found is None:
        return None
    last, figure, value = found
    measured = _measured(words, last, figure, value)
    if measured:
        return measured
    if last < len(words) and words[last].text in _RANGE:
        upper = _amount(words, last + 1)
        if upper:
            joint = words[last].text
            end = _measured(words, upper[0], upper[1], upper[2])
            if end or value >= 10 or upper[2] >= 10:
                right = end or (upper[0], upper[1])
                space = " " if joint == "до" or not joint.isalpha() else ""
                return right[0], f"{figure}{space}{joint}{space}{right[1]}"
    if "," in figure:
        return last, figure
    return None


def _amount(words: Sequence[Token], first: int) -> tuple[int, str, int] | None:
    """The number at `first` as figures, with "целых", "с половиной", "полтора", "минус"."""
    if first >= len(words):
        return None
    if words[first].text in ("полтора", "полторы", "полутора"):
        return _scaled(words, first + 1, "1,5", 1)
    number = read_number(words, first)
    if number is None or number.ending:
        return None
    last = number.last
    if last < len(words) and words[last].text in (
        "целая",
        "целых",
        "целой",
        "целым",
        "целыми",
        "целую",
    ):
        part = _fraction(words, last + 1)
        if part:
            return _scaled(words, part[0], f"{number.value},{part[1]}", number.value)
    if last + 1 < len(words) and words[last].text == "с" and words[last + 1].text == "половиной":
        return _scaled(words, last + 2, f"{number.value},5", number.value)
    return last, grouped(number.value), number.value


def _fraction(words: Sequence[Token], first: int) -> tuple[int, str] | None:
    number = read_number(words, first) if first < len(words) else None
    if number is None:
        return None
    value, last, place = number.value, number.last, 0
    if number.ending:
        # "пять десятых" may read as one ordinal run; the last word is the place.
        return None
    if last < len(words):
        item = read_number(words, last)
        place = item.value if item and item.ending else 0
        last = item.last if item else last
    digits = len(str(place)) - 1 if str(place).startswith("1") and place >= 10 else 0
    return (last, str(value).zfill(digits)) if digits else None


def _scaled(words: Sequence[Token], last: int, figure: str, value: int) -> tuple[int, str, int]:
    """ "полтора миллиона" keeps its scale as an abbreviation."""
    if last < len(words):
        for stem, short in (("тысяч", "тыс."), ("миллион", "млн"), ("миллиард", "млрд")):
            if words[last].text.startswith(stem):
                return last + 1, f"{figure} {short}", 10**6
    return last, figure, value


def _measured(words: Sequence[Token], last: int, figure: str, value: int) -> Found | None:
    unit = _unit(words, last)
    if unit is None:
        return None
    if unit == "рубль":
        cents = read_number(words, last + 1) if last + 1 < len(words) else None
        if cents and cents.value < 100 and _unit(words, cents.last) == "копейка":
            return cents.last + 1, f"{figure},{cents.value:02d} ₽"
    if unit in _SIGNS:
        return _per(words, last + 1, figure + _SIGNS[unit])
    if unit == "градус" and last + 1 < len(words) and words[last + 1].text == "цельсия":
        return last + 2, figure + " °C"
    if unit in _SHORT:
        return _per(words, last + 1, f"{figure} {_SHORT[unit]}")
    if unit in _COUNTED:
        return last, figure
    return None


def _per(words: Sequence[Token], last: int, written: str) -> Found:
    if last + 1 < len(words):
        per = _PER.get((words[last].text, words[last + 1].text))
        if per:
            return last + 2, written + per
    return last, written


def _unit(words: Sequence[Token], position: int) -> str | None:
    return units().get(words[position].text) if position < len(words) else None


@cache
def units() -> dict[str, str]:
    """Every form of every unit's noun, folded."""
    nouns = {unit.noun for unit in UNITS.values() if " " not in unit.noun} | _COUNTED
    found = {}
    for noun in sorted(nouns):
        for case in ("nomn", "gent", "datv", "accs", "ablt", "loct"):
            for plural in (False, True):
                found[fold(inflect(noun, case, plural))] = noun  # type: ignore[arg-type]
    found |= {fold(unit.counted): unit.noun for unit in UNITS.values() if unit.counted}
    found |= {"лет": "год", "часу": "час", "раза": "раз"}
    for scale in ("тысяча", "миллион", "миллиард", "триллион"):
        found = {word: noun for word, noun in found.items() if noun != scale}
    return found


def number(text: str, words: Sequence[Token], first: int) -> Found | None:
    """A plain number: ten and more as figures, one to nine only where a noun asks for them."""
    found = read_number(words, first)
    if found is None:
        return None
    if found.ending:
        return _ordinal(words, found)
    before = words[first - 1].text if first else ""
    single = found.last - found.first == 1
    if found.value < 10:
        labelled = lemma(before) in _LABELS if before.isalpha() else False
        if not labelled or words[first].text not in (
            "один",
            "два",
            "три",
            "четыре",
            "пять",
            "шесть",
            "семь",
            "восемь",
            "девять",
            "ноль",
        ):
            return None
        return found.last, str(found.value)
    if single and words[first].text in _DOUBTFUL and not _counts(words, first):
        return None
    if single and numeral(words[first]).kind == "scale":  # type: ignore[union-attr]
        return None
    return found.last, grouped(found.value)


def _counts(words: Sequence[Token], position: int) -> bool:
    """Whether the words around show that a doubtful word is a number."""
    if words[position].text == "сто":
        return True
    if position and words[position - 1].text in (
        "от",
        "до",
        "около",
        "после",
        "более",
        "менее",
        "свыше",
        "к",
    ):
        return True
    if position + 1 >= len(words):
        return False
    return any(
        f.part == "NOUN" and f.plural and f.case != "nomn"
        for f in forms(words[position + 1].text)[:1]
    )


def _ordinal(words: Sequence[Token], found: Number) -> Found | None:
    following = words[found.last].text if found.last < len(words) else ""
    if found.value >= 1000 and following in ("год", "года", "году", "годом", "годе"):
        return found.last, str(found.value)
    if found.value < 10:
        return None
    if found.value in (10, 100, 1000) and found.ending in ("х", "я") and not following:
        return None
    return found.last, f"{found.value}-{found.ending}"


def brand(text: str, words: Sequence[Token], first: int) -> Found | None:
    """ "вай фай" is Wi-Fi; the longest phrase of the table wins."""
    for length in (5, 4, 3, 2, 1):
        piece = words[first : first + length]
        if len(piece) == length:
            written = written_forms().get(" ".join(word.text for word in piece if word.text != "-"))
            if written and piece[0].text != "-" and piece[-1].text != "-":
                return first + length, written
    return None


def grouped(number: int) -> str:
    """Figures in groups of three from five digits on, as Russian typography has it."""
    return f"{number:,}".replace(",", " ") if number >= 10_000 else str(number)
