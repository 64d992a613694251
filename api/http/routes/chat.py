"""OpenAI's chat completions over the operator's documents, streamed or whole.

The last user message is the question, what stands before it the history. The answer's
sources and rung travel in extra fields, which stock clients ignore.
"""

import json
import time
import uuid
from collections.abc import AsyncIterator
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

from api import schemas
from api.conversation.converse import Stages
from api.conversation.exchange import Reply, collect, exchange
from api.conversation.history import Conversations
from api.conversation.validation import typed
from api.http.routes.deps import ConversationsDep, ServicesDep, unless_left
from dialog.content import Answer, AnswerDelta, Transcript
from dialog.errors import BadInput
from rag.answering.llm import ChatMessage

MODEL = "beseda"

router = APIRouter(prefix="/v1", tags=["chat"])


class TextPart(BaseModel):
    """A piece of a message's content."""

    type: str
    text: str = ""


class IncomingMessage(BaseModel):
    """One message. Parts that are not text are refused."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[TextPart] | None = None

    def text(self) -> str:
        """The message's words."""
        if isinstance(self.content, list):
            if any(part.type != "text" for part in self.content):
                raise BadInput("only text parts are understood here; audio goes to /v1/talk")
            return "".join(part.text for part in self.content)
        return self.content or ""


class ChatRequest(BaseModel):
    """The fields that matter here; sampling options are accepted and ignored."""

    messages: list[IncomingMessage]
    model: str = MODEL
    stream: bool = False


@router.get("/models")
async def models() -> dict[str, object]:
    """The one model that chat completions offer."""
    return {
        "object": "list",
        "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "beseda"}],
    }


@router.post("/chat/completions")
async def completions(
    request: ChatRequest, http: Request, services: ServicesDep, conversations: ConversationsDep
) -> Response:
    """Answer the last user message from the documents."""
    question, history = split_dialogue(request.messages)
    stages = services.stages(spoken=False, history=history)
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": MODEL}
    if request.stream:
        body = _stream(question, stages, conversations, head)
        return StreamingResponse(body, media_type="text/event-stream")
    reply = await unless_left(http, collect(question, stages))
    await conversations.save_exchange(reply)
    message = {"role": "assistant", "content": reply.answer.text}
    return JSONResponse(
        {
            **head,
            "object": "chat.completion",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            **_grounds(reply.answer),
        }
    )


def split_dialogue(messages: list[IncomingMessage]) -> tuple[Transcript, list[ChatMessage]]:
    """The question and what stands before it; raises BadInput without a usable question.

    System messages are dropped: what the assistant is stands in `rag.answering.prompt` alone.
    """
    if not messages or messages[-1].role != "user" or not messages[-1].text().strip():
        raise BadInput("the last message must be the user's and must not be empty")
    history = [
        ChatMessage("user" if message.role == "user" else "assistant", message.text())
        for message in messages[:-1]
        if message.role in ("user", "assistant")
    ]
    return typed(messages[-1].text()), history


def _grounds(answer: Answer) -> dict[str, object]:
    return {"source": answer.source, "sources": schemas.sources_json(answer.sources)}


async def _stream(
    question: Transcript,
    stages: Stages,
    conversations: Conversations,
    head: dict[str, object],
) -> AsyncIterator[str]:
    """Server-sent events: a role, the pieces, a finish with the sources, `[DONE]`."""

    def event(delta: dict[str, str], finish: str | None = None, **extra: object) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {**head, "object": "chat.completion.chunk", "choices": [choice], **extra}
        return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"

    yield event({"role": "assistant", "content": ""})
    async for message in exchange(question, stages):
        match message:
            case AnswerDelta():
                yield event({"content": message.text})
            case Reply():
                await conversations.save_exchange(message)
                yield event({}, "stop", **_grounds(message.answer))
    yield "data: [DONE]\n\n"
