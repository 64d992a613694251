"""Transcripts as subtitles and JSON."""

import re
from pathlib import Path

import pytest

from api import transcript_formats
from api.transcript_formats import COMMAND_FORMATS, SERVICE_FORMATS, JsonFormat, TextFormat
from asr.subtitles import MAX_CUE_CHARS, MAX_CUE_S, cue_text, cues
from dialog.content import Transcript, Word

pytestmark = pytest.mark.unit

WORDS = (
    Word("добрый", 0.1, 0.5, 0.9),
    Word("день", 0.6, 0.9, 0.8),
    Word("алло", 3661.5, 3662.0, 0.7),
)
TRANSCRIPT = Transcript("Добрый день. Алло.", WORDS, 3663.0)


def test_srt_cuts_at_the_pause() -> None:
    assert transcript_formats.srt(TRANSCRIPT) == (
        "1\n00:00:00,100 --> 00:00:00,900\nдобрый день\n\n2\n01:01:01,500 --> 01:01:02,000\nалло\n"
    )


def test_vtt_has_its_header_and_points() -> None:
    lines = transcript_formats.vtt(TRANSCRIPT).splitlines()
    assert lines[0] == "WEBVTT"
    assert "00:00:00.100 --> 00:00:00.900" in lines


def test_words_have_times_and_confidence() -> None:
    assert transcript_formats.words(TRANSCRIPT).splitlines()[0] == "0.10\t0.50\t0.90\tдобрый"


def test_verbose_json_is_openai_shaped() -> None:
    body = transcript_formats.verbose_json(TRANSCRIPT)
    assert body["duration"] == 3663.0
    assert body["words"] == [
        {"word": "добрый", "start": 0.1, "end": 0.5},
        {"word": "день", "start": 0.6, "end": 0.9},
        {"word": "алло", "start": 3661.5, "end": 3662.0},
    ]


def test_cues_stay_short() -> None:
    words = tuple(Word("слово", n * 0.3, n * 0.3 + 0.25, 1.0) for n in range(200))
    parts = list(cues(words))
    assert sum(len(cue) for cue in parts) == 200
    assert all(cue[-1].end_s - cue[0].start_s <= MAX_CUE_S for cue in parts)
    assert all(len(cue_text(cue)) <= MAX_CUE_CHARS for cue in parts)


@pytest.mark.parametrize("form", [*COMMAND_FORMATS.values(), *SERVICE_FORMATS.values()])
def test_silence_renders_as_nothing_wrong(form: TextFormat | JsonFormat) -> None:
    rendered = form.render(Transcript("", (), 5.0))
    assert isinstance(rendered, str if isinstance(form, TextFormat) else dict)


@pytest.mark.parametrize("readme", ["README.md", "README.ru.md"])
def test_the_readmes_name_what_there_is(readme: str) -> None:
    text = (Path(__file__).parents[2] / readme).read_text(encoding="utf-8")
    command = re.search(r"transcribe \S+ --format (\w+) +# \w+ (.+)", text)
    service = re.search(r"`POST /v1/audio/transcriptions` \| (.+?) \|", text)
    assert command is not None and service is not None
    assert {command[1], *command[2].split(", ")} == set(COMMAND_FORMATS)
    assert re.findall(r"`(\w+)`", service[1]) == list(SERVICE_FORMATS)
