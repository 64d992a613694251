"""Every kind of NeMo recogniser: restored from a file, it transcribes with ordered times."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from asr.decoding.ctc import joined
from asr.nemo import NemoRecogniser, load
from asr.nemo_ctc import CtcRecogniser
from asr.recogniser import load_recogniser
from dialog.content import Samples
from dialog.errors import Unavailable
from models.catalogue import Decoding, resolve
from tests.model import tiny_models
from tests.model.conftest import ASR_KINDS

pytestmark = pytest.mark.model

LENGTHS = (48_000, 8_000, 20_000)
Tiny = Callable[[str], Path]


def sounds() -> list[Samples]:
    rng = np.random.default_rng(0)
    return [(0.1 * rng.standard_normal(n)).astype(np.float32) for n in LENGTHS]


@pytest.mark.parametrize("kind", ASR_KINDS)
def test_it_transcribes_a_batch_with_word_times(
    kind: str, tiny: Tiny, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tiny(kind)
    capfd.readouterr()
    recogniser = load_recogniser(str(path), "cpu")
    transcripts = recogniser.transcribe(sounds())
    assert recogniser.rate_hz == 16_000
    assert [t.duration_s for t in transcripts] == [n / 16_000 for n in LENGTHS]
    assert sum(len(t.words) for t in transcripts) > 0
    for transcript in transcripts:
        starts = [word.start_s for word in transcript.words]
        assert starts == sorted(starts)
        for word in transcript.words:
            assert 0 <= word.start_s <= word.end_s <= transcript.duration_s
            assert 0 <= word.confidence <= 1
            assert word.text == word.text.strip().lower() != ""
    assert recogniser.transcribe([]) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("kind", ["ctc", "rnnt"])
def test_a_batch_hears_what_one_by_one_hears(kind: str, tiny: Tiny) -> None:
    recogniser = load_recogniser(str(tiny(kind)), "cpu")
    together = recogniser.transcribe(sounds())
    assert [recogniser.transcribe([s])[0].text for s in sounds()] == [t.text for t in together]


def test_silence_after_a_short_sound_does_not_shift_its_times(tiny: Tiny) -> None:
    """NeMo pads arrays under a second on both sides; ours are padded at the end only."""
    recogniser = load_recogniser(str(tiny("ctc")), "cpu")
    short = sounds()[1]
    (padded,) = recogniser.transcribe([np.pad(short, (0, 8_000))])
    (alone,) = recogniser.transcribe([short])
    assert alone.words
    assert alone.words[0].start_s == padded.words[0].start_s
    assert alone.words[-1].end_s <= 0.5


@pytest.mark.parametrize("kind", ["prompt", "hybrid-prompt"])
def test_the_language_is_a_prompt(kind: str, tiny: Tiny) -> None:
    entry = resolve(str(tiny(kind)))
    russian = load(entry, "cpu")
    english = load(replace(entry, target_lang="en-US"), "cpu")
    texts = [[t.text for t in r.transcribe(sounds())] for r in (russian, english)]
    assert texts[0] != texts[1]
    with pytest.raises(ValueError, match="xx-XX"):
        load(replace(entry, target_lang="xx-XX"), "cpu").transcribe(sounds())


def test_language_tags_are_not_words() -> None:
    words = [("добрый", 0.1, 0.4), ("день <ru-RU>", 0.5, 0.9), ("<ru-RU>", 0.9, 0.9)]
    offsets = [{"word": word, "start": start, "end": end} for word, start, end in words]
    hypothesis = SimpleNamespace(
        text="добрый день <ru-RU>",
        timestamp={"word": offsets},
        word_confidence=[0.9, 0.8, 0.7],
        token_confidence=None,
    )

    class Model:
        cfg = SimpleNamespace(preprocessor={"sample_rate": 16_000})

        def get_transcribe_config(self) -> SimpleNamespace:
            return SimpleNamespace()

        def transcribe(self, audio: object, override_config: object) -> list[SimpleNamespace]:
            return [hypothesis]

    (transcript,) = NemoRecogniser(Model()).transcribe([np.zeros(16_000, np.float32)])
    assert transcript.text == "добрый день"
    assert [word.text for word in transcript.words] == ["добрый", "день"]


def test_a_fused_language_model_changes_what_is_heard(tiny: Tiny, tmp_path: Path) -> None:
    path = tiny("ctc")
    model = tiny_models.save_bigrams(path.with_suffix(""), tmp_path / "lm.arpa")
    plain = load(resolve(str(path)), "cpu")
    entry = replace(resolve(str(path)), decoding=Decoding(str(model), alpha=3.0))
    fused = load(entry, "cpu")
    heard = [[t.text for t in r.transcribe(sounds())] for r in (plain, fused)]
    assert heard[0] != heard[1]


def test_beam_search_with_a_language_model_times_its_words(
    tiny: Tiny, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tiny("ctc")
    model = tiny_models.save_trie(path.with_suffix(""), tmp_path / "lm.npz")
    capfd.readouterr()
    decoding = Decoding(str(model), alpha=0.5, beta=2.0, beam=4)
    entry = replace(resolve(str(path)), decoding=decoding)
    recogniser = load(entry, "cpu")
    together = recogniser.transcribe(sounds())
    assert isinstance(recogniser, CtcRecogniser)
    assert sum(len(t.words) for t in together) > 0
    for transcript, length in zip(together, LENGTHS, strict=True):
        assert " ".join(word.text for word in transcript.words) == transcript.text
        assert transcript.duration_s == length / 16_000
        times = [second for word in transcript.words for second in (word.start_s, word.end_s)]
        assert times == sorted(times)
        assert not times or times[-1] <= transcript.duration_s
        assert all(0 <= word.confidence <= 1 for word in transcript.words)
    assert recogniser.transcribe([]) == []
    assert capfd.readouterr() == ("", "")


def test_units_become_words() -> None:
    pieces = ["▁до", "б", "рый", "▁", "д", "ень"]
    assert list(joined(pieces)) == [("добрый", 0, 2), ("день", 3, 5)]
    assert list(joined(["бе", "з", "▁на", "▁"])) == [("без", 0, 1), ("на", 2, 2)]
    assert list(joined([])) == []


def test_what_is_no_model_is_one_clear_line(tiny: Tiny, tmp_path: Path) -> None:
    broken = tmp_path / "broken.nemo"
    broken.write_bytes(b"not a checkpoint")
    with pytest.raises(Unavailable, match="model broken cannot be loaded") as caught:
        load_recogniser(str(broken), "cpu")
    assert "\n" not in caught.value.message
    with pytest.raises(Unavailable, match="missing"):
        load_recogniser(str(tmp_path / "nowhere.nemo"), "cpu")
    with pytest.raises(Unavailable, match="no device 'tpu'"):
        load_recogniser(str(tiny("ctc")), "tpu")
    with pytest.raises(Unavailable, match="no device 'cuda:first'"):
        load_recogniser(str(tiny("ctc")), "cuda:first")
