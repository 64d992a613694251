"""Latin words, acronyms and addresses of the net, as Russians read them aloud."""

import re
from functools import lru_cache

from russian.grammar.lexicon import spoken_forms
from russian.grammar.tables import listed

# English names of letters, as Russians say them in "USB" and "HDMI".
_LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        listed(
            """эй би си ди и эф джи эйч ай джей кей эл эм эн о пи кью ар эс ти ю ви дабл-ю икс уай
            зет"""
        ),
        strict=True,
    )
)
# Names of Russian letters, for acronyms without vowels.
_RUSSIAN_LETTERS = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        listed(
            """а бэ вэ гэ дэ е ё жэ зэ и ий ка эл эм эн о пэ эр эс тэ у эф ха цэ че ша ща
            твёрдый-знак ы мягкий-знак э ю я"""
        ),
        strict=True,
    )
)
# Longest first; a transliteration, for words that no table holds.
_SOUNDS = {
    "tion": "шен", "gue": "ге", "gui": "ги", "sch": "ш", "tch": "ч", "igh": "ай", "shch": "щ",
    "ew": "ью",
    "ch": "ч", "sh": "ш", "zh": "ж", "kh": "х", "th": "т", "ph": "ф", "wh": "в", "ck": "к",
    "qu": "кв", "oo": "у", "ee": "и", "ea": "и", "ou": "ау", "ow": "оу", "ai": "ай", "ay": "ай",
    "ey": "ей", "oy": "ой", "yo": "ё", "yu": "ю", "ya": "я", "ye": "е", "ts": "ц", "dge": "дж",
    "a": "а", "b": "б", "c": "к", "d": "д", "e": "е", "f": "ф", "g": "г", "h": "х", "i": "и",
    "j": "дж", "k": "к", "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "q": "к", "r": "р",
    "s": "с", "t": "т", "u": "у", "v": "в", "w": "в", "x": "кс", "y": "и", "z": "з",
}  # fmt: skip
_SOUND = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))
_SOFT_C = re.compile(r"c(?=[eiy])")
_MUTE_E = re.compile(r"(?<=[a-z][bcdfgklmnprstvz])e$")
_VOWELS = frozenset("aeiouy")


@lru_cache(maxsize=5_000)
def say_latin(word: str) -> str:
    """One Latin word: from the table, letter by letter where it is an acronym, or by sound."""
    known = spoken_forms().get(word.lower())
    if known:
        return known
    letters = word.lower()
    if len(word) == 1 or (word.isupper() and (len(word) <= 3 or not set(letters) & _VOWELS)):
        return spell(letters)
    return transliterate(letters)


def spell(letters: str) -> str:
    """Lower-case Latin letters by their names: "usb" is "ю эс би"."""
    return " ".join(_LETTERS[letter] for letter in letters)


def spell_russian(letters: str) -> str:
    """Lower-case Russian letters by their names: "мтс" is "эм тэ эс"."""
    return " ".join(_RUSSIAN_LETTERS[letter] for letter in letters)


def transliterate(letters: str) -> str:
    """Lower-case Latin letters by their usual sound: "router" is "раутер"."""
    letters = _MUTE_E.sub("", _SOFT_C.sub("s", letters))
    return _SOUND.sub(lambda found: _SOUNDS[found.group()], letters)
