"""What callers dictate: telephone and contract numbers in groups, e-mail and web addresses."""

from collections.abc import Sequence
from functools import lru_cache

from russian.reading import Token, numeral, read_number

_PREFIXES = ("договор", "счет", "заявк", "заказ", "код", "карт", "инн", "номер", "паспорт", "телефон",
             "пин", "лицевой", "логин", "абонент", "полис", "трек", "обращени")  # fmt: skip
_MOST = 40  # numeral words in one dictated number
# How the digits of a telephone fall into groups, and how each is written.
_LONG = (1, 3, 3, 2, 2)
_SIGNS = {"точка": ".", "собака": "@", "дефис": "-", "тире": "-", "подчеркивание": "_", "слэш": "/",
          "слеш": "/", "минус": "-"}  # fmt: skip
_ZONES = {
    "ру": "ru",
    "ком": "com",
    "орг": "org",
    "нет": "net",
    "рф": "рф",
    "инфо": "info",
    "су": "su",
}
_HOSTS = {"мейл": "mail", "мэйл": "mail", "маил": "mail", "джимейл": "gmail", "гмейл": "gmail",
          "жмайл": "gmail", "гмаил": "gmail", "яндекс": "yandex", "беседа": "beseda", "инфо": "info",
          "саппорт": "support", "суппорт": "support", "хелп": "help", "бк": "bk", "я": "ya",
          "гугл": "google", "админ": "admin", "офис": "office", "сейлс": "sales"}  # fmt: skip
_LETTERS = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch - y - e yu ya".split(),
        strict=True,
    )
) | {"ъ": "", "ь": ""}

Found = tuple[int, str]


def sequence(text: str, words: Sequence[Token], first: int) -> Found | None:
    """A telephone or another number dictated in several groups."""
    start = first
    plus = words[first].text == "плюс"
    if plus:
        first += 1
    last = _run_end(words, first)
    if last - first < 3:
        return None
    run = tuple(word.text for word in words[first:last] if word.text not in ",-—–")
    values = tuple(item for item in map(_digits_of, run) if item is not None)
    if any(item is None for item in values) or len(values) != len(run):
        return None
    phone = _phone(values, plus)
    if phone:
        return last, phone
    groups = _groups(words, first, last)
    named = start > 0 and any(
        word.text.startswith(_PREFIXES) for word in words[max(0, start - 3) : start]
    )
    if plus or len(groups) < (2 if named else 4) or any(len(group) > 3 for group in groups):
        return None
    return last, "".join(groups)


def _run_end(words: Sequence[Token], first: int) -> int:
    """Past the last cardinal below a thousand of a run that starts at `first`."""
    position = last = first
    while position < len(words) and position - first < _MOST:
        item = numeral(words[position])
        if item is not None and not item.ending and item.kind != "scale":
            position += 1
            last = position
        elif words[position].text in (",", "-", "—", "–") and position > first:
            position += 1
        else:
            break
    return last


def _digits_of(word: str) -> tuple[str, str] | None:
    item = numeral(Token(word, 0, 0))
    return (str(item.value), item.kind) if item else None


def _groups(words: Sequence[Token], first: int, last: int) -> list[str]:
    """The run as whole numbers: "сорок пять шестьдесят" is 45 and 60."""
    groups = []
    position = first
    while position < last:
        found = read_number(words, position)
        if found is None:
            position += 1
            continue
        groups.append(str(found.value))
        position = min(found.last, last)
    return groups


def _phone(values: tuple[tuple[str, str], ...], plus: bool) -> str | None:
    """The run as a telephone, if its words fall into a telephone's groups."""
    if len(values) > 24:
        return None
    if values[0][0] in "78":
        found = _split(values, _LONG)
        if found:
            country, area, a, b, c = found
            if plus or country == "7":
                return f"+7 ({area}) {a}-{b}-{c}" if country == "7" else None
            if area[0] == "8":
                return f"8-{area}-{a}-{b}-{c}"
            return f"8 ({area}) {a}-{b}-{c}"
    if plus:
        return None
    found = _split(values, (3, 3, 2, 2))
    if found and found[0][0] in "3489":
        return f"({found[0]}) {found[1]}-{found[2]}-{found[3]}"
    return None


@lru_cache(maxsize=1_000)
def _split(values: tuple[tuple[str, str], ...], sizes: tuple[int, ...]) -> tuple[str, ...] | None:
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


def _joined(values: tuple[tuple[str, str], ...], size: int) -> str | None:
    """Numeral words as exactly `size` digits: "пятьсот пятьдесят пять", "ноль пять", "сорок ноль"."""
    digits = ""
    room = 0
    for value, kind in values:
        weight = {"digit": 1, "zero": 0, "teen": 2, "ten": 2, "hundred": 3}[kind]
        if weight and room > weight - (kind == "digit") and room > 0 and len(value) < room:
            digits = digits[: len(digits) - len(value)] + value
        else:
            digits += value
        room = {"hundred": 3, "ten": 2}.get(kind, 0)
    return digits if len(digits) == size else None


def address(text: str, words: Sequence[Token], first: int) -> Found | None:
    """ "инфо собака беседа точка ру" and "беседа точка ру"."""
    position = first
    pieces: list[str] = []
    seen_at = False
    while position < len(words) and position - first < 24:
        piece = _piece(words, position)
        if piece is None:
            return None
        written, position = piece
        pieces.append(written)
        if position >= len(words):
            return None
        sign, position = _sign(words, position)
        if sign is None:
            return None
        zone = _ZONES.get(words[position].text) if position < len(words) else None
        if sign == "." and zone and (seen_at or not _at_follows(words, position)):
            return position + 1, "".join(pieces) + "." + zone
        seen_at = seen_at or sign == "@"
        pieces.append(sign)
    return None


def _at_follows(words: Sequence[Token], position: int) -> bool:
    return position + 1 < len(words) and words[position + 1].text == "собака"


def _piece(words: Sequence[Token], position: int) -> tuple[str, int] | None:
    """A word, or a number, between signs."""
    if numeral(words[position]):
        found = read_number(words, position)
        return (str(found.value), found.last) if found else None
    word = words[position].text
    if not word.isalnum() or word in _SIGNS:
        return None
    if word.isascii():
        written = word
    else:
        written = _HOSTS.get(word) or "".join(_LETTERS.get(letter, letter) for letter in word)
    following = position + 1
    if following < len(words) and numeral(words[following]):
        number = read_number(words, following)
        if number:
            return written + str(number.value), number.last
    return written, following


def _sign(words: Sequence[Token], position: int) -> tuple[str | None, int]:
    if words[position].text in ("нижнее", "нижний") and position + 1 < len(words):
        position += 1
    sign = _SIGNS.get(words[position].text)
    return sign, position + 1
