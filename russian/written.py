"""Spoken Russian to written: a recogniser's lower-case words to what documents show.

Ordered rules over the words; the first that fits a place wins. Numbers are read in reading.py,
telephones and codes in dictation.py.
"""

from collections.abc import Callable, Iterator, Sequence

from russian.custom import NO_RULES, CustomRules
from russian.grammar.spans import Replacement, RewrittenText, rewrite
from russian.writing import addresses, amounts, dictation, figures, hours
from russian.writing.reading import Rewriting, Token, tokens

WrittenRule = Callable[[Sequence[Token], int], Rewriting | None]

_RULES: tuple[WrittenRule, ...] = (
    addresses.address,
    addresses.dotted,
    dictation.sequence,
    figures.date,
    hours.before_hour,
    hours.after_hour,
    figures.clock,
    amounts.quantity,
    figures.number,
    figures.brand,
)


def to_written(text: str, custom: CustomRules = NO_RULES) -> RewrittenText:
    """Numbers, dates, money and brands as documents write them; other words untouched."""
    rules = (custom.write, *_RULES) if custom.replacements else _RULES
    return rewrite(text, _replacements(text, rules))


def _replacements(text: str, rules: Sequence[WrittenRule]) -> Iterator[Replacement]:
    words = tokens(text)
    position = 0
    own = rules[: -len(_RULES)]
    while position < len(words):
        # A sign begins no number, date or brand; only a customer's phrase may begin with one.
        for rule in rules if words[position].text[0].isalnum() else own:
            found = rule(words, position)
            if found:
                last, written = found
                yield Replacement(words[position].start, words[last - 1].end, written)
                position = last
                break
        else:
            position += 1
