"""Transcripts as subtitles and JSON."""

import pytest

from api import schemas
from dialog.messages import Transcript, Word

pytestmark = pytest.mark.unit

WORDS = (
    Word("добрый", 0.1, 0.5, 0.9),
    Word("день", 0.6, 0.9, 0.8),
    Word("алло", 3661.5, 3662.0, 0.7),
)
TRANSCRIPT = Transcript("Добрый день. Алло.", WORDS, 3663.0)


def test_srt_cuts_at_the_pause() -> None:
    assert schemas.srt(TRANSCRIPT) == (
        "1\n00:00:00,100 --> 00:00:00,900\nдобрый день\n\n2\n01:01:01,500 --> 01:01:02,000\nалло\n"
    )


def test_vtt_has_its_header_and_points() -> None:
    lines = schemas.vtt(TRANSCRIPT).splitlines()
    assert lines[0] == "WEBVTT"
    assert "00:00:00.100 --> 00:00:00.900" in lines


def test_words_have_times_and_confidence() -> None:
    assert schemas.words(TRANSCRIPT).splitlines()[0] == "0.10\t0.50\t0.90\tдобрый"


def test_verbose_json_is_openai_shaped() -> None:
    body = schemas.verbose_json(TRANSCRIPT)
    assert body["duration"] == 3663.0
    assert body["words"] == [
        {"word": "добрый", "start": 0.1, "end": 0.5},
        {"word": "день", "start": 0.6, "end": 0.9},
        {"word": "алло", "start": 3661.5, "end": 3662.0},
    ]


def test_cues_stay_short() -> None:
    words = tuple(Word("слово", n * 0.3, n * 0.3 + 0.25, 1.0) for n in range(200))
    cues = list(schemas.cues(words))
    assert sum(len(cue) for cue in cues) == 200
    assert all(cue[-1].end_s - cue[0].start_s <= schemas.MAX_CUE_S for cue in cues)
    assert all(len(schemas.cue_text(cue)) <= schemas.MAX_CUE_CHARS for cue in cues)


@pytest.mark.parametrize("render", schemas.AS_TEXT.values())
def test_silence_renders_as_nothing_wrong(render: object) -> None:
    assert callable(render)
    assert isinstance(render(Transcript("", (), 5.0)), str)
