"""Written Russian to spoken: what a voice can read, words only.

The rules are in the files named in `_rules`, each with its tables; here is only their order.
The result holds Russian letters, spaces, punctuation and stress marks (`+` before a vowel, U+0301
after it): never a digit, never a Latin letter.
"""

import re
from functools import cache

from russian import abbreviations, clock, dates, netnames, numbers, phones, quantities, signs
from russian.cleaning import clean, tidy
from russian.rules import Rule, one_pass
from russian.spans import Converted, chain

_PASSES = 3
_CALM = re.compile(r"[А-Яа-яЁё ,!?\n]*")


@cache
def _rules() -> list[Rule]:
    """Every rule, the more particular first: a date is also a decimal, a decimal two integers."""
    return [
        *netnames.rules(),
        *phones.rules(),
        *dates.rules(),
        *clock.rules(),
        *quantities.rules(),
        *abbreviations.rules(),
        *numbers.rules(),
        *signs.rules(),
    ]


def to_spoken(text: str) -> Converted:
    """Text as it is read aloud; idempotent, and linear in the length of the text."""
    done = clean(text)
    for _ in range(_PASSES):
        step = one_pass(done.text, _rules())
        done = chain(done, step)
        if not step.spans:
            break
        done = chain(done, tidy(done.text))
    return done


__all__ = ["to_spoken"]
