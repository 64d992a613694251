"""The parts of the recogniser's training, each alone: the optimiser, the batches, what is done to
sound, how words are counted."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recipes.asr.speech_data import (
    RATE_HZ,
    RECORDINGS,
    LabelledUtterance,
    SpeechFolder,
    write_shard,
)
from tests.recordings import tone

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("nemo")]

Audio = NDArray[np.float32]


# ---- the optimiser


@pytest.mark.parametrize("shape", [(3, 8, 5), (2, 4, 16), (1, 6, 6)])
def test_orthogonal_makes_every_singular_value_about_one(shape: tuple[int, int, int]) -> None:
    import torch

    from recipes.asr.optimise import orthogonal

    torch.manual_seed(1)
    matrices = torch.randn(shape)
    made = orthogonal(matrices)
    assert made.shape == matrices.shape
    values = torch.linalg.svdvals(made)
    assert float(values.min()) > 0.6 and float(values.max()) < 1.3
    assert float((made * matrices).sum()) > 0, "not turned round"
    scaled = orthogonal(100 * matrices)
    assert torch.allclose(scaled, made, atol=1e-4), "how large it was does not matter"


def test_muon_finds_a_matrix_and_its_steps_have_adams_size() -> None:
    import torch

    from recipes.asr.optimise import Muon

    torch.manual_seed(1)
    wanted, found = torch.randn(20, 30), torch.nn.Parameter(torch.zeros(20, 30))
    other = torch.nn.Parameter(torch.ones(20, 30))  # has no gradient: stays
    muon = Muon([found, other], lr=0.02, dtype=torch.float32)
    torch.autograd.backward(((found - wanted) ** 2).sum())
    muon.step()
    first = found.detach().clone()
    size = float(first.norm() / first.numel() ** 0.5)
    assert size == pytest.approx(0.02 * 0.2, rel=0.3), "as AdamW's, and not the gradient's"
    for _ in range(400):
        muon.zero_grad()
        torch.autograd.backward(((found - wanted) ** 2).sum())
        muon.step()
    assert float((found.detach() - wanted).norm() / wanted.norm()) < 0.15
    assert torch.equal(other, torch.ones(20, 30))


def test_muon_has_the_encoders_wide_matrices_and_adam_the_rest() -> None:
    import torch
    from torch import nn

    from recipes.asr.optimise import optimisers

    model = nn.ModuleDict(
        {
            "encoder": nn.ModuleDict(
                {"layers": nn.ModuleList([nn.Linear(32, 64), nn.Conv1d(32, 32, 9, groups=32)])}
            ),
            "decoder": nn.Linear(32, 64),
        }
    )
    muon, adam = optimisers(model, 1e-3, torch.float32)
    wide = model["encoder"]["layers"][0].weight  # type: ignore[index]
    assert [id(p) for p in muon.param_groups[0]["params"]] == [id(wide)]
    assert len(adam.param_groups[0]["params"]) == len(list(model.parameters())) - 1


def test_the_rate_warms_up_stays_and_falls() -> None:
    from recipes.asr.optimise import rate_at

    rates = [rate_at(step, step / 1000, 100, 2.0, 0.55) for step in range(1001)]
    assert rates[0] == 0.02
    assert rates[99] == rates[300] == rates[550] == 2.0
    assert rates[775] == pytest.approx(1.0)
    assert rates[1000] == pytest.approx(0.02), "almost nothing, but never nothing"
    assert rates[550:] == sorted(rates[550:], reverse=True)


# ---- batches


def utterance(seconds: float, number: int = 0, kind: str = "spoken") -> LabelledUtterance:
    return LabelledUtterance("да", "anna", kind, "s", number, round(seconds * RATE_HZ))


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> SpeechFolder:
    """Forty utterances of 1 to 4.9 s, every tenth a user's own."""
    path = tmp_path_factory.mktemp("shards")
    spoken = [
        (f"{n}", "anna", "spoken" if n % 10 else RECORDINGS,
         (8000 * tone(RATE_HZ, 1 + n / 10, 200 + 10 * n)).astype(np.int16))
        for n in range(40)
    ]  # fmt: skip
    write_shard(path, "one", spoken)
    return SpeechFolder(path)


def test_groups_are_of_like_length_and_no_longer_than_was_asked() -> None:
    from recipes.asr.batches import _grouped

    rng = np.random.default_rng(1)
    pool = [utterance(float(s), n) for n, s in enumerate(rng.uniform(0.5, 6, 200))]
    groups = list(_grouped(pool, 30))
    for group in groups:
        assert len(group) * (max(u.duration_s for u in group) + 0.2) <= 30
    flat = [u.samples for group in groups for u in group]
    assert flat == sorted(flat)
    assert 196 < len(flat) <= 200, "a last one of three is not worth a step"
    assert [len(g) for g in _grouped(pool[:2], 30)] == [2], "but it is if there is no more"


def test_a_batch_is_padded_to_a_grid_and_says_how_long_each_is() -> None:
    from recipes.asr.batches import collate

    batch = collate([np.ones(5000, np.float32), np.full(7000, 2, np.float32)], ["да", "нет"])
    assert batch.audio.shape == (2, 9600)
    assert batch.lengths.tolist() == [5000, 7000]
    assert batch.seconds == 12000 / RATE_HZ
    assert batch.audio.sum(1).tolist() == [5000, 14000]
    assert batch.texts == ["да", "нет"]


def test_short_speech_comes_first_and_every_utterance_before_any_again(
    folder: SpeechFolder,
) -> None:
    from recipes.asr.batches import Curriculum

    data = Curriculum(folder, batch_s=20, seed=1)
    short = {text for _ in range(12) for text in data.next().texts}
    assert short == {str(n) for n in range(16)}, "those of 2.5 s at most"
    data.longest_s = 10.0
    seen: list[str] = []
    for _ in range(40):
        seen += data.next().texts
    times = [seen.count(text) for text in set(seen) - short]
    assert len(times) >= 24 - 3, "the last three may make no group"
    assert max(times) - min(times) <= 1


@pytest.mark.parametrize(("favour", "least", "most"), [(1, 0.8, 1.2), (10, 6, 11)])
def test_a_users_own_recordings_are_favoured(
    tmp_path: Path, favour: float, least: float, most: float
) -> None:
    from recipes.asr.batches import Curriculum

    blip = np.full(1600, 1000, np.int16)
    kinds = [RECORDINGS if n % 100 == 0 else "spoken" for n in range(5000)]
    write_shard(tmp_path, "one", [(kind, "anna", kind, blip) for kind in kinds])
    data = Curriculum(SpeechFolder(tmp_path), batch_s=20, seed=1, favour=favour)
    seen = Counter(text for _ in range(250) for text in data.next().texts)
    often = {kind: seen[kind] / kinds.count(kind) for kind in set(kinds)}
    assert least < often[RECORDINGS] / often["spoken"] < most


# ---- what is done to sound


def speech(seconds: float = 2.0) -> Audio:
    """A tone that comes and goes, with harmonics."""
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    sound = sum(np.sin(2 * np.pi * 150 * n * time) / n for n in range(1, 20))
    return np.asarray(0.1 * sound * np.sin(np.pi * 2 * time) ** 2, np.float32)


def test_undisturbed_speech_is_itself_between_silences_at_some_gain() -> None:
    from recipes.asr.batches import disturb

    audio = speech()
    for seed in range(10):
        got = disturb(audio, 0.0, np.random.default_rng(seed))
        assert len(audio) <= len(got) <= len(audio) + 0.8 * RATE_HZ
        heard = np.flatnonzero(got)
        inner = got[heard[0] : heard[0] + len(audio) - 400]
        assert np.corrcoef(inner, audio[np.flatnonzero(audio)[0] :][: len(inner)])[0, 1] > 0.999


def test_disturbance_grows_with_its_level_and_never_overflows() -> None:
    from recipes.asr.batches import disturb

    audio = speech()

    def changed(level: float) -> float:
        """The mean share of the spectrum that is not the speech's."""
        clean = np.abs(np.fft.rfft(audio, 1 << 17))
        away = []
        for seed in range(40):
            got = disturb(audio, level, np.random.default_rng(seed))
            assert got.dtype == np.float32
            assert np.isfinite(got).all()
            assert np.abs(got).max() <= 1
            there = np.abs(np.fft.rfft(got, 1 << 17))
            away.append(1 - np.dot(clean, there) / np.linalg.norm(clean) / np.linalg.norm(there))
        return float(np.mean(away))

    calm, middle, hard = map(changed, (0.0, 0.4, 1.0))
    assert calm < 0.02 < middle < hard


def test_the_same_seed_disturbs_alike() -> None:
    from recipes.asr.batches import disturb

    one, same, other = (disturb(speech(), 0.8, np.random.default_rng(n)) for n in (4, 4, 5))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", ["reverberation", "another_timbre"])
def test_a_room_and_a_timbre_are_as_loud_and_as_long_as_before(name: str) -> None:
    from recipes.asr import batches

    audio = speech()
    changed = getattr(batches, name)(audio, np.random.default_rng(2))
    assert len(changed) == len(audio)
    assert changed.std() == pytest.approx(audio.std(), rel=1e-3)
    assert not np.allclose(changed, audio, atol=0.01)


def test_a_room_rings_on_after_the_sound() -> None:
    from recipes.asr.batches import reverberation

    audio = np.concatenate([speech(1.0), np.zeros(RATE_HZ, np.float32)])
    tail = reverberation(audio, np.random.default_rng(2))[RATE_HZ + 160 :]
    assert np.abs(tail[:1600]).max() > 1e-3
    assert np.abs(tail[:1600]).mean() > 10 * np.abs(tail[-1600:]).mean()


def test_another_throat_moves_the_formants_and_the_length() -> None:
    from recipes.asr.batches import another_throat

    lengths = {len(another_throat(speech(), np.random.default_rng(n))) for n in range(20)}
    assert 2 * 0.84 < min(lengths) / RATE_HZ < 2 * 0.95
    assert 2 * 1.05 < max(lengths) / RATE_HZ < 2 * 1.19


# ---- words


def test_word_errors_are_counted_by_voice_and_yo_is_ye() -> None:
    from recipes.asr.measure import rates

    said = [
        LabelledUtterance("всё ещё нет", "anna", "x", "s", 0, 1),
        LabelledUtterance("да", "elena", "x", "s", 1, 1),
    ]
    assert rates(said, ["все еще есть", "да"]) == {"all": 25.0, "anna": 33.3, "elena": 0.0}
    assert rates(said, ["", "да да"]) == {"all": 100.0, "anna": 100.0, "elena": 100.0}
