"""A language model behind any OpenAI-compatible server, streamed.

Knows the wire, its timeouts and Saiga's sampling; knows nothing of passages or prompts.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol

from dialog.errors import Unavailable

if TYPE_CHECKING:
    import httpx2  # what the openai client is built on
    from openai import AsyncOpenAI


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Literal["system", "user", "assistant"]
    content: str


class ChatModel(Protocol):
    def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str]:
        """Pieces of the reply as they come; raises `Unavailable` at any point of it.

        Closing it early stops the server's work.
        """
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

    connect_s: float = 0.5
    first_piece_s: float = 0.9
    next_piece_s: float = 0.9


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
        transport: "httpx2.AsyncBaseTransport | None" = None,
    ) -> None:
        self._url = url
        self._model = model
        self._api_key = api_key or "none"
        self._sampling = sampling or Sampling()
        self._timeouts = timeouts or Timeouts()
        self._transport = transport

    async def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str]:
        """Pieces of the reply. A client of its own for each: it lives in the caller's loop."""
        await asyncio.to_thread(import_module, "openai")  # a second of work, once
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

        waits = self._timeouts
        limits = Timeout(waits.first_piece_s, connect=waits.connect_s)
        # The environment's proxies are not asked: nothing leaves the machine unless told to.
        http = DefaultAsyncHttpxClient(transport=self._transport, timeout=limits, trust_env=False)
        async with http:
            client = AsyncOpenAI(
                base_url=self._url, api_key=self._api_key, max_retries=0, http_client=http
            )
            try:
                async with contextlib.aclosing(self._pieces(client, messages)) as pieces:
                    async for piece in pieces:
                        yield piece
            except Unavailable:
                raise
            except Exception as error:
                # Refused, reset, 4xx, 5xx, too slow, or no JSON: a foreign server may do anything.
                raise Unavailable(f"the language model failed: {type(error).__name__}") from error

    async def _pieces(
        self, client: "AsyncOpenAI", messages: Sequence[ChatMessage]
    ) -> AsyncGenerator[str]:
        clock = asyncio.get_running_loop().time
        deadline_s = clock() + self._timeouts.first_piece_s
        async with asyncio.timeout_at(deadline_s):
            reply = await client.chat.completions.create(**self._request(messages))
        finished = False
        async with contextlib.aclosing(reply):
            chunks = aiter(reply)
            while True:
                # Never open while a piece is passed on: the listener may take its time.
                async with asyncio.timeout_at(deadline_s):
                    chunk = await anext(chunks, None)
                if chunk is None:
                    break
                for choice in chunk.choices[:1]:
                    finished = finished or choice.finish_reason is not None
                    if choice.delta.content:
                        yield choice.delta.content
                        deadline_s = clock() + self._timeouts.next_piece_s
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
