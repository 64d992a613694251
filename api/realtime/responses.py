"""What the assistant says in a Realtime session: one response after another, and all items.

ResponseStarted  AnswerDelta/Speech ...        ResponseEnded or Interrupted
response.created output_item.added, deltas ... output_item.done, response.done
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from api import schemas
from api.realtime.audio import FORMATS, Outlet
from api.realtime.config import modern_modalities
from api.realtime.events import Json, event, new_id
from dialog.content import Answer, AnswerDelta, Speech, ToolCall
from dialog.errors import BadInput


@dataclass
class Response:
    """What the assistant says in one go, from `response.created` to `response.done`."""

    turn: int
    spoken: bool
    outlet: Outlet
    settings: Json
    metadata: object = None
    id: str = field(default_factory=lambda: new_id("resp"))
    item_id: str | None = None
    text: str = ""
    answer: Answer | None = None
    timings_ms: dict[str, float] | None = None
    output: list[Json] = field(default_factory=list)
    calls: tuple[ToolCall, ...] = ()


class ConversationItems:
    """The conversation, as its client knows it."""

    def __init__(self) -> None:
        self._items: dict[str, Json] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, item_id: str) -> bool:
        return item_id in self._items

    def last(self) -> str | None:
        """The id of the latest item."""
        return next(reversed(self._items), None)

    def get(self, item_id: str) -> Json:
        """An item; raises BadInput when there is none."""
        try:
            return self._items[item_id]
        except KeyError:
            raise BadInput(f"no item has the id {item_id[:80]!r}", code="item_not_found") from None

    def put(self, item: Json) -> None:
        """Keep an item, or a later state of it."""
        self._items[item["id"]] = item

    def add(self, item: Json) -> list[Json]:
        """Keep a whole item; the events that tell of it."""
        place = {"item": item, "previous_item_id": self.last()}
        self.put(item)
        return [event("conversation.item.added", **place), event("conversation.item.done", **place)]

    def call(self, call_id: str) -> Json | None:
        """The function call of this id."""
        calls = (item for item in self._items.values() if item["type"] == "function_call")
        return next((item for item in calls if item.get("call_id") == call_id), None)

    def of_role(self, role: str) -> list[Json]:
        """The messages of one role, in their order."""
        return [item for item in self._items.values() if item.get("role") == role]

    def remove(self, item_id: str) -> Json:
        """Forget an item, and return it; raises BadInput when there is none."""
        return self._items.pop(self.get(item_id)["id"])


class Responses:
    """The response that is being given, and the speech of those before."""

    def __init__(
        self, items: ConversationItems, conversation_id: str, clock: Callable[[], float]
    ) -> None:
        self.now: Response | None = None
        self.asked_for: Json | None = None  # response.create's options, until it starts
        self.cancelled = False
        self._items = items
        self._conversation_id = conversation_id
        self._clock = clock
        self._said: dict[str, Response] = {}

    @property
    def calls_functions(self) -> bool:
        """Whether the response that is being given asks the client for functions."""
        return self.now is not None and bool(self.now.calls)

    @property
    def latest(self) -> Response | None:
        """The last that was spoken."""
        return next(reversed(self._said.values()), None)

    def spoken(self, item_id: str) -> Response:
        """The response that an item holds the speech of; raises BadInput when there is none."""
        said = self._said.get(self._items.get(item_id)["id"])
        if said is None or not said.spoken:
            raise BadInput("only spoken answers can be truncated", code="invalid_value")
        return said

    def turn_of(self, item_id: str) -> int | None:
        """The turn whose answer an item is; None when it is none."""
        said = self._said.get(item_id)
        return said.turn if said else None

    def started(self, turn: int, session: Json) -> Iterator[Json]:
        """`session` is what the answer is given under, whatever changes meanwhile."""
        options, self.asked_for = self.asked_for or {}, None
        output = session["audio"]["output"]
        outlet = Outlet(FORMATS[output["format"]["type"]], self._clock)
        spoken = "audio" in (modalities_of(options) or session["output_modalities"])
        self.cancelled = False
        self.now = Response(turn, spoken, outlet, output, options.get("metadata"))
        yield event("response.created", response=self._shape(self.now, "in_progress"))

    def delta(self, message: AnswerDelta) -> Iterator[Json]:
        said = self.now
        if said is None or not message.text:
            return
        yield from self._opened(said)
        said.text += message.text
        name = "output_audio_transcript" if said.spoken else "output_text"
        yield self._part(said, f"response.{name}.delta", delta=message.text)

    def sound(self, message: Speech) -> Iterator[Json]:
        said = self.now
        if said is None or said.turn != message.turn or not said.spoken:
            return
        yield from self._opened(said)
        for piece in said.outlet.push(message):
            yield self._part(said, "response.output_audio.delta", delta=piece)

    def _opened(self, said: Response) -> Iterator[Json]:
        """The answer's item, once there is something to put into it."""
        if said.item_id is not None:
            return
        said.item_id = new_id("item")
        self._said[said.item_id] = said
        before = self._items.last()
        item = _message(said, "in_progress")
        self._items.put(item)
        yield event("response.output_item.added", response_id=said.id, output_index=0, item=item)
        yield event("conversation.item.added", item=item, previous_item_id=before)
        yield self._part(said, "response.content_part.added", part=_part_of(said))

    def ended(
        self, status: str, turn: int | None = None, timings_ms: dict[str, float] | None = None
    ) -> Iterator[Json]:
        """The response is over; `turn`: only if it is this one."""
        said = self.now
        if said is None or turn not in (None, said.turn):
            return
        self.now = None
        said.timings_ms = timings_ms
        if said.item_id is not None:
            yield from self._closed(said, status)
        if status == "completed":
            yield from self._function_calls(said)
        yield event("response.done", response=self._shape(said, status))

    def _closed(self, said: Response, status: str) -> Iterator[Json]:
        if said.spoken:
            if status == "completed":
                for piece in said.outlet.flush():
                    yield self._part(said, "response.output_audio.delta", delta=piece)
            yield self._part(said, "response.output_audio.done")
            name = "response.output_audio_transcript.done"
            yield self._part(said, name, transcript=said.text)
        else:
            yield self._part(said, "response.output_text.done", text=said.text)
        yield self._part(said, "response.content_part.done", part=_part_of(said))
        item = _message(said, "completed" if status == "completed" else "incomplete")
        self._items.put(item)
        said.output.append(item)
        yield event("response.output_item.done", response_id=said.id, output_index=0, item=item)
        yield event("conversation.item.done", item=item, previous_item_id=None)

    def _function_calls(self, said: Response) -> Iterator[Json]:
        for call in said.calls:
            item: Json = {
                "id": new_id("item"), "object": "realtime.item", "type": "function_call",
                "status": "completed", "name": call.name, "call_id": call.call_id,
                "arguments": call.arguments,
            }  # fmt: skip
            place: Json = {"response_id": said.id, "output_index": len(said.output)}
            said.output.append(item)
            started = {**item, "status": "in_progress", "arguments": ""}
            yield event("response.output_item.added", item=started, **place)
            added, done = self._items.add(item)
            yield added
            about = {**place, "item_id": item["id"], "call_id": call.call_id}
            name = "response.function_call_arguments"
            yield event(f"{name}.delta", delta=call.arguments, **about)
            yield event(f"{name}.done", arguments=call.arguments, name=call.name, **about)
            yield event("response.output_item.done", item=item, **place)
            yield done

    def silenced(self, turn: int) -> None:
        """What was not played of a turn never will be."""
        for said in self._said.values():
            if said.turn == turn:
                said.outlet.stop()

    def _part(self, said: Response, name: str, **fields: object) -> Json:
        place: Json = {"response_id": said.id, "item_id": said.item_id}
        return event(name, **place, output_index=0, content_index=0, **fields)

    def _shape(self, said: Response, status: str) -> Json:
        shape: Json = {
            "id": said.id, "object": "realtime.response", "status": status,
            "status_details": self._details(status), "output": said.output,
            "conversation_id": self._conversation_id, "metadata": said.metadata,
            "output_modalities": ["audio" if said.spoken else "text"],
            "max_output_tokens": "inf",
            "audio": {"output": {name: said.settings[name] for name in ("format", "voice")}},
        }  # fmt: skip
        if said.answer is not None:
            grounds = schemas.sources_json(said.answer.sources)
            source = said.answer.source
            shape["beseda"] = {"turn": said.turn, "source": source, "sources": grounds}
            if said.timings_ms:
                shape["beseda"]["timings_ms"] = said.timings_ms
        return shape

    def _details(self, status: str) -> Json | None:
        if status == "in_progress":
            return None
        if status == "completed":
            return {"type": "completed"}
        reason = "client_cancelled" if self.cancelled else "turn_detected"
        return {"type": status, "reason": reason}


def modalities_of(options: Json) -> Any:
    """What `response.create` wants the answer to be, under today's name or the beta's."""
    return options.get("output_modalities", modern_modalities(options.get("modalities")))


def _message(said: Response, status: str) -> Json:
    part: Json = {"type": "output_text", "text": said.text}
    if said.spoken:
        part = {"type": "output_audio", "transcript": said.text}
    return {
        "id": said.item_id, "object": "realtime.item", "type": "message",
        "role": "assistant", "status": status,
        "content": [] if status == "in_progress" else [part],
    }  # fmt: skip


def _part_of(said: Response) -> Json:
    if said.spoken:
        return {"type": "audio", "transcript": said.text}
    return {"type": "text", "text": said.text}
