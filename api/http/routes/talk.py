"""`POST /v1/talk`: a spoken or typed question in, text and audio out."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.datastructures import UploadFile

from api import schemas
from api.conversation.exchange import Reply, collect, joined
from api.conversation.validation import typed
from api.http.routes.deps import ConversationsDep, ServicesDep, unless_left
from dialog.audio.pcm import wav_bytes
from dialog.content import Recording, Transcript
from dialog.errors import BadInput, first_fault
from dialog.messages import CallSettings

router = APIRouter(prefix="/v1", tags=["talk"])


class TalkOptions(BaseModel):
    """What may stand beside the audio, or in its place. `audio`: false leaves the voice out."""

    text: str | None = None
    voice: str | None = None
    speed: float = Field(1.0, ge=0.5, le=2.0)
    conversation_id: str | None = None
    audio: bool = True


@router.post("/talk")
async def talk(
    request: Request, services: ServicesDep, conversations: ConversationsDep
) -> Response:
    """One exchange, from multipart (`file` or `text`) or JSON (`text`).

    Answers JSON, the speech in it as base64 WAV; to `Accept: audio/wav`, the WAV alone.
    """
    async with _fields(request) as fields:
        question, options = _read(fields)
        history = await conversations.history(options.conversation_id)
        stages = services.stages(spoken=options.audio, history=history)
        settings = CallSettings(voice=options.voice, speed=options.speed)
        reply = await unless_left(request, collect(question, stages, settings))
    conversation_id = await conversations.save_exchange(reply, options.conversation_id)
    if reply.speech and request.headers.get("accept", "").startswith("audio/"):
        headers = {"X-Conversation-Id": conversation_id}
        return Response(_wav(reply), media_type="audio/wav", headers=headers)
    speech = base64.b64encode(_wav(reply)).decode() if reply.speech else None
    return JSONResponse(
        {
            "conversation_id": conversation_id,
            **schemas.reply_json(reply),
            "audio": speech,
            "audio_format": "wav" if speech else None,
        }
    )


def _wav(reply: Reply) -> bytes:
    return wav_bytes(joined(reply.speech), reply.speech[0].rate_hz)


def _read(fields: dict[str, Any]) -> tuple[Recording | Transcript, TalkOptions]:
    """The question and its options; raises BadInput when there is not exactly one question."""
    file = fields.pop("file", None)
    try:
        options = TalkOptions.model_validate(fields)
    except ValidationError as error:
        raise BadInput(str(first_fault(error))) from None
    if isinstance(file, UploadFile) == (options.text is not None):
        raise BadInput("send either an audio `file` or a `text`")
    if isinstance(file, UploadFile):
        return Recording(file.file), options
    return typed(options.text or "", "`text`"), options


@asynccontextmanager
async def _fields(request: Request) -> AsyncIterator[dict[str, Any]]:
    """The body's fields; uploaded files are closed, and gone, when the block ends."""
    if request.headers.get("content-type", "").startswith("application/json"):
        try:
            body = json.loads(await request.body())
        except ValueError:
            raise BadInput("the body is not valid JSON") from None
        if not isinstance(body, dict):
            raise BadInput("the body must be a JSON object")
        yield body
    else:
        async with request.form() as form:
            yield dict(form)
