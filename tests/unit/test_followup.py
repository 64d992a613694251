"""Questions that lean on the one before."""

import pytest

from rag.answering.followup import self_contained
from rag.answering.llm import ChatMessage

pytestmark = pytest.mark.unit

TALK = [
    ChatMessage("user", "сколько стоит тариф домашний двести"),
    ChatMessage("assistant", "650 рублей."),
]


@pytest.mark.parametrize("question", ["а какая у него скорость", "А на тысячу?", "и сколько стоит"])
def test_it_is_asked_together_with_the_last_one(question: str) -> None:
    assert self_contained(question, TALK) == f"{TALK[0].content} {question}"


@pytest.mark.parametrize(
    "question",
    ["как подключить статический адрес", "где находится офис на лесной", "какого числа платить"],
)
def test_one_that_stands_alone_stays(question: str) -> None:
    assert self_contained(question, TALK) == question


def test_the_first_question_has_nothing_to_lean_on() -> None:
    assert self_contained("а сколько он стоит", []) == "а сколько он стоит"


def test_a_chain_goes_back_to_what_it_is_about() -> None:
    talk = [*TALK, ChatMessage("user", "а скорость"), ChatMessage("assistant", "200 мегабит.")]
    assert self_contained("а подключение?", talk) == (
        "сколько стоит тариф домашний двести а скорость а подключение?"
    )
