"""What listening tells becomes turns: begun, confirmed, retracted, interrupted; their state in one
place, and none of it let out too early."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from api.conversation.accounting import accounted
from api.conversation.call import Call, Trace
from api.conversation.respond import Responder
from api.conversation.speculation import hold_speculative
from api.conversation.turn_taking import take_turns, taken
from dialog.content import Answer, AnswerDelta, AnswerPart, Speech, ToolCall, ToolCalls, Transcript
from dialog.messages import (
    CallEnded,
    CallSettings,
    Cancel,
    DeleteFromHistory,
    DeleteToolOutput,
    EagerEndOfTurn,
    EndOfTurn,
    HungUp,
    Interrupted,
    Message,
    PartFailed,
    Played,
    Respond,
    ResponseEnded,
    ResponseStarted,
    Say,
    ToolOutput,
    TurnRetracted,
    TurnTrace,
)
from dialog.prompts import PROMPTS
from rag.answering.llm import ChatMessage
from tests.clock import JumpingLoop

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

ASKED = Transcript("Сколько стоит?", (), 1.2)
MORE = Transcript("Сколько стоит доставка?", (), 2.0)
SPEECH = Speech(np.zeros(8000, np.float32), 8000, "Триста.", (), 1)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": JumpingLoop}


def told(call: Call, *messages: Message) -> list[Message]:
    return [out for message in messages for out in taken(message, call)]


async def each(messages: Iterable[Message]) -> AsyncGenerator[Message]:
    for message in messages:
        yield message


async def held(*messages: Message) -> list[Message]:
    return [message async for message in hold_speculative(each(messages))]


# ---- turns


async def test_a_turn_is_numbered_and_to_be_answered() -> None:
    call = Call(live=True)
    assert told(call, EndOfTurn(ASKED, 0.0)) == [ASKED, Respond(1)]
    assert (call.question, call.turns[0].question) == (ASKED, ASKED)


async def test_a_speculative_turn_is_confirmed_by_its_own_words() -> None:
    call = Call(live=True)
    assert told(call, EagerEndOfTurn(ASKED)) == [Respond(1, speculative=True)]
    assert call.speculative is not None
    assert call.response is None, "nobody hears a response yet"
    call.turns[0].trace.mark("passages", 0.3)
    assert told(call, EndOfTurn(ASKED, said_s=-0.5, endpoint_s=-0.1)) == [ASKED]
    assert call.speculative is None
    timings_ms = call.turns[0].trace.timings_ms()
    assert timings_ms == {"endpoint": 400.0, "final_text": 500.0, "passages": 800.0}


async def test_a_speculative_turn_is_retracted_and_its_number_used_again() -> None:
    call = Call(live=True)
    out = told(call, EagerEndOfTurn(ASKED), TurnRetracted(), EagerEndOfTurn(MORE))
    assert out == [Respond(1, speculative=True), Interrupted(1), Respond(1, speculative=True)]
    assert [turn.question for turn in call.turns] == [MORE]
    assert told(Call(live=True), TurnRetracted()) == []


@pytest.mark.parametrize(
    ("message", "follows"),
    [
        (EndOfTurn(MORE, 0.0), [MORE, Respond(1)]),
        (EagerEndOfTurn(MORE), [Respond(1, speculative=True)]),
        (Say("Здравствуйте!"), [Say("Здравствуйте!", 1)]),
        (Respond(), [Respond(1)]),
        (Cancel(), []),
    ],
    ids=["another turn", "more words", "given words", "an answer asked for", "an interruption"],
)
async def test_whatever_else_happens_voids_a_speculative_turn(
    message: Message, follows: list[Message]
) -> None:
    call = Call(live=True)
    told(call, EagerEndOfTurn(ASKED))
    assert told(call, message) == [Interrupted(1), *follows]


async def test_an_answer_may_wait_to_be_asked_for() -> None:
    call = Call(live=True)
    assert told(call, CallSettings(auto_respond=False), EndOfTurn(ASKED, 0.0)) == [ASKED]
    assert told(call, Respond()) == [Respond(1)]
    assert call.turns[0].question == ASKED
    assert told(call, EndOfTurn(MORE, 0.0, answer=True)) == [MORE, Respond(2)]
    assert told(Call(live=True), EndOfTurn(ASKED, 0.0, answer=False)) == [ASKED]


async def test_an_interruption_tells_what_was_heard() -> None:
    call = Call(live=True)
    assert told(call, Cancel()) == [], "there is nothing to interrupt"
    told(call, EndOfTurn(ASKED, 0.0))
    assert call.unanswered == ASKED.text
    call.playback.give(SPEECH)
    assert told(call, Played(1, 8000)) == [Played(1, 8000)]
    assert call.unanswered == ""
    assert told(call, Cancel()) == [Interrupted(1, "Триста.", 8000)]
    assert told(call, Cancel()) == [], "once is enough"


async def test_a_question_and_its_answer_are_deleted_each_by_itself() -> None:
    call = Call(live=True)
    told(call, EndOfTurn(ASKED, 0.0), EndOfTurn(MORE, 0.0))
    told(call, DeleteFromHistory(1), DeleteFromHistory(2, answer=True), DeleteFromHistory(7))
    deleted = [(turn.question_deleted, turn.answer_deleted) for turn in call.turns]
    assert deleted == [(True, False), (False, True)]
    told(call, DeleteFromHistory(0))
    assert call.question.text == ""


async def test_who_listens_sees_a_message_done_with_before_the_next() -> None:
    call = Call(live=True)
    seen: list[bool] = []

    async def heard() -> AsyncGenerator[Message]:
        for message in (EndOfTurn(ASKED, 0.0), Cancel(), EndOfTurn(MORE, 0.0)):
            yield message
            seen.append(call.response is not None)

    out = [message async for message in take_turns(heard(), call)]
    assert out == [ASKED, Respond(1), Interrupted(1), MORE, Respond(2)]
    assert seen == [True, False, True]


# ---- speculation


RESPONSE: list[Message] = [
    ResponseStarted(1), AnswerDelta("Триста."), Answer("Триста.", "llm"), SPEECH, ResponseEnded(1),
]  # fmt: skip


async def test_a_speculative_response_is_held_until_its_transcript() -> None:
    begun: list[Message] = [Respond(1, speculative=True)]
    assert await held(*begun, *RESPONSE) == begun
    assert await held(*begun, *RESPONSE, ASKED) == [*begun, ASKED, *RESPONSE]
    parts = await held(*begun, *RESPONSE[:2], ASKED, *RESPONSE[2:])
    assert parts == [*begun, ASKED, *RESPONSE]


async def test_a_response_that_starts_after_its_transcript_is_not_held() -> None:
    begun: list[Message] = [Respond(1, speculative=True), ASKED]
    assert await held(*begun, *RESPONSE) == [*begun, *RESPONSE]


async def test_of_a_retracted_response_nothing_is_let_out() -> None:
    begun = Respond(1, speculative=True)
    again = await held(begun, *RESPONSE, Interrupted(1), begun, *RESPONSE, MORE)
    assert again == [begun, begun, MORE, *RESPONSE]
    assert await held(begun, *RESPONSE, Interrupted(1), Respond(1), *RESPONSE) == [
        begun, Respond(1), *RESPONSE,
    ]  # fmt: skip


async def test_a_response_that_was_seen_to_start_is_seen_to_be_interrupted() -> None:
    assert await held(Respond(1), Interrupted(1)) == [Respond(1)]
    parts: list[Message] = [Respond(1), RESPONSE[0], Interrupted(1)]
    assert await held(*parts) == parts
    begun: list[Message] = [Respond(1, speculative=True)]
    confirmed = await held(*begun, RESPONSE[0], ASKED, Interrupted(1))
    assert confirmed == [*begun, ASKED, RESPONSE[0], Interrupted(1)]


async def test_what_is_no_part_of_the_response_is_not_held() -> None:
    begun: list[Message] = [Respond(1, speculative=True), ResponseStarted(1)]
    others: list[Message] = [PartFailed("audio", "bad"), Played(1, 5), HungUp()]
    assert await held(*begun, PartFailed("tts", "no voice"), *others) == [begun[0], *others]


# ---- accounting


async def test_the_books_are_kept_in_order() -> None:
    call = Call(live=True)
    loop = asyncio.get_running_loop()

    async def let_out() -> AsyncGenerator[Message]:
        told(call, EndOfTurn(ASKED, loop.time()))
        for message in (ASKED, *RESPONSE):
            await asyncio.sleep(0.1)
            yield message
        told(call, Played(1, 8000))
        yield Played(1, 8000)
        told(call, EndOfTurn(MORE, loop.time()))
        yield MORE
        yield ResponseStarted(2)
        told(call, Cancel())
        yield Interrupted(2)
        yield CallEnded("silence")

    out = [message async for message in accounted(let_out(), call)]
    names = [type(message).__name__ for message in out]
    assert names == [
        "Transcript", "ResponseStarted", "AnswerDelta", "Answer", "Speech", "ResponseEnded",
        "Played", "TurnTrace", "Transcript", "ResponseStarted", "Interrupted", "TurnTrace",
        "CallEnded",
    ]  # fmt: skip
    first, second = (message for message in out if isinstance(message, TurnTrace))
    assert first == TurnTrace(
        1, ASKED, Answer("Триста.", "llm"), "Триста.",
        {"final_text": 0.0, "first_audio": 500.0, "total": 600.0},
    )  # fmt: skip
    (ended,) = (message for message in out if isinstance(message, ResponseEnded))
    assert ended.timings_ms == first.timings_ms
    assert (second.turn, second.question, second.heard, second.interrupted) == (2, MORE, "", True)
    assert out[-1] == CallEnded("silence")


async def test_a_turn_that_was_never_certain_has_no_trace() -> None:
    call = Call(live=True)
    told(call, EagerEndOfTurn(ASKED))
    out = [message async for message in accounted(each([HungUp()]), call)]
    assert out == [HungUp(), CallEnded("caller")]


@pytest.mark.parametrize("close", [take_turns, accounted])
async def test_closing_a_stage_closes_the_one_before(
    close: Callable[[AsyncGenerator[Message], Call], AsyncGenerator[Message]],
) -> None:
    closed = False

    async def before() -> AsyncGenerator[Message]:
        nonlocal closed
        try:
            yield HungUp()
            yield HungUp()
        finally:
            closed = True

    stage = close(before(), Call(live=True))
    await anext(stage)
    await stage.aclose()
    assert closed


def test_a_trace_keeps_the_first_time_of_a_step() -> None:
    trace = Trace(1.0)
    trace.mark("b", 3.0)
    trace.mark("a", 2.0)
    trace.mark("b", 9.0)
    assert trace.timings_ms() == {"a": 1000.0, "b": 2000.0}


# ---- functions


CALLED = ToolCall("balance", "{}", "call_1")


class Asked:
    """Notes the history that each answer is given with."""

    def __init__(self) -> None:
        self.histories: list[list[ChatMessage]] = []

    async def __call__(
        self, question: str, history: Sequence[ChatMessage]
    ) -> AsyncGenerator[AnswerPart]:
        self.histories.append(list(history))
        yield ToolCalls((CALLED,))
        yield Answer("", "none", outcome="action")


async def test_a_function_is_called_and_what_it_returned_is_told_one_answer() -> None:
    call, asked = Call(live=True), Asked()
    respond = Responder(asked, (), PROMPTS, call)
    told(call, EndOfTurn(ASKED, 0.0))
    parts = [part async for part in respond(each([Respond(1)]))]
    assert parts == [
        ResponseStarted(1), ToolCalls((CALLED,)), Answer("", "none", outcome="action"),
    ]  # fmt: skip
    assert told(call, ToolOutput(CALLED, "100"), Respond()) == [Respond(2)]
    assert told(call, Respond()) == [Respond(3)]
    [part async for part in respond(each([Respond(2), Respond(3)]))]
    returned = [
        ChatMessage("assistant", "", tool_calls=(CALLED,)),
        ChatMessage("tool", "100", tool_call_id="call_1"),
    ]
    known = [history[-2:] == returned for history in asked.histories]
    assert known == [False, True, False]


async def test_what_the_client_has_deleted_is_told_no_answer() -> None:
    call, asked = Call(live=True), Asked()
    respond = Responder(asked, (), PROMPTS, call)
    told(call, ToolOutput(CALLED, "100"), DeleteToolOutput("call_1"), EndOfTurn(ASKED, 0.0))
    [part async for part in respond(each([Respond(1)]))]
    assert asked.histories == [[]]


async def test_a_retracted_answer_leaves_to_the_next_what_functions_returned() -> None:
    call, asked = Call(live=True), Asked()
    respond = Responder(asked, (), PROMPTS, call)
    told(call, ToolOutput(CALLED, "100"), EagerEndOfTurn(ASKED))
    [part async for part in respond(each([Respond(1, speculative=True)]))]
    assert call.tool_outputs == ()
    told(call, TurnRetracted(), EndOfTurn(MORE, 0.0))
    [part async for part in respond(each([Respond(1)]))]
    assert asked.histories[0] == asked.histories[1] != []


async def test_functions_of_a_speculative_answer_are_not_called() -> None:
    begun = Respond(1, speculative=True)
    calls = ToolCalls((CALLED,))
    assert await held(begun, ResponseStarted(1), calls, Interrupted(1)) == [begun]
    confirmed = await held(begun, ResponseStarted(1), calls, ASKED)
    assert confirmed == [begun, ASKED, ResponseStarted(1), calls]


async def test_a_turn_that_was_retracted_meanwhile_is_not_answered() -> None:
    respond = Responder(Asked(), (), PROMPTS, Call(live=True))
    assert [part async for part in respond(each([Respond(1)]))] == []


# ---- a response after a response


async def test_given_words_that_follow_an_answer_are_accounted_for_by_themselves() -> None:
    """The second is worded while the first is still being spoken."""
    call = Call(live=True)
    told(call, EndOfTurn(ASKED, 0.0), Say("Соединяю.", action="operator"))
    second = replace(SPEECH, text="Соединяю.", turn=2)
    announced = Answer("Соединяю.", "none", action="operator", outcome="action")
    worded: list[Message] = [
        ResponseStarted(1), AnswerDelta("Триста."), Answer("Триста.", "llm"),
        ResponseStarted(2), AnswerDelta("Соединяю."), announced,
        SPEECH, ResponseEnded(1), second, ResponseEnded(2),
    ]  # fmt: skip

    async def let_out() -> AsyncGenerator[Message]:
        for message in (*worded, Played(1, 8000), Played(2, 4000), Played(2, 8000)):
            told(call, message)
            yield message

    out = [message async for message in accounted(let_out(), call)]
    first, last = (at for at, message in enumerate(out) if isinstance(message, TurnTrace))
    assert out[first - 1] == Played(2, 8000), "both are over when all has been heard"
    assert [(trace.turn, trace.heard) for trace in (out[first], out[last])
            if isinstance(trace, TurnTrace)] == [(1, "Триста."), (2, "Соединяю.")]  # fmt: skip


async def test_who_interrupts_interrupts_all_that_is_still_to_be_played() -> None:
    call = Call(live=True)
    told(call, EndOfTurn(ASKED, 0.0), Say("Соединяю."))
    call.playback.give(SPEECH)
    told(call, Played(1, 8000 // 2))
    assert told(call, Cancel()) == [Interrupted(1, "", 4000), Interrupted(2)]
    assert told(call, Cancel()) == []
