"""A language model behind any OpenAI-compatible server: what it says, and which function it calls.

Knows the wire, its timeouts and Saiga's sampling; knows nothing of passages, prompts or actions.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Protocol

from dialog.content import ToolCall
from dialog.errors import Unavailable

if TYPE_CHECKING:
    import httpx2  # what the openai client is built on
    from openai import AsyncOpenAI, AsyncStream
    from openai.types.chat import ChatCompletionChunk
    from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall

JsonObject = dict[str, Any]
MAX_CHARS = 3_000
"""Twice what `max_tokens` lets a model say."""

SENTENCE_ENDS = ".!?…\n"
CUT_OFF = "the language model stopped in the middle"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """`tool_calls` are functions that the assistant called; one of role `tool` is what the call
    `tool_call_id` returned."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""

    def to_openai(self) -> JsonObject:
        """As OpenAI's chat completions have it."""
        if self.tool_calls:
            calls = [
                {
                    "id": call.call_id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in self.tool_calls
            ]
            return {"role": self.role, "content": self.content or None, "tool_calls": calls}
        place = {"tool_call_id": self.tool_call_id} if self.tool_call_id else {}
        return {"role": self.role, **place, "content": self.content}


class ChatModel(Protocol):
    def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str]:
        """Pieces of the reply as they come; raises `Unavailable` at any point of it.

        Closing it early stops the server's work.
        """
        ...


class ToolModel(Protocol):
    async def decide(
        self, messages: list[JsonObject], tools: list[JsonObject], choice: object
    ) -> JsonObject:
        """Which of `tools` to call, if any: the assistant's message with its `content` and its
        `tool_calls`. Messages, tools and `choice` are as OpenAI's chat completions have them.

        Raises `Unavailable`.
        """
        ...


class LanguageModel(ChatModel, ToolModel, Protocol):
    """One model, for both."""


class TimedOut(Unavailable):
    """The model was waited for in vain: most likely it hangs, and so would the next request."""


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
    """How long a caller on the line is kept waiting before the next rung answers.

    A server that drips a letter at a time keeps every other bound, so the first sentence and the
    whole have bounds of their own. Only waiting counts: the listener may take its time. A decision
    has its first piece as soon as an answer, or the server hangs; what follows may come in one
    piece, when the server has read the function's name and arguments whole."""

    connect_s: float = 0.5
    first_piece_s: float = 0.9
    next_piece_s: float = 0.9
    decision_s: float = 6.0

    @property
    def first_sentence_s(self) -> float:
        """For the first sentence; more where more patience is had with each piece."""
        return max(4.0, 4 * self.next_piece_s)

    @property
    def whole_s(self) -> float:
        """For the whole reply."""
        return max(15.0, 15 * self.next_piece_s)


class OpenAIChat:
    """A `LanguageModel` on any server. `url` ends in `/v1`, as OpenAI's clients have it. Nothing is
    tried twice: a repeated request would cost the caller more silence than the extractive answer
    does."""

    def __init__(
        self,
        url: str,
        model: str,
        *,
        api_key: str | None = None,
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
        """See `ChatModel`; Saiga's sampling."""
        async with (
            self._client() as client,
            contextlib.aclosing(self._pieces(client, messages)) as pieces,
        ):
            async for piece in pieces:
                yield piece

    async def decide(
        self, messages: list[JsonObject], tools: list[JsonObject], choice: object
    ) -> JsonObject:
        """See `ToolModel`. Streamed as well, so that a server that hangs is told from one that is
        busy wording a call."""
        request = {"messages": messages, "tools": tools, "tool_choice": choice}
        decision = _Decision()
        async with self._client() as client, asyncio.timeout(self._timeouts.decision_s):
            async with asyncio.timeout(self._timeouts.first_piece_s):
                reply = await self._send(client, request)
                chunk = await anext(reply, None)
            async with contextlib.aclosing(reply):
                while chunk is not None:
                    decision.add(chunk)
                    chunk = await anext(reply, None)
        return decision.message()

    @contextlib.asynccontextmanager
    async def _client(self) -> AsyncGenerator["AsyncOpenAI"]:
        """A client for one request, since it lives in the caller's loop. Whatever goes wrong with
        it is raised as `Unavailable`."""
        await asyncio.to_thread(import_module, "openai")  # a second of work, once
        from openai import APITimeoutError, AsyncOpenAI, DefaultAsyncHttpxClient, Timeout

        limits = Timeout(None, connect=self._timeouts.connect_s)  # the rest is waited for here
        # The environment's proxies are not asked: nothing leaves the machine unless told to.
        http = DefaultAsyncHttpxClient(transport=self._transport, timeout=limits, trust_env=False)
        async with http:
            client = AsyncOpenAI(
                base_url=self._url, api_key=self._api_key, max_retries=0, http_client=http
            )
            try:
                yield client
            except Unavailable:
                raise
            except (TimeoutError, APITimeoutError) as error:
                raise TimedOut(f"the language model failed: {type(error).__name__}") from error
            except Exception as error:
                # Refused, reset, 4xx, 5xx or no JSON: a foreign server may do anything.
                raise Unavailable(f"the language model failed: {type(error).__name__}") from error

    async def _pieces(
        self, client: "AsyncOpenAI", messages: Sequence[ChatMessage]
    ) -> AsyncGenerator[str]:
        wait = _Wait(self._timeouts)
        async with wait():
            reply = await self._send(client, self._request(messages))
        finished = False
        async with contextlib.aclosing(reply):
            while True:
                # Never open while a piece is passed on: the listener may take its time.
                async with wait():
                    chunk = await anext(reply, None)
                if chunk is None:
                    break
                for choice in chunk.choices[:1]:
                    finished = finished or choice.finish_reason is not None
                    if choice.delta.content:
                        yield choice.delta.content
                        wait.had(choice.delta.content)
                if wait.chars > MAX_CHARS:
                    return  # a server that knows no `max_tokens`; what was said is an answer
        if not finished:
            raise Unavailable(CUT_OFF)

    async def _send(
        self, client: "AsyncOpenAI", request: JsonObject
    ) -> "AsyncStream[ChatCompletionChunk]":
        create: Any = client.chat.completions.create
        reply: AsyncStream[ChatCompletionChunk]
        reply = await create(model=self._model, stream=True, **request)
        return reply

    def _request(self, messages: Sequence[ChatMessage]) -> JsonObject:
        how = self._sampling
        return {
            "messages": [message.to_openai() for message in messages],
            "temperature": how.temperature,
            "top_p": how.top_p,
            "max_tokens": how.max_tokens,
            # vLLM's own; servers that do not know the field ignore it.
            "extra_body": {"repetition_penalty": how.repetition_penalty},
        }


class _Wait:
    """How long may still be waited for a reply; each use is one wait."""

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._clock = asyncio.get_running_loop().time
        self._piece_s = timeouts.first_piece_s
        self._waited_s = 0.0
        self._sentence = False
        self.chars = 0

    @contextlib.asynccontextmanager
    async def __call__(self) -> AsyncGenerator[None]:
        began_s = self._clock()
        most_s = self._timeouts.whole_s if self._sentence else self._timeouts.first_sentence_s
        try:
            async with asyncio.timeout(min(self._piece_s, most_s - self._waited_s)):
                yield
        finally:
            took_s = self._clock() - began_s
            self._waited_s += took_s
            self._piece_s -= took_s

    def had(self, piece: str) -> None:
        """Something came: the next piece has its time again, and a sentence may be whole."""
        self._piece_s = self._timeouts.next_piece_s
        self._sentence = self._sentence or any(mark in piece for mark in SENTENCE_ENDS)
        self.chars += len(piece)


class _Decision:
    """An assistant's message put together from the pieces of a streamed reply."""

    def __init__(self) -> None:
        self._content = ""
        self._calls: dict[int, JsonObject] = {}
        self._finished = False

    def add(self, chunk: "ChatCompletionChunk") -> None:
        for choice in chunk.choices[:1]:
            self._finished = self._finished or choice.finish_reason is not None
            self._content += choice.delta.content or ""
            for part in choice.delta.tool_calls or ():
                self._add_call(part)

    def _add_call(self, part: "ChoiceDeltaToolCall") -> None:
        # The first piece of a call brings its id and name; vLLM 0.8 sends a new id with each piece.
        new = {"id": part.id, "type": "function", "function": {"name": "", "arguments": ""}}
        function = self._calls.setdefault(part.index, new)["function"]
        if part.function is not None:
            function["name"] = function["name"] or part.function.name or ""
            function["arguments"] += part.function.arguments or ""

    def message(self) -> JsonObject:
        """The whole of it; raises `Unavailable` where the reply broke off."""
        if not self._finished:
            raise Unavailable(CUT_OFF)
        calls = [self._calls[index] for index in sorted(self._calls)]
        return {"role": "assistant", "content": self._content, "tool_calls": calls}
