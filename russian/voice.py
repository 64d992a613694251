"""What a voice reads: the one function behind both training transcripts and run-time input.

Knows the voice's alphabet. A checkpoint stores the version it was trained with (the key
`voice_text_version` of its configuration); a change that alters what becomes of the sentences that
voices learn from (`recipes/tts/sentences.txt`) must raise `VOICE_TEXT_VERSION`, and then
older voices are refused.
"""

import re
from collections.abc import Mapping

from russian.custom import NO_RULES, CustomRules
from russian.grammar.stress import Accentor, marked, own_marks

VOICE_TEXT_VERSION = 1

LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
PUNCTUATION = ".,!?-…"
STRESS = "+"

# Signs heard as another sign of the alphabet; whatever is left over becomes a space.
_HEARD_AS = (
    (re.compile(rf"[^{LETTERS}{re.escape(PUNCTUATION + STRESS)};:()\[\]\n\r‐‑‒–—―]"), " "),
    (re.compile(r"\.{2,}"), "…"),
    (re.compile(r"[;:()\[\]\n\r]"), ","),
    (re.compile(r"\s[-‐‑‒]+(?=\s)|[-‐‑‒]*[–—―][-‐‑‒–—―]*"), " - "),
    (re.compile(r"[‐‑‒]"), "-"),
    (re.compile(r"[\s,]+(?=[.,!?…])"), ""),
    (re.compile(r"([.,!?…])[.,!?…]+"), r"\1"),
    (re.compile(r"([.,!?…])(?=\w)"), r"\1 "),
    (re.compile(r"\s+"), " "),
    (re.compile(r"^[ .,!?…-]+|[ -]+$"), ""),
)


def voice_text(
    text: str,
    dictionary: Mapping[str, str] | None = None,
    custom: CustomRules = NO_RULES,
) -> str:
    """Any Russian text as the voice reads it: numbers in words, stresses marked, lower case.

    `dictionary` maps a plain lower-case word to its marked form ("квордлинг": "кв+ордлинг").
    `custom` holds the operator's own rules.
    The result holds only letters, spaces, ".,!?-…" and `+` before
    stressed vowels; it is empty when nothing can be read.
    """
    from russian.spoken import to_spoken

    return read_aloud(to_spoken(text, custom).text, dictionary)


def read_aloud(
    spoken: str,
    dictionary: Mapping[str, str] | None = None,
    accentor: Accentor | None = None,
) -> str:
    """`voice_text` for a text already without digits, abbreviations or Latin words."""
    return marked(in_alphabet(spoken), dictionary, accentor)


def in_alphabet(text: str) -> str:
    """Lower case, only the voice's signs and stress marks, one space between words."""
    kept = own_marks(text)
    for pattern, heard in _HEARD_AS:
        kept = pattern.sub(heard, kept)
    return kept
