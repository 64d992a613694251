"""The parts of the voices' training, each alone: how speech is measured, aligned and judged."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.recordings import tone

if TYPE_CHECKING:
    from recipes.tts.dataset import AlignedUtterance, SpeechCorpus

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("nemo", "praat")]

RATE_HZ, HOP = 22050, 256


@pytest.fixture(scope="module")
def praat() -> None:
    pytest.importorskip("parselmouth")


def utterance(
    frames: int = 40, tokens: int = 4, *, speaker: int = 0, pitch_hz: float = 200.0
) -> "AlignedUtterance":
    from recipes.tts.dataset import AlignedUtterance

    return AlignedUtterance(
        number=0,
        speaker=speaker,
        held_out=False,
        text="да",
        tokens=list(range(tokens)),
        mel=np.zeros((80, frames), np.float16),
        pitch_hz=np.full(frames, pitch_hz, np.float32),
        samples=np.zeros(frames * HOP, np.int16),
        anchors=[(0, 0.0), (tokens, float(frames))],
    )


def corpus(name: str, count: int) -> "SpeechCorpus":
    from recipes.tts.dataset import SpeakerStats, SpeechCorpus

    return SpeechCorpus([SpeakerStats(name, 200.0, 20.0)], [utterance() for _ in range(count)])


# ---- what is measured of a recording


@pytest.mark.parametrize("pitch_hz", [90.0, 140.0, 260.0])
def test_the_pitch_of_a_tone_stands_at_every_frame(pitch_hz: float) -> None:
    from recipes.tts.dataset import pitch_of

    samples = (20_000 * tone(RATE_HZ, 1.0, pitch_hz)).astype(np.int16)
    track = pitch_of(samples, len(samples) // HOP, 60.0, 500.0)
    assert track.shape == (len(samples) // HOP,)
    assert np.median(track) == pytest.approx(pitch_hz, rel=0.01)
    assert (track > 0).mean() > 0.9


def test_silence_and_noise_have_no_pitch() -> None:
    from recipes.tts.dataset import pitch_of

    noise = np.random.default_rng(1).normal(0, 3000, RATE_HZ).astype(np.int16)
    for samples in (np.zeros(RATE_HZ, np.int16), noise):
        assert (pitch_of(samples, 86, 60.0, 500.0) > 0).mean() < 0.1


def test_a_speakers_range_is_about_their_own_voice() -> None:
    from recipes.tts.dataset import speaker_range

    assert speaker_range(np.array([100, 120, 140, 160], np.float32)) == pytest.approx(
        (0.75 * 115, 1.9 * 145)
    )
    assert speaker_range(np.zeros(0, np.float32)) == (60.0, 500.0), "nothing voiced: anybody's"


def test_a_tokens_pitch_is_that_of_its_voiced_frames() -> None:
    one = utterance(frames=6, tokens=3)
    with pytest.raises(ValueError, match="not aligned"):
        one.token_pitch_hz()
    one.durations = np.array([2, 3, 1])
    one.pitch_hz = np.array([100, 200, 0, 300, 0, 0], np.float32)
    assert one.token_pitch_hz().tolist() == [150, 300, 0]


def test_speakers_are_joined_and_utterances_numbered_anew() -> None:
    from recipes.tts.dataset import joined

    whole = joined([corpus("anna", 2), corpus("boris", 1)])
    assert [s.name for s in whole.speakers] == ["anna", "boris"]
    assert [(u.number, u.speaker) for u in whole.utterances] == [(0, 0), (1, 0), (2, 1)]
    assert whole.hours == pytest.approx(3 * 40 * HOP / RATE_HZ / 3600)


def test_speech_is_kept_whole_in_one_file(tmp_path: Path) -> None:
    from recipes.tts.dataset import load_speech, save_speech

    speech = corpus("anna", 2)
    assert not speech.aligned
    for one in speech.utterances:
        one.durations = np.array([10, 10, 10, 10])
    save_speech(speech, tmp_path / "speech.pkl")
    again = load_speech(tmp_path / "speech.pkl")
    assert again.aligned
    assert again.speakers == speech.speakers
    assert [p.name for p in tmp_path.iterdir()] == ["speech.pkl"]


# ---- alignment


def test_the_distance_is_nemos_own() -> None:
    import torch

    from recipes.tts.alignment import squared_distance

    torch.manual_seed(1)
    keys, queries = torch.randn(2, 8, 5), torch.randn(2, 8, 11)
    slow = ((queries[:, :, :, None] - keys[:, :, None]) ** 2).sum(1, keepdim=True)
    assert torch.allclose(squared_distance(keys, queries), slow, atol=1e-4)


def test_a_letter_is_expected_on_the_line_between_word_beginnings() -> None:
    from recipes.tts.alignment import prior

    one = utterance(frames=60, tokens=12)
    one.anchors = [(0, 0.0), (3, 40.0), (12, 60.0)]  # three slow letters, then nine quick ones
    bell = prior(one)
    assert bell.shape == (60, 12)
    assert bell.argmax(1)[[5, 20, 35, 45, 58]].tolist() == [0, 1, 2, 5, 11]
    assert (bell > 0).all(), "nothing is impossible"


# ---- how made sound is told from real


def test_a_spectral_loss_is_nothing_for_the_same_and_grows_with_the_noise() -> None:
    import torch

    from recipes.tts.spectral import Spectral

    torch.manual_seed(1)
    spectral, real = Spectral.new(), torch.from_numpy(tone(RATE_HZ, 0.4))[None]
    same, no_distance = spectral(real, real)
    assert float(same) == pytest.approx(0, abs=1e-6)
    assert float(no_distance) == pytest.approx(0, abs=1e-6)
    losses = [float(spectral(real + level * torch.randn_like(real), real)[0])
              for level in (0.001, 0.01, 0.1)]  # fmt: skip
    assert 0 < losses[0] < losses[1] < losses[2]


def test_the_gradient_is_a_number_even_in_silence() -> None:
    import torch

    from recipes.tts.spectral import Spectral

    made = torch.zeros(1, 8192, requires_grad=True)
    loss, _ = Spectral.new()(made, torch.from_numpy(tone(RATE_HZ, 8192 / RATE_HZ))[None])
    torch.autograd.backward(loss)
    assert made.grad is not None
    assert torch.isfinite(made.grad).all()


def test_discriminators_learn_to_tell_made_from_real() -> None:
    import torch

    from recipes.tts.discriminators import Discriminators

    torch.manual_seed(1)
    judges = Discriminators()
    optimiser = torch.optim.AdamW(judges.parameters(), 2e-3)
    real = torch.from_numpy(tone(RATE_HZ, 4096 / RATE_HZ, 310))[None]
    made = 0.1 * torch.randn(1, 4096)
    before = float(judges.own_loss(made, real).detach())
    for _ in range(5):
        optimiser.zero_grad()
        torch.autograd.backward(judges.own_loss(made, real))
        optimiser.step()
    after = float(judges.own_loss(made, real).detach())
    assert after < 0.6 * before
    with torch.no_grad():
        found_out, far = judges.generator_loss(made, real)
        passed, same = judges.generator_loss(real, real)
    assert found_out > passed
    assert float(same) == 0
    assert far > 0.1


def test_a_verdict_covers_the_whole_sound_whatever_its_length() -> None:
    import torch

    from recipes.tts.discriminators import ByPeriod

    for samples in (8192, 8193, 8197):
        *features, verdict = ByPeriod(7)(torch.randn(2, samples))
        assert verdict.shape[0] == 2 and verdict.shape[1] == 1
        assert verdict.shape[-1] == 7
        assert len(features) == 4


# ---- the order of training


def test_the_vocoders_rate_warms_up_and_falls_to_a_twentieth() -> None:
    from recipes.tts.vocoder import rate_at

    rates = [rate_at(step, 1000, 2.0) for step in range(1, 1001)]
    assert rates[0] == pytest.approx(0.02, rel=0.01)
    assert max(rates) == pytest.approx(2.0, rel=0.05)
    assert np.argmax(rates) == pytest.approx(100, abs=5)
    assert rates[-1] == pytest.approx(0.1)


def test_segments_are_of_one_place_in_mel_and_sound_and_leave_the_held_out() -> None:
    from recipes.tts.vocoder import Segments

    counted = utterance(frames=100)
    counted.mel = np.tile(np.arange(100, dtype=np.float16), (80, 1))
    counted.samples = np.repeat(np.arange(100, dtype=np.int16), HOP)
    held_out, short = utterance(frames=100), utterance(frames=32)
    held_out.held_out = True
    mel, sound = Segments([counted, held_out, short], {}).draw()
    assert tuple(mel.shape) == (8, 80, 32) and tuple(sound.shape) == (8, 32 * HOP)
    places = (sound.reshape(8, 32, HOP)[:, :, 0] * 32768).round()
    assert places.tolist() == mel[:, 0].tolist()
    assert set((mel[:, 0, 1:] - mel[:, 0, :-1]).flatten().tolist()) == {1.0}


def test_the_vocoder_learns_from_the_voices_own_mels_where_there_are_some() -> None:
    from recipes.tts.vocoder import Segments

    mel, _ = Segments([utterance(frames=50)], {0: np.full((80, 50), 7, np.float16)}).draw()
    assert set(mel.flatten().tolist()) == {7.0}


# ---- what is said


@pytest.mark.parametrize(
    ("marked", "given"),
    [
        ("з+амок", "за\u0301мок"),
        ("+ёлка вс+ё…", "ёлка всё..."),
        ("мо+я", "моя\u0301"),
    ],
)
def test_stress_is_handed_to_rhvoice_after_the_vowel(marked: str, given: str) -> None:
    from recipes.tts.spoken import for_rhvoice

    assert for_rhvoice(marked) == given


def test_report_sentences_are_unseen_and_the_same_each_time() -> None:
    from recipes.tts.report import sentences
    from recipes.tts.spoken import SENTENCES

    found = sentences(30)
    assert found == sentences(30)
    trained = set(SENTENCES.read_text("utf-8").splitlines())
    assert all(0 < len(texts) <= 30 for texts in found.values())
    assert not trained & {text for texts in found.values() for text in texts}
    assert len(found["numbers"]) == 30
    assert all(any(sign.isdigit() for sign in text) for text in found["numbers"])


def test_both_models_agree_on_rate_hop_and_mels() -> None:
    from recipes.tts.config import MELS, fastpitch_config, hifigan_config

    voice, vocoder = fastpitch_config(["a", "b"]), hifigan_config()
    for key in ("sample_rate", "n_window_stride", "n_window_size", "mag_power", "lowfreq"):
        assert voice.preprocessor[key] == vocoder.preprocessor[key], key
    assert voice.preprocessor.features == vocoder.preprocessor.nfilt == MELS
    assert np.prod(vocoder.generator.upsample_rates) == voice.preprocessor.n_window_stride == HOP


@pytest.mark.parametrize(("names", "several"), [(["anna"], False), (["anna", "boris"], True)])
def test_a_single_speaker_has_no_embedding(names: list[str], several: bool) -> None:
    from recipes.tts.config import fastpitch_config

    config = fastpitch_config(names)
    assert config.n_speakers == len(names)
    assert config.speaker_emb_condition_prosody is several
    assert config.speaker_emb_condition_decoder is several
