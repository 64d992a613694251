"""Both recipes on a handful of a user's recordings, for a few steps, into what the product
loads."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from asr.recogniser import load_recogniser
from dialog.audio.decoding import decode
from models.catalogue import CHECKPOINTS
from tests.model import golden
from tts.synthesiser import load_synthesiser

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample questions, as NeMo names recordings, by two speakers."""
    lines = (golden.QUESTIONS / "questions.jsonl").read_text("utf-8").splitlines()
    path = tmp_path_factory.mktemp("own") / "own.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number, one in enumerate(json.loads(line) for line in lines[:6]):
            sound = str(golden.QUESTIONS / f"{one['id']}.wav")
            own = {"audio_filepath": sound, "text": one["words"], "speaker": "ab"[number % 2]}
            file.write(json.dumps(own, ensure_ascii=False) + "\n")
    return path


@pytest.fixture(autouse=True)
def torch_as_before(nemo: None) -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


def _curve(home: Path) -> list[dict[str, str]]:
    return list(csv.DictReader((home / "curve.csv").read_text("utf-8").splitlines()))


def test_a_recogniser_is_adapted(manifest: Path, tmp_path: Path) -> None:
    pytest.importorskip("sentencepiece")
    from recipes.asr import train

    start = str(CHECKPOINTS / "asr-ru-small.nemo")
    options = ["--home", str(tmp_path), "--start", start, "--manifest", str(manifest)]
    few = ["--rate", "1e-5", "--dev-limit", "2"]
    train.run(train.arguments([*options, *few, "--minutes", "0.02"]))
    stopped_at = _curve(tmp_path)[-1]["step"]
    shared = ["--minutes", "0.1", "--processes", "2", "--bfloat16"]
    train.run(train.arguments([*options, *few, *shared]))  # goes on, by two processes
    adapted = load_recogniser(str(tmp_path / "asr-ru-small.nemo"), "cpu")
    heard = adapted.transcribe([np.concatenate(list(decode(golden.QUESTIONS / "q1.wav", 16_000)))])
    assert len(heard[0].words) >= 3
    last = _curve(tmp_path)[-1]
    assert float(last["wer_recordings"]) < 60
    assert float(last["step"]) > float(stopped_at)
    assert (tmp_path / "curve.png").stat().st_size > 1000
    card = (tmp_path / "asr-ru-small.md").read_text("utf-8")
    assert "| a | yours | " in card
    assert f"{float(last['step']):.0f} steps" in card
    assert f"| {last['wer_recordings']} |" in card
    assert (tmp_path / "asr-ru-small.LICENSE").exists()


def test_a_voice_is_made(manifest: Path, tmp_path: Path) -> None:
    pytest.importorskip("parselmouth")
    from recipes.tts import train

    options = ["--home", str(tmp_path), "--start", str(CHECKPOINTS), "--manifest", str(manifest)]
    steps = ["--aligner-steps", "2", "--fastpitch-steps", "2", "--hifigan-steps", "2"]
    train.run(train.arguments([*options, *steps, "--spectral-steps", "1"]))
    voice = load_synthesiser(str(tmp_path / "tts-ru-fastpitch.nemo"), "cpu")
    assert voice.voices == ("a", "b")
    first, second = (voice.synthesise("д+обрый д+ень", name, 1.0) for name in voice.voices)
    assert 0.2 < len(first) / voice.rate_hz < 5
    assert np.isfinite(first).all()
    assert not np.array_equal(first, second)
    assert (tmp_path / "hifigan.png").stat().st_size > 1000
    card = (tmp_path / "tts-ru.md").read_text("utf-8")
    assert "| b | yours | 2 | " in card
    assert "synthesis_cepstral_distance_db" in card
    assert (tmp_path / "tts-ru.LICENSE").exists()
    again = train.arguments([*options, *steps, "--spectral-steps", "1"])
    train.run(again)  # every stage is there already


def test_a_bad_manifest_leaves_nothing_behind(tmp_path: Path) -> None:
    pytest.importorskip("parselmouth")
    from recipes.asr import train as asr
    from recipes.speech.manifest import BadManifest
    from recipes.tts import train as tts

    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"audio_filepath": "gone.wav", "text": "да"}\n', "utf-8")
    home = tmp_path / "home"
    options = ["--home", str(home), "--manifest", str(bad), "--start"]
    with pytest.raises(BadManifest, match=r"bad\.jsonl:1: no file"):
        asr.run(asr.arguments([*options, str(CHECKPOINTS / "asr-ru-small.nemo")]))
    with pytest.raises(BadManifest, match=r"bad\.jsonl:1: no file"):
        tts.run(tts.arguments([*options, str(CHECKPOINTS)]))
    assert not list(home.rglob("*.nemo"))
    assert not list(home.rglob("*.npy"))
