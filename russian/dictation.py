"""What callers dictate: telephone and contract numbers in groups, e-mail and web addresses."""

from collections.abc import Sequence
from functools import lru_cache

from russian.reading import Found, Token, numeral, read_number, text_at
from russian.tables import listed

_PREFIXES = listed(
    """договор счет заявк заказ код карт инн номер паспорт телефон пин лицевой логин абонент полис
    трек обращени"""
)
_MOST = 40  # numeral words in one dictated number
_LONGEST_PHONE = 24  # words; eleven digits one by one, some repeated in a group
# How the digits of a telephone fall into groups, and how each is written.
_LONG = (1, 3, 3, 2, 2)
_SIGNS = {
    "точка": ".", "собака": "@", "дефис": "-", "тире": "-", "подчеркивание": "_", "слэш": "/",
    "слеш": "/", "минус": "-",
}  # fmt: skip
_ZONES = {
    "ру": "ru", "ком": "com", "орг": "org", "нет": "net", "рф": "рф", "инфо": "info", "су": "su",
}  # fmt: skip
_HOSTS = {
    "мейл": "mail", "мэйл": "mail", "маил": "mail", "джимейл": "gmail", "гмейл": "gmail",
    "жмайл": "gmail", "гмаил": "gmail", "яндекс": "yandex", "беседа": "beseda", "инфо": "info",
    "саппорт": "support", "суппорт": "support", "хелп": "help", "бк": "bk", "я": "ya",
    "гугл": "google", "админ": "admin", "офис": "office", "сейлс": "sales",
}  # fmt: skip
_LOW = ("нижнее", "нижний")  # "нижнее подчёркивание"
_LONGEST_ADDRESS = 24  # words
_LATIN = listed("a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch - y - e yu ya")
_LETTERS = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", _LATIN, strict=True)) | {"ъ": "", "ь": ""}


def sequence(words: Sequence[Token], first: int) -> Found | None:
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
    if len(values) > _LONGEST_PHONE:
        return None
    long = _split(values, _LONG) if values[0][0] in "78" else None
    if long:
        country, area, a, b, c = long
        if country == "7":
            return f"+7 ({area}) {a}-{b}-{c}"
        start = f"8-{area}-" if area[0] == "8" else f"8 ({area}) "
        return None if plus else f"{start}{a}-{b}-{c}"
    short = None if plus else _split(values, _LONG[1:])
    if short and short[0][0] in "3489":
        return f"({short[0]}) {short[1]}-{short[2]}-{short[3]}"
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
    """Numeral words as exactly `size` digits: "пятьсот пятьдесят пять", "ноль пять"."""
    digits = ""
    open_places = 0  # noughts at the end that a lesser word may still fill: two after "пятьсот"
    for value, kind in values:
        if kind != "zero" and len(value) <= open_places and (kind != "teen" or open_places == 2):
            digits = digits[: len(digits) - len(value)] + value
        else:
            digits += value
        open_places = {"hundred": 2, "ten": 1}.get(kind, 0)
    return digits if len(digits) == size else None


def address(words: Sequence[Token], first: int) -> Found | None:
    """ "инфо собака беседа точка ру" and "беседа точка ру слэш хелп"."""
    if not _sign_is_near(words, first):
        return None
    written, position = "", first
    while position - first < _LONGEST_ADDRESS:
        piece, position = _piece(words, position)
        sign, following = _sign(words, position)
        if not piece or not sign:
            return None
        zone = _ZONES.get(text_at(words, following))
        written += piece + sign
        position = following
        if sign == "." and zone and ("@" in written or text_at(words, following + 1) != "собака"):
            return _with_path(words, following + 1, written + zone)
    return None


def _sign_is_near(words: Sequence[Token], first: int) -> bool:
    """Whether a sign's name may follow the first piece; most words are settled here."""
    following = first + 1
    if (
        following < len(words)
        and numeral(words[first]) is None
        and numeral(words[following]) is None
    ):
        return text_at(words, following) in _SIGNS or text_at(words, following) in _LOW
    return True


def _with_path(words: Sequence[Token], position: int, written: str) -> Found:
    """ "слэш хелп" after an address."""
    sign, following = _sign(words, position)
    piece, last = _piece(words, following) if sign == "/" else ("", position)
    return _with_path(words, last, f"{written}/{piece}") if piece else (position, written)


def _piece(words: Sequence[Token], position: int) -> tuple[str, int]:
    """A word, a number, or a word with a number, between signs; "" where there is none."""
    word = text_at(words, position)
    number = read_number(words, position)
    if number:
        return str(number.value), number.last
    if not word.isalnum() or word in _SIGNS:
        return "", position
    written = _HOSTS.get(word) or "".join(_LETTERS.get(letter, letter) for letter in word)
    number = read_number(words, position + 1)
    return (f"{written}{number.value}", number.last) if number else (written, position + 1)


def _sign(words: Sequence[Token], position: int) -> tuple[str, int]:
    """The sign named at a position, and the token after it; "" where there is none."""
    position += text_at(words, position) in _LOW
    return _SIGNS.get(text_at(words, position), ""), position + 1
