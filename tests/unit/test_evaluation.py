"""The figures over labelled questions, each against a count by hand."""

import json
from pathlib import Path

import pytest

from dialog.content import Answer, AnswerSource, Source
from dialog.errors import BadInput
from rag.evaluation import EvaluationFigures, JudgedQuestion, Labelled, measure, read

pytestmark = pytest.mark.unit


def judged(
    rank: int | None,
    *,
    known: bool = True,
    source: AnswerSource = "extractive",
    says: str = "Доставка стоит 300 рублей.",
    quote: str = "Доставка 300 рублей.",
    heard: bool = False,
) -> JudgedQuestion:
    documents = frozenset({"a.md"}) if known else frozenset[str]()
    question = Labelled("q", "Сколько стоит доставка?", documents, "300" if known else "", heard)
    quoted = (Source("a", "Доставка", quote, 0.9),)
    return JudgedQuestion(question, rank, Answer(says, source, quoted))


def test_found_is_found_among_the_first_five() -> None:
    figures = measure([judged(0), judged(4), judged(5), judged(None), judged(3, heard=True)])
    assert figures.questions == 5
    assert figures.recall_at_5 == 0.6
    assert figures.recall_at_5_heard == 1.0


def test_a_first_place_is_worth_more_than_a_second() -> None:
    figures = measure([judged(0), judged(1), judged(None)])
    assert figures.mrr == pytest.approx((1 + 1 / 2) / 3, abs=1e-4)
    assert figures.ndcg_at_10 == pytest.approx((1 + 0.6309) / 3, abs=1e-4)


def test_a_refusal_is_right_where_there_is_nothing_to_find() -> None:
    right, wrong = judged(None, known=False, source="none"), judged(0, source="none")
    missed = judged(None, known=False)
    figures = measure([right, right, wrong, missed, judged(0)])
    assert figures.refusal_precision == pytest.approx(2 / 3, abs=1e-4)
    assert figures.refusal_recall == pytest.approx(2 / 3, abs=1e-4)
    assert figures.refusal_f1 == pytest.approx(2 / 3, abs=1e-4)


def test_f1_is_between_precision_and_recall() -> None:
    right, missed = judged(None, known=False, source="none"), judged(None, known=False)
    figures = measure([right, missed, missed, missed])
    assert (figures.refusal_precision, figures.refusal_recall) == (1.0, 0.25)
    assert figures.refusal_f1 == pytest.approx(0.4)


def test_an_answer_is_right_if_it_says_what_it_should() -> None:
    figures = measure([judged(0), judged(0, says="Доставка бесплатна."), judged(0, says="300 ₽")])
    assert figures.answered_right == pytest.approx(2 / 3, abs=1e-4)


def test_a_citation_is_right_if_it_is_found_and_holds_the_figures() -> None:
    invented = judged(0, says="Доставка стоит 450 рублей.")
    elsewhere = judged(None)
    refused = judged(0, source="none")
    figures = measure([judged(0), invented, elsewhere, refused])
    assert figures.citations_right == pytest.approx(1 / 3, abs=1e-4), "a refusal cites nothing"


def test_of_nothing_every_share_is_nought() -> None:
    assert measure([]) == EvaluationFigures(0, *[0.0] * 9)


def test_labels_are_read_and_a_bad_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "labelled.jsonl"
    good = {"_id": 7, "text": "Да?", "documents": ["a.md"], "contains": 650, "heard": True}
    path.write_text(json.dumps(good) + "\n\n" + '{"_id": 8, "text": "Нет?", "documents": []}\n')
    first, second = read(path)
    assert first == Labelled("7", "Да?", frozenset({"a.md"}), "650", heard=True)
    assert second == Labelled("8", "Нет?", frozenset())
    for line in ('{"_id": 1, "text": "Да?"}', '{"_id": 1, "text": 5, "documents": []}',
                 '{"_id": 1, "text": "Да?", "documents": "a.md"}', "да"):  # fmt: skip
        path.write_text(json.dumps(good) + "\n" + line + "\n", "utf-8")
        with pytest.raises(BadInput, match=r"labelled\.jsonl:2: not a line with"):
            read(path)
    path.write_text("\n")
    with pytest.raises(BadInput, match="no questions"):
        read(path)
