"""The wire to an OpenAI-compatible server, with the server replaced by a function."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from dialog.errors import Unavailable
from rag.answering.llm import ChatMessage, JsonObject, OpenAIChat, TimedOut, Timeouts
from tests.clock import JumpingLoop

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


def chunk(text: str | None, finish: str | None = None) -> dict[str, Any]:
    return piece({"content": text}, finish)


def piece(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "saiga",
            "choices": [choice]}  # fmt: skip


def events(*chunks: dict[str, Any] | str) -> str:
    lines = [c if isinstance(c, str) else json.dumps(c, ensure_ascii=False) for c in chunks]
    return "".join(f"data: {line}\n\n" for line in lines)


def client(reply: Callable[[Any], Any]) -> OpenAIChat:
    import httpx2

    return OpenAIChat("http://llm/v1", "saiga", transport=httpx2.MockTransport(reply))


def answering(body: str, status: int = 200) -> OpenAIChat:
    import httpx2

    headers = {"content-type": "text/event-stream"}
    return client(lambda _: httpx2.Response(status, text=body, headers=headers))


async def pieces(model: OpenAIChat) -> list[str]:
    return [piece async for piece in model.stream([ChatMessage("user", "сколько?")])]


async def test_pieces_come_as_they_are_sent() -> None:
    body = events(chunk(""), chunk("Шесть"), chunk("сот."), chunk(None, "stop"), "[DONE]")
    assert await pieces(answering(body)) == ["Шесть", "сот."]


async def test_the_request_carries_saigas_sampling() -> None:
    import httpx2

    seen: list[Any] = []

    def reply(request: Any) -> Any:
        seen.append((str(request.url), json.loads(request.content)))
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(200, text=events(chunk("да", "stop"), "[DONE]"), headers=headers)

    assert await pieces(client(reply)) == ["да"]
    ((url, sent),) = seen
    assert url == "http://llm/v1/chat/completions"
    assert sent["messages"] == [{"role": "user", "content": "сколько?"}]
    assert (sent["model"], sent["stream"]) == ("saiga", True)
    assert (sent["temperature"], sent["top_p"], sent["repetition_penalty"]) == (0.6, 0.95, 1.1)


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
async def test_a_refusal_is_unavailable_and_is_not_tried_again(status: int) -> None:
    import httpx2

    calls: list[Any] = []

    def reply(request: Any) -> Any:
        calls.append(request)
        return httpx2.Response(status, json={"error": {"message": "no"}})

    with pytest.raises(Unavailable):
        await pieces(client(reply))
    assert len(calls) == 1


@pytest.mark.parametrize(
    "body",
    ["rubbish", "", events("{rubbish"), events(chunk("Шесть")), events("[DONE]")],
    ids=["no events", "nothing", "broken JSON", "no end", "an end and nothing else"],
)
async def test_rubbish_is_unavailable(body: str) -> None:
    with pytest.raises(Unavailable):
        await pieces(answering(body))


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        await pieces(OpenAIChat("http://127.0.0.1:9/v1", "saiga"))


TOOLS: list[JsonObject] = [{"type": "function", "function": {"name": "balance"}}]


async def decide(model: OpenAIChat) -> JsonObject:
    messages: list[JsonObject] = [{"role": "user", "content": "Мой баланс?"}]
    return await model.decide(messages, TOOLS, "required")


def call(
    index: int, id: str | None = None, name: str | None = None, arguments: str | None = None
) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return piece({"tool_calls": [{"index": index, "id": id, "function": function}]})


async def test_calls_are_put_together_from_their_pieces() -> None:
    body = events(
        piece({"role": "assistant", "content": ""}),
        call(0, "call_1", "balance", '{"num'),
        call(0, "another", "balance", 'ber": 17}'),  # as vLLM 0.8 sends it
        call(1, "call_2", "operator"),
        call(1, arguments="{}"),
        chunk(None, "tool_calls"),
        "[DONE]",
    )
    decision = await decide(answering(body))
    assert [(one["id"], one["function"]) for one in decision["tool_calls"]] == [
        ("call_1", {"name": "balance", "arguments": '{"number": 17}'}),
        ("call_2", {"name": "operator", "arguments": "{}"}),
    ]


async def test_a_decision_may_be_words() -> None:
    decision = await decide(answering(events(chunk("Сто "), chunk("рублей.", "stop"), "[DONE]")))
    assert (decision["content"], decision["tool_calls"]) == ("Сто рублей.", [])


async def test_a_decision_is_asked_for_with_the_tools_and_without_sampling() -> None:
    import httpx2

    seen: list[Any] = []

    def reply(request: Any) -> Any:
        seen.append(json.loads(request.content))
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(200, text=events(chunk("да", "stop")), headers=headers)

    await decide(client(reply))
    (sent,) = seen
    assert (sent["tools"], sent["tool_choice"], sent["stream"]) == (TOOLS, "required", True)
    assert "temperature" not in sent


@pytest.mark.parametrize(
    "body",
    ["rubbish", "", events(call(0, "call_1", "balance", "{")), events("[DONE]")],
    ids=["no events", "nothing", "no end", "an end and nothing else"],
)
async def test_half_a_decision_is_none(body: str) -> None:
    with pytest.raises(Unavailable):
        await decide(answering(body))


def test_a_decision_that_has_begun_may_take_longer_than_its_first_piece() -> None:
    """Some servers send a call in one piece, once it is whole; one that sends nothing hangs."""
    import httpx2

    class Slowly(httpx2.AsyncByteStream):
        def __init__(self, *pauses_s: float) -> None:
            self._pauses_s = pauses_s

        async def __aiter__(self) -> AsyncIterator[bytes]:
            for number, pause_s in enumerate(self._pauses_s):
                await asyncio.sleep(pause_s)
                last = number == len(self._pauses_s) - 1
                yield events(chunk("да", "stop" if last else None)).encode()

    def asked(*pauses_s: float) -> JsonObject:
        headers = {"content-type": "text/event-stream"}
        transport = httpx2.MockTransport(
            lambda _: httpx2.Response(200, stream=Slowly(*pauses_s), headers=headers)
        )
        waits = Timeouts(first_piece_s=1.0, decision_s=5.0)
        model = OpenAIChat("http://llm/v1", "saiga", timeouts=waits, transport=transport)
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            return runner.run(decide(model))

    assert asked(0.9, 4.0)["content"] == "дада"
    with pytest.raises(TimedOut):
        asked(1.1)
    with pytest.raises(TimedOut):
        asked(0.9, 4.2)
