"""OpenAI's Realtime protocol and a call's messages, each turned into the other.

    client's events --> receive() --> Inbound            Outbound --> emit() --> server's events

Knows which event means what and when it is refused; knows no socket, no clock but the one it
is given, and nothing of how a call is held (docs/calls.md). `tests/contract` holds
every event to the types of OpenAI's own SDK.
"""

import time
from collections.abc import Callable, Iterator

from api.realtime.audio import FORMATS, samples_of
from api.realtime.config import call_settings, defaults, shown, updated
from api.realtime.events import Json, checked, error_event, event, named, new_id, parse, written
from api.realtime.responses import ConversationItems, Responses, modalities_of
from dialog.audio.wire_format import WireFormat
from dialog.content import Answer, AnswerDelta, Speech, ToolCall, ToolCalls, Transcript
from dialog.errors import BadInput
from dialog.messages import (
    CallEnded,
    CallerAudio,
    Cancel,
    Clear,
    Commit,
    DeleteFromHistory,
    DeleteToolOutput,
    Duck,
    Inbound,
    Interrupted,
    Outbound,
    PartFailed,
    Partial,
    Played,
    Respond,
    ResponseEnded,
    ResponseStarted,
    SilenceTimeout,
    SpeechStarted,
    SpeechStopped,
    TextInput,
    ToolOutput,
    TurnTrace,
    Unduck,
)

MAX_ITEMS = 1000
ITEM_TYPES = ("message", "function_call", "function_call_output")
TRANSCRIPTION = "conversation.item.input_audio_transcription"

Meaning = tuple[list[Inbound], list[Json]]
"""What an event is to the call, and what its sender is answered at once."""


class Realtime:
    """One session. `voices` may speak in it; `conversation_id` is where its turns are kept."""

    def __init__(
        self,
        conversation_id: str,
        voices: tuple[str, ...] = (),
        *,
        beta: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.session = defaults(new_id("sess"))
        self.session["audio"]["output"]["voice"] = voices[0] if voices else None
        self.items = ConversationItems()
        self.responses = Responses(self.items, conversation_id, clock)
        self._voices = voices
        self._beta = beta
        self._overruled = False
        self._buffered = False
        self._hearing: str | None = None  # the item that the caller speaks into
        self._shown = ""  # as much of its words as the client has been told
        self._committed: list[str] = []  # items whose words are still to come
        self._unanswered: list[str] = []  # the caller's items since the last response
        self._asked: dict[str, int] = {}  # and those before, with the turns they belong to

    # ---- from the client

    def opening(self) -> list[Json]:
        """What the client is greeted with."""
        return self._named([event("session.created", session=shown(self.session))])

    def receive(self, frame: str | bytes) -> Meaning:
        """What a client's frame means; one that means nothing is answered with an `error`."""
        caused_by: str | None = None
        try:
            given = parse(frame)
            caused_by = given["event_id"] if isinstance(given.get("event_id"), str) else None
            inbound, events = self._handler(given["type"])(checked(given))
        except BadInput as error:
            inbound, events = [], [error_event(error.message, error.code, caused_by)]
        if self._overruled and self.responses.now is None and self.responses.asked_for is None:
            self._overruled = False
            inbound = [call_settings(self.session), *inbound]
        return inbound, self._named(events)

    def _handler(self, name: str) -> Callable[[Json], Meaning]:
        handlers: dict[str, Callable[[Json], Meaning]] = {
            "session.update": self._update,
            "input_audio_buffer.append": self._append,
            "input_audio_buffer.commit": self._commit,
            "input_audio_buffer.clear": self._clear,
            "conversation.item.create": self._create,
            "conversation.item.retrieve": self._retrieve,
            "conversation.item.truncate": self._truncate,
            "conversation.item.delete": self._delete,
            "response.create": self._respond,
            "response.cancel": self._cancel,
        }
        if name not in handlers:
            raise BadInput(f"unknown event type {name[:80]!r}", code="unknown_event")
        return handlers[name]

    def _update(self, given: Json) -> Meaning:
        self.session = updated(self.session, given["session"], self._voices)
        return [call_settings(self.session)], [
            event("session.updated", session=shown(self.session))
        ]

    def _append(self, given: Json) -> Meaning:
        form = self._input_format()
        samples = samples_of(given["audio"], form)
        self._buffered = self._buffered or len(samples) > 0
        return [CallerAudio(samples, form.rate_hz)], []

    def _commit(self, _: Json) -> Meaning:
        if not self._buffered:
            raise BadInput("the audio buffer is empty", code="input_audio_buffer_commit_empty")
        return [Commit()], self._end_of_turn()

    def _clear(self, _: Json) -> Meaning:
        self._buffered, self._hearing, self._shown = False, None, ""
        return [Clear()], [event("input_audio_buffer.cleared")]

    def _create(self, given: Json) -> Meaning:
        after = given.get("previous_item_id")
        if after is not None and after != self.items.last():
            message = "items are only added at the end: leave previous_item_id out"
            raise BadInput(message, code="unsupported")
        item = {"object": "realtime.item", "status": "completed", **given["item"]}
        item["id"] = item.get("id") or new_id("item")
        if item["id"] in self.items:
            raise BadInput(f"an item {item['id'][:80]!r} is there already", code="item_exists")
        if len(self.items) >= MAX_ITEMS:
            raise BadInput(f"a session holds {MAX_ITEMS} items", code="too_many_items")
        if item["type"] not in ITEM_TYPES:
            raise BadInput(f"items of type {item['type']} are not used here", code="unsupported")
        if item.get("role") == "user":
            typed = TextInput(written(item), answer=False)
            self._unanswered.append(item["id"])
            return [typed], self.items.add(item)
        if item["type"] == "message":
            written(item)
        return self._returned(item), self.items.add(item)

    def _returned(self, item: Json) -> list[Inbound]:
        """What a function returned, if an item holds it and its call is known."""
        if item["type"] != "function_call_output":
            return []
        call = self.items.call(item["call_id"])
        if call is None:
            return []
        called = ToolCall(call["name"], call["arguments"], call["call_id"])
        return [ToolOutput(called, item["output"])]

    def _retrieve(self, given: Json) -> Meaning:
        item = self.items.get(given["item_id"])
        return [], [event("conversation.item.retrieved", item=item)]

    def _truncate(self, given: Json) -> Meaning:
        """The client has stopped playing: the rest of that answer was never heard."""
        said = self.responses.spoken(given["item_id"])
        at_ms, length_ms = given["audio_end_ms"], said.outlet.length_ms
        if not 0 <= at_ms <= length_ms:
            message = f"audio_end_ms is {at_ms}, the audio has {length_ms} ms"
            raise BadInput(message, code="invalid_value")
        heard = said.outlet.samples_at(at_ms)
        stop: list[Inbound] = [] if said.outlet.stopped else [Cancel()]
        said.outlet.stop(heard)
        fields = {name: given[name] for name in ("item_id", "content_index", "audio_end_ms")}
        truncated = event("conversation.item.truncated", **fields)
        return [Played(said.turn, heard), *stop], [truncated]

    def _delete(self, given: Json) -> Meaning:
        """The item is gone, also from what later answers know of the conversation."""
        item_id = given["item_id"]
        item = self.items.remove(item_id)
        forget: list[Inbound] = []
        if item["type"] != "message":
            forget = [DeleteToolOutput(item.get("call_id") or "")]
        elif item_id in self._unanswered[-1:]:
            forget = [DeleteFromHistory(0)]
        elif (turn := self._asked.get(item_id)) is not None:
            forget = [DeleteFromHistory(turn)]
        elif (turn := self.responses.turn_of(item_id)) is not None:
            forget = [DeleteFromHistory(turn, answer=True)]
        self._unanswered = [one for one in self._unanswered if one != item_id]
        return forget, [event("conversation.item.deleted", item_id=item_id)]

    def _respond(self, given: Json) -> Meaning:
        if self.responses.now is not None or self.responses.asked_for is not None:
            message = "a response is under way: wait for response.done, or cancel it"
            raise BadInput(message, code="conversation_already_has_active_response")
        if self.session["type"] == "transcription":
            raise BadInput("a transcription session gives no responses", code="unsupported")
        options: Json = given.get("response") or {}
        if options.get("input") is not None or options.get("conversation") == "none":
            raise BadInput("responses outside of the conversation are not made", code="unsupported")
        for name in ("tools", "tool_choice", "prompt"):
            if options.get(name) is not None:
                raise BadInput(f"{name}: set it in the session", code="unsupported")
        modalities = modalities_of(options)
        if modalities not in (None, ["audio"], ["text"]):
            raise BadInput('output_modalities is ["audio"] or ["text"]', code="invalid_value")
        self.responses.asked_for = options
        if modalities is None:
            return [Respond()], []
        self._overruled = True
        return [call_settings(self.session, spoken=modalities == ["audio"]), Respond()], []

    def _cancel(self, _: Json) -> Meaning:
        if self.responses.now is None:
            raise BadInput("no response is under way", code="response_cancel_not_active")
        self.responses.cancelled = True
        return [Cancel()], []

    def _input_format(self) -> WireFormat:
        return FORMATS[self.session["audio"]["input"]["format"]["type"]]

    # ---- from the call

    def emit(self, message: Outbound) -> list[Json]:
        """What the client is told of a message."""
        return self._named(list(self._told(message)))

    def played(self) -> Played | None:
        """How much of the latest answer the caller has heard by now, as far as one can tell."""
        said = self.responses.latest
        return Played(said.turn, said.outlet.played()) if said and said.spoken else None

    def _told(self, message: Outbound) -> Iterator[Json]:
        match message:
            case SpeechStarted():
                yield from self._speech("speech_started", "audio_start_ms", message.at_s)
            case Partial():
                yield from self._partial(message)
            case SpeechStopped():
                yield from self._speech("speech_stopped", "audio_end_ms", message.at_s)
                if self._listens():
                    yield from self._end_of_turn()
            case Transcript():
                yield from self._transcript(message)
            case SilenceTimeout():
                yield from self._timed_out(message)
            case PartFailed():
                yield from self._fault(message)
            case Duck() | Unduck() | TurnTrace() if self.session.get("beseda"):
                yield _own(message)
            case _:
                yield from self._answered(message)

    def _answered(self, message: Outbound) -> Iterator[Json]:
        responses = self.responses
        match message:
            case ResponseStarted():
                self._asked |= dict.fromkeys(self._unanswered, message.turn)
                self._unanswered = []
                yield from responses.started(message.turn, self.session)
            case AnswerDelta():
                yield from responses.delta(message)
            case ToolCalls() if responses.now is not None:
                responses.now.calls = message.calls
            case Answer() if responses.now is not None:
                responses.now.answer = message
            case Speech():
                yield from responses.sound(message)
            case ResponseEnded():
                yield from responses.ended("completed", message.turn, message.timings_ms)
            case Interrupted():
                responses.silenced(message.turn)
                yield from responses.ended("cancelled", message.turn)
            case CallEnded():
                yield from responses.ended("cancelled")

    def _listens(self) -> bool:
        """Whether the service decides where turns end, and not the client."""
        return self.session["audio"]["input"]["turn_detection"] is not None

    def _transcribes(self) -> bool:
        return self.session["audio"]["input"]["transcription"] is not None

    def _speech(self, what: str, name: str, at_s: float) -> Iterator[Json]:
        if self._listens():
            self._hearing = self._hearing or new_id("item")
            at_ms = {name: round(at_s * 1000), "item_id": self._hearing}
            yield event(f"input_audio_buffer.{what}", **at_ms)

    def _partial(self, message: Partial) -> Iterator[Json]:
        """A delta can only add: what a partial takes back is settled by the final text."""
        self._hearing = self._hearing or new_id("item")
        grown = message.text.startswith(self._shown) and message.text != self._shown
        if grown and self._transcribes():
            delta, self._shown = message.text[len(self._shown) :], message.text
            place = {"item_id": self._hearing, "content_index": 0}
            yield event(f"{TRANSCRIPTION}.delta", delta=delta, **place)

    def _end_of_turn(self) -> list[Json]:
        """The caller's audio becomes an item, its words to follow."""
        item_id, self._hearing = self._hearing or new_id("item"), None
        self._buffered, self._shown = False, ""
        self._committed.append(item_id)
        item = {
            "id": item_id, "object": "realtime.item", "type": "message", "role": "user",
            "status": "completed", "content": [{"type": "input_audio", "transcript": None}],
        }  # fmt: skip
        committed = {"item_id": item_id, "previous_item_id": self.items.last()}
        return [event("input_audio_buffer.committed", **committed), *self.items.add(item)]

    def _timed_out(self, message: SilenceTimeout) -> Iterator[Json]:
        """Nobody spoke for `idle_timeout_ms`: the silence is an item, and a question follows."""
        committed, *added = self._end_of_turn()
        times = {
            "audio_start_ms": round(message.since_s * 1000),
            "audio_end_ms": round(message.until_s * 1000),
        }
        item_id = self._committed.pop()
        self.items.get(item_id)["content"][0]["transcript"] = ""
        yield event("input_audio_buffer.timeout_triggered", item_id=item_id, **times)
        yield from (committed, *added)

    def _transcript(self, message: Transcript) -> Iterator[Json]:
        if not message.duration_s and not message.words:
            return  # it was typed, and is an item already
        if not self._committed:
            yield from self._end_of_turn()
        item_id = self._committed.pop(0)
        self._unanswered.append(item_id)
        if item_id in self.items:
            self.items.get(item_id)["content"][0]["transcript"] = message.text
        if self._transcribes():
            usage = {"type": "duration", "seconds": round(message.duration_s, 3)}
            place = {"item_id": item_id, "content_index": 0}
            yield event(f"{TRANSCRIPTION}.completed", transcript=message.text, usage=usage, **place)

    def _fault(self, message: PartFailed) -> Iterator[Json]:
        if message.part == "asr" and self._committed:
            error = {"type": "server_error", "code": "part_failed", "message": message.message}
            place = {"item_id": self._committed.pop(0), "content_index": 0}
            yield event(f"{TRANSCRIPTION}.failed", error=error, **place)
        elif not (message.part == "tts" and self.responses.calls_functions):
            yield error_event(f"{message.part}: {message.message}", "part_failed")

    def _named(self, events: list[Json]) -> list[Json]:
        return named(events, beta=self._beta)


def _own(message: Duck | Unduck | TurnTrace) -> Json:
    """Beyond OpenAI's protocol, for clients whose session says `"beseda": true`."""
    if isinstance(message, TurnTrace):
        fields = {"heard": message.heard, "interrupted": message.interrupted}
        return event("beseda.trace", turn=message.turn, timings_ms=message.timings_ms, **fields)
    return event("beseda.duck" if isinstance(message, Duck) else "beseda.unduck")
