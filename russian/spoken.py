"""Written Russian to spoken: what a voice can read, words only.

The rules are in the files named in `_rules`, each with its tables; here is only their order.
The result holds Russian letters, spaces, punctuation and stress marks (`+` before a vowel, U+0301
after it): never a digit, never a Latin letter.
"""

from functools import cache

from russian.custom import NO_RULES, CustomRules
from russian.grammar.heteronyms import mark, restore_yo
from russian.grammar.rules import RuleSet, one_pass
from russian.grammar.spans import RewrittenText, chain
from russian.speaking import (
    abbreviations,
    clock,
    dates,
    endings,
    netnames,
    numbers,
    phones,
    quantities,
    signs,
)
from russian.speaking.cleaning import clean, tidy
from russian.speaking.euphony import vocalise

_PASSES = 3


@cache
def _rules() -> RuleSet:
    """Every rule, the more particular first: a date is also a decimal, a decimal two integers."""
    return RuleSet(
        (
            *netnames.rules(),
            *phones.rules(),
            *dates.rules(),
            *clock.rules(),
            *endings.rules(),
            *quantities.rules(),
            *abbreviations.rules(),
            *numbers.rules(),
            *signs.rules(),
        )
    )


def to_spoken(text: str, custom: CustomRules = NO_RULES) -> RewrittenText:
    """Text as it is read aloud; idempotent, and linear in the length of the text.

    Returns Russian letters, spaces, punctuation and stress marks, with a span for each piece that
    changed. A customer's rules come before all others.
    """
    done = custom.pronounce(text)
    done = chain(done, clean(done.text))
    # A rule's words may make their neighbours' rules fit; two passes settle all that is known.
    for _ in range(_PASSES):
        step = one_pass(done.text, _rules())
        done = chain(done, step)
        done = chain(done, tidy(done.text))
        if not step.spans:
            break
    for last in (vocalise, custom.stress, mark, restore_yo):
        done = chain(done, last(done.text))
    return done
