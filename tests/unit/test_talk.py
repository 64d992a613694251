"""The flow of one exchange, with scripted stages."""

from collections.abc import AsyncIterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from api.conversation.converse import Stages
from api.conversation.exchange import Reply, collect, exchange, joined
from asr.turns.hearing import Hearing
from dialog.content import Answer, AnswerDelta, Recording, Speech, Transcript
from dialog.errors import BadInput, Unavailable
from dialog.prompts import PROMPTS
from rag.answering.llm import ChatMessage

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

HEARD = Transcript("сколько стоит тариф", (), 1.5)
RATE_HZ = 8000


async def hear(_: Path | BinaryIO) -> Transcript:
    return HEARD


async def hear_nothing(_: Path | BinaryIO) -> Transcript:
    return Transcript("", (), 2.0)


async def answer(
    question: str, history: Sequence[ChatMessage]
) -> AsyncIterator[AnswerDelta | Answer]:
    yield AnswerDelta("Тариф стоит ")
    yield AnswerDelta("сто рублей.")
    yield Answer("Тариф стоит сто рублей.", "extractive")


async def never(
    question: str, history: Sequence[ChatMessage]
) -> AsyncIterator[AnswerDelta | Answer]:
    raise AssertionError("nothing was heard, so nothing may be looked up")
    yield AnswerDelta("")


async def say(text: AsyncIterator[str], voice: str | None, speed: float) -> AsyncIterator[Speech]:
    """One phrase of as many samples as the piece has letters."""
    async for piece in text:
        yield Speech(np.ones(len(piece), np.float32), RATE_HZ)


async def mute(text: AsyncIterator[str], voice: str | None, speed: float) -> AsyncIterator[Speech]:
    raise Unavailable("no voice")
    yield Speech(np.zeros(0, np.float32), RATE_HZ)


async def test_messages_come_in_speaking_order() -> None:
    question = Recording(BytesIO())
    kinds = [type(m).__name__ async for m in exchange(question, Stages(Hearing(hear), answer, say))]
    assert [kind for kind in kinds if kind not in ("AnswerDelta", "Answer")] == [
        "Transcript", "ResponseStarted", "Speech", "Speech", "ResponseEnded", "TurnTrace",
        "CallEnded", "Reply",
    ]  # fmt: skip
    assert [kind for kind in kinds if kind.startswith("Answer")] == [
        "AnswerDelta", "AnswerDelta", "Answer",
    ]  # fmt: skip


async def test_the_reply_holds_everything() -> None:
    reply = await collect(Recording(BytesIO()), Stages(Hearing(hear), answer, say))
    assert reply.transcript == HEARD
    assert reply.answer.text == "Тариф стоит сто рублей."
    assert len(joined(reply.speech)) == len(reply.answer.text)
    assert set(reply.timings_ms) == {"listen", "respond", "speak", "first_audio", "total"}
    stages = reply.timings_ms["listen"] + reply.timings_ms["respond"] + reply.timings_ms["speak"]
    assert stages == pytest.approx(reply.timings_ms["total"], abs=0.5)


async def test_a_typed_question_is_neither_heard_nor_spoken() -> None:
    reply = await collect(Transcript("вопрос", (), 0.0), Stages(Hearing(hear), answer))
    assert reply.transcript.text == "вопрос"
    assert reply.speech == ()
    assert "speak" not in reply.timings_ms


async def test_silence_is_answered_by_saying_so() -> None:
    reply = await collect(Recording(BytesIO()), Stages(Hearing(hear_nothing), never, say))
    assert reply.answer == Answer(PROMPTS.nothing_heard, "none", outcome="unheard")
    assert reply.speech


async def test_without_a_voice_the_answer_stays_text() -> None:
    reply = await collect(Recording(BytesIO()), Stages(Hearing(hear), answer, mute))
    assert reply.answer.text == "Тариф стоит сто рублей."
    assert reply.speech == ()


async def test_a_voice_lost_in_mid_answer_loses_no_word() -> None:
    async def hoarse(
        text: AsyncIterator[str], voice: str | None, speed: float
    ) -> AsyncIterator[Speech]:
        await anext(text)
        raise Unavailable("the voice broke")
        yield Speech(np.zeros(0, np.float32), RATE_HZ)

    messages = [
        m async for m in exchange(Recording(BytesIO()), Stages(Hearing(hear), answer, hoarse))
    ]
    text = "".join(m.text for m in messages if isinstance(m, AnswerDelta))
    assert text == "Тариф стоит сто рублей."
    assert isinstance(messages[-1], Reply)


async def test_undecodable_audio_reaches_the_caller() -> None:
    async def deaf(_: Path | BinaryIO) -> Transcript:
        raise BadInput("not audio")

    with pytest.raises(BadInput):
        await collect(Recording(BytesIO()), Stages(Hearing(deaf), answer, say))
