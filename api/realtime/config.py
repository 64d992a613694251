"""A Realtime session's configuration: defaults, updates, the beta's names, what a call makes of it.

What a client may send is checked by the types of OpenAI's own SDK. What Beseda has no use for
(instructions of a model's manner, noise reduction, tracing) is kept and shown, and changes
nothing.
"""

from api.realtime.events import Json
from dialog.errors import BadInput, first_fault
from dialog.messages import CallSettings
from tts.voices import named

MODEL = "beseda"
MAX_TOOLS = 128
SERVER_VAD: Json = {"type": "server_vad", "create_response": True, "interrupt_response": True}
# How much longer, or shorter, a pause may be, by the `eagerness` of semantic turn detection.
PATIENCE = {"auto": 1.0, "medium": 1.0, "low": 2.0, "high": 0.7}
# What of turn detection has bounds.
BOUNDS = {
    "threshold": (0, 1),
    "silence_duration_ms": (0, 10_000),
    "prefix_padding_ms": (0, 1_900),
    "idle_timeout_ms": (5_000, 30_000),
}
BETA_FORMATS = {"pcm16": "audio/pcm", "g711_ulaw": "audio/pcmu", "g711_alaw": "audio/pcma"}


def defaults(session_id: str) -> Json:
    """What a session is until it is told otherwise."""
    sound = {"type": "audio/pcm", "rate": 24_000}
    return {
        "id": session_id,
        "object": "realtime.session",
        "type": "realtime",
        "model": MODEL,
        "output_modalities": ["audio"],
        "instructions": "",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "audio": {
            "input": {
                "format": sound,
                "transcription": {"model": MODEL, "language": "ru"},
                "noise_reduction": None,
                "turn_detection": SERVER_VAD,
            },
            "output": {"format": sound, "voice": None, "speed": 1.0},
        },
    }


def updated(session: Json, change: Json, voices: tuple[str, ...]) -> Json:
    """The session after `session.update`; raises BadInput and then nothing has changed."""
    kind = change.get("type", session["type"])
    if kind not in ("realtime", "transcription"):
        raise BadInput("a session's type is realtime or transcription", code="invalid_value")
    change = _modern(change)
    new = _merged(session, {**change, "type": kind, "model": session["model"]})
    _check(new, voices)
    turns = new["audio"]["input"]["turn_detection"]
    if turns is not None:
        new["audio"]["input"]["turn_detection"] = {**SERVER_VAD, **turns}
    new["audio"]["output"]["voice"] = voice_of(new, voices)
    return new


def shown(session: Json) -> Json:
    """The session as its client sees it: one that only transcribes has no voice, and no tools."""
    if session["type"] == "realtime":
        return session
    kept: Json = {name: session[name] for name in ("id", "type", "include") if name in session}
    return {**kept, "object": session["object"], "audio": {"input": session["audio"]["input"]}}


def voice_of(session: Json, voices: tuple[str, ...]) -> str | None:
    """The voice that will speak; raises BadInput for one that there is not."""
    wanted = session["audio"]["output"]["voice"]
    name = wanted.get("id") if isinstance(wanted, dict) else wanted
    if name is None or not voices:
        return None
    return named(name, voices)


def call_settings(session: Json, *, spoken: bool | None = None) -> CallSettings:
    """How the call is held; `spoken` overrules the session for one response."""
    turns = session["audio"]["input"]["turn_detection"]
    given: Json = turns or {}
    answers = turns is not None and session["type"] == "realtime"
    return CallSettings(
        voice=session["audio"]["output"]["voice"],
        speed=session["audio"]["output"]["speed"],
        spoken="audio" in session["output_modalities"] if spoken is None else spoken,
        turn_detection=turns is not None,
        auto_respond=answers and bool(given["create_response"]),
        interruptible=bool(given.get("interrupt_response", True)),
        prompts=given.get("idle_timeout_ms") is not None,
        silence_s=_seconds(given.get("silence_duration_ms")),
        patience=PATIENCE[given.get("eagerness") or "auto"],
        idle_s=_seconds(given.get("idle_timeout_ms")),
        threshold=given.get("threshold"),
        before_s=_seconds(given.get("prefix_padding_ms")),
    )


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000


def _check(session: Json, voices: tuple[str, ...]) -> None:
    from openai.types.realtime import (
        RealtimeSessionCreateRequest,
        RealtimeTranscriptionSessionCreateRequest,
    )
    from pydantic import ValidationError

    try:
        RealtimeSessionCreateRequest.model_validate({**session, "type": "realtime"})
        if session["type"] == "transcription":
            RealtimeTranscriptionSessionCreateRequest.model_validate(shown(session))
    except ValidationError as error:
        raise BadInput(f"session.{first_fault(error)}", code="invalid_value") from None
    audio = session["audio"]
    for side in ("input", "output"):
        if (audio[side]["format"] or {}).get("type") not in BETA_FORMATS.values():
            raise BadInput(f"session.audio.{side}.format needs a `type`", code="invalid_value")
    if not isinstance(audio["output"]["speed"], int | float):
        raise BadInput("session.audio.output.speed must be a number", code="invalid_value")
    if not 0.25 <= audio["output"]["speed"] <= 1.5:
        raise BadInput("session.audio.output.speed is 0.25 to 1.5", code="invalid_value")
    for name, (least, most) in BOUNDS.items():
        value = (audio["input"]["turn_detection"] or {}).get(name)
        if value is not None and not least <= value <= most:
            raise BadInput(f"turn_detection.{name} is {least} to {most}", code="invalid_value")
    if session["output_modalities"] not in (["audio"], ["text"]):
        raise BadInput('output_modalities is ["audio"] or ["text"]', code="invalid_value")
    tools = session["tools"] or []
    if len(tools) > MAX_TOOLS or any(tool.get("type") != "function" for tool in tools):
        raise BadInput("tools are functions, 128 at most", code="invalid_value")
    voice_of(session, voices)


def _modern(change: Json) -> Json:
    """The beta's flat fields under their names of today (OpenAI's migration guide)."""
    change = dict(change)
    if "modalities" in change:
        change["output_modalities"] = modern_modalities(change.pop("modalities"))
    for old, side, new in (
        ("input_audio_format", "input", "format"),
        ("output_audio_format", "output", "format"),
        ("input_audio_transcription", "input", "transcription"),
        ("input_audio_noise_reduction", "input", "noise_reduction"),
        ("turn_detection", "input", "turn_detection"),
        ("voice", "output", "voice"),
        ("speed", "output", "speed"),
    ):
        if old in change:
            value = change.pop(old)
            if new == "format":
                value = {"type": BETA_FORMATS.get(value, value)}
            change = _merged(change, {"audio": {side: {new: value}}})
    return change


def modern_modalities(value: object) -> object:
    """The beta listed text beside audio; today audio brings its transcript anyway."""
    return ["audio"] if isinstance(value, list) and "audio" in value else value


# A null says nothing about these: there is always something in their place.
KEPT = ("audio", "input", "output", "tools", "instructions", "output_modalities", "speed")
# These are replaced whole: half of an old format beside half of a new one would be neither.
WHOLE = ("format", "turn_detection", "transcription", "noise_reduction", "tool_choice", "tracing")


def _merged(old: Json, change: Json) -> Json:
    merged = dict(old)
    for name, value in change.items():
        before = merged.get(name)
        if value is None and name in KEPT:
            continue
        nested = isinstance(before, dict) and isinstance(value, dict) and name not in WHOLE
        merged[name] = _merged(before, value) if nested else value  # type: ignore[arg-type]
    return merged
