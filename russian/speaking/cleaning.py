"""Text made ready for reading aloud: markup and pictures dropped, odd characters folded.

What leaves here holds Russian and ASCII letters, digits, the signs in `SIGNS`, punctuation and
single spaces; no number is turned into words here.
"""

import re
import unicodedata
from functools import lru_cache

from russian.grammar.spans import RewrittenText, chain, substitute

SIGNS = "№§%‰°₽$€£¥₴₸₹=/@#&²³½¼¾×±+−_^"
_PUNCTUATION = ".,!?;:()\"'«»…—–-"
_MARKDOWN = re.compile(
    r"!?\[([^\[\]\n]{0,200})\]\([^()\s]{0,300}\)"  # a link leaves its text
    r"|^[ \t]{0,8}(?:#{1,6}[ \t]+|>[ \t]{0,8}|[-*+•][ \t]+)"  # heading, quotation, list marker
    r"|(?P<cell>[ \t]{0,8}\|[ \t]{0,8})"
    r"|(?P<about>~(?= ?\d))|(?P<keys>[*#]\d[\d*]{0,20}[*#])"
    r"|[*~`]{1,8}|(?<!\w)_{1,3}|_{1,3}(?!\w)|^[-=|: ]{3,200}$",
    re.MULTILINE,
)
_KEYS = re.compile(r"[*#]")  # of a telephone: "*100#"
_KEY_NAMES = {"*": "звёздочка", "#": "решётка"}
_KEPT = rf"А-Яа-яЁёA-Za-z0-9 \n\u0301{re.escape(SIGNS + _PUNCTUATION)}"
_KEPT_CHAR = re.compile(rf"(?!\u0301)[{_KEPT}]")
_ODD = re.compile(rf"[^{_KEPT}]|(?<![АЕЁИОУЫЭЮЯаеёиоуыэюя])\u0301")
_LETTER_AND_MARK = re.compile(r"[^\W\d_][\u0306\u0308]")
_TIMES_TEN = re.compile(r" ?· ?(?=10[\^⁻⁰¹²³⁴-⁹])| · ")
_POWER = re.compile(r"(?<=\d)⁻?[⁰¹²³⁴-⁹]{1,4}")
# "1'250'000", "12.500.000" and "1,234,567": Russian groups thousands by spaces.
_THOUSANDS = re.compile(
    r"(?<![\d.,'])[1-9]\d{0,2}(?:(?:'\d{3}){1,4}|(?:\.\d{3}){2}|(?:,\d{3}){2,4})(?![.,']?\d)"
)
_SPACES = re.compile(
    r"(?P<line>[ ]*\n\s*)|^[-–— ]*[ ]|[ ]{2,}|[ ]+$|[ ]+(?=[,!?;:…)»](?:[\s.,!?;:]|$))"
)
_AFTER_MARK = frozenset(" \n\t.,!?;:")
_FOREIGN = {
    "і": "и", "ї": "йи", "є": "е", "ґ": "г", "ў": "у", "ј": "й", "љ": "ль", "њ": "нь", "ћ": "ч",
    "ђ": "дж", "џ": "дж", "ѕ": "з", "қ": "к", "ң": "н", "ғ": "г", "ү": "у", "ұ": "у", "һ": "х",
    "ә": "э", "ө": "ё", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "þ": "th",
    "ð": "d", "ı": "i", "µ": "мк", "μ": "мк", "α": "альфа", "β": "бета", "γ": "гамма",
    "δ": "дельта", "π": "пи", "σ": "сигма", "ω": "омега", "λ": "лямбда", "“": "«", "”": "»",
    "„": "«", "‘": "'", "’": "'", "‹": "«", "›": "»", "‐": "-", "‑": "-", "‒": "–", "―": "—",
    "•": "", "·": ".", "→": " — ", "←": " — ", "≈": " примерно ",
    "÷": " разделить на ",
    "√": " корень из ", "≠": " не равно ", "″": " дюйм ", "¢": " цент ",
    "∞": " бесконечность ", "∆": "дельта", "≥": " не менее ",
    "≤": " не более ", ">": " больше ", "<": " меньше ", "℃": "°C", "™": "", "©": "", "®": "",
    "\t": " ", "\r": "\n", "\x0b": "\n", "\x0c": "\n", "\u2028": "\n", "\u2029": "\n", "\x85": "\n",
}  # fmt: skip


def clean(text: str) -> RewrittenText:
    """Drop markup and emoji, fold look-alikes to the characters that the rules know."""
    done = substitute(_MARKDOWN, _unmarked, text)
    for step in (_compose, _fold, _regroup, tidy):
        done = chain(done, step(done.text))
    return done


def _unmarked(found: re.Match[str]) -> str:
    if found.group("about"):
        return "примерно "
    if found.group("keys"):
        return _KEYS.sub(lambda key: f" {_KEY_NAMES[key.group()]} ", found.group()).strip()
    if found.group("cell") is None:
        return found.group(1) or ""
    around = (
        found.string[max(0, found.start() - 1) : found.start()],
        found.string[found.end() : found.end() + 1],
    )
    return ", " if all(side.strip() and side != "|" for side in around) else ""


def tidy(text: str) -> RewrittenText:
    """Single spaces, none at the ends; a line break ends a phrase."""

    def say(found: re.Match[str]) -> str:
        if not found.group("line"):
            return " " if found.start() > 0 and found.end() < len(text) and _inner(found) else ""
        if found.start() == 0 or found.end() == len(text):
            return ""
        return ". " if text[found.start() - 1].isalnum() else " "

    return substitute(_SPACES, say, text)


def _inner(found: re.Match[str]) -> bool:
    following = found.string[found.end() : found.end() + 2]
    return not (following[:1] in ",!?;:…)»" and following[1:] in _AFTER_MARK) or following == ""


def _compose(text: str) -> RewrittenText:
    """Letters with their marks in one character; "10⁶" as "10^6"."""
    done = substitute(
        _LETTER_AND_MARK, lambda found: unicodedata.normalize("NFC", found.group()), text
    )
    done = chain(done, substitute(_TIMES_TEN, lambda _: " × ", done.text))
    powers = substitute(
        _POWER, lambda found: "^" + unicodedata.normalize("NFKC", found.group()), done.text
    )
    return chain(done, powers)


def _regroup(text: str) -> RewrittenText:
    return substitute(_THOUSANDS, lambda found: re.sub(r"\D", " ", found.group()), text)


def _fold(text: str) -> RewrittenText:
    return substitute(_ODD, lambda found: _folded(found.group()), text)


@lru_cache(maxsize=5_000)
def _folded(char: str) -> str:
    """What the rules see instead of a character that they do not know."""
    if char.lower() in _FOREIGN:
        said = _FOREIGN[char.lower()]
        return said.upper() if char != char.lower() and len(said) == 1 else said
    if unicodedata.category(char) in ("Mn", "Me", "Cf", "Lm", "Sk"):
        return ""
    number = unicodedata.numeric(char, None)
    if number is not None and number >= 0 and number == int(number):
        said = str(int(number))
        return said if char.isdecimal() else f" {said} "
    plain = unicodedata.normalize("NFKD", char).replace("\u2044", "/")
    return "".join(_KEPT_CHAR.findall(plain)) or " "
