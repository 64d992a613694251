"""Items and responses: written, by functions, deleted."""

import pytest

from api.realtime.events import Json
from dialog.content import Answer, AnswerDelta, ToolCall, ToolCalls, Transcript
from dialog.messages import (
    CallSettings,
    DeleteFromHistory,
    DeleteToolOutput,
    Respond,
    ResponseEnded,
    ResponseStarted,
    SpeechStarted,
    SpeechStopped,
    TextInput,
    ToolOutput,
)
from tests.contract.realtime import ANSWER, HEARD, Client, error_of, kinds, speech, text_item

pytestmark = pytest.mark.contract


def test_text_in_text_out() -> None:
    client = Client()
    client.send("session.update", session={"output_modalities": ["text"]})
    events = client.send("conversation.item.create", item=text_item("Сколько?", id="mine"))
    assert kinds(events) == ["conversation.item.added", "conversation.item.done"]
    assert client.inbound == [TextInput("Сколько?", answer=False)]
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


def test_functions_are_passed_to_the_client() -> None:
    client = Client()
    call = ToolCall("balance", '{"a":1}', "call_1")
    client.told(ResponseStarted(1))
    events = client.told(ToolCalls((call,)), Answer("", "none"), ResponseEnded(1))
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
    assert client.inbound == [ToolOutput(call, "100")]


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


def test_what_is_deleted_is_forgotten_by_the_call() -> None:
    client = Client()
    (asked,) = [
        event["item"]["id"]
        for event in client.told(SpeechStarted(0.5), SpeechStopped(1.7), HEARD)
        if event["type"] == "conversation.item.added"
    ]
    client.told(ResponseStarted(1), AnswerDelta("Триста."), speech(1), ANSWER)
    (done,) = [e for e in client.told(ResponseEnded(1)) if e["type"] == "response.done"]
    client.send("conversation.item.delete", item_id=asked)
    assert client.inbound == [DeleteFromHistory(1)]
    client.send("conversation.item.delete", item_id=done["response"]["output"][0]["id"])
    assert client.inbound == [DeleteFromHistory(1, answer=True)]
    client.send("conversation.item.create", item=text_item("Да", id="late"))
    client.send("conversation.item.delete", item_id="late")
    assert client.inbound == [DeleteFromHistory(0)]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("response.create", {"response": {"conversation": "none"}}),
        ("response.create", {"response": {"input": []}}),
        ("response.create", {"response": {"tools": []}}),
        ("conversation.item.create", {"item": {"type": "message", "role": "user", "content": [
            {"type": "input_audio", "audio": "AAAA"}]}}),
        ("conversation.item.create", {"item": {"type": "message", "role": "user", "content": [
            {"type": "input_image", "image_url": "data:image/png;base64,AA"}]}}),
        ("conversation.item.create", {"item": text_item("Да"), "previous_item_id": "root"}),
    ],
)  # fmt: skip
def test_what_is_not_supported_is_said(kind: str, fields: Json) -> None:
    client = Client()
    assert error_of(client.send(kind, **fields))["code"] == "unsupported"
    assert client.inbound == []


def test_items_are_retrieved_as_they_are_known() -> None:
    client = Client()
    events = client.told(SpeechStarted(0.5), SpeechStopped(1.7))
    (added,) = [one for one in events if one["type"] == "conversation.item.added"]
    assert added["item"]["content"][0]["transcript"] is None
    client.told(HEARD)
    (told,) = client.send("conversation.item.retrieve", item_id=added["item"]["id"])
    assert told["item"]["content"][0]["transcript"] == HEARD.text


def test_what_a_function_returned_is_taken_back_with_its_item() -> None:
    client = Client()
    call = {"type": "function_call", "name": "balance", "arguments": "{}", "call_id": "call_1"}
    client.send("conversation.item.create", item={**call, "id": "call"})
    assert client.inbound == []
    output = {"type": "function_call_output", "call_id": "call_1", "output": "100"}
    client.send("conversation.item.create", item={**output, "id": "output"})
    assert client.inbound == [ToolOutput(ToolCall("balance", "{}", "call_1"), "100")]
    client.send("conversation.item.create", item={**output, "call_id": "call_9"})
    assert client.inbound == [], "nobody called that"
    for item_id in ("output", "call"):
        client.send("conversation.item.delete", item_id=item_id)
        assert client.inbound == [DeleteToolOutput("call_1")]
