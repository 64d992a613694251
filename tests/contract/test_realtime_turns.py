"""Turns: spoken, by hand, interrupted, cancelled, failed."""

import base64

import pytest

from api.realtime.events import Json
from dialog.content import AnswerDelta
from dialog.messages import (
    CallEnded,
    CallerAudio,
    Cancel,
    Clear,
    Commit,
    Interrupted,
    PartFailed,
    Partial,
    Played,
    ResponseEnded,
    ResponseStarted,
    SilenceTimeout,
    SpeechStarted,
    SpeechStopped,
)
from tests.contract.realtime import ANSWER, HEARD, Client, error_of, kinds, speech

pytestmark = pytest.mark.contract


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


def test_faults_and_the_end() -> None:
    client = Client()
    failed = client.told(
        SpeechStarted(0.0), SpeechStopped(1.0), PartFailed("asr", "out of memory")
    )[-1]
    assert failed["type"] == "conversation.item.input_audio_transcription.failed"
    (error,) = client.told(PartFailed("tts", "no voice"))
    assert error["error"]["type"] == "server_error"
    events = client.told(ResponseStarted(1), AnswerDelta("Три"), CallEnded("too_long"))
    assert events[-1]["response"]["status"] == "cancelled"


def test_silence_of_the_idle_timeout_is_told() -> None:
    client = Client()
    events = client.told(SilenceTimeout(3.0, 9.0), ResponseStarted(1), AnswerDelta("Вы на линии?"))
    assert kinds(events)[:4] == [
        "input_audio_buffer.timeout_triggered",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
    ]
    assert (events[0]["audio_start_ms"], events[0]["audio_end_ms"]) == (3000, 9000)
    assert events[0]["item_id"] == events[1]["item_id"] == events[2]["item"]["id"]
    told = client.told(SpeechStarted(9.5), SpeechStopped(10.0), HEARD)
    assert told[-1]["item_id"] not in (events[0]["item_id"], None)
