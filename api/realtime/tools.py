"""Answers of a Realtime session: from the documents, or through functions of the client's own.

    question --> language model with the session's tools --> function calls, passed to the client
                        |                                          client: function_call_output
                        +-- none wanted --> the documents                    |
                 language model <-- question, calls, outputs <---------------+

Only what the client's functions returned may be worded here; everything else is answered from
the documents as ever. Without a language model, or when it fails, tools are left aside.
"""

import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Protocol

from api.realtime.events import Json
from api.realtime.session import Realtime
from dialog.content import Answer, AnswerDelta, AnswerPart, ToolCall, ToolCalls
from rag.answering.llm import ChatMessage, ToolModel

log = logging.getLogger(__name__)


class Answers(Protocol):
    def answer(
        self, question: str, history: Sequence[ChatMessage] = ()
    ) -> AsyncGenerator[AnswerDelta | Answer]:
        """From the documents: deltas, then one `Answer`."""
        ...


class ToolResponder:
    """Answers the turns of one session, of which it reads the configuration."""

    def __init__(self, session: Realtime, answerer: Answers, model: ToolModel | None) -> None:
        self._session = session
        self._answerer = answerer
        self._model = model

    async def __call__(
        self, question: str, history: Sequence[ChatMessage]
    ) -> AsyncGenerator[AnswerPart]:
        """Deltas and an `Answer`; `ToolCalls` and an empty one when the client's functions are
        asked first. `history` ends with what they returned last."""
        returned = [one for one in history if one.tool_calls or one.role == "tool"]
        said = [*self._seeds(), *(one for one in history if one not in returned)]
        reply = await self._through_tools(question, said, returned)
        if reply is None:
            async with aclosing(self._answerer.answer(question, said)) as parts:
                async for part in parts:
                    yield part
        elif isinstance(reply, str) and reply:
            yield AnswerDelta(reply)
            yield Answer(reply, "llm")
        else:
            if isinstance(reply, ToolCalls):
                yield reply
            yield Answer("", "none", outcome="action")

    async def _through_tools(
        self, question: str, said: Sequence[ChatMessage], returned: Sequence[ChatMessage]
    ) -> ToolCalls | str | None:
        """Functions to call, or text worded from what they returned; None for neither."""
        session = self._session.session
        if self._model is None or not session["tools"]:
            return None
        request = [*said, ChatMessage("user", question), *returned]
        if session["instructions"]:
            request.insert(0, ChatMessage("system", session["instructions"]))
        messages = [message.to_openai() for message in request]
        choice = "auto" if returned else session["tool_choice"]
        try:
            reply = await self._model.decide(messages, _wire(session["tools"]), choice)
        except Exception as error:
            log.warning("tools are left aside: %s", type(error).__name__)
            return None
        if calls := reply.get("tool_calls"):
            return ToolCalls(tuple(_call(call) for call in calls))
        return (reply.get("content") or "") if returned else None

    def _seeds(self) -> list[ChatMessage]:
        """Messages that the client put into the conversation in the assistant's name."""
        return [
            ChatMessage("assistant", " ".join(part.get("text") or "" for part in item["content"]))
            for item in self._session.items.of_role("assistant")
            if self._session.responses.turn_of(item["id"]) is None
        ]


def _call(given: Json) -> ToolCall:
    """A call as a model has it."""
    function = given["function"]
    return ToolCall(function["name"], function["arguments"], given["id"])


def _wire(tools: list[Json]) -> list[Json]:
    """Realtime's tools as chat completions name them."""
    names = ("name", "description", "parameters")
    return [
        {"type": "function", "function": {name: tool[name] for name in names if tool.get(name)}}
        for tool in tools
    ]
