"""Which action a caller wants, by the language model: its functions are the described actions.

The functions are also told in words, and one of them must be called, so that a
server can choose with a chat template that knows no functions, as Saiga's. vLLM must be
started with `--enable-auto-tool-choice` and some `--tool-call-parser` for it.
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from api.actions.actions import Action, ActionCatalogue, Webhook, tools
from rag.answering.llm import ChatMessage, ToolModel

log = logging.getLogger(__name__)

NOTHING = "answer_from_documents"
_NOTHING: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": NOTHING,
        "description": "Собеседник задаёт вопрос или говорит о другом: ответить по документам.",
        "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
    },
}
_SYSTEM = """Ты выбираешь действие на телефонной линии. Собеседника слышно не всегда точно.
Вызови действие, только если собеседник прямо о нём просит; сомневаешься — {nothing}.
Действия:
{actions}"""
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool,
}  # fmt: skip


class Selector:
    """Asks the model for each turn. `patience_s`: a caller waits no longer for the choice."""

    def __init__(self, catalogue: ActionCatalogue, model: ToolModel, patience_s: float) -> None:
        self._catalogue = catalogue
        self._model = model
        self._patience_s = patience_s
        self._tools = [*tools(catalogue.actions), _NOTHING]

    async def select(
        self, question: str, history: Sequence[ChatMessage]
    ) -> tuple[Action, dict[str, Any]] | None:
        """The action and its arguments; None for none, also when the model fails."""
        try:
            async with asyncio.timeout(self._patience_s):
                reply = await self._model.decide(
                    self._messages(question, history), self._tools, "required"
                )
            function = reply["tool_calls"][0]["function"]
            return self._checked(function["name"], json.loads(function["arguments"] or "{}"))
        except Exception as error:  # a foreign server may do anything
            log.warning("no action was chosen: %s", type(error).__name__)
            return None

    def _messages(self, question: str, history: Sequence[ChatMessage]) -> list[dict[str, Any]]:
        named = "\n".join(
            f"- {one['function']['name']}: {one['function']['description']}" for one in self._tools
        )
        system = _SYSTEM.format(nothing=NOTHING, actions=named)
        last = [one.to_openai() for one in history[-2:]]
        return [
            {"role": "system", "content": system}, *last, {"role": "user", "content": question}
        ]  # fmt: skip

    def _checked(self, name: str, given: Mapping[str, Any]) -> tuple[Action, dict[str, Any]] | None:
        """What the model chose, if it is one of ours, with the arguments that were asked for."""
        action = self._catalogue.actions.get(name)
        if action is None or not action.description:
            return None
        asked = action.parameters if isinstance(action, Webhook) else {}
        for one, parameter in asked.items():
            if one not in given and parameter.required:
                return None
            if one in given and not isinstance(given[one], _TYPES[parameter.type]):
                return None
        return action, {one: given[one] for one in asked if one in given}
