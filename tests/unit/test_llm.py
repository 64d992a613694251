"""The wire to an OpenAI-compatible server, with the server replaced by a function."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from dialog.errors import Unavailable
from rag.answering.llm import ChatMessage, OpenAIChat

pytestmark = [pytest.mark.unit, pytest.mark.anyio]


def chunk(text: str | None, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
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
