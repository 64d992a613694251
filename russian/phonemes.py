"""Russian words to IPA with stress, for voices that were trained on IPA.

espeak-ng's phonemes where it is installed, and else those of the rules below: voicing and
softness pass backwards through a cluster, vowels away from the stress are reduced. Source of the
rules: the standard Moscow pronunciation as in R. I. Avanesov, «Русское литературное произношение».
Knows nothing about numbers; text comes from spoken.py, stress from stress.py.
"""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

from russian.grammar.stress import VOWELS, Accentor, marked
from russian.spoken import to_spoken
from russian.voice import in_alphabet

_VOICED = dict(
    zip("пткфсшцчхщ", ("b", "d", "ɡ", "v", "z", "ʐ", "dz", "dʑ", "ɣ", "ʑː"), strict=True)
)
_MUTE = dict(zip("бдгвзж", "пткфсш", strict=True))
_SOUNDS = {
    "б": "b", "в": "v", "г": "ɡ", "д": "d", "ж": "ʐ", "з": "z", "й": "j", "к": "k", "л": "ɫ",
    "м": "m", "н": "n", "п": "p", "р": "r", "с": "s", "т": "t", "ф": "f", "х": "x", "ц": "ts",
    "ч": "tɕ", "ш": "ʂ", "щ": "ɕː",
}  # fmt: skip
_ALWAYS_HARD, _ALWAYS_SOFT = "жшц", "чщй"
_SOFTENING = "еёиюяь"
_VOICING = "бдгзж"
_STRESSED = {"а": "a", "я": "a", "о": "o", "ё": "ɵ", "у": "u", "ю": "u", "э": "ɛ", "е": "e",
             "ы": "ɨ", "и": "i"}  # fmt: skip
_IOTATED = "еёюя"
# Said otherwise than written, in any word: "что", "-ого", "счёт", "-ться".
_RESPELLED = (
    (re.compile(r"\bч(?=\+?то(?:бы|\b))"), "ш"),
    (
        re.compile(
            r"(?<=[ое])г(?=\+?о\b)(?<!мног)(?<!мн\+ог)(?<!стр\+ог)(?<!дорог)(?<!д\+орог)(?<!уб\+ог)"
        ),
        "в",
    ),
    (re.compile(r"тьс(?=\+?я\b)|тс(?=\+?я\b)"), "ц"),
    (re.compile(r"сч|зч|жч"), "щ"),
    (re.compile(r"(?<=[сз])[тд](?=н|л\b)"), ""),
    (re.compile(r"лнц"), "нц"),
    (re.compile(r"(?<=\bконе)ч(?=н)|(?<=\bску)ч(?=н)"), "ш"),
)
_WORD = re.compile(r"[а-яё+]+")
_MARK = "ˈ"
_IPA_VOWELS = frozenset("aɑæeɛɪiɨoɔɵuʊʉəʌɐy")
_ESPEAK_SYMBOLS = str.maketrans("ɫɐa", "ɭʌɑ")


def phonemes(
    text: str,
    dictionary: Mapping[str, str] | None = None,
    accentor: Accentor | None = None,
    *,
    espeak: bool | None = None,
) -> str:
    """Any Russian text in IPA, `ˈ` before the stressed vowel; punctuation stays.

    `dictionary` and `accentor` are those of `russian.grammar.stress.marked`. `espeak` None asks
    espeak-ng where it is installed; False keeps to the rules. Raises `FileNotFoundError` where
    `espeak` is True and there is none.
    """
    stressed = marked(in_alphabet(to_spoken(text).text), dictionary, accentor)
    program = None if espeak is False else _espeak()
    if espeak and program is None:
        raise FileNotFoundError("espeak-ng is not installed")
    known = _by_espeak(program, _WORD.findall(stressed)) if program else {}
    return _WORD.sub(
        lambda found: known.get(found.group()) or word_phonemes(found.group()), stressed
    )


@cache
def _espeak() -> str | None:
    return shutil.which("espeak-ng")


def _by_espeak(program: str, words: Sequence[str]) -> dict[str, str]:
    """espeak-ng's phonemes of words, in one call.

    It takes no stress marks, so a word that it stresses elsewhere is read by the rules, in its
    symbols; so is a word of one letter, which it would spell.
    """
    asked = [word for word in dict.fromkeys(words) if len(word.replace("+", "")) > 1]
    plain = "\n\n".join(word.replace("+", "") for word in asked)
    command = [program, "-q", "-v", "ru", "--ipa", "--stdin"]
    done = subprocess.run(command, input=plain, capture_output=True, text=True, check=True)
    heard = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    if len(heard) != len(asked):
        return {}
    return {word: _agreeing(word, said) for word, said in zip(asked, heard, strict=True)}


def _agreeing(word: str, heard: str) -> str:
    if _MARK in heard and _stressed_at(word) is not None:
        ours = sum(letter in VOWELS for letter in word[: word.find("+")]) if "+" in word else None
        theirs = sum(symbol in _IPA_VOWELS for symbol in heard[: heard.index(_MARK)])
        if ours is not None and ours != theirs:
            return word_phonemes(word).translate(_ESPEAK_SYMBOLS)
    return heard


@lru_cache(maxsize=20_000)
def word_phonemes(word: str) -> str:
    """One lower-case word by rule, `+` before its stressed vowel."""
    for pattern, said in _RESPELLED:
        word = pattern.sub(said, word)
    letters = [letter for letter in word if letter != "+"]
    stress = _stressed_at(word)
    vowels = [place for place, letter in enumerate(letters) if letter in VOWELS]
    return "".join(_sound(letters, place, stress, vowels) for place in range(len(letters)))


def _stressed_at(word: str) -> int | None:
    """The place of the stressed vowel among the letters: marked, ё, or the only one."""
    if "+" in word:
        place = word.index("+")
        return place if word[place + 1 : place + 2] in tuple(VOWELS) else None
    if "ё" in word:
        return word.index("ё")
    vowels = [place for place, letter in enumerate(word) if letter in VOWELS]
    return vowels[0] if len(vowels) == 1 and len(word) > 2 else None


def _sound(letters: list[str], place: int, stress: int | None, vowels: list[int]) -> str:
    letter = letters[place]
    if letter in VOWELS:
        return _vowel(letters, place, stress, vowels)
    if letter in "ьъ":
        return ""
    following = letters[place + 1] if place + 1 < len(letters) else ""
    if following == letter:
        return ""  # a long consonant is said once, with what follows the second
    sound = _voiced(letters, place)
    soft = letter in _ALWAYS_SOFT or (
        letter not in _ALWAYS_HARD and following != "" and following in _SOFTENING
    )
    if letter in _ALWAYS_SOFT or not soft:
        return sound
    return ("l" if sound == "ɫ" else sound) + "ʲ"


def _voiced(letters: list[str], place: int) -> str:
    """A consonant as the next one, or the word's end, makes it: "сд" is "zd"."""
    letter = letters[place]
    rest = [other for other in letters[place + 1 :] if other not in "ьъ"]
    cluster = []
    for other in rest:
        if other in VOWELS or other in "лмнрйв":
            break
        cluster.append(other)
    at_end = len(cluster) == len(rest) and len(letters) > 1
    last = cluster[-1] if cluster else ""
    if letter in _MUTE and (at_end or (last and last not in _VOICING)):
        return _SOUNDS[_MUTE[letter]]
    if letter in _VOICED and last and last in _VOICING and not at_end:
        return _VOICED[letter]
    return _SOUNDS[letter]


def _vowel(letters: list[str], place: int, stress: int | None, vowels: list[int]) -> str:
    letter = letters[place]
    before = letters[place - 1] if place else ""
    iotated = letter in _IOTATED and (not before or before in VOWELS or before in "ьъ")
    soft = before in _ALWAYS_SOFT or (letter in "еёиюя" and before not in _ALWAYS_HARD)
    glide = "j" if iotated else ""
    if place == stress:
        sound = "ɨ" if letter == "и" and before in _ALWAYS_HARD and before else _STRESSED[letter]
        sound = "ɛ" if letter == "е" and before and before in _ALWAYS_HARD else sound
        return glide + _MARK + sound
    pretonic = stress is not None and vowels.index(place) == vowels.index(stress) - 1
    return glide + _reduced(letter, before, soft, pretonic or not before or before in VOWELS)


def _reduced(letter: str, before: str, soft: bool, strong: bool) -> str:
    if letter in "ую":
        return "ʊ"
    if letter in "еэияё" or (letter in "ао" and soft and before in "чщ"):
        return "ɨ" if before and before in _ALWAYS_HARD else "ɪ"
    if letter == "ы":
        return "ɨ"
    return "ɐ" if strong else "ə"
