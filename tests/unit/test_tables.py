"""The tables of words: how a file is read, and that each row means what its columns say."""

import re
from collections import Counter
from pathlib import Path

import pytest

from russian.grammar import heteronyms, lexicon, units
from russian.grammar.tables import listed, rows

pytestmark = pytest.mark.unit

FOLDER = Path(units.__file__).parent


def test_words_of_running_text() -> None:
    assert listed("  ул пр\n   просп ") == ("ул", "пр", "просп")


def test_a_row_is_filled_up_with_empty_cells_and_keeps_its_spaces(tmp_path: Path) -> None:
    table = tmp_path / "own.tsv"
    table.write_text("# word\tbefore\tafter\nзамок\t\t из\nмука\n", "utf-8")
    assert list(rows(table, 3)) == [("замок", "", " из"), ("мука", "", "")]


def test_a_row_with_too_many_cells_is_named(tmp_path: Path) -> None:
    table = tmp_path / "own.tsv"
    table.write_text("а\tб\nа\tб\tв\n", "utf-8")
    with pytest.raises(ValueError, match=r"own\.tsv, line 2: 3 cells, not 2"):
        list(rows(table, 2))


@pytest.mark.parametrize("name", ["heteronyms.tsv", "lexicon.tsv", "units.tsv"])
def test_no_row_stands_twice(name: str) -> None:
    counted = Counter((FOLDER / name).read_text("utf-8").splitlines())
    assert [line for line, times in counted.items() if times > 1] == []


def test_a_sign_is_one_units() -> None:
    signs = [sign for row in rows(FOLDER / "units.tsv", 4) for sign in row[3].split(", ")]
    assert len(signs) == len(units.UNITS)
    assert all(signs)
    assert units.UNITS["км/с"] == units.Unit("километр", tail="в секунду")
    assert units.UNITS["Mbps"] == units.Unit("мегабит", "мегабит", "в секунду")


def test_what_is_said_of_a_word_can_be_said() -> None:
    table = list(rows(FOLDER / "lexicon.tsv", 3))
    assert len({written for written, _, _ in table}) == len(table)
    sayable = re.compile(r"[а-яё]+(?:[ -][а-яё]+)*(?: / [а-яё]+(?:[ -][а-яё]+)*)*")
    assert [row for row in table if not sayable.fullmatch(row[1])] == []
    assert {mark for _, _, mark in table} == {"", "spoken only"}


def test_ordinary_words_are_read_from_latin_letters_and_never_written_so() -> None:
    assert lexicon.spoken_forms()["home"] == "хоум"
    assert "хоум" not in lexicon.written_forms()
    assert lexicon.written_forms()["вай фай"] == "Wi-Fi"
    assert lexicon.spoken_forms()["wifi"] == lexicon.spoken_forms()["wi-fi"] == "вай-фай"


def test_each_stress_is_a_stress_of_its_word_and_has_a_context() -> None:
    for word, marked, before, after in rows(FOLDER / "heteronyms.tsv", 4):
        assert marked.replace("+", "").replace("ё", "е") == word
        assert marked.count("+") + marked.count("ё") == 1, marked
        assert before or after, word
        for context in (before, after):
            assert not context or not re.search(context, ""), f"{context} fits anything"


def test_of_a_words_rows_the_first_that_fits_decides() -> None:
    assert heteronyms.mark("Старинный замок на двери").text == "Старинный з+амок на двери"
    assert heteronyms.mark("Замок. На двери").text == "Замок. На двери", "another sentence's words"
