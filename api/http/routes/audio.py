"""OpenAI's audio endpoints: transcriptions and speech."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from pydantic import BaseModel, Field

from api.http.routes.deps import ModelsDep, unless_left
from api.transcript_formats import SERVICE_FORMATS, JsonFormat
from dialog.audio.pcm import pcm16, wav_header
from dialog.content import Speech
from dialog.errors import BadInput

router = APIRouter(prefix="/v1/audio", tags=["audio"])


@router.post("/transcriptions")
async def transcriptions(
    request: Request,
    models: ModelsDep,
    file: Annotated[UploadFile, File()],
    response_format: Annotated[str, Form()] = "json",
) -> Response:
    """A recording of any format to text; silence is an empty text with 200."""
    form = SERVICE_FORMATS.get(response_format)
    if form is None:
        raise BadInput(f"response_format must be one of: {', '.join(SERVICE_FORMATS)}")
    transcript = await unless_left(request, models.transcribe(file.file))
    if isinstance(form, JsonFormat):
        return JSONResponse(form.render(transcript))
    return PlainTextResponse(form.render(transcript) + "\n")


@router.get("/voices")
async def voices(models: ModelsDep) -> dict[str, object]:
    """The voices that `speech` and `talk` can be asked for; the first is the default."""
    names = await models.voices()
    return {"object": "list", "data": [{"id": name, "object": "voice"} for name in names]}


class SpeechRequest(BaseModel):
    """OpenAI's speech request; `model` is accepted and ignored: there is one voice model."""

    input: str
    model: str | None = None
    voice: str | None = None
    response_format: Literal["wav", "pcm"] = "wav"
    speed: float = Field(1.0, ge=0.25, le=4.0)


@router.post("/speech")
async def speech(models: ModelsDep, request: SpeechRequest) -> StreamingResponse:
    """Text to audio, sent phrase by phrase as it is spoken."""
    phrases = models.speak(request.input, request.voice, request.speed)
    # The first phrase is awaited before the status goes out: bad input is still a 400.
    first = await anext(phrases)
    media_type = "audio/wav" if request.response_format == "wav" else "audio/pcm"
    body = _encode(first, phrases, request.response_format == "wav")
    return StreamingResponse(
        body, media_type=media_type, headers={"X-Sample-Rate": str(first.rate_hz)}
    )


async def _encode(first: Speech, rest: AsyncIterator[Speech], headed: bool) -> AsyncIterator[bytes]:
    if headed:
        yield wav_header(first.rate_hz)
    yield pcm16(first.samples)
    async for phrase in rest:
        yield pcm16(phrase.samples)
