"""Lemmas: what a question and a passage have in common, however each is spelled."""

import pytest

from russian.lemmas import lemmas

pytestmark = pytest.mark.unit


def test_content_words_in_dictionary_form() -> None:
    assert lemmas("Как подключить новые тарифы?") == ["подключить", "новый", "тариф"]


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("вай фай", "Wi-Fi"),
        ("вайфай", "Вай-Фай"),
        ("двести рублей", "200 ₽"),
        ("двести рублей", "200 руб."),
        ("сто мегабит в секунду", "100 Мбит/с"),
        ("двадцать первого мая две тысячи двадцать четвёртого года", "21.05.2024"),
        ("двадцать первого мая", "21 мая"),
        (
            "восемь восемьсот пятьсот пятьдесят пять тридцать пять тридцать пять",
            "8 (800) 555-35-35",
        ),
        ("двенадцать тысяч пятьсот", "12 500"),
        ("пять", "5"),
        ("пришла смс", "пришло SMS"),
        ("двадцать процентов", "20 %"),
        ("в девять тридцать", "9:30"),
        ("на пятом этаже", "5-й этаж"),
        ("счёт", "сч+ет"),
        ("за́мок", "замок"),
        ("интернет", "Internet"),
        ("полтора гигабайта", "1,5 ГБ"),
    ],
)
def test_said_and_written_meet(said: str, written: str) -> None:
    assert lemmas(said) == lemmas(written) != []


def test_neighbouring_numbers_stay_apart() -> None:
    assert lemmas("тариф триста двести рублей") == ["тариф", "300", "200", "рубль"]


def test_function_words_are_dropped() -> None:
    assert lemmas("а как же мне по нему, пожалуйста, это и то у вас") == []
