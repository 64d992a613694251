"""A caller's turn from its words to its end: what is told of it, and when."""

import asyncio
from dataclasses import replace

import pytest

from api.conversation.call import Call
from asr.turns.caller_turn import JOIN_S, CallerTurn
from asr.turns.hearing import Hearing
from asr.turns.microphone import Microphone
from asr.turns.turn_detector import VAD_FRAME_S
from asr.turns.utterance import RecognitionUpdate
from dialog.content import Transcript, Word, Words
from dialog.messages import (
    EagerEndOfTurn,
    EndOfTurn,
    Message,
    Partial,
    Say,
    SpeechStopped,
    TurnRetracted,
)
from dialog.prompts import PROMPTS
from tests.calls import Assistant, loud
from tests.clock import JumpingLoop

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": JumpingLoop}


def words(text: str, confidence: float = 0.95) -> Words:
    return tuple(Word(word, 0.0, 0.3, confidence) for word in text.split())


class Spoken:
    """A turn that is open since frame 0, and what recognition finds of it."""

    def __init__(self) -> None:
        hearing: Hearing = replace(Assistant().stages().hearing, vad=lambda: loud)
        self.microphone = Microphone(hearing, Call(live=True), lambda _: None)
        self.turn = CallerTurn(self.microphone, hearing.read, PROMPTS)
        self.turn.open(0, 0)

    def hear(self, found: Words, up_to_frame: int = 0) -> list[Message]:
        assert self.microphone.utterance is not None
        update = RecognitionUpdate(
            self.microphone.utterance, found, is_final=up_to_frame > 0, up_to_frame=up_to_frame
        )
        return list(self.turn.hear(update))

    async def close(self) -> None:
        await self.microphone.close()


def ends(messages: list[Message]) -> list[str]:
    return [message.transcript.text for message in messages if isinstance(message, EndOfTurn)]


async def test_words_that_are_final_end_a_turn_at_once() -> None:
    spoken = Spoken()
    assert spoken.hear(words("сколько")) == [Partial("сколько", words("сколько"))]
    assert spoken.hear(words("сколько")) == [], "nothing is new"
    spoken.hear(words("сколько стоит"), up_to_frame=50)
    stopped, ended = spoken.turn.end(40, now=50)
    assert stopped == SpeechStopped(round(40 * VAD_FRAME_S, 3))
    assert isinstance(ended, EndOfTurn)
    assert ended.transcript == Transcript("сколько стоит", words("сколько стоит"), 1.28)
    assert ended.endpoint_s is not None
    assert ended.said_s == pytest.approx(ended.endpoint_s - 10 * VAD_FRAME_S)
    await spoken.close()


async def test_a_turn_waits_for_its_last_words() -> None:
    spoken = Spoken()
    spoken.hear(words("сколько"))
    assert list(spoken.turn.end(40, now=50)) == [SpeechStopped(1.28)]
    assert spoken.turn.awaiting
    assert ends(spoken.hear(words("сколько стоит"), up_to_frame=30)) == [], "too early a look"
    assert ends(spoken.hear(words("сколько стоит"), up_to_frame=41)) == ["сколько стоит"]
    assert not spoken.turn.awaiting
    await spoken.close()


async def test_what_looks_whole_is_told_once_and_taken_back_when_it_was_not() -> None:
    spoken = Spoken()
    spoken.hear(words("сколько стоит"), up_to_frame=50)
    (eager,) = spoken.turn.speculate(40)
    assert isinstance(eager, EagerEndOfTurn)
    assert eager.transcript.text == "сколько стоит"
    assert list(spoken.turn.speculate(41)) == [], "it was told already"
    spoken.hear(words("сколько стоит доставка"), up_to_frame=90)
    retracted, eager = spoken.turn.speculate(80)
    assert isinstance(retracted, TurnRetracted)
    assert isinstance(eager, EagerEndOfTurn)
    assert list(spoken.turn.retract()) == [TurnRetracted()]
    assert list(spoken.turn.retract()) == []
    await spoken.close()


async def test_the_end_of_what_was_told_needs_no_retraction() -> None:
    spoken = Spoken()
    spoken.hear(words("сколько стоит"), up_to_frame=50)
    list(spoken.turn.speculate(40))
    assert [type(out) for out in spoken.turn.end(40, now=50)] == [SpeechStopped, EndOfTurn]
    assert list(spoken.turn.retract()) == []
    await spoken.close()


async def test_what_is_hardly_believed_is_neither_told_early_nor_answered() -> None:
    spoken = Spoken()
    doubtful = words("сколько стоит", 0.2)
    spoken.hear(doubtful, up_to_frame=50)
    assert list(spoken.turn.speculate(40)) == []
    *_, heard, asked = spoken.turn.end(40, now=50)
    assert isinstance(heard, Transcript)
    assert asked == Say(PROMPTS.say_again, outcome="unclear")
    await spoken.close()


@pytest.mark.parametrize(("frames", "asked"), [(20, []), (40, [PROMPTS.say_again])])
async def test_only_a_long_sound_without_words_is_asked_about(
    frames: int, asked: list[str]
) -> None:
    spoken = Spoken()
    spoken.hear((), up_to_frame=frames + 5)
    out = list(spoken.turn.end(frames, now=frames + 5))
    assert [message.text for message in out if isinstance(message, Say)] == asked
    assert ends(out) == []
    await spoken.close()


@pytest.mark.parametrize(
    ("since_s", "text"),
    [(0.0, "Сколько стоит за городом"), (JOIN_S + 2.0, "за городом")],
)
async def test_a_question_that_was_cut_off_goes_on_for_a_while(since_s: float, text: str) -> None:
    spoken = Spoken()
    spoken.turn.cut_off("Сколько стоит?")
    await asyncio.sleep(since_s)
    spoken.hear(words("за городом"), up_to_frame=50)
    assert ends(list(spoken.turn.end(40, now=50))) == [text]
    await spoken.close()


async def test_what_is_dropped_leaves_nothing_to_wait_for() -> None:
    spoken = Spoken()
    spoken.hear(words("сколько"))
    list(spoken.turn.end(40, now=50))
    spoken.turn.drop()
    assert not spoken.turn.awaiting
    assert spoken.microphone.utterance is None
    await spoken.close()
