"""A model's sentences held against the passages."""

import pytest

from rag.answering.answerability import Evidence, joined
from rag.answering.citations import Checker, figures, is_russian, supporting
from rag.retrieval.retriever import Hit

pytestmark = pytest.mark.unit


def passage(text: str, document: str = "a", ordinal: int = 0) -> Evidence:
    return Evidence(Hit(document, "Тарифы", text, 1.0, f"{document}{ordinal}", "", ordinal), 1.0)


FOUND = [
    passage("Тариф стоит 1 250 рублей, звоните 8-800-000-47-20 до 10 декабря."),
    passage("Скидка двадцать процентов, подробности у оператора.", "b"),
]


@pytest.mark.parametrize(
    "sentence",
    [
        "Тариф стоит 1250 рублей.",
        "Тариф стоит тысячу двести пятьдесят рублей.",
        "Звоните по номеру 8 (800) 000-47-20.",
        "Скидка составит 20 процентов.",
        "Один из тарифов вам подойдёт, это первый вариант.",
        "Вы спросили про 77 каналов.",
    ],
)
def test_figures_of_the_passages_and_the_question_may_be_said(sentence: str) -> None:
    checked = Checker("есть ли 77 каналов", FOUND, marks=False).check(sentence)
    assert (checked.text, checked.invented) == (sentence, ())


@pytest.mark.parametrize(
    ("sentence", "invented"),
    [
        ("Тариф стоит 1251 рубль.", ("1251",)),
        ("Тариф стоит девятьсот рублей.", ("900",)),
        ("Звоните по номеру 8-800-000-47-21.", ("8000004721",)),
        ("Цена 1250 рублей и 3 копейки.", ("3",)),
    ],
)
def test_a_sentence_with_another_figure_goes(sentence: str, invented: tuple[str, ...]) -> None:
    checked = Checker("сколько стоит", FOUND, marks=False).check(sentence)
    assert (checked.text, checked.invented) == ("", invented)


def test_marks_are_kept_where_they_are_wanted_and_true() -> None:
    sentence = "**Тариф** стоит 1250 рублей [1, 7]."
    assert Checker("?", FOUND, marks=False).check(sentence).text == "Тариф стоит 1250 рублей."
    read = Checker("?", FOUND, marks=True).check(sentence)
    assert (read.text, read.cited) == ("Тариф стоит 1250 рублей [1].", (1,))
    assert Checker("?", FOUND, marks=True).check("[1]").text == ""


def test_small_numbers_in_words_are_no_figures() -> None:
    assert figures("один из трёх, двенадцать") == {"12"}
    assert figures("3 дня") == {"3"}


def test_half_of_the_letters_must_be_russian() -> None:
    assert is_russian("Откройте Wi-Fi в настройках")
    assert not is_russian("Open the settings, да")
    assert not is_russian("... 12")


def test_the_cited_passages_support_or_else_the_nearest() -> None:
    assert supporting("что угодно", FOUND, [2]) == [FOUND[1]]
    assert supporting("скидка у оператора", FOUND, []) == [FOUND[1]]


def test_neighbours_become_one_passage_in_their_order() -> None:
    second, other, first = passage("Второе.", "a", 1), passage("Иное.", "b"), passage("Первое.")
    whole, kept = joined([second, other, first])
    assert whole.hit.text == "Первое.\nВторое."
    assert kept == other
