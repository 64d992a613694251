"""How long a pause ends a turn, by what has been said so far.

Knows words, and nothing of sound or clocks. A finished question is answered at once; after
"и", "потому что" or half a telephone number the caller is only thinking.
"""

import re
from collections.abc import Sequence

from russian.grammar.tables import listed

FINISHED_S = 0.32
PLAIN_S = 0.45
UNKNOWN_S = 0.8
HANGING_S = 1.3
DICTATING_S = 1.6

# After these a Russian sentence goes on: conjunctions, prepositions, hesitations, and words
# that announce what has not come yet.
_HANGING = frozenset(
    listed(
        """и а но или либо что чтобы если когда пока хотя как так то потому поэтому оттого
        который которая которое которые которого которую чей где куда откуда зачем почему в
        во на с со к ко у о об обо от ото до из изо за по под подо над про для без безо при
        через между перед около кроме вместо насчёт насчет ради среди против после из-за
        из-под э ээ эм мм ну вот это мой моя моё мои наш ваш не ни мне меня нам вам значит
        типа короче скажите подскажите хочу хотел хотела можно нужно надо есть ещё"""
    )
)
# Words that announce a number or a name where nothing is asked: "мой номер", but not "какой у
# вас номер".
_ANNOUNCING = frozenset(listed("номер телефон договор счёт адрес улица дом квартира тариф плюс"))
_HANGING_PAIRS = frozenset({"потому что", "так как", "для того", "из за", "то есть", "тому что"})
_ASKING = frozenset(
    listed(
        """сколько какой какая какое какие какую какого каком каким каких когда где куда откуда
        почему зачем кто что как можно ли чем кому чей"""
    )
)
_WHOLE_REPLIES = frozenset(
    listed(
        """да нет ага угу хорошо спасибо алло стоп понятно ясно верно неверно повторите
        оператор правильно неправильно конечно"""
    )
)
# Short words that `russian.written` leaves as they are.
_DIGIT_WORDS = listed("ноль один два три четыре пять шесть семь восемь девять")
_NAMES_A_NUMBER = re.compile(r"\b(?:номер|телефон|договор|счет|сч[её]т|заказ|код|карт|инн|паспорт)")
_PHONE_DIGITS = {"7": 11, "8": 11, "9": 10}


def pause_s(words: Sequence[str]) -> float:
    """Seconds of silence after which these words, lower case, are a whole turn."""
    if not words:
        return UNKNOWN_S
    if (dictated := _dictating_s(words)) is not None:
        return dictated
    if words[-1] in _WHOLE_REPLIES and len(words) <= 3:
        return FINISHED_S
    asks = len(words) >= 3 and bool(_ASKING.intersection(words[:-1]))
    hanging = words[-1] in _HANGING or " ".join(words[-2:]) in _HANGING_PAIRS
    if hanging or (words[-1] in _ANNOUNCING and not asks):
        return HANGING_S
    return FINISHED_S if asks else PLAIN_S


def dictated(words: Sequence[str]) -> str:
    """The digits of the groups that these words end with; empty where they end otherwise."""
    from russian.written import to_written

    groups: list[str] = []
    for token in reversed(to_written(" ".join(words)).text.split()):
        digits = re.sub(r"[()+-]", "", token)
        if digits.isdigit():
            groups.insert(0, digits)
        elif token in _DIGIT_WORDS:
            groups.insert(0, str(_DIGIT_WORDS.index(token)))
        else:
            break
    return " ".join(groups)


def _dictating_s(words: Sequence[str]) -> float | None:
    groups = dictated(words).split()
    if not groups:
        return None
    digits = "".join(groups)
    named = bool(_NAMES_A_NUMBER.search(" ".join(words)))
    if len(digits) >= _PHONE_DIGITS.get(digits[0], 99):
        return FINISHED_S
    if len(groups) > 1 or named or (words[-1] in ("семь", "восемь") and len(words) == 1):
        return DICTATING_S
    return None
