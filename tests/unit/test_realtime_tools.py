"""Functions of a Realtime client: asked for by the model, passed on, their outputs worded."""

from collections.abc import AsyncGenerator, Sequence

import pytest

from api.realtime.events import Json
from api.realtime.session import Realtime
from api.realtime.tools import ToolResponder
from dialog.content import Answer, AnswerDelta, AnswerPart, ToolCalls
from rag.answering.llm import ChatMessage

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

TOOL = {"type": "function", "name": "balance", "parameters": {"type": "object"}}
CALL = {"id": "call_1", "function": {"name": "balance", "arguments": "{}"}}


class Documents:
    """Answers everything from the documents."""

    async def answer(
        self, question: str, history: Sequence[ChatMessage] = ()
    ) -> AsyncGenerator[AnswerDelta | Answer]:
        yield AnswerDelta("Из документов.")
        yield Answer("Из документов.", "extractive")


class Scripted:
    """A language model that gives its replies in order, and keeps what it was asked."""

    def __init__(self, *replies: Json | Exception) -> None:
        self.replies = list(replies)
        self.asked: list[list[Json]] = []

    async def decide(self, messages: list[Json], tools: list[Json], choice: object) -> Json:
        self.asked.append(messages)
        assert tools[0]["function"]["name"] == "balance"
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        return reply


def responder(
    *replies: Json | Exception, tools: bool = True
) -> tuple[Realtime, ToolResponder, Scripted]:
    session, model = Realtime("conv"), Scripted(*replies)
    if tools:
        session.session["tools"] = [TOOL]
    return session, ToolResponder(session, Documents(), model), model


async def parts_of(respond: ToolResponder, history: Sequence[ChatMessage] = ()) -> list[AnswerPart]:
    """All of an answer: the deltas add up to its last part."""
    *parts, answer = [part async for part in respond("Какой у меня баланс?", history)]
    assert isinstance(answer, Answer)
    assert "".join(p.text for p in parts if isinstance(p, AnswerDelta)) == answer.text
    return [*parts, answer]


async def answer(respond: ToolResponder, history: Sequence[ChatMessage] = ()) -> Answer:
    *_, answer = await parts_of(respond, history)
    assert isinstance(answer, Answer)
    return answer


async def test_a_function_is_asked_for_and_its_output_worded() -> None:
    _, respond, model = responder({"tool_calls": [CALL]}, {"content": "Сто рублей."})
    calls, nothing = await parts_of(respond)
    assert isinstance(nothing, Answer)
    assert nothing.text == ""
    assert isinstance(calls, ToolCalls)
    (call,) = calls.calls
    assert (call.name, call.call_id) == ("balance", "call_1")
    returned = [
        ChatMessage("assistant", "", tool_calls=(call,)),
        ChatMessage("tool", "100", tool_call_id="call_1"),
    ]
    assert await answer(respond, returned) == Answer("Сто рублей.", "llm")
    assert [m["role"] for m in model.asked[-1]] == ["user", "assistant", "tool"]
    assert model.asked[-1][1:] == [
        {"role": "assistant", "content": None, "tool_calls": [{**CALL, "type": "function"}]},
        {"role": "tool", "tool_call_id": "call_1", "content": "100"},
    ]


async def test_what_the_client_has_the_assistant_say_is_known() -> None:
    session, respond, model = responder({"content": "Думаю, сто рублей."})
    part = {"type": "output_text", "text": "Вас зовут Анна."}
    session.items.put({"id": "a", "type": "message", "role": "assistant", "content": [part]})
    await answer(respond, [ChatMessage("user", "Да")])
    assert [(m["role"], m["content"]) for m in model.asked[-1]] == [
        ("assistant", "Вас зовут Анна."), ("user", "Да"), ("user", "Какой у меня баланс?"),
    ]  # fmt: skip


async def test_what_needs_no_function_comes_from_the_documents() -> None:
    _, respond, _ = responder({"content": "Думаю, сто рублей."})
    assert (await answer(respond)).source == "extractive"


async def test_a_model_that_fails_leaves_the_documents() -> None:
    _, respond, _ = responder(RuntimeError("down"))
    assert (await answer(respond)).source == "extractive"


async def test_without_tools_the_model_is_not_asked() -> None:
    _, respond, model = responder(tools=False)
    assert (await answer(respond)).source == "extractive"
    assert model.asked == []
