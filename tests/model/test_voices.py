"""FastPitch and HiFi-GAN: restored from files, they speak; discriminators are never built."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dialog.errors import Unavailable
from models.catalogue import ModelEntry, resolve
from models.loading import restore
from russian.voice import VOICE_TEXT_VERSION
from tests.model import tiny_voices
from tts.nemo import NemoSynthesiser, load

pytestmark = pytest.mark.model

Tiny = Callable[[str], Path]
TEXT = "д+обрый д+ень, как дел+а?"


def pair(tiny: Tiny) -> ModelEntry:
    return replace(resolve(str(tiny("fastpitch"))), vocoder=str(tiny("hifigan")))


@pytest.fixture(scope="module")
def voice(tiny: Tiny) -> NemoSynthesiser:
    return load(pair(tiny), "cpu")


def test_it_speaks(voice: NemoSynthesiser) -> None:
    samples = voice.synthesise(TEXT, "default", 1.0)
    assert voice.rate_hz == 22_050
    assert voice.voices == ("default",)
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert len(samples) >= 256 * len(TEXT)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1.0
    assert np.array_equal(voice.synthesise(TEXT, "default", 1.0), samples)


def test_stress_marks_and_punctuation_are_read(voice: NemoSynthesiser) -> None:
    counts = {voice.voice.parse(text, normalize=False).shape[1] for text in ("мука", "мук+а")}
    assert len(counts) == 2
    told, asked = (voice.synthesise(text, "default", 1.0) for text in ("д+а, д+а.", "д+а, д+а?"))
    assert not np.array_equal(told, asked)


def test_speed_divides_the_length(tiny: Tiny, voice: NemoSynthesiser) -> None:
    slow = voice.synthesise(TEXT * 3, "default", 0.5)
    fast = voice.synthesise(TEXT * 3, "default", 2.0)
    assert len(slow) > len(fast)


def test_nothing_of_it_reaches_the_terminal(tiny: Tiny, capfd: pytest.CaptureFixture[str]) -> None:
    entry = pair(tiny)
    capfd.readouterr()
    load(entry, "cpu").synthesise(TEXT, "default", 1.0)
    assert capfd.readouterr() == ("", "")


def test_a_vocoder_with_discriminators_loads_without_them(tiny: Tiny, tmp_path: Path) -> None:
    full = tiny_voices.save_hifigan(tmp_path / "full.nemo", discriminators=True)
    with_them = restore("hifigan", resolve(str(full)), "cpu")
    without = restore("hifigan", resolve(str(tiny("hifigan"))), "cpu")
    names = {name.partition(".")[0] for name, _ in with_them.named_parameters()}
    assert names == {"generator"}
    theirs, ours = (dict(m.generator.named_parameters()) for m in (with_them, without))
    assert theirs.keys() == ours.keys()
    assert not any(name.endswith(("weight_g", "weight_v")) for name in ours)
    from nemo.collections.tts.models import hifigan

    # Once a vocoder is loaded, NeMo builds what it always built.
    assert hifigan.MultiPeriodDiscriminator.__name__ == "MultiPeriodDiscriminator"
    assert hifigan.MultiScaleDiscriminator.__name__ == "MultiScaleDiscriminator"


def test_half_precision_checkpoints_become_float32(tiny: Tiny, tmp_path: Path) -> None:
    import torch

    model = restore("fastpitch", resolve(str(tiny("fastpitch"))), "cpu")
    model.half().save_to(str(tmp_path / "half.nemo"))
    again = restore("fastpitch", resolve(str(tmp_path / "half.nemo")), "cpu")
    assert {p.dtype for p in again.parameters()} == {torch.float32}
    assert not again.training


def test_a_voice_of_another_alphabet_or_without_vocoder_is_refused(
    tiny: Tiny, tmp_path: Path
) -> None:
    old = tiny_voices.save_fastpitch(tmp_path / "old.nemo", voice_text_version=0)
    entry = replace(pair(tiny), source=str(old), id="old")
    with pytest.raises(Unavailable, match=f"version 0, this is {VOICE_TEXT_VERSION}"):
        load(entry, "cpu")
    with pytest.raises(Unavailable, match="no vocoder"):
        load(replace(entry, vocoder=""), "cpu")
    with pytest.raises(Unavailable, match="cannot be loaded"):
        restore("hifigan", resolve(str(old)), "cpu")


def test_named_voices_are_speakers(tiny: Tiny, tmp_path: Path) -> None:
    path = tiny_voices.save_fastpitch(
        tmp_path / "two.nemo",
        voice_text_version=VOICE_TEXT_VERSION,
        n_speakers=2,
        voice_names=["anna", "boris"],
    )
    two = load(replace(pair(tiny), source=str(path), id="two"), "cpu")
    assert two.voices == ("anna", "boris")
    anna, boris = (two.synthesise(TEXT, name, 1.0) for name in two.voices)
    assert not np.array_equal(anna, boris)
