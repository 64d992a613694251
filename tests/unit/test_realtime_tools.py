"""Functions of a Realtime client: asked for by the model, passed on, their outputs worded."""

from collections.abc import AsyncGenerator, Sequence

import pytest

from api.realtime.events import Json
from api.realtime.session import Realtime
from api.realtime.tools import ToolResponder
from dialog.messages import Answer, AnswerDelta
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


async def answer(respond: ToolResponder) -> Answer:
    parts = [part async for part in respond("Какой у меня баланс?", ())]
    assert "".join(p.text for p in parts if isinstance(p, AnswerDelta)) == parts[-1].text
    assert isinstance(parts[-1], Answer)
    return parts[-1]


async def test_a_function_is_asked_for_and_its_output_worded() -> None:
    session, respond, model = responder({"tool_calls": [CALL]}, {"content": "Сто рублей."})
    assert (await answer(respond)).text == ""
    (call,) = session.responses.pending_calls
    assert (call.name, call.call_id) == ("balance", "call_1")
    session.items.put({"id": "i", "type": "function_call", "call_id": "call_1",
                       "name": "balance", "arguments": "{}"})  # fmt: skip
    session.asides.append({"id": "o", "type": "function_call_output", "call_id": "call_1",
                           "output": "100"})  # fmt: skip
    assert await answer(respond) == Answer("Сто рублей.", "llm")
    assert [m["role"] for m in model.asked[-1]] == ["user", "assistant", "tool"]


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
