"""A user's manifest of recordings, and shards of speech as Opus."""

import json
from pathlib import Path

import numpy as np
import pytest

from dialog.audio.pcm import write_wav
from recipes.speech.manifest import BadManifest, load, read
from recipes.speech.pack import decoded, encode, pack, unpack
from tests.recordings import tone

pytestmark = pytest.mark.unit


def manifest(folder: Path, *lines: object) -> Path:
    path = folder / "own.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return path


def recording(folder: Path, seconds: float = 1.0, rate_hz: int = 8000) -> str:
    name = f"{seconds}-{rate_hz}.wav"
    write_wav(folder / name, tone(rate_hz, seconds, 300.0), rate_hz)
    return name


def test_lines_are_read_in_order_and_speakers_are_optional(tmp_path: Path) -> None:
    name = recording(tmp_path)
    lines = [{"audio_filepath": name, "text": "Тариф 650 рублей", "speaker": "olga", "duration": 9}]
    found = read(manifest(tmp_path, *lines, {"audio_filepath": str(tmp_path / name), "text": "да"}))
    assert [(r.text, r.speaker) for r in found] == [("Тариф 650 рублей", "olga"), ("да", "own")]
    assert all(r.path == tmp_path / name for r in found)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"audio_filepath": "gone.wav", "text": "да"}, "no file"),
        ({"audio_filepath": "here.wav", "text": "  "}, "the text is empty"),
        ({"audio_filepath": "here.wav", "text": "?!"}, "the text is empty"),
        ({"audio_filepath": "here.wav", "text": "їжак"}, "'ї'"),
        ({"audio_filepath": "here.wav", "text": "你好"}, "no Russian or Latin letter"),
        ({"audio_filepath": "here.wav"}, "no `text`"),
        ({"text": "да"}, "no `audio_filepath`"),
        ({"audio_filepath": "here.wav", "text": "да", "speaker": "a b"}, "`speaker`"),
        (["да"], "not a JSON object"),
    ],
)
def test_a_bad_line_is_named_in_one_line(tmp_path: Path, line: object, says: str) -> None:
    write_wav(tmp_path / "here.wav", tone(8000, 1.0, 300.0), 8000)
    good = {"audio_filepath": "here.wav", "text": "да"}
    with pytest.raises(BadManifest) as caught:
        read(manifest(tmp_path, good, line))
    assert says in str(caught.value)
    assert "own.jsonl:2: " in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_every_bad_line_is_told_but_not_endlessly(tmp_path: Path) -> None:
    with pytest.raises(BadManifest) as caught:
        read(manifest(tmp_path, *[{"audio_filepath": "gone.wav", "text": "да"}] * 30))
    told = str(caught.value).splitlines()
    assert len(told) == 11
    assert told[-1] == "and 20 more"


def test_no_manifest_and_an_empty_one_are_said(tmp_path: Path) -> None:
    with pytest.raises(BadManifest, match="cannot be read"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(BadManifest, match="has no lines"):
        read(manifest(tmp_path))
    (tmp_path / "own.jsonl").write_text("{broken\n", "utf-8")
    with pytest.raises(BadManifest, match="not JSON"):
        read(tmp_path / "own.jsonl")


def test_other_rates_and_stereo_become_mono(tmp_path: Path) -> None:
    import soundfile

    left = tone(44_100, 1.0, 300.0)
    soundfile.write(tmp_path / "stereo.wav", np.stack([left, 0 * left], 1), 44_100)
    (one,) = read(manifest(tmp_path, {"audio_filepath": "stereo.wav", "text": "да"}))
    samples = load(one, 16_000)
    assert samples.dtype == np.int16
    assert len(samples) == pytest.approx(16_000, abs=2)
    assert np.abs(samples).max() == pytest.approx(32767 * np.abs(left).max() / 2, rel=0.05)


@pytest.mark.parametrize(
    ("seconds", "says"), [(15.0, "longer than 14 s"), (0.1, "lasts 0.10 s"), (0.0, "silent")]
)
def test_sound_that_cannot_be_learnt_from(tmp_path: Path, seconds: float, says: str) -> None:
    write_wav(tmp_path / "a.wav", tone(8000, seconds or 1.0, 300.0) * (seconds > 0), 8000)
    (one,) = read(manifest(tmp_path, {"audio_filepath": "a.wav", "text": "да"}))
    with pytest.raises(BadManifest, match=says):
        load(one, 16_000)


def test_what_is_no_sound(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"not a recording")
    (one,) = read(manifest(tmp_path, {"audio_filepath": "a.wav", "text": "да"}))
    with pytest.raises(BadManifest, match=r"a\.wav: "):
        load(one, 16_000)


def test_opus_gives_back_the_same_moments(tmp_path: Path) -> None:
    time_s = np.arange(40_000) / 16_000
    chirp = (8000 * np.sin(2 * np.pi * (200 + 400 * time_s) * time_s)).astype(np.int16)
    encode(chirp, tmp_path / "a.opus", 32)
    back = decoded(tmp_path / "a.opus", len(chirp))
    assert len(back) == len(chirp)
    middle = chirp[10_000:30_000].astype(float)
    late = [np.dot(middle, back[10_000 + lag : 30_000 + lag]) for lag in range(-40, 41)]
    assert abs(int(np.argmax(late)) - 40) <= 1


def test_shards_travel_and_come_back(tmp_path: Path) -> None:
    source, packed, back = tmp_path / "shards", tmp_path / "opus", tmp_path / "back"
    source.mkdir()
    audio = (3000 * np.sin(np.arange(48_000) / 9)).astype(np.int16)
    np.save(source / "a-0.npy", audio)
    line = {"text": "да", "voice": "anna", "kind": "x", "offset": 16_000, "samples": 32_000}
    (source / "a-0.jsonl").write_text(json.dumps(line) + "\n", "utf-8")
    pack(source, packed, 24)
    assert (packed / "a-0.opus").stat().st_size < (source / "a-0.npy").stat().st_size / 5
    unpack(packed, back)
    assert (back / "a-0.jsonl").read_text() == (source / "a-0.jsonl").read_text()
    assert np.load(back / "a-0.npy").shape == audio.shape
    pack(source, packed, 24)  # nothing is left to do
