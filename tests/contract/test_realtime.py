"""The Realtime protocol's codec: scripted calls and clients, all events held to the SDK's types."""

import base64
import json
from collections.abc import Iterable
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.realtime import RealtimeServerEvent

from api.realtime import Realtime
from api.realtime_audio import FORMATS, Outlet, samples_of
from api.realtime_events import MAX_EVENT_BYTES, Json
from api.realtime_response import FunctionCall
from dialog.errors import BadInput
from dialog.g711 import alaw_decode, alaw_encode
from dialog.messages import (
    Answer,
    AnswerDelta,
    CallEnded,
    CallerAudio,
    CallSettings,
    Cancel,
    Clear,
    Commit,
    Fault,
    Inbound,
    Interrupted,
    Outbound,
    Partial,
    Played,
    Respond,
    ResponseEnded,
    ResponseStarted,
    Source,
    Speech,
    SpeechStarted,
    SpeechStopped,
    Transcript,
    TurnTrace,
    Typed,
    Word,
)

pytestmark = pytest.mark.contract

SHAPES = {
    get_args(shape.model_fields["type"].annotation)[0]: shape
    for shape in get_args(get_args(RealtimeServerEvent)[0])
}
HEARD = Transcript("Сколько стоит?", (Word("сколько", 0.1, 0.5, 0.9),), 1.2)
ANSWER = Answer("Триста рублей.", "extractive", (Source("d", "Доставка", "300 рублей", 1.0),))


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Client:
    """A session and its client; whatever the client is told must fit the SDK's types."""

    def __init__(self, *, beta: bool = False) -> None:
        self.clock = Clock()
        self.session = Realtime("conv", ("anna", "boris"), beta=beta, clock=self.clock)
        self.beta = beta
        self.inbound: list[Inbound] = []
        self.events: list[Json] = self.fitting(self.session.opening())

    def send(self, kind: str, **fields: object) -> list[Json]:
        return self.frame(json.dumps({"type": kind, **fields}))

    def frame(self, frame: str | bytes) -> list[Json]:
        self.inbound, events = self.session.receive(frame)
        return self.fitting(events)

    def told(self, *messages: Outbound) -> list[Json]:
        return self.fitting(one for message in messages for one in self.session.emit(message))

    def fitting(self, events: Iterable[Json]) -> list[Json]:
        found: list[Json] = json.loads(json.dumps(list(events)))
        for one in found:
            if not self.beta and not one["type"].startswith("beseda."):
                SHAPES[one["type"]].model_validate(one)
        return found


def kinds(events: list[Json]) -> list[str]:
    return [one["type"] for one in events]


def speech(turn: int, seconds: float = 0.5, rate_hz: int = 22_050) -> Speech:
    samples = np.full(round(rate_hz * seconds), 0.25, np.float32)
    return Speech(samples, rate_hz, "Триста рублей.", (), turn)


def error_of(events: list[Json]) -> Json:
    (one,) = events
    assert one["type"] == "error"
    error: Json = one["error"]
    assert "\n" not in error["message"]
    return error


def text_item(text: str, **fields: object) -> Json:
    part = {"type": "input_text", "text": text}
    return {"type": "message", "role": "user", "content": [part], **fields}


def test_a_session_is_created_and_updated() -> None:
    client = Client()
    assert kinds(client.events) == ["session.created"]
    assert client.events[0]["session"]["audio"]["output"]["voice"] == "anna"
    change: Json = {
        "type": "realtime", "output_modalities": ["text"], "instructions": "Кратко.",
        "audio": {"input": {"format": {"type": "audio/pcmu"},
                            "turn_detection": {"type": "server_vad", "silence_duration_ms": 300}},
                  "output": {"voice": "boris", "speed": 1.2}},
    }  # fmt: skip
    (event,) = client.send("session.update", session=change)
    assert event["type"] == "session.updated"
    session = event["session"]
    assert session["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert session["audio"]["input"]["turn_detection"]["create_response"] is True
    assert session["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24_000}
    assert client.inbound == [
        CallSettings("boris", 1.2, spoken=False, prompts=False, silence_s=0.3)
    ]
    client.send("session.update", session={"audio": {"input": {"turn_detection": None}}})
    (how,) = client.inbound
    assert isinstance(how, CallSettings)
    assert not how.turn_detection and not how.auto_respond


def test_the_betas_flat_session_is_understood() -> None:
    client = Client()
    flat = {
        "modalities": ["text", "audio"], "voice": "alloy", "input_audio_format": "g711_ulaw",
        "output_audio_format": "g711_alaw", "turn_detection": None,
        "input_audio_transcription": {"model": "whisper-1"},
    }  # fmt: skip
    (event,) = client.send("session.update", session=flat)
    audio = event["session"]["audio"]
    assert event["session"]["output_modalities"] == ["audio"]
    assert audio["input"]["format"] == {"type": "audio/pcmu"}
    assert audio["output"]["format"] == {"type": "audio/pcma"}
    assert audio["output"]["voice"] == "anna", "OpenAI's names mean some voice"


@pytest.mark.parametrize(
    "session",
    [
        {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16_000}}}},
        {"audio": {"input": {"format": {"type": "audio/opus"}}}},
        {"audio": {"output": {"format": None}}},
        {"audio": {"output": {"voice": "nobody"}}},
        {"audio": {"output": {"speed": 9}}},
        {"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": "loud"}}}},
        {"audio": {"input": {"turn_detection": {"type": "telepathy"}}}},
        {"audio": "loud"},
        {"output_modalities": ["smell"]},
        {"output_modalities": []},
        {"tools": [{"type": "mcp", "server_label": "x"}]},
        {"type": "transcription"},
        "none",
    ],
)
def test_a_bad_update_changes_nothing(session: object) -> None:
    client = Client()
    before = json.dumps(client.session.session)
    error = error_of(client.send("session.update", session=session, event_id="e7"))
    assert error["type"] == "invalid_request_error"
    assert error["event_id"] == "e7"
    assert client.inbound == []
    assert json.dumps(client.session.session) == before


def test_a_spoken_turn_from_speech_to_done() -> None:
    client = Client()
    events = client.told(
        SpeechStarted(0.5),
        Partial("сколько", ()),
        Partial("сколько стоит", ()),
        SpeechStopped(1.7),
        HEARD,
        ResponseStarted(1),
        AnswerDelta("Триста "),
        AnswerDelta("рублей."),
        speech(1),
        ANSWER,
        ResponseEnded(1),
    )
    names = kinds(events)
    assert names[:8] == [
        "input_audio_buffer.speech_started",
        "conversation.item.input_audio_transcription.delta",
        "conversation.item.input_audio_transcription.delta",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
    ]
    assert events[0]["audio_start_ms"] == 500
    assert events[1]["delta"] + events[2]["delta"] == "сколько стоит"
    assert len({e["item_id"] for e in events[:8] if "item_id" in e}) == 1
    assert names[8:12] == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
    ]
    assert names[-6:] == [
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    deltas = [e["delta"] for e in events if e["type"] == "response.output_audio.delta"]
    samples = sum(len(base64.b64decode(delta)) // 2 for delta in deltas)
    assert samples == pytest.approx(12_000, abs=2), "half a second at 24 kHz"
    done = events[-1]["response"]
    assert done["status"] == "completed" and done["conversation_id"] == "conv"
    assert done["output"][0]["content"][0]["transcript"] == "Триста рублей."
    assert done["beseda"]["sources"][0]["title"] == "Доставка"


def test_text_in_text_out() -> None:
    client = Client()
    client.send("session.update", session={"output_modalities": ["text"]})
    events = client.send("conversation.item.create", item=text_item("Сколько?", id="mine"))
    assert kinds(events) == ["conversation.item.added", "conversation.item.done"]
    assert client.inbound == [Typed("Сколько?", answer=False)]
    assert client.send("response.create", response={"metadata": {"n": "1"}}) == []
    assert client.inbound == [Respond()]
    busy = error_of(client.send("response.create"))
    assert busy["code"] == "conversation_already_has_active_response"
    events = client.told(
        Transcript("Сколько?", (), 0.0), ResponseStarted(1), AnswerDelta("Триста."), ANSWER,
        ResponseEnded(1),
    )  # fmt: skip
    assert "response.output_text.done" in kinds(events)
    assert not any("audio" in name for name in kinds(events))
    assert events[-1]["response"]["metadata"] == {"n": "1"}
    item = client.send("conversation.item.retrieve", item_id="mine")[0]["item"]
    assert item["content"][0]["text"] == "Сколько?"


def test_one_response_may_be_written_in_a_spoken_session() -> None:
    client = Client()
    client.send("conversation.item.create", item=text_item("Сколько?"))
    client.send("response.create", response={"output_modalities": ["text"]})
    assert [m.spoken for m in client.inbound if isinstance(m, CallSettings)] == [False]
    client.told(ResponseStarted(1), AnswerDelta("Триста."), ANSWER, ResponseEnded(1))
    client.send("input_audio_buffer.clear")
    assert [m.spoken for m in client.inbound if isinstance(m, CallSettings)] == [True]


def test_turns_by_hand() -> None:
    client = Client()
    client.send("session.update", session={"audio": {"input": {"turn_detection": None}}})
    empty = error_of(client.send("input_audio_buffer.commit"))
    assert empty["code"] == "input_audio_buffer_commit_empty"
    sound = base64.b64encode(b"\0\1" * 480).decode()
    assert client.send("input_audio_buffer.append", audio=sound) == []
    (chunk,) = client.inbound
    assert isinstance(chunk, CallerAudio) and len(chunk.samples) == 480
    assert kinds(client.send("input_audio_buffer.clear")) == ["input_audio_buffer.cleared"]
    assert client.inbound == [Clear()]
    error_of(client.send("input_audio_buffer.commit"))
    client.send("input_audio_buffer.append", audio=sound)
    events = client.send("input_audio_buffer.commit")
    assert client.inbound == [Commit()]
    assert kinds(events)[0] == "input_audio_buffer.committed"
    told = client.told(SpeechStarted(0.0), SpeechStopped(0.1), HEARD)
    assert kinds(told) == ["conversation.item.input_audio_transcription.completed"]
    assert told[0]["item_id"] == events[0]["item_id"]


def test_an_interruption_cancels_and_keeps_what_was_said() -> None:
    client = Client()
    client.told(ResponseStarted(1), AnswerDelta("Триста рублей."), speech(1, 2.0))
    client.clock.now_s += 0.5
    assert client.session.played() == Played(1, 11_025)
    events = client.told(Interrupted(1, "Триста", 11_025), SpeechStarted(3.0))
    done = next(e for e in events if e["type"] == "response.done")["response"]
    assert done["status"] == "cancelled"
    assert done["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert done["output"][0]["status"] == "incomplete"
    assert kinds(events)[-1] == "input_audio_buffer.speech_started"
    client.clock.now_s += 5
    assert client.session.played() == Played(1, 11_025), "nothing played after it was cut"
    item_id = done["output"][0]["id"]
    (truncated,) = client.send(
        "conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=400
    )
    assert truncated["type"] == "conversation.item.truncated"
    assert client.inbound == [Played(1, 8820)]


def test_a_client_that_stops_playing_by_itself_interrupts() -> None:
    client = Client()
    events = client.told(ResponseStarted(1), AnswerDelta("Да."), speech(1, 1.0), ResponseEnded(1))
    item_id = events[-1]["response"]["output"][0]["id"]
    client.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=500)
    assert client.inbound == [Played(1, 11_025), Cancel()]
    fields: Json = {"item_id": item_id, "content_index": 0, "audio_end_ms": 60_000}
    assert "1000 ms" in error_of(client.send("conversation.item.truncate", **fields))["message"]


def test_a_client_cancels() -> None:
    client = Client()
    assert error_of(client.send("response.cancel"))["code"] == "response_cancel_not_active"
    client.told(ResponseStarted(1), AnswerDelta("Триста."))
    assert client.send("response.cancel") == []
    assert client.inbound == [Cancel()]
    done = client.told(Interrupted(1))[-1]["response"]
    assert done["status_details"]["reason"] == "client_cancelled"


def test_functions_are_passed_to_the_client() -> None:
    client = Client()
    client.told(ResponseStarted(1))
    client.session.responses.pending_calls = [FunctionCall("balance", '{"a":1}', "call_1")]
    events = client.told(Answer("", "none"), ResponseEnded(1))
    assert kinds(events) == [
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
    ]
    assert events[-1]["response"]["output"][0]["call_id"] == "call_1"
    output = {"type": "function_call_output", "call_id": "call_1", "output": "100"}
    client.send("conversation.item.create", item=output)
    assert [item["output"] for item in client.session.asides] == ["100"]


def test_items_are_deleted() -> None:
    client = Client()
    client.send("conversation.item.create", item=text_item("Да", id="one"))
    assert "item_exists" in str(
        client.send("conversation.item.create", item=text_item("Да", id="one"))
    )
    (deleted,) = client.send("conversation.item.delete", item_id="one")
    assert deleted["type"] == "conversation.item.deleted"
    for kind in ("conversation.item.delete", "conversation.item.retrieve"):
        assert error_of(client.send(kind, item_id="one"))["code"] == "item_not_found"


@pytest.mark.parametrize(
    "frame",
    [
        "", "{", "[]", "null", '{"type": 5}', '{"no": "type"}', b"\x00\x01", "[" * 100_000,
        '{"type": "session.explode"}', '{"type": "session.update"}',
        '{"type": "input_audio_buffer.append"}',
        '{"type": "input_audio_buffer.append", "audio": "%%%"}',
        '{"type": "input_audio_buffer.append", "audio": "AAA="}'.replace("AAA=", "AAAA"),
        '{"type": "input_audio_buffer.append", "audio": 7}',
        '{"type": "conversation.item.create"}',
        '{"type": "conversation.item.create", "item": {"type": "message", "role": "user"}}',
        '{"type": "conversation.item.create", "item": {"type": "poem"}}',
        '{"type": "conversation.item.truncate", "item_id": "x", "content_index": 0}',
        '{"type": "response.create", "response": {"conversation": "none"}}',
        '{"type": "response.create", "response": {"output_modalities": ["smell"]}}',
        '{"type": "output_audio_buffer.clear"}',
        json.dumps({"type": "input_audio_buffer.append", "audio": "A" * (MAX_EVENT_BYTES + 4)}),
    ],
)  # fmt: skip
def test_a_bad_frame_is_an_error_and_the_session_lives(frame: str | bytes) -> None:
    client = Client()
    error_of(client.frame(frame))
    assert client.inbound == []
    assert kinds(client.send("session.update", session={})) == ["session.updated"]


@given(st.text() | st.binary() | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["type", "session", "item", "audio", "item_id", "response"]), inner),
).map(json.dumps))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_no_frame_raises(frame: str | bytes) -> None:
    Client().frame(frame)


@given(
    st.sampled_from(["session.update", "conversation.item.create", "response.create"]),
    st.dictionaries(
        st.sampled_from(["audio", "type", "content", "role", "tools", "output_modalities", "voice",
                         "turn_detection", "speed", "modalities", "call_id", "input"]),
        st.none() | st.integers() | st.text() | st.lists(st.integers()) |
        st.dictionaries(st.sampled_from(["input", "output", "type"]), st.none() | st.text()),
    ),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_no_field_raises(kind: str, fields: Json) -> None:
    Client().send(kind, session=fields, item=fields, response=fields)


def test_faults_and_the_end() -> None:
    client = Client()
    failed = client.told(SpeechStarted(0.0), SpeechStopped(1.0), Fault("asr", "out of memory"))[-1]
    assert failed["type"] == "conversation.item.input_audio_transcription.failed"
    (error,) = client.told(Fault("tts", "no voice"))
    assert error["error"]["type"] == "server_error"
    events = client.told(ResponseStarted(1), AnswerDelta("Три"), CallEnded("too_long"))
    assert events[-1]["response"]["status"] == "cancelled"


def test_a_client_of_the_beta_hears_its_own_names() -> None:
    client = Client(beta=True)
    events = client.told(ResponseStarted(1), AnswerDelta("Да."), speech(1), ResponseEnded(1))
    names = set(kinds(events))
    assert {"response.audio.delta", "response.audio_transcript.delta"} <= names
    assert "conversation.item.created" in names
    assert not names & {"response.output_audio.delta", "conversation.item.added"}


def test_beseda_s_own_events_come_only_where_asked_for() -> None:
    client = Client()
    trace = TurnTrace(1, HEARD, ANSWER, "Триста", {"endpoint": 300.0})
    assert client.told(trace) == []
    client.send("session.update", session={"beseda": True})
    assert client.told(trace)[0]["timings_ms"] == {"endpoint": 300.0}


@pytest.mark.parametrize("name", list(FORMATS))
@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 24_000])
def test_speech_keeps_its_length_and_shape_in_every_format(name: str, rate_hz: int) -> None:
    form = FORMATS[name]
    times = np.arange(rate_hz) / rate_hz
    tone = (0.5 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    outlet = Outlet(form, Clock())
    pieces = [p for part in np.array_split(tone, 7) for p in outlet.push(Speech(part, rate_hz))]
    heard = np.concatenate([samples_of(p, form) for p in [*pieces, *outlet.flush()]])
    assert len(heard) == pytest.approx(form.rate_hz, abs=2)
    ideal = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(heard)) / form.rate_hz)
    middle = slice(form.rate_hz // 10, -form.rate_hz // 10)
    assert np.abs(heard - ideal)[middle].max() < 0.03
    assert outlet.length_ms == pytest.approx(1000, abs=1)


def test_alaw_agrees_with_the_standards_table() -> None:
    codes = bytes(range(256))
    # ITU-T G.711, table 1a: the ends and the middle of the scale.
    levels = np.round(alaw_decode(codes) * 32768).astype(int)
    assert {code: levels[code] for code in (0xD5, 0x55, 0xAA, 0x2A)} == {
        0xD5: 8, 0x55: -8, 0xAA: 32256, 0x2A: -32256,
    }  # fmt: skip
    assert alaw_encode(alaw_decode(codes)) == codes


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(BadInput, match="odd"):
        samples_of(base64.b64encode(b"abc").decode(), FORMATS["audio/pcm"])
    assert isinstance(samples_of("", FORMATS["audio/pcm"]), np.ndarray)


def test_audio_is_passed_on_and_not_kept() -> None:
    client = Client()
    sound = base64.b64encode(bytes(960)).decode()
    for _ in range(500):
        client.send("input_audio_buffer.append", audio=sound)
    state: dict[str, Any] = vars(client.session)
    assert len(client.session.items) == 0
    assert not state["_committed"] and not client.session.asides
