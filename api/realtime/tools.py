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
from api.realtime.responses import FunctionCall
from api.realtime.session import Realtime
from dialog.messages import Answer, AnswerDelta
from rag.answering.llm import ChatMessage, ToolModel

log = logging.getLogger(__name__)


class Answers(Protocol):
    def answer(
        self, question: str, history: Sequence[ChatMessage] = ()
    ) -> AsyncGenerator[AnswerDelta | Answer]:
        """From the documents: deltas, then one `Answer`."""
        ...


class ToolResponder:
    """Answers the turns of one session."""

    def __init__(self, session: Realtime, answerer: Answers, model: ToolModel | None) -> None:
        self._session = session
        self._answerer = answerer
        self._model = model

    async def __call__(
        self, question: str, history: Sequence[ChatMessage]
    ) -> AsyncGenerator[AnswerDelta | Answer]:
        """Deltas and an `Answer`; an empty one when the client's functions are asked first."""
        said = [*self._seeds(), *history]
        reply = await self._through_tools(question, said)
        if reply is None:
            async with aclosing(self._answerer.answer(question, said)) as parts:
                async for part in parts:
                    yield part
            return
        if reply:
            yield AnswerDelta(reply)
            yield Answer(reply, "llm")
        else:
            yield Answer("", "none", outcome="action")

    async def _through_tools(self, question: str, said: Sequence[ChatMessage]) -> str | None:
        """Text worded from functions' outputs, "" when functions were called, None for neither."""
        tools = self._session.session["tools"]
        outputs = self._outputs()
        if self._model is None or not tools:
            return None
        messages: list[Json] = [
            *self._instructions(),
            *({"role": one.role, "content": one.content} for one in said),
            {"role": "user", "content": question},
            *outputs,
        ]
        try:
            choice = self._session.session["tool_choice"]
            reply = await self._model.decide(messages, _wire(tools), "auto" if outputs else choice)
        except Exception as error:
            log.warning("tools are left aside: %s", type(error).__name__)
            return None
        calls = [call["function"] | {"id": call["id"]} for call in reply.get("tool_calls") or ()]
        if calls:
            self._session.responses.pending_calls = [
                FunctionCall(call["name"], call["arguments"], call["id"]) for call in calls
            ]
            return ""
        return (reply.get("content") or "") if outputs else None

    def _instructions(self) -> list[Json]:
        text = self._session.session["instructions"]
        return [{"role": "system", "content": text}] if text else []

    def _seeds(self) -> list[ChatMessage]:
        """Messages that the client put into the conversation in the assistant's name."""
        return [
            ChatMessage("assistant", " ".join(part.get("text") or "" for part in item["content"]))
            for item in self._session.asides
            if item.get("role") == "assistant"
        ]

    def _outputs(self) -> list[Json]:
        """Functions' outputs that have not been worded yet, after the calls they belong to."""
        asides = self._session.asides
        outputs = [item for item in asides if item["type"] == "function_call_output"]
        self._session.asides = [item for item in asides if item not in outputs]
        messages: list[Json] = []
        for output in outputs:
            if call := self._session.items.call(output["call_id"]):
                function = {"name": call["name"], "arguments": call["arguments"]}
                one = {"id": call["call_id"], "type": "function", "function": function}
                messages.append({"role": "assistant", "content": None, "tool_calls": [one]})
                tool = {"role": "tool", "tool_call_id": call["call_id"]}
                messages.append({**tool, "content": output["output"]})
        return messages


def _wire(tools: list[Json]) -> list[Json]:
    """Realtime's tools as chat completions name them."""
    names = ("name", "description", "parameters")
    return [
        {"type": "function", "function": {name: tool[name] for name in names if tool.get(name)}}
        for tool in tools
    ]
