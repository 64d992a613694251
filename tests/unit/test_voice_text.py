"""What a voice reads: alphabet, stress marks, whose mark wins."""

import re
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from russian.grammar.stress import load_accentor, marked
from russian.voice import LETTERS, PUNCTUATION, in_alphabet, read_aloud, voice_text

ALPHABET = re.compile(rf"[{LETTERS}{re.escape(PUNCTUATION)}+ ]*")


def first_vowel(text: str) -> str:
    """An accentor that always stresses a word's first vowel and writes every е as ё."""
    words = re.sub(r"\b([^\W\d_]*?)([аеёиоуыэюя])", r"\1+\2", text)
    return words.replace("е", "ё")


@pytest.mark.unit
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("«Кто-то» — сказал: тихо!", "кто-то - сказал, тихо!"),
        ("- Ну... Что ж?!", "ну… что ж?"),
        ("Счёт;оплата.Хорошо", "счёт, оплата. хорошо"),
        ("да ,  нет (может быть).", "да, нет, может быть."),
        ("  а + б ", "а б"),
        ("за\u0301мок, зам+ок", "з+амок, зам+ок"),
        ("и\u0306од", "йод"),
        ("… 25 % …", ""),
    ],
)
def test_only_the_voices_signs_are_left(written: str, read: str) -> None:
    assert in_alphabet(written) == read


@pytest.mark.unit
@example("Ё—--5Ё")
@given(st.text(alphabet="абеёЁйЗ .,!?…-—+\u0301\u0306«»():;\n5x", max_size=40))
def test_whatever_comes_in_the_alphabet_goes_out(text: str) -> None:
    once = in_alphabet(text)
    assert ALPHABET.fullmatch(once)
    assert in_alphabet(once) == once
    assert not re.search(r"  |^[ .,!?…-]|\+(?![аеёиоуыэюя])", once)


@pytest.mark.unit
def test_the_accentor_marks_and_restores_yo() -> None:
    assert read_aloud("Наша ель.", accentor=first_vowel) == "н+аша +ёль."


@pytest.mark.unit
def test_a_users_mark_beats_the_dictionary_and_the_dictionary_the_accentor() -> None:
    own = {"замок": "зам+ок", "все": "все"}
    assert marked("замок з+амок все кости", own, first_vowel) == "зам+ок з+амок все к+ости"


@pytest.mark.unit
def test_an_accentor_that_loses_words_changes_nothing_but_the_certain() -> None:
    assert marked("мо+я корова", {"корова": "кор+ова"}, lambda _: "х") == "мо+я кор+ова"


@pytest.mark.unit
def test_importing_the_voice_text_loads_no_torch() -> None:
    code = "import sys, russian.voice; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.model
def test_the_accent_model_reads_numbers_homographs_and_yo() -> None:
    assert voice_text("Доставка - 250 ₽.") == "дост+авка - дв+ести пятьдес+ят рубл+ей."
    assert voice_text("Ключ от замка, все ещё дома?").startswith("ключ от замк+а, ")
    assert voice_text("за\u0301мок на горе") == "з+амок на гор+е"


@pytest.mark.model
def test_the_accent_model_leaves_torch_as_it_was() -> None:
    import torch

    load_accentor.cache_clear()
    threads = torch.get_num_threads()
    load_accentor()("замок на горе")
    assert torch.is_grad_enabled()
    assert torch.get_num_threads() == threads
