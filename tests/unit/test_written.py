"""Spoken Russian to written: the table of cases, spans, and capital and mark by rule."""

import pytest

from russian.grammar.spans import RewrittenText
from russian.writing.punctuation import restore
from russian.written import to_written
from tests.cases import check_table

pytestmark = pytest.mark.unit


def test_table_of_cases() -> None:
    check_table("to_written.tsv", to_written)


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
