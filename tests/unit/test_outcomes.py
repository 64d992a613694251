"""How an answer ended is told by its outcome, whatever its words; actions go by it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, get_args

import pytest

from api.actions.actions import ActionCatalogue
from api.actions.control import Dialplan
from api.actions.controller import FAILURES, Controller
from api.conversation.converse import Stages
from api.conversation.exchange import collect
from asr.turns.hearing import Hearing
from dialog.content import Answer, AnswerDelta, Outcome, Recording, Samples, Transcript, Word
from dialog.messages import Inbound, Say
from rag.answering.llm import ChatMessage
from tests.calls import Assistant, Line, loud, spoken
from tests.clock import JumpingLoop

pytestmark = pytest.mark.unit


class Doubtful:
    """Hears one word whatever is said, or none at `confidence` 0."""

    def __init__(self, confidence: float) -> None:
        self._words = (Word("сколько", 0.0, 0.3, confidence),) if confidence else ()

    async def push(self, samples: Samples) -> tuple[Word, ...]:
        return self._words

    async def preview(self, samples: Samples) -> tuple[Word, ...]:
        return self._words

    async def close(self) -> None: ...


def held(
    *script: Samples | float | Inbound, stages: Stages, controller: Controller | None = None
) -> list[Outcome]:
    """The outcomes of a call's answers."""
    line = Line(script)
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(line.run(stages, controller))
    return [answer.outcome for answer in line.of(Answer) if isinstance(answer, Answer)]


def test_a_silent_recording_was_not_heard() -> None:
    async def hear_nothing(_: Path | BinaryIO) -> Transcript:
        return Transcript("", (), 1.0)

    stages = Stages(Hearing(hear_nothing), Assistant().respond)
    reply = asyncio.run(collect(Recording(BytesIO()), stages))
    assert reply.answer.outcome == "unheard"


def test_a_voice_without_words_was_not_heard() -> None:
    stages = Assistant().stages(open=lambda: Doubtful(0.0), vad=lambda: loud)
    assert held(0.2, spoken("раз два три четыре пять"), 5.0, stages=stages) == ["unheard"]


def test_words_that_are_hardly_believed_are_unclear() -> None:
    stages = Assistant().stages(open=lambda: Doubtful(0.2), vad=lambda: loud)
    twice = held(0.2, spoken("раз два"), 8.0, spoken("раз два"), 12.0, stages=stages)
    assert twice == ["unclear", "unclear"]


def test_an_answer_that_breaks_is_broken() -> None:
    class Broken(Assistant):
        async def respond(
            self, question: str, history: Sequence[ChatMessage]
        ) -> AsyncIterator[AnswerDelta | Answer]:
            raise ValueError
            yield AnswerDelta("")

    assert held(0.2, spoken("раз два"), 5.0, stages=Broken().stages()) == ["broken"]


def catalogue(**when: object) -> ActionCatalogue:
    say = {"do": "say", "say": "Соединяю.", "phrases": ["оператор"], "when": when}
    return ActionCatalogue.model_validate({"actions": {"operator": say}})


def test_an_action_speaks_as_an_action() -> None:
    controller = Controller(catalogue(), Dialplan(), "conversation-1")
    script = (Say("Здравствуйте!"), 3.0, spoken("оператора"), 5.0)
    outcomes = held(*script, stages=Assistant().stages(), controller=controller)
    assert outcomes == ["answered", "action"]


@pytest.mark.parametrize("outcome", get_args(Outcome))
def test_a_failed_turn_is_one_with_a_failed_outcome(outcome: Outcome) -> None:
    """Its words are the same each time: they decide nothing."""
    controller = Controller(catalogue(failures=1), Dialplan(), "conversation-1")
    answer = Answer("Так.", "none", outcome=outcome)
    stages = Assistant({"раз два": answer}).stages()
    outcomes = held(spoken("раз два"), 8.0, stages=stages, controller=controller)
    assert outcomes == ([outcome, "action"] if outcome in FAILURES else [outcome])
    assert (outcome in FAILURES) == (outcome not in ("answered", "action"))
