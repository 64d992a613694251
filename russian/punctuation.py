"""A capital letter and the last mark for a recogniser's bare words, by rule.

Knows how Russian questions begin; does not place commas.
"""

import re

_QUESTION = re.compile(
    r"(?:(?:а|и|ну|алло|да|здравствуйте|добрый день|добрый вечер|скажите|подскажите"
    r"|пожалуйста),? )*(?:в |на |с |до |по |к |от |из |у |за |о |для )?"
    r"(?:сколько|как|где|когда|куда|откуда|почему|зачем|кто|кого|кому|чей|чья|что такое|что делать"
    r"|какой|какая|какое|какие|какого|какую|каком|каким|какой|каких|чего|чем|чему|можно ли|можно"
    r"|могу ли|нужно ли|есть ли|будет ли|работает ли|надо ли|возможно ли|правда ли|разве|неужели"
    r"|который|которого|котором)(?![а-яё])"
)
_PARTICLE = re.compile(r"^[а-яё]+ (?:[а-яё]+ )?ли(?![а-яё])")
_LAST = ".!?…"


def restore(text: str) -> str:
    """The text with a capital at its beginning and "?" or "." at its end; empty stays empty."""
    stripped = text.strip()
    if not stripped:
        return ""
    first = stripped.split(maxsplit=1)[0]
    # An address or a brand keeps its own letters: "info@beseda.ru", "iPhone".
    capital = stripped if first.isascii() else stripped[0].upper() + stripped[1:]
    if stripped[-1] in _LAST:
        return capital
    return capital.rstrip(",;:—- ") + ("?" if is_question(stripped) else ".")


def is_question(text: str) -> bool:
    """Whether a phrase asks, by its first words or the particle «ли»."""
    lower = text.lower()
    return bool(_QUESTION.match(lower) or _PARTICLE.match(lower))
