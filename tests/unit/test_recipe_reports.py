"""What the recipes say of what they have made: tables, cards, licences, curves of confidence."""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from asr.decoding.beam_search import Spelled
from recipes import reporting
from recipes.asr import card
from recipes.asr.calibrate import JudgedWord, calibration_error, fit, judge, reliability
from recipes.asr.speech_data import RECORDINGS, write_shard
from recipes.curves import Curve

pytestmark = pytest.mark.unit


# ---- tables, cards, licences


def test_a_table_has_a_column_for_each_key_and_gaps_where_a_row_has_none() -> None:
    rows = [{"set": "general", "all": 8.8}, {"set": "support", "anna": 3.1}]
    assert reporting.table(rows).splitlines() == [
        "| set | all | anna |",
        "| --- | --- | --- |",
        "| general | 8.8 |  |",
        "| support |  | 3.1 |",
    ]


def test_a_report_is_json_to_read(tmp_path: Path) -> None:
    reporting.write({"голос": "anna", "wer": [1.5]}, tmp_path / "new" / "report.json")
    text = (tmp_path / "new" / "report.json").read_text("utf-8")
    assert json.loads(text) == {"голос": "anna", "wer": [1.5]}
    assert "голос" in text
    assert len(text.splitlines()) > 3


def test_a_card_begins_with_its_name_and_the_command_that_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "orig_argv", ["/usr/bin/python3", "-m", "recipes.x", "--home", "a b"])
    reporting.card(tmp_path / "own.md", "A thing.", {"Licence": "Free.", "Measured": "Well."})
    assert (tmp_path / "own.md").read_text("utf-8") == (
        "# own\n\nA thing.\n\nMade by\n\n    python -m recipes.x --home 'a b'\n\n"
        "## Licence\n\nFree.\n\n## Measured\n\nWell.\n"
    )


def test_a_licence_follows_the_checkpoint(tmp_path: Path) -> None:
    source, to = tmp_path / "old.LICENSE", tmp_path / "new.LICENSE"
    assert reporting.licence(source, to).startswith("What it was made from came without a licence")
    assert not to.exists()
    source.write_text("GPL", "utf-8")
    assert reporting.licence(source, to).startswith("`new.LICENSE`, inherited")
    assert to.read_text("utf-8") == "GPL"
    assert reporting.licence(to, to).startswith("`new.LICENSE`"), "one that is there already stays"
    assert to.read_text("utf-8") == "GPL"


def test_a_reports_command_line_wants_a_home_and_knows_its_model() -> None:
    parser = reporting.options("What it can do.", "asr-ru-small")
    args = parser.parse_args(["--home", "build/report"])
    assert (args.home, args.model, args.chroot) == (Path("build/report"), "asr-ru-small", None)
    with pytest.raises(SystemExit):
        parser.parse_args([])


# ---- the recogniser's card


def arguments(home: Path, **others: object) -> argparse.Namespace:
    given: dict[str, object] = {
        "home": home, "out": home / "asr-ru-small.nemo", "hours": 20.0, "extra": [], "start": None,
        "manifest": None, "dev": [("general", home)], "processes": 2, "batch_s": 60.0,
        "minutes": 90.0, "hardest": 0.5,
    }  # fmt: skip
    return argparse.Namespace(**given | others)


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A run that has spoken for twelve minutes and taken 1200 steps."""
    (tmp_path / "shards").mkdir()
    minutes = np.zeros(360 * 16000, np.int16)
    spoken = [("да", "anna", "spoken", minutes), ("да", "espeak-m1", "spoken", minutes[::2]),
              ("нет", "olga", RECORDINGS, minutes[::2])]  # fmt: skip
    write_shard(tmp_path / "shards", "one", spoken)
    curve = Curve(tmp_path / "curve")
    curve.add(600, wer_general=20.5)
    curve.add(1200, wer_general=12.3)
    return tmp_path


def test_a_card_tells_whose_speech_how_long_and_under_which_licence(trained: Path) -> None:
    card.write(arguments(trained, extra=[Path("more.gz")]), [{"set": "general", "all": 10.1}])
    text = (trained / "asr-ru-small.md").read_text("utf-8")
    assert "| anna | GPL-2.0-or-later | 0.10 |" in text
    assert "| espeak-m1 | espeak-ng, GPL-3.0-or-later | 0.05 |" in text
    assert "| olga | yours | 0.05 |" in text
    assert "Utterances: 2 spoken, 1 recordings." in text
    assert "more.gz, which has a licence of its own" in text
    assert "From random weights: 1200 steps of 120 s in 90 minutes" in text
    assert "| general | 10.1 |" in text
    assert "heard no human being" in text
    assert (trained / "asr-ru-small.LICENSE").read_text("utf-8").strip()


def test_a_card_of_an_adapted_model_has_the_last_of_the_curve(trained: Path) -> None:
    start = trained / "mine.nemo"
    adapted = arguments(trained, hours=0.0, start=start, manifest=Path("own.jsonl"))
    card.write(adapted, [])
    text = (trained / "asr-ru-small.md").read_text("utf-8")
    assert "| general | 12.3 |" in text
    assert "From `mine.nemo`: 1200 steps" in text
    assert "fitted to the recordings above" in text
    assert "recipes/data/README.md" not in text, "its texts come with the recordings"
    assert "came without a licence file" in text


# ---- confidences


def word(text: str, mean: float = -0.1, least: float = -0.2, agreed: float = 1.0) -> Spelled:
    return Spelled(text, 0, 1, mean, least, agreed)


def test_a_word_is_right_if_the_alignment_has_it_and_yo_is_ye() -> None:
    heard = [word(text) for text in ["счет", "за", "домашний", "итернет", "пришёл"]]
    judged = judge("счёт за интернет пришел", heard)
    assert [one.right for one in judged] == [True, True, False, False, True]


def test_nothing_heard_is_nothing_judged() -> None:
    assert judge("да", []) == []


def sample(count: int) -> list[JudgedWord]:
    """Words that are right as often as the logistic of 2 + 3 mean says."""
    rng = np.random.default_rng(1)
    means = rng.uniform(-2, 0, count)
    right = rng.random(count) < 1 / (1 + np.exp(-(2 + 3 * means)))
    return [JudgedWord(word("а", m, 0.0, 0.0), bool(r)) for m, r in zip(means, right, strict=True)]


def test_a_fit_finds_the_weights_that_made_the_words_right() -> None:
    constant, mean, least, agreed = fit(sample(4000))
    assert [constant, mean] == pytest.approx([2, 3], abs=0.25)
    assert (least, agreed) == (0.0, 0.0), "what never varies has no say"


def test_reliability_is_by_tenth_and_leaves_out_the_empty_ones() -> None:
    sure = np.array([0.05, 0.07, 0.95, 1.0])
    curve = reliability(sure, np.array([0.0, 1.0, 1.0, 1.0]))
    assert [row[0] for row in curve] == pytest.approx([0.06, 0.975])
    assert [row[1:] for row in curve] == [(0.5, 2), (1.0, 2)]
    assert calibration_error(curve) == pytest.approx((0.44 * 2 + 0.025 * 2) / 4)


def test_the_fitted_confidence_is_calibrated_and_the_opposite_is_not() -> None:
    learnt, tested = sample(4000), sample(8000)[4000:]
    weights = np.array(fit(learnt)[:2])
    told = np.array([[1.0, one.word.mean] for one in tested])
    right = np.array([float(one.right) for one in tested])
    sure = 1 / (1 + np.exp(-told @ weights))
    assert calibration_error(reliability(sure, right)) < 0.03
    assert calibration_error(reliability(1 - sure, right)) > 0.3
