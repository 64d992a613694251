"""Events of the Realtime protocol: made, read, checked, and named for older clients.

Shapes are those of OpenAI's API reference, "Realtime".
"""

import json
import uuid
from typing import Any

from dialog.errors import BadInput, first_fault

Json = dict[str, Any]

MAX_EVENT_BYTES = 4 * 1024 * 1024

# What a client of the beta (header `OpenAI-Beta: realtime=v1`) calls the events of today.
BETA_NAMES = {
    "conversation.item.added": "conversation.item.created",
    "conversation.item.done": None,
    "response.output_audio.delta": "response.audio.delta",
    "response.output_audio.done": "response.audio.done",
    "response.output_audio_transcript.delta": "response.audio_transcript.delta",
    "response.output_audio_transcript.done": "response.audio_transcript.done",
    "response.output_text.delta": "response.text.delta",
    "response.output_text.done": "response.text.done",
}


def new_id(kind: str) -> str:
    """An id as OpenAI's look: what it is of, and something random."""
    return f"{kind}_{uuid.uuid4().hex[:20]}"


def event(name: str, /, **fields: object) -> Json:
    """A server event."""
    return {"type": name, "event_id": new_id("event"), **fields}


def error_event(message: str, code: str | None, caused_by: str | None = None) -> Json:
    """What went wrong, and which client event it was about; the session goes on."""
    kind = "server_error" if code in ("part_failed", "too_many_sessions") else None
    error = {"type": kind or "invalid_request_error", "code": code, "message": message}
    return event("error", error={**error, "param": None, "event_id": caused_by})


def named(events: list[Json], *, beta: bool) -> list[Json]:
    """Events under the names that the client knows."""
    if not beta:
        return events
    renamed = [{**one, "type": BETA_NAMES.get(one["type"], one["type"])} for one in events]
    return [one for one in renamed if one["type"] is not None]


def parse(text: str | bytes) -> Json:
    """A frame as an event with a type; raises BadInput for anything else."""
    if isinstance(text, bytes):
        raise BadInput("events are text frames with JSON, this one is binary", code="invalid_event")
    if len(text) > MAX_EVENT_BYTES:
        raise BadInput(
            f"the event is over {MAX_EVENT_BYTES} bytes: send audio in pieces",
            code="event_too_large",
        )
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("the event is not valid JSON", code="invalid_event") from None
    if not isinstance(given, dict) or not isinstance(given.get("type"), str):
        raise BadInput("an event is a JSON object with a `type`", code="invalid_event")
    return given


def checked(given: Json) -> Json:
    """The event, if the SDK's own type of it agrees; raises BadInput that says where not."""
    from openai.types import realtime as types
    from pydantic import BaseModel, ValidationError

    kinds: dict[str, type[BaseModel]] = {
        "input_audio_buffer.append": types.InputAudioBufferAppendEvent,
        "conversation.item.create": types.ConversationItemCreateEvent,
        "conversation.item.retrieve": types.ConversationItemRetrieveEvent,
        "conversation.item.truncate": types.ConversationItemTruncateEvent,
        "conversation.item.delete": types.ConversationItemDeleteEvent,
        "response.create": types.ResponseCreateEvent,
    }
    if given["type"] == "session.update" and not isinstance(given.get("session"), dict):
        raise BadInput("session: an object is needed", code="invalid_value")
    try:
        if kind := kinds.get(given["type"]):
            kind.model_validate(given)
    except ValidationError as error:
        raise BadInput(str(first_fault(error)), code="invalid_value") from None
    return given


def written(item: Json) -> str:
    """The text of a message; raises BadInput when there is none to use."""
    parts: list[Any] = item["content"]
    if any(part.get("type") not in ("input_text", "output_text", "text") for part in parts):
        raise BadInput("send sound with input_audio_buffer.append", code="unsupported")
    text = " ".join(part.get("text") or "" for part in parts).strip()
    if not text:
        raise BadInput("the message is empty", code="empty_text")
    return text
