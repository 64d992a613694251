"""E-mail and web addresses as callers spell them: "инфо собака беседа точка ру"."""

from collections.abc import Sequence

from russian.grammar.tables import listed
from russian.writing.reading import Rewriting, Token, numeral, read_number, text_at

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
_WEB_STARTS = ("три", "дабл", "вэ", "www")
_LOW = ("нижнее", "нижний")  # "нижнее подчёркивание"
_NAMED_IP = frozenset(("айпи", "ip", "пи"))
_SECTIONS = ("пункт", "раздел", "верси")  # of two groups: "пункт четыре точка два"
_MOST_GROUPS = 8  # of an IP address or a version
_LONGEST_ADDRESS = 24  # words
# Letters by their names, as an address is spelled out.
_SPELLED = dict(
    pair.split("-")
    for pair in listed(
        """а-a бэ-b би-b цэ-c си-c дэ-d ди-d е-e эф-f гэ-g же-g жэ-g джи-g аш-h ха-h эйч-h и-i йот-j
        джей-j ка-k кей-k эл-l эль-l эм-m эн-n о-o пэ-p пи-p ку-q кью-q эр-r ар-r эс-s тэ-t ти-t у-u
        ю-u вэ-v ви-v икс-x игрек-y уай-y зет-z зэт-z зед-z эй-a"""
    )
)
_LONGEST_SPELLED = 12
_LATIN = listed("a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh sch - y - e yu ya")
_LETTERS = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", _LATIN, strict=True)) | {"ъ": "", "ь": ""}


def address(words: Sequence[Token], first: int) -> Rewriting | None:
    """ "инфо собака беседа точка ру" and "беседа точка ру слэш хелп"."""
    if not _sign_is_near(words, first):
        return None
    written, position = "", first
    web = _three_w(words, first)
    if web:
        written, position = "www.", web
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


def _three_w(words: Sequence[Token], first: int) -> int | None:
    """The token after "три дабл ю точка" or "дабл ю дабл ю дабл ю точка"."""
    said = " ".join(word.text for word in words[first : first + 11] if word.text != "-")
    for start in ("три дабл ю точка", "дабл ю дабл ю дабл ю точка", "вэ вэ вэ точка", "www точка"):
        if said.startswith(start + " "):
            position = first
            while words[position].text != "точка":
                position += 1
            return position + 1
    return None


def dotted(words: Sequence[Token], first: int) -> Rewriting | None:
    """ "сто девяносто два точка сто шестьдесят восемь точка ноль точка один" is an IP address."""
    groups: list[str] = []
    position = first
    named = any(word.text in _NAMED_IP for word in words[max(0, first - 3) : first])
    while len(groups) < _MOST_GROUPS:
        number = read_number(words, position)
        if number is None or number.ending:
            return None
        groups.append(str(number.value))
        pointed = text_at(words, number.last) == "точка"
        more = named and len(groups) < 4 and read_number(words, number.last) is not None
        if not pointed and not more:
            fewest = 2 if first and words[first - 1].text.startswith(_SECTIONS) else 3
            return (number.last, ".".join(groups)) if len(groups) >= fewest else None
        position = number.last + pointed
    return None


def _sign_is_near(words: Sequence[Token], first: int) -> bool:
    """Whether a sign's name may follow the first piece; most words are settled here."""
    if words[first].text in _WEB_STARTS:
        return True
    if words[first].text in _SPELLED:
        return not first or words[first - 1].text not in _SPELLED
    following = first + 1
    if (
        following < len(words)
        and numeral(words[first]) is None
        and numeral(words[following]) is None
    ):
        return text_at(words, following) in _SIGNS or text_at(words, following) in _LOW
    return True


def _with_path(words: Sequence[Token], position: int, written: str) -> Rewriting:
    """ "слэш хелп" after an address."""
    parts = [written]
    while True:
        sign, following = _sign(words, position)
        zone = _ZONES.get(text_at(words, following)) if sign == "." else None
        piece, last = _piece(words, following) if sign == "/" else (zone or "", following + 1)
        if not piece:
            return position, "".join(parts)
        parts += (sign, piece)
        position = last


def _piece(words: Sequence[Token], position: int) -> tuple[str, int]:
    """A word, a number, or a word with a number, between signs; "" where there is none."""
    word = text_at(words, position)
    digits = ""
    while number := read_number(words, position):
        digits, position = digits + str(number.value), number.last
        if len(digits) > _LONGEST_SPELLED:
            break
    if digits:
        return digits, position
    if not word.isalnum() or word in _SIGNS:
        return "", position
    if word in _SPELLED and word not in _HOSTS:
        return _spelled(words, position)
    written = _HOSTS.get(word) or "".join(_LETTERS.get(letter, letter) for letter in word)
    number = read_number(words, position + 1)
    return (f"{written}{number.value}", number.last) if number else (written, position + 1)


def _spelled(words: Sequence[Token], position: int) -> tuple[str, int]:
    """ "эс бэ двадцать": letters by their names, and numbers among them."""
    written = ""
    for _ in range(_LONGEST_SPELLED):
        number = read_number(words, position) if written else None
        letter = _SPELLED.get(text_at(words, position))
        if not letter and not number:
            break
        written += letter or str(number and number.value)
        position = number.last if number else position + 1
    return written, position


def _sign(words: Sequence[Token], position: int) -> tuple[str, int]:
    """The sign named at a position, and the token after it; "" where there is none."""
    position += text_at(words, position) in _LOW
    return _SIGNS.get(text_at(words, position), ""), position + 1
