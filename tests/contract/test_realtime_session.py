"""Sessions: created, updated, refused; the beta's names; sessions that only transcribe."""

import json

import pytest

from api.realtime.events import Json
from dialog.content import AnswerDelta
from dialog.messages import (
    CallSettings,
    ResponseEnded,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    TurnTrace,
)
from tests.contract.realtime import ANSWER, HEARD, Client, error_of, kinds, speech

pytestmark = pytest.mark.contract


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
        {"type": "translation"},
        {"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 1.5}}}},
        {"audio": {"input": {"turn_detection": {"type": "server_vad", "idle_timeout_ms": 10}}}},
        {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "mad"}}}},
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


@pytest.mark.parametrize(
    ("turns", "field", "value"),
    [
        ({"type": "server_vad", "threshold": 0.8}, "threshold", 0.8),
        ({"type": "server_vad", "prefix_padding_ms": 600}, "before_s", 0.6),
        ({"type": "server_vad", "silence_duration_ms": 700}, "silence_s", 0.7),
        ({"type": "server_vad", "create_response": False}, "auto_respond", False),
        ({"type": "server_vad", "interrupt_response": False}, "interruptible", False),
        ({"type": "server_vad", "idle_timeout_ms": 6000}, "idle_s", 6.0),
        ({"type": "server_vad", "idle_timeout_ms": 6000}, "prompts", True),
        ({"type": "semantic_vad", "eagerness": "low"}, "patience", 2.0),
        ({"type": "semantic_vad", "eagerness": "high"}, "patience", 0.7),
    ],
)
def test_turn_detection_is_what_the_client_says(turns: Json, field: str, value: object) -> None:
    client = Client()
    client.send("session.update", session={"audio": {"input": {"turn_detection": turns}}})
    (how,) = client.inbound
    assert getattr(how, field) == value


def test_a_session_that_only_transcribes() -> None:
    client = Client()
    (told,) = client.send("session.update", session={"type": "transcription"})
    assert told["session"]["type"] == "transcription"
    assert set(told["session"]["audio"]) == {"input"}
    (how,) = client.inbound
    assert isinstance(how, CallSettings)
    assert how.turn_detection and not how.auto_respond
    assert error_of(client.send("response.create"))["code"] == "unsupported"
    events = client.told(SpeechStarted(0.5), SpeechStopped(1.7), HEARD)
    assert kinds(events)[-1] == "conversation.item.input_audio_transcription.completed"
