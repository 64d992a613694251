"""A capital letter and the last mark for a recogniser's bare words, by rule.

Knows how Russian questions begin; does not place commas.
"""

import re

_QUESTION = re.compile(
    r"(?:(?:а|и|ну|алло|да|здравствуйте|добрый день|добрый вечер|скажите|подскажите"
    r"|пожалуйста),? )*(?:во? |на |со? |до |по |ко? |от |из |у |за |об? |для )?"
    r"(?:скольк[оиу]|как|где|когда|куда|откуда|почему|зачем|кто|кого|кому|чей|чья|что|чего|чем|чему"
    r"|(?:как|котор)(?:ой|ый|ая|ое|ие|ые|ого|ую|ом|им|ым|их|ых|ому|ими|ыми)"
    r"|можно|(?:могу|нужно|есть|будет|работает|надо|возможно|правда) ли|разве|неужели)(?![а-яё])"
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
