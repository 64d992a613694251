"""Vectors of lemmas: stable, saturating, shortened for long texts."""

import pytest

from rag.retrieval import sparse

pytestmark = pytest.mark.unit


def weight(text: str, term: str) -> float:
    vector = sparse.document_vector(text)
    return dict(zip(vector.indices, vector.values, strict=True))[sparse.index_of(term)]


def test_a_term_has_the_same_dimension_for_ever() -> None:
    """Indexes on disk depend on it: another hash must raise VERSION."""
    assert (sparse.VERSION, sparse.index_of("тариф")) == (2, 3405334330)
    assert 0 <= sparse.index_of("рубль") < 2**32


def test_forms_of_a_word_are_one_term() -> None:
    assert sparse.terms("тарифы") == sparse.terms("тарифами") == ["тариф"]
    assert sparse.query_vector("тариф тариф") == sparse.query_vector("тариф")


def test_a_misheard_word_shares_its_pieces() -> None:
    said, heard = (set(sparse.query_vector(word).indices) for word in ("антивирус", "антивирос"))
    assert sparse.index_of("антивирус") not in heard
    assert len(said & heard) >= 4


def test_words_that_ask_are_left_out_where_there_are_others() -> None:
    assert sparse.query_vector("сколько стоит тариф") == sparse.query_vector("стоит тариф")
    assert sparse.query_terms("сколько?") == ["сколько"]


def test_stress_marks_and_yo_change_nothing() -> None:
    assert sparse.query_vector("счёт") == sparse.query_vector("сче\u0301т")


def test_repetition_saturates_and_length_dilutes() -> None:
    once, twice = weight("тариф скорость", "тариф"), weight("тариф тариф", "тариф")
    assert once < twice < 2 * once
    assert weight("тариф " * 50, "тариф") < sparse.K1 + 1
    assert weight("тариф " + "скорость цена " * 50, "тариф") < once


def test_a_text_without_words_has_no_dimensions() -> None:
    assert sparse.query_vector("?!").indices == ()
    assert sparse.document_vector("").indices == ()
