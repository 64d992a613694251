"""A language model behind any OpenAI-compatible server, streamed.

Knows the wire and its timeouts; knows nothing of passages or prompts.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Literal["system", "user", "assistant"]
    content: str


class ChatModel(Protocol):
    def stream(self, messages: Sequence[ChatMessage]) -> AsyncIterator[str]:
        """Pieces of the reply as they come; raises `Unavailable` at any point of it."""
        ...
