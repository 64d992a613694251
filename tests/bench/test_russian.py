"""That `russian/` takes linear time: ten times the text costs about ten times the time.

Ratios within one run, printed; a ratio of 100 would be quadratic.
"""

import time
from collections.abc import Callable

import pytest

from russian.lemmas import lemmas
from russian.spoken import to_spoken
from russian.written import to_written

pytestmark = pytest.mark.bench

WRITTEN = "Тариф «Домашний 300» — 650 ₽/мес., до 300 Мбит/с. Звоните 8-800-555-35-35 до 18:00. "
HEARD = "сколько стоит тариф триста двести рублей и как подключить вай фай в девять тридцать "
# Each rule's own trigger, separators, abbreviations, marks, odd Unicode, and one long token.
PIECES = (
    "1x", "1:", "5 %", "+7", "8 ", "1", "a", "[", "](", " ", "-", "1 ", "a.", "+", "\n", "₽", "1.",
    "@", "5-", "т. е. ", "г. ", "д. 5 ", "ул. ", "1 000 ", "5 тыс. ", "А", "А-", "а-б.", "\u0301",
    "а\u0301", "+а", "👍", "é", "中", "\u200b", "½", "№", "§", "XX ", "a@b.c ", "http://a ",
    "8-800-555-35-35 ", "21.05.2024 ", "1/2 ", "15:30 ", "5-7 дней ", "доб. 5 ", "5-го ", "замок ",
    "стоит дома ", "5 км/ч ", "НДС ", "*", "_", "#", "|", "~5 ", "1,5 часа ", "с 1 по 5 ", "1^",
    "×", "$5 ", "ст. 15 ч. 4 ", "Ё5--", "А. Б. ", "*1#",
)  # fmt: skip
WORDS = (
    "один ", "восемь восемьсот ", "пять точка ", "сто тысяч ", "двадцать первого ", "собака ",
    "точка ру ", "1x ", "а", "а ", "тысяча ", "двойка ", "три нуля ", "без ", "полвторого ",
    "в девять тридцать ", "ноль ", "целых ", "вай фай ", "три дабл ю точка ", "плюс семь ", "э ",
    "— ", ", ", "один один точка ", "пять рублей ", "👍", "первого мая ", "с первого по второе ",
    "одна вторая ", "дробь ", "а слэш ", "от трёх до ", "один а ", "минус ", "минус пять ",
)  # fmt: skip
SUPERLINEAR = 40


def spent_s(function: Callable[[str], object], text: str) -> float:
    began_s = time.process_time()
    function(text)
    return time.process_time() - began_s


@pytest.mark.parametrize(
    ("function", "piece"),
    [
        (to_spoken, WRITTEN),
        (to_written, HEARD),
        (lemmas, HEARD),
        *((to_spoken, piece) for piece in PIECES),
        *((to_written, words) for words in WORDS),
    ],
)
def test_ten_times_the_text_takes_about_ten_times_the_time(
    function: Callable[[str], object], piece: str
) -> None:
    count = max(200, 8_000 // len(piece))
    function(piece)  # dictionaries are loaded before the clock runs
    short_s = min(spent_s(function, piece * count) for _ in range(3))
    long_s = spent_s(function, piece * count * 10)
    ratio = long_s / max(short_s, 1e-4)
    rate = len(piece) * count * 10 / max(long_s, 1e-6)
    print(f"{function.__name__} {piece!r}: ratio {ratio:.1f}, {rate / 1000:.0f}k characters/s")
    assert ratio < SUPERLINEAR
