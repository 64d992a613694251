"""What a Realtime client may set, what becomes of it, and what the call makes of it."""

import json
from typing import Any

import pytest

from api.realtime.config import call_settings, defaults, shown, updated, voice_of
from dialog.errors import BadInput
from dialog.messages import CallSettings

pytestmark = pytest.mark.unit

VOICES = ("наталья", "борис")


def session(**change: Any) -> dict[str, Any]:
    """A session after one update."""
    return updated(defaults("s"), change, VOICES)


def turns(**detection: Any) -> dict[str, Any]:
    return {"audio": {"input": {"turn_detection": detection}}}


def refusal(**change: Any) -> str:
    with pytest.raises(BadInput) as error:
        session(**change)
    assert error.value.code == "invalid_value"
    return error.value.message


def test_an_update_changes_what_it_names_and_nothing_else() -> None:
    before = defaults("s")
    after = updated(before, {"instructions": "Кратко."}, VOICES)
    assert after == {**before, "instructions": "Кратко."}
    assert before == defaults("s"), "the session before it is another"


def test_a_null_leaves_what_must_be_there() -> None:
    after = session(audio=None, tools=None, instructions=None, output_modalities=None)
    assert after == defaults("s")


def test_a_null_switches_turn_detection_off() -> None:
    after = session(audio={"input": {"turn_detection": None}})
    settings = call_settings(after)
    assert not settings.turn_detection
    assert not settings.auto_respond
    assert not settings.prompts


def test_half_a_turn_detection_is_completed_by_the_defaults_and_not_by_the_one_before() -> None:
    once = session(**turns(type="server_vad", silence_duration_ms=700))
    again = updated(once, turns(type="server_vad", threshold=0.7), VOICES)
    detection = again["audio"]["input"]["turn_detection"]
    assert detection == {"type": "server_vad", "create_response": True, "interrupt_response": True,
                         "threshold": 0.7}  # fmt: skip


def test_the_model_is_ours_whatever_is_asked_for() -> None:
    assert session(model="gpt-realtime")["model"] == "beseda"


# ---- what the call makes of it


def test_defaults_hold_a_call_that_answers_aloud() -> None:
    assert call_settings(session()) == CallSettings(
        spoken=True, turn_detection=True, auto_respond=True, interruptible=True, prompts=False,
        voice=None, speed=1.0,
    )  # fmt: skip


def test_milliseconds_become_seconds() -> None:
    settings = call_settings(session(**turns(
        type="server_vad", silence_duration_ms=700, prefix_padding_ms=300, idle_timeout_ms=6_000,
        threshold=0.7,
    )))  # fmt: skip
    assert (settings.silence_s, settings.before_s, settings.idle_s) == (0.7, 0.3, 6.0)
    assert settings.threshold == 0.7
    assert settings.prompts, "an idle client is asked whether it is there"


@pytest.mark.parametrize(
    ("eagerness", "patience"), [("low", 2.0), ("medium", 1.0), ("high", 0.7), ("auto", 1.0)]
)
def test_eagerness_is_patience_the_other_way_round(eagerness: str, patience: float) -> None:
    settings = call_settings(session(**turns(type="semantic_vad", eagerness=eagerness)))
    assert settings.patience == patience


def test_a_client_may_answer_and_interrupt_by_itself() -> None:
    settings = call_settings(
        session(**turns(type="server_vad", create_response=False, interrupt_response=False))
    )
    assert settings.turn_detection
    assert not settings.auto_respond
    assert not settings.interruptible


def test_text_is_not_spoken_but_where_one_response_asks_for_it() -> None:
    text = session(output_modalities=["text"])
    assert not call_settings(text).spoken
    assert call_settings(text, spoken=True).spoken


def test_a_transcription_session_answers_nothing_and_shows_no_voice() -> None:
    after = session(type="transcription")
    assert not call_settings(after).auto_respond
    assert set(shown(after)) == {"id", "type", "object", "audio"}
    assert set(shown(after)["audio"]) == {"input"}
    assert shown(session()) == session()


# ---- voices


@pytest.mark.parametrize("wanted", ["борис", {"id": "борис"}])
def test_a_voice_by_its_name_or_as_an_object(wanted: object) -> None:
    after = session(audio={"output": {"voice": wanted}})
    assert after["audio"]["output"]["voice"] == "борис"
    assert call_settings(after).voice == "борис"


def test_an_unknown_voice_is_refused_and_without_any_voice_none_is_needed() -> None:
    with pytest.raises(BadInput, match="алиса"):
        session(audio={"output": {"voice": "алиса"}})
    assert voice_of(defaults("s"), VOICES) is None
    silent = updated(defaults("s"), {"audio": {"output": {"voice": "marin"}}}, ())
    assert silent["audio"]["output"]["voice"] is None


# ---- the beta's names


def test_the_beta_s_flat_fields_mean_the_same() -> None:
    beta = session(
        modalities=["text", "audio"], input_audio_format="g711_ulaw",
        output_audio_format="pcm16", voice="борис", speed=1.5,
        turn_detection={"type": "server_vad", "threshold": 0.6},
    )  # fmt: skip
    today = session(
        output_modalities=["audio"],
        audio={
            "input": {
                "format": {"type": "audio/pcmu"},
                "turn_detection": {"type": "server_vad", "threshold": 0.6},
            },
            "output": {"format": {"type": "audio/pcm"}, "voice": "борис", "speed": 1.5},
        },
    )
    assert beta == today


# ---- what is refused


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "conversation"}, "a session's type is realtime or transcription"),
        ({"instructions": 5}, "session.instructions: Input should be a valid string"),
        ({"audio": {"output": {"speed": "fast"}}}, "session.audio.output.speed: Input should be a "
         "valid number, unable to parse string as a number"),
        ({"audio": {"output": {"speed": 2}}}, "session.audio.output.speed is 0.25 to 1.5"),
        ({"audio": {"input": {"format": {}}}}, "session.audio.input.format needs a `type`"),
        (turns(type="server_vad", silence_duration_ms=20_000),
         "turn_detection.silence_duration_ms is 0 to 10000"),
        (turns(type="server_vad", threshold=-0.1), "turn_detection.threshold is 0 to 1"),
        ({"output_modalities": ["text", "audio"]},
         'output_modalities is ["audio"] or ["text"]'),
        ({"tools": [{"type": "function", "name": "f"}] * 129}, "tools are functions, 128 at most"),
        ({"tools": [{"type": "mcp", "server_label": "x"}]}, "tools are functions, 128 at most"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_line_that_names_it(
    change: dict[str, Any], said: str
) -> None:
    assert refusal(**change) == said


def test_a_refused_update_changes_nothing() -> None:
    before = session(instructions="Кратко.")
    kept = json.dumps(before)
    with pytest.raises(BadInput):
        updated(before, {"instructions": "Длинно.", "output_modalities": []}, VOICES)
    assert json.dumps(before) == kept
