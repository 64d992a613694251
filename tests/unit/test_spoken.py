"""Written Russian to spoken: the table of cases, and the spans that come with it."""

import pytest

from russian.grammar.spans import RewrittenText
from russian.spoken import to_spoken
from tests.cases import check_table

pytestmark = pytest.mark.unit


def rebuilt(source: str, done: RewrittenText) -> str:
    """The result made again from the source and the spans alone."""
    parts: list[str] = []
    position = 0
    for span in done.spans:
        parts += (source[position : span.source_start], done.text[span.start : span.end])
        position = span.source_end
    return "".join((*parts, source[position:]))


def test_table_of_cases() -> None:
    check_table("to_spoken.tsv", to_spoken)


def test_spans_point_at_what_changed() -> None:
    source = "Тариф за 650 ₽, звоните до 18:00."
    done = to_spoken(source)
    pieces = [
        (source[s.source_start : s.source_end], done.text[s.start : s.end]) for s in done.spans
    ]
    assert pieces == [("650 ₽", "шестьсот пятьдесят рублей"), ("18:00", "восемнадцати часов")]


@pytest.mark.parametrize(
    "source",
    [
        "**Важно**: 5 руб. 👍  Wi-Fi — 100 Мбит/с\n\n- до 21.05.2024 г.\n- д. 5",
        "  т. е. 5 %  ",
        "к 2 подъезду с 1 по 5 мая",
    ],
)
def test_text_between_spans_is_the_source(source: str) -> None:
    done = to_spoken(source)
    assert rebuilt(source, done) == done.text


def test_plain_words_are_untouched() -> None:
    text = "Здравствуйте, у меня не работает интернет."
    assert to_spoken(text) == RewrittenText(text, ())
