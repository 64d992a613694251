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


def dripping(pieces_of: AsyncIterator[str], every_s: float) -> OpenAIChat:
    """A server that sends one piece after another, and no end."""
    import httpx2

    async def body() -> AsyncIterator[bytes]:
        async for text in pieces_of:
            await asyncio.sleep(every_s)
            yield events(chunk(text)).encode()

    headers = {"content-type": "text/event-stream"}
    return client(lambda _: httpx2.Response(200, content=body(), headers=headers))


async def endless(*texts: str) -> AsyncIterator[str]:
    while True:
        for text in texts:
            yield text


async def took(model: OpenAIChat, listener_s: float = 0.0) -> tuple[float, str, bool]:
    """Seconds, what was said, and whether the model was given up."""
    clock = asyncio.get_running_loop().time
    began_s, said, given_up = clock(), "", False
    try:
        async for text in model.stream([ChatMessage("user", "сколько?")]):
            said += text
            await asyncio.sleep(listener_s)
    except TimedOut:
        given_up = True
    return clock() - began_s, said, given_up


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": JumpingLoop}


async def test_a_letter_at_a_time_is_given_up_before_the_first_sentence() -> None:
    seconds, said, given_up = await took(dripping(endless("а"), 0.4))
    assert given_up
    assert 3.5 < seconds < 4.5
    assert 0 < len(said) <= 10


async def test_a_reply_that_goes_on_slowly_is_given_up_after_a_while() -> None:
    seconds, said, given_up = await took(dripping(endless("Да. "), 0.8))
    assert given_up
    assert 14 < seconds < 16
    assert said.startswith("Да. Да. ")


async def test_a_stream_without_end_is_left() -> None:
    seconds, said, given_up = await took(dripping(endless("Всё хорошо. "), 0.001))
    assert not given_up
    assert 3_000 < len(said) < 3_100
    assert seconds < 5


async def test_pieces_without_a_word_are_no_sentence() -> None:
    seconds, _, given_up = await took(dripping(endless(" "), 0.5))
    assert given_up
    assert seconds < 4.5


async def test_a_listener_who_takes_his_time_costs_the_model_none() -> None:
    body = events(*[chunk("Да. ") for _ in range(10)], chunk(None, "stop"), "[DONE]")
    seconds, said, given_up = await took(answering(body), listener_s=3.0)
    assert (said, given_up) == ("Да. " * 10, False)
    assert seconds > 25
