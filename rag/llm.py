"""A language model behind any OpenAI-compatible server, streamed.

Knows the wire, its timeouts and Saiga's sampling; knows nothing of passages or prompts.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from dialog.errors import Unavailable

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Literal["system", "user", "assistant"]
    content: str


class ChatModel(Protocol):
    def stream(self, messages: Sequence[ChatMessage]) -> AsyncIterator[str]:
        """Pieces of the reply as they come; raises `Unavailable` at any point of it."""
        ...


@dataclass(frozen=True, slots=True)
class Sampling:
    """What Saiga's authors publish; its GPTQ repository has no `generation_config.json`, so
    that the server would sample at temperature 1 if it were not told."""

    temperature: float = 0.6
    top_p: float = 0.95
    repetition_penalty: float = 1.1
    max_tokens: int = 320


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a caller on the line is kept waiting before the next rung answers."""

    connect_s: float = 1.0
    first_piece_s: float = 4.0
    next_piece_s: float = 2.0


class OpenAIChat:
    """`url` ends in `/v1`, as OpenAI's clients have it. Nothing is tried twice: a repeated
    request would cost the caller more silence than the extractive answer does."""

    def __init__(
        self,
        url: str,
        model: str,
        api_key: str | None = None,
        *,
        sampling: Sampling | None = None,
        timeouts: Timeouts | None = None,
        transport: "httpx.AsyncBaseTransport | None" = None,
    ) -> None:
        self._url = url
        self._model = model
        self._api_key = api_key or "none"
        self._sampling = sampling or Sampling()
        self._timeouts = timeouts or Timeouts()
        self._transport = transport

    async def stream(self, messages: Sequence[ChatMessage]) -> AsyncIterator[str]:
        """Pieces of the reply. A client of its own for each: it lives in the caller's loop."""
        import httpx
        from openai import AsyncOpenAI, OpenAIError

        waits = self._timeouts
        limits = httpx.Timeout(waits.first_piece_s, connect=waits.connect_s)
        http = httpx.AsyncClient(transport=self._transport, timeout=limits, trust_env=False)
        async with http:
            client = AsyncOpenAI(
                base_url=self._url, api_key=self._api_key, max_retries=0, http_client=http
            )
            try:
                async for piece in self._pieces(client, messages):
                    yield piece
            except TimeoutError as error:
                raise Unavailable("the language model is too slow") from error
            except (OpenAIError, httpx.HTTPError) as error:
                raise Unavailable(f"the language model failed: {type(error).__name__}") from error

    async def _pieces(self, client: Any, messages: Sequence[ChatMessage]) -> AsyncIterator[str]:
        async with asyncio.timeout(self._timeouts.first_piece_s) as patience:
            clock = asyncio.get_running_loop().time
            reply = await client.chat.completions.create(**self._request(messages))
            finished = False
            async with contextlib.aclosing(reply):
                async for chunk in reply:
                    if not chunk.choices:
                        continue
                    finished = finished or chunk.choices[0].finish_reason is not None
                    if piece := chunk.choices[0].delta.content:
                        patience.reschedule(None)
                        yield piece
                        patience.reschedule(clock() + self._timeouts.next_piece_s)
            if not finished:
                raise Unavailable("the language model stopped in the middle")

    def _request(self, messages: Sequence[ChatMessage]) -> dict[str, Any]:
        how = self._sampling
        return {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.content} for m in messages],
            "stream": True,
            "temperature": how.temperature,
            "top_p": how.top_p,
            "max_tokens": how.max_tokens,
            # vLLM's own; servers that do not know the field ignore it.
            "extra_body": {"repetition_penalty": how.repetition_penalty},
        }
