"""Spoken Russian to written: the table of cases, spans, and capital and mark by rule."""

from pathlib import Path

import pytest

from russian.grammar.spans import RewrittenText
from russian.writing.punctuation import restore
from russian.written import to_written

pytestmark = pytest.mark.unit

_CASES = Path(__file__).parent.parent / "data" / "to_written.tsv"
_BAR = 0.98  # of the table; what is missed stays in it


def test_table_of_cases() -> None:
    rows = [line.split("\t") for line in _CASES.read_text("utf-8").splitlines() if "\t" in line]
    missed = [
        f"{spoken}\n  want {written}\n  got  {to_written(spoken).text}"
        for spoken, written in rows
        if to_written(spoken).text != written
    ]
    assert len(rows) >= 400
    assert len(missed) <= len(rows) * (1 - _BAR), "\n".join(missed)


def test_spans_point_at_what_changed() -> None:
    source = "тариф за шестьсот пятьдесят рублей и вай фай"
    done = to_written(source)
    pieces = [
        (source[s.source_start : s.source_end], done.text[s.start : s.end]) for s in done.spans
    ]
    assert pieces == [("шестьсот пятьдесят рублей", "650 ₽"), ("вай фай", "Wi-Fi")]


def test_words_without_numbers_are_untouched() -> None:
    text = "здравствуйте у меня не работает интернет"
    assert to_written(text) == RewrittenText(text, ())


@pytest.mark.parametrize(
    ("heard", "shown"),
    [
        ("сколько стоит подключение", "Сколько стоит подключение?"),
        ("здравствуйте как подключить Wi-Fi", "Здравствуйте как подключить Wi-Fi?"),
        ("в какой день придёт мастер", "В какой день придёт мастер?"),
        ("можно ли поменять тариф", "Можно ли поменять тариф?"),
        ("работает ли офис 1 мая", "Работает ли офис 1 мая?"),
        ("у меня не работает интернет", "У меня не работает интернет."),
        ("во сколько открывается офис", "Во сколько открывается офис?"),
        ("что делать если не горит лампочка", "Что делать если не горит лампочка?"),
        ("по какому телефону звонить", "По какому телефону звонить?"),
        ("чтобы не забыть", "Чтобы не забыть."),
        ("какао закончилось", "Какао закончилось."),
        ("info@beseda.ru", "info@beseda.ru."),
        ("спасибо!", "Спасибо!"),
        ("  ", ""),
    ],
)
def test_capital_and_last_mark(heard: str, shown: str) -> None:
    assert restore(heard) == shown
