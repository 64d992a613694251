"""Where the stress falls: marks `+` before the stressed vowel of every longer word.

Knows the accent model (silero-stress: dictionary, homographs, ё) and the marks a user may set
himself (`+` before the vowel or U+0301 after it). Knows nothing of numbers, of the voice's
alphabet or of audio.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache

from russian.spelling import fold

VOWELS = "аеёиоуыэюя"
_ACUTE = "\u0301"
_WORD = re.compile(r"[а-яё+]+")
_MARKED_VOWEL = re.compile(rf"([{VOWELS}]){_ACUTE}")
_STRAY_MARK = re.compile(rf"\++(?![{VOWELS}])|\+(?=\+)|{_ACUTE}")

Accentor = Callable[[str], str]


@lru_cache(maxsize=1)
def load_accentor() -> Accentor:
    """The accent model, loaded once (seconds, some 60 MB inside its package, no network)."""
    import torch

    # The package and its model leave torch with one thread and without gradients.
    threads, gradients = torch.get_num_threads(), torch.is_grad_enabled()
    from silero_stress import load_accentor as load

    model = load()
    torch.set_num_threads(threads)
    torch.set_grad_enabled(gradients)

    def accentor(text: str) -> str:
        # One vowel needs no mark, and a marked preposition would be read as a full word.
        return str(model(text, stress_single_vowel=False))

    return accentor


def marked(
    text: str,
    dictionary: Mapping[str, str] | None = None,
    accentor: Accentor | None = None,
) -> str:
    """Lower-case text with `+` before stressed vowels, and ё where the accent model knows it.

    A mark already in the text wins over `dictionary` (plain word to marked word), which wins
    over the accent model. `accentor` replaces the model; it may only add `+` and turn е into ё.
    """
    own = own_marks(text)
    plain = own.replace("+", "")
    guessed = (accentor or load_accentor())(plain) if _WORD.search(plain) else plain
    found, wanted = _WORD.findall(guessed), _WORD.findall(own)
    if len(found) != len(wanted):  # a foreign accentor moved the words: keep what is certain
        guessed, found = plain, _WORD.findall(plain)
    chosen = iter(
        _choose(guess, word, dictionary or {}) for guess, word in zip(found, wanted, strict=False)
    )
    return _WORD.sub(lambda match: next(chosen, match.group()), guessed)


def own_marks(text: str) -> str:
    """Lower case; the user's marks in one form, `+` before a vowel; a `+` elsewhere is none."""
    composed = unicodedata.normalize("NFC", text.lower())
    return _STRAY_MARK.sub(" ", _MARKED_VOWEL.sub(r"+\1", composed))


def _choose(guess: str, word: str, dictionary: Mapping[str, str]) -> str:
    if "+" in word:
        return word
    return dictionary.get(word) or dictionary.get(fold(word)) or guess
