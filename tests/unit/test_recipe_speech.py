"""Speech for the recogniser's training: shards, manners of speaking, a user's recordings."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dialog.audio.pcm import write_wav
from recipes.asr import recordings
from recipes.asr.speech_data import (
    ESPEAK_SHARE,
    RATE_HZ,
    RECORDINGS,
    SpeechFolder,
    speak_shard,
    varied,
    write_shard,
)
from recipes.speech import espeak
from recipes.speech.manifest import BadManifest
from recipes.speech.rhvoice import UNHEARD, VOICES, RHVoice
from tests.recordings import tone

pytestmark = pytest.mark.unit


def sound(value: int, samples: int = RATE_HZ) -> NDArray[np.int16]:
    return np.full(samples, value, np.int16)


class Humming(RHVoice):
    """A voice that hums a second for each word; what it was asked is kept."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, float, float]] = []

    def speak(
        self, text: str, voice: str, rate_hz: int, rate: float = 1.0, pitch: float = 1.0
    ) -> NDArray[np.int16]:
        self.asked.append((text, voice, rate, pitch))
        return sound(len(self.asked), rate_hz * len(text.split()))


# ---- shards


def test_utterances_return_from_a_shard_with_their_sound(tmp_path: Path) -> None:
    seconds = write_shard(
        tmp_path, "one",
        [("да", "anna", "short", sound(16384, 8000)), ("нет", "elena", "units", sound(-8192))],
    )  # fmt: skip
    assert seconds == 1.5
    folder = SpeechFolder(tmp_path)
    folder.refresh()
    told = [(u.text, u.voice, u.kind, u.duration_s) for u in folder.utterances]
    assert told == [("да", "anna", "short", 0.5), ("нет", "elena", "units", 1.0)]
    first, second = map(folder.samples, folder.utterances)
    assert first.dtype == np.float32
    assert (len(first), set(first.tolist())) == (8000, {0.5})
    assert (len(second), set(second.tolist())) == (16000, {-0.25})


def test_only_whole_shards_are_seen_and_each_once(tmp_path: Path) -> None:
    folder = SpeechFolder(tmp_path)
    write_shard(tmp_path, "b", [("да", "anna", "short", sound(1))])
    (tmp_path / "c.npy").write_bytes(b"being written")
    (tmp_path / "c.tmp").write_text('{"text": "half', "utf-8")
    folder.refresh()
    folder.refresh()
    assert len(folder) == 1
    write_shard(tmp_path, "a", [("нет", "anna", "short", sound(2))])
    folder.refresh()
    assert [u.text for u in folder.utterances] == ["да", "нет"], "those that were there stay"


def test_voices_take_turns_at_their_own_rate(tmp_path: Path) -> None:
    voice = Humming()
    texts = [("dev", "Добрый день!"), ("dev", "Ещё раз."), ("dev", "До свидания.")]
    assert speak_shard(voice, tmp_path, "dev-0", texts, ("anna", "elena")) == 6.0
    assert [asked[1:] for asked in voice.asked] == [
        ("anna", 1.0, 1.0),
        ("elena", 1.0, 1.0),
        ("anna", 1.0, 1.0),
    ]
    folder = SpeechFolder(tmp_path)
    folder.refresh()
    assert [u.text for u in folder.utterances] == ["добрый день", "ещё раз", "до свидания"]


def test_a_shard_is_spoken_alike_again_and_another_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(espeak, "available", lambda: False)
    manners = []
    for name in ("x-00001", "x-00001", "x-00002"):
        voice = Humming()
        speak_shard(voice, tmp_path, name, [("short", "да")] * 8)
        manners.append([asked[1:] for asked in voice.asked])
    assert manners[0] == manners[1] != manners[2]


def test_what_is_too_short_to_be_speech_is_left_out(tmp_path: Path) -> None:
    class Silent(Humming):
        def speak(
            self, text: str, voice: str, rate_hz: int, rate: float = 1.0, pitch: float = 1.0
        ) -> NDArray[np.int16]:
            return sound(1, 5000 if text == "гм" else 6000)

    speak_shard(Silent(), tmp_path, "short", [("short", "гм"), ("short", "да")], ("anna",))
    folder = SpeechFolder(tmp_path)
    folder.refresh()
    assert [u.text for u in folder.utterances] == ["да"]


@pytest.mark.parametrize("has_espeak", [False, True])
def test_varied_speaks_as_voices_that_may_be_trained_on(
    monkeypatch: pytest.MonkeyPatch, has_espeak: bool
) -> None:
    monkeypatch.setattr(espeak, "available", lambda: has_espeak)
    rng = random.Random(1)
    styles = [varied(rng) for _ in range(4000)]
    assert {s.voice for s in styles if not s.voice.startswith("espeak-")} == set(VOICES)
    share = sum(s.voice.startswith("espeak-") for s in styles) / len(styles)
    assert share == pytest.approx(ESPEAK_SHARE if has_espeak else 0.0, abs=0.015)
    assert all(0.7 < s.rate < 1.5 and 0.2 < s.pitch < 1.8 for s in styles)
    assert len({s.rate for s in styles}) > 3900


def test_a_voice_without_a_licence_to_train_is_never_among_the_trained() -> None:
    assert not set(VOICES) & set(UNHEARD)


def test_another_voice_is_refused_before_anything_is_spoken() -> None:
    with pytest.raises(ValueError, match="'boris' is not a voice"):
        Humming().speak_timed("да", "boris", RATE_HZ)


# ---- a user's recordings


def manifest(folder: Path, texts: list[str]) -> Path:
    lines = []
    for number, text in enumerate(texts):
        write_wav(folder / f"{number}.wav", tone(8000, 0.5 + number / 100, 300.0), 8000)
        line = {"audio_filepath": f"{number}.wav", "text": text, "speaker": f"s{number % 2}"}
        lines.append(json.dumps(line, ensure_ascii=False))
    path = folder / "own.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    return path


def shard(folder: Path) -> SpeechFolder:
    found = SpeechFolder(folder)
    found.refresh()
    return found


def test_one_recording_in_ten_is_held_out_and_numbers_become_words(tmp_path: Path) -> None:
    texts = [f"Тариф {n + 2}, счет." for n in range(21)]
    held_out = shard(recordings.write(manifest(tmp_path, texts), tmp_path / "home"))
    rest = shard(tmp_path / "home" / "shards")
    assert [u.text for u in held_out.utterances] == [
        "тариф два счёт", "тариф двенадцать счёт", "тариф двадцать два счёт",
    ]  # fmt: skip
    assert len(rest) == 18
    assert {(u.kind, u.voice) for u in rest.utterances} == {(RECORDINGS, "s0"), (RECORDINGS, "s1")}
    assert held_out.utterances[1].duration_s == pytest.approx(0.6, abs=0.01)
    loudest = np.abs(rest.samples(rest.utterances[0])).max()
    assert loudest == pytest.approx(0.3, abs=0.02)


def test_a_single_recording_is_both_learnt_and_measured(tmp_path: Path) -> None:
    held_out = recordings.write(manifest(tmp_path, ["да"]), tmp_path / "home")
    assert len(shard(held_out)) == len(shard(tmp_path / "home" / "shards")) == 1


def test_every_unusable_recording_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    path = manifest(tmp_path, ["да", "Да.", "нет"])
    write_wav(tmp_path / "1.wav", np.zeros(8000, np.float32), 8000)
    write_wav(tmp_path / "2.wav", tone(8000, 15.0), 8000)
    with pytest.raises(BadManifest) as caught:
        recordings.write(path, tmp_path / "home")
    silent, long = str(caught.value).splitlines()
    assert silent.endswith("1.wav is silent")
    assert long.endswith("2.wav is longer than 14 s: cut it")
    assert not (tmp_path / "home").exists()
