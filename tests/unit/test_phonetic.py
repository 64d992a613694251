"""Which word a misheard word was."""

import pytest

from rag.retrieval.phonetic import alike, likeness, likest

pytestmark = pytest.mark.unit


def test_what_sounds_alike_is_found() -> None:
    assert likest("дамафон", ["телефон", "домофон", "договор"]) == "домофон"
    assert likest("закрываица", ["закрывается", "открывается"]) == "закрывается"
    assert likeness("боты", "поты") == 1.0


def test_what_sounds_otherwise_is_not() -> None:
    assert likest("бегемот", ["договор", "роутер"]) == ""
    assert likest("домофон", []) == ""
    assert list(alike("дом", ["домофонный"])) == []  # of quite another length


def test_of_words_as_alike_the_first_is_taken() -> None:
    assert likest("паты", ["боты", "поты"]) == "боты"
    assert likest("паты", ["поты", "боты"]) == "поты"
