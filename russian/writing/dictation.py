"""Telephone, contract and card numbers as callers dictate them, in groups."""

from collections.abc import Sequence
from functools import lru_cache

from russian.grammar.tables import listed
from russian.spelling import fold
from russian.writing.reading import Rewriting, Token, numeral, text_at
from russian.writing.unitwords import unit_words

# Words before a number that make it a code, whatever its groups.
_PREFIXES = listed(
    """договор счет заявк заказ код карт инн номер паспорт телефон пин лицевой логин абонент полис
    трек обращени индекс артикул огрн бик кпп снилс серия серии серию
    добавочн"""
)
_CODES = tuple(word for word in _PREFIXES if word not in ("номер", "телефон"))
_SHORTEST_PAIR = 4  # digits
_MOST = 40  # words in one dictated number
_LONGEST_PHONE = 24  # numerals; eleven digits one by one, some repeated in a group
_LONG = (1, 3, 3, 2, 2)  # how the digits of a telephone fall into groups
_FEWEST_GROUPS, _FEWEST_GROUPS_OF_A_CODE = 4, 2
_FILLERS = frozenset(listed("э эм ээ мм ну вот значит так , - — –"))
_STOPS = frozenset((",", "—", "–"))
# Digits by their names, and how often one is repeated: "двойка", "две пятёрки", "три нуля".
_NAMES = listed("единица двойка тройка четвёрка пятёрка шестёрка семёрка восьмёрка девятка")
_DIGIT_NOUNS = {
    fold(noun[:-1]) + ending: str(digit)
    for digit, noun in enumerate(_NAMES, 1)
    for ending in ("а", "у", "и", "ы")
} | dict.fromkeys(("нуля", "нулей", "ноля", "нолей"), "0")
_TIMES = {"два": 2, "две": 2, "три": 3, "четыре": 4, "дубль": 2}
_PHONE_WORDS = listed("телефон позвон звон номер набер")

# One numeral of a run: its digits, and its kind; ("", "stop") is a pause.
SpokenSigns = tuple[str, str]
_PAUSE: SpokenSigns = ("", "stop")


def sequence(words: Sequence[Token], first: int) -> Rewriting | None:
    """A telephone or another number dictated in several groups."""
    plus = words[first].text == "плюс"
    run, last = _run(words, first + plus)
    values = tuple(item for item in run if item != _PAUSE)
    before = words[max(0, first - 3) : first]
    named = any(word.text.startswith(_PREFIXES) for word in before)
    if len(values) < (2 if named else 3) or _is_amount(words, last):
        return None
    phone = _phone(values, plus)
    if phone:
        return last, phone
    local = None if plus else _local(values, before)
    if local:
        return last, local
    groups = _groups(run)
    fewest = _FEWEST_GROUPS_OF_A_CODE if named else _FEWEST_GROUPS
    if len(values) == 2 and sum(map(len, groups)) < _SHORTEST_PAIR:
        return None  # "счёт три два"
    return None if plus or len(groups) < fewest else (last, "".join(groups))


def _is_amount(words: Sequence[Token], last: int) -> bool:
    """Whether a unit or a thousand follows: then the last numeral is an amount."""
    following = text_at(words, last)
    return (
        following in unit_words()
        or following.isdigit()
        or following.startswith(("тысяч", "миллион", "процент"))
    )


def _local(values: tuple[SpokenSigns, ...], before: Sequence[Token]) -> str | None:
    """A town's number without its area: 123-45-67, and after "телефон" 22-33-44."""
    if any(word.text.startswith(_CODES) for word in before) or len(values) > _LONGEST_PHONE:
        return None
    groups = _split(values, (3, 2, 2))
    if groups is None and any(word.text.startswith(_PHONE_WORDS) for word in before):
        groups = _split(values, (2, 2, 2))
    # A numeral is not cut: "двадцать один" is never 20 and 1.
    whole = groups is not None and len("".join(_groups(values))) == sum(map(len, groups))
    return "-".join(groups) if groups and whole else None


def _run(words: Sequence[Token], first: int) -> tuple[list[SpokenSigns], int]:
    """Numerals below a thousand from `first` on, over commas and hesitations, and the run's end."""
    run: list[SpokenSigns] = []
    position = last = first
    while position < len(words) and position - first < _MOST:
        digits, following = _digits(words, position)
        if digits:
            run += digits
            position = last = following
        elif words[position].text in _FILLERS and run:
            run += [_PAUSE] * (words[position].text in _STOPS)
            position += 1
        else:
            break
    return run, last


def _digits(words: Sequence[Token], position: int) -> tuple[list[SpokenSigns], int]:
    """What one place of a run says: "сорок", "двойка", "три нуля"; [] where it is no numeral."""
    word, following = words[position].text, text_at(words, position + 1)
    if word == "дубль" and following not in _DIGIT_NOUNS:
        digit = numeral(words[position + 1]) if following else None
        if digit and digit.kind in ("digit", "zero") and not digit.ending:
            return [(str(digit.value), "zero")] * 2, position + 2
    repeated = following in _DIGIT_NOUNS and (following[-1] not in "ау" or following == "нуля")
    if word in _TIMES and (repeated or (word == "дубль" and following in _DIGIT_NOUNS)):
        return [(_DIGIT_NOUNS[following], "zero")] * _TIMES[word], position + 2
    if word in _DIGIT_NOUNS:
        return [(_DIGIT_NOUNS[word], "zero")], position + 1
    item = numeral(words[position])
    if item is None or item.ending or item.kind == "scale":
        return [], position
    return [(str(item.value), item.kind)], position + 1


def _groups(run: Sequence[SpokenSigns]) -> list[str]:
    """The run as whole numbers: "сорок пять шестьдесят" is 45 and 60."""
    groups: list[str] = []
    open_places = 0
    for value, kind in run:
        if _fills(value, kind, open_places):
            groups[-1] = groups[-1][: -len(value)] + value
        elif value:
            groups.append(value)
        open_places = _OPEN.get(kind, 0)
    return groups


# Noughts at the end of a numeral that a lesser one may fill: two of "пятьсот".
_OPEN = {"hundred": 2, "ten": 1}


def _fills(value: str, kind: str, open_places: int) -> bool:
    if kind in ("zero", "stop"):
        return False
    return open_places == 2 if kind == "teen" else len(value) <= open_places


def _phone(values: tuple[SpokenSigns, ...], plus: bool) -> str | None:
    """The run as a telephone, if its words fall into a telephone's groups."""
    if len(values) > _LONGEST_PHONE:
        return None
    long = _split(values, _LONG) if values[0][0] in "78" else None
    if long:
        country, area, a, b, c = long
        if country == "7":
            return f"+7 ({area}) {a}-{b}-{c}"
        start = f"8-{area}-" if area == "800" else f"8 ({area}) "
        return None if plus else f"{start}{a}-{b}-{c}"
    short = None if plus else _split(values, _LONG[1:])
    if short and short[0][0] in "3489":
        return f"({short[0]}) {short[1]}-{short[2]}-{short[3]}"
    return None


@lru_cache(maxsize=1_000)
def _split(values: tuple[SpokenSigns, ...], sizes: tuple[int, ...]) -> tuple[str, ...] | None:
    """Cut numeral words into groups of the given numbers of digits; the first cut that fits."""
    if not sizes:
        return None if values else ()
    for taken in range(1, min(len(values), sizes[0] + 1) + 1):
        group = _joined(values[:taken], sizes[0])
        if group is not None:
            rest = _split(values[taken:], sizes[1:])
            if rest is not None:
                return (group, *rest)
    return None


def _joined(values: tuple[SpokenSigns, ...], size: int) -> str | None:
    """Numerals as exactly `size` digits: "пятьсот пятьдесят пять", "ноль пять"."""
    digits = "".join(_groups(values))
    return digits if len(digits) == size else None
