"""Bad frames of every kind are answered, and never raise."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.realtime.events import MAX_EVENT_BYTES, Json
from tests.contract.realtime import Client, error_of, kinds

pytestmark = pytest.mark.contract


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
