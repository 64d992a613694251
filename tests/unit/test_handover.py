"""A wish for a person: heard in any form of its words, granted, and taken back."""

from collections.abc import AsyncIterator, Sequence

import pytest

from api.telephony.handover import WORDS, Handover
from dialog.messages import (
    Answer,
    AnswerDelta,
    CallEnded,
    Interrupted,
    Outbound,
    ResponseEnded,
    ResponseStarted,
    Transcript,
)
from rag.llm import ChatMessage

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

HANDOVER = Handover(["оператор", "соедините с человеком"])


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("Оператора, пожалуйста", True),
        ("Можно поговорить с оператором?", True),
        ("соедините меня, пожалуйста, с человеком", True),
        ("Сколько человек в бригаде?", False),
        ("Сколько стоит тариф?", False),
        ("", False),
    ],
)
def test_the_phrases_in_any_form(said: str, wanted: bool) -> None:
    assert HANDOVER.asked(said) is wanted


def test_without_phrases_nobody_is_transferred() -> None:
    assert not Handover([]).asked("оператор")
    assert not Handover(["и", ""]).asked("и")


async def answer(
    question: str, history: Sequence[ChatMessage]
) -> AsyncIterator[AnswerDelta | Answer]:
    yield Answer("Сто рублей.", "extractive")


async def test_the_wish_is_answered_by_granting_it() -> None:
    respond = HANDOVER.answering(answer)
    parts = [part async for part in respond("оператор", [])]
    assert parts == [AnswerDelta(WORDS), Answer(WORDS, "none")]
    assert [part async for part in respond("цена", [])] == [Answer("Сто рублей.", "extractive")]


async def ended(*messages: Outbound) -> list[Outbound]:
    async def call() -> AsyncIterator[Outbound]:
        for message in messages:
            yield message

    return [message async for message in HANDOVER.ending(call())]


async def test_the_call_ends_after_the_words_unless_they_are_spoken_over() -> None:
    wish, other = Transcript("оператора", (), 1.0), Transcript("нет, подождите", (), 1.0)
    told: list[Outbound] = [wish, ResponseStarted(1), ResponseEnded(1)]
    assert (await ended(*told, other))[-1] == CallEnded("transfer")
    spoken_over: list[Outbound] = [wish, ResponseStarted(1), Interrupted(1), other,
                                   ResponseStarted(2), ResponseEnded(2)]  # fmt: skip
    assert await ended(*spoken_over) == spoken_over
