"""The formats in which a transcript can be had, and who offers which.

A new format is a function here and a line in one of the two tables below: the command's choices,
the service's answers and its error messages follow from them, and a test holds the READMEs to them.

OpenAI's shapes are those of their "Create transcription" reference. Imports nothing heavy: the
command line reads this before it knows what to do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from asr.subtitles import cue_text, cues

if TYPE_CHECKING:
    from dialog.content import Transcript, Word


@dataclass(frozen=True, slots=True)
class TextFormat:
    """Plain text, without an end of line at its end."""

    render: "Callable[[Transcript], str]"


@dataclass(frozen=True, slots=True)
class JsonFormat:
    """One JSON object."""

    render: "Callable[[Transcript], dict[str, object]]"


def text(transcript: "Transcript") -> str:
    """What was said."""
    return transcript.text


def words(transcript: "Transcript") -> str:
    """One word a line: start, end (seconds), confidence, word; tabs between."""
    return "\n".join(
        f"{w.start_s:.2f}\t{w.end_s:.2f}\t{w.confidence:.2f}\t{w.text}" for w in transcript.words
    )


def srt(transcript: "Transcript") -> str:
    """SubRip."""
    return "\n".join(
        f"{n}\n{_clock(cue[0].start_s, ',')} --> {_clock(cue[-1].end_s, ',')}\n{cue_text(cue)}\n"
        for n, cue in enumerate(cues(transcript.words), 1)
    )


def vtt(transcript: "Transcript") -> str:
    """WebVTT."""
    return "\n".join(
        ["WEBVTT\n"]
        + [
            f"{_clock(cue[0].start_s, '.')} --> {_clock(cue[-1].end_s, '.')}\n{cue_text(cue)}\n"
            for cue in cues(transcript.words)
        ]
    )


def text_json(transcript: "Transcript") -> dict[str, object]:
    """OpenAI's json."""
    return {"text": transcript.text}


def words_json(transcript: "Transcript") -> dict[str, object]:
    """The command line's own JSON, without the file's name."""
    return {"text": transcript.text, "words": [word_json(word) for word in transcript.words]}


def word_json(word: "Word") -> dict[str, object]:
    """A word with its times and confidence."""
    return {
        "word": word.text,
        "start_s": round(word.start_s, 3),
        "end_s": round(word.end_s, 3),
        "confidence": round(word.confidence, 4),
    }


def verbose_json(transcript: "Transcript") -> dict[str, object]:
    """OpenAI's verbose_json."""
    return {
        "task": "transcribe",
        "language": "russian",
        "duration": round(transcript.duration_s, 3),
        "text": transcript.text,
        "segments": [
            {
                "id": n,
                "start": round(cue[0].start_s, 3),
                "end": round(cue[-1].end_s, 3),
                "text": cue_text(cue),
            }
            for n, cue in enumerate(cues(transcript.words))
        ],
        "words": [
            {"word": w.text, "start": round(w.start_s, 3), "end": round(w.end_s, 3)}
            for w in transcript.words
        ],
    }


COMMAND_FORMATS: dict[str, TextFormat | JsonFormat] = {
    "text": TextFormat(text),
    "words": TextFormat(words),
    "json": JsonFormat(words_json),
    "srt": TextFormat(srt),
    "vtt": TextFormat(vtt),
    "verbose_json": JsonFormat(verbose_json),
}
"""Of `beseda transcribe --format`."""

SERVICE_FORMATS: dict[str, TextFormat | JsonFormat] = {
    "json": JsonFormat(text_json),
    "text": TextFormat(text),
    "srt": TextFormat(srt),
    "vtt": TextFormat(vtt),
    "verbose_json": JsonFormat(verbose_json),
}
"""Of `POST /v1/audio/transcriptions`: OpenAI's five."""


def _clock(seconds: float, comma: str) -> str:
    """Subtitle time: HH:MM:SS, `comma`, milliseconds."""
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{comma}{ms % 1000:03}"
