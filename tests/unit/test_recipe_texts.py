"""The texts that the recipes train on: numbers in words, filled templates, nothing held out."""

import gzip
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from recipes.asr import texts
from recipes.text.numbers import NUMBERS, cardinal, counted, ordinal
from recipes.text.plain import plain, runs
from recipes.text.support import DATA, SupportLine, inflect, sentences
from russian.written import to_written

pytestmark = pytest.mark.unit

SPOKEN = re.compile(r"[а-яё]+(?:[ -][а-яё]+)*")


def lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


# ---- letters


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("Во-первых, счет!", "во первых счёт"),
        ("ЕЩЕ раз: «всё» (или нет)?", "ещё раз всё или нет"),
        ("12 рублей", "рублей"),
        ("...", ""),
    ],
)
def test_plain_is_in_the_recognisers_alphabet(text: str, spoken: str) -> None:
    assert plain(text) == spoken
    assert plain(spoken) == spoken


def test_runs_are_every_five_words_in_a_row_and_take_yo_for_ye() -> None:
    assert runs("а б в г д ё") == {tuple("абвгд"), tuple("бвгде")}
    assert runs("всё ещё не работает интернет") == runs("все еще не работает интернет")
    assert runs("а б в г") == set()


# ---- numbers


@pytest.mark.parametrize(
    ("number", "noun"),
    [
        (1, "рубль"), (2, "рубля"), (4, "рубля"), (5, "рублей"), (11, "рублей"), (14, "рублей"),
        (21, "рубль"), (22, "рубля"), (25, "рублей"), (101, "рубль"), (111, "рублей"),
        (112, "рублей"), (1000, "рублей"), (1001, "рубль"),
    ],
)  # fmt: skip
def test_the_noun_follows_its_number(number: int, noun: str) -> None:
    assert counted(number, "рубль", "рубля", "рублей") == noun


def test_numbers_in_cases_and_genders() -> None:
    assert cardinal(2, gender="f") == "две"
    assert cardinal(200, "g") == "двухсот"
    assert ordinal(21, "g", "n") == "двадцать первого"


@pytest.mark.parametrize("slot", sorted(NUMBERS))
def test_every_slot_gives_words_only_and_the_same_for_a_seed(slot: str) -> None:
    first, again = ([NUMBERS[slot](rng) for _ in range(200)] for rng in (Random(3), Random(3)))
    assert first == again
    assert [text for text in first if not SPOKEN.fullmatch(text)] == []


@pytest.mark.parametrize(
    ("slot", "written"),
    [
        ("rub", r"\d{1,3}(?:[ \u00a0]?\d{3})* ?₽|\d+ рубл\w+"),
        ("percent", r"\d+ ?%"),
        ("date_g", r"(?:[1-9]|[12]\d|3[01]) [а-я]+"),
        ("phone", r"(?:8|\+7)?[ \d()-]+"),
    ],
)
def test_what_a_slot_says_is_written_as_one_thing(slot: str, written: str) -> None:
    rng = Random(5)
    odd = [
        t
        for t in (NUMBERS[slot](rng) for _ in range(100))
        if not re.fullmatch(written, to_written(t).text)
    ]
    assert odd == []


# ---- templates


@pytest.mark.parametrize(
    ("phrase", "case", "inflected"),
    [
        ("домашний интернет", "gent", "домашнего интернета"),
        ("домашний интернет", "accs", "домашний интернет"),
        ("новая приставка", "accs", "новую приставку"),
        ("тариф|без ограничений", "datv", "тарифу без ограничений"),
        ("тариф|без ограничений", "", "тариф без ограничений"),
    ],
)
def test_only_the_head_of_a_phrase_is_inflected(phrase: str, case: str, inflected: str) -> None:
    assert inflect(phrase, case) == inflected


def test_support_sentences_are_spoken_words_and_the_same_for_a_seed() -> None:
    one, same, other = SupportLine(1), SupportLine(1), SupportLine(2)
    made = [one.sentence() for _ in range(300)]
    assert made == [same.sentence() for _ in range(300)]
    assert made != [other.sentence() for _ in range(300)]
    assert [text for text in made if plain(text) != text.replace("-", " ")] == []
    assert len(set(made)) > 250


@pytest.fixture(scope="module")
def cores() -> list[str]:
    """Ten sentences for each template: every slot is filled, but by a rare chance."""
    line = SupportLine(4)
    return [line.core() for _ in range(10 * len(lines(DATA / "templates.txt")))]


def test_no_slot_is_left_and_all_is_words(cores: list[str]) -> None:
    assert [text for text in cores if not SPOKEN.fullmatch(text)] == []


def test_streets_are_inflected_and_names_in_the_genitive_are_not(cores: list[str]) -> None:
    streets = {found[1] for text in cores for found in re.finditer(r"улице ([а-яё]+)", text)}
    assert {"садовой", "весенней", "рабочей", "кирова"} <= streets
    assert not any(name.endswith(("ая", "яя")) for name in streets)


def test_made_sentences_differ_and_share_no_five_words_with_what_is_held_out() -> None:
    free = list(islice(sentences(400, 1, []), 400))
    held_out = [text for text in free if len(text.split()) >= 5][:20]
    banned = {run for text in held_out for run in runs(text)}
    made = list(sentences(400, 1, held_out))
    assert len(made) == len(set(made)) == 400
    assert not set(made) & set(held_out)
    assert not any(runs(text) & banned for text in made)


def test_the_command_prints_so_many_sentences(tmp_path: Path) -> None:
    (tmp_path / "held_out.txt").write_text("интернет\n", "utf-8")
    command = [sys.executable, "-m", "recipes.text.support", "--count", "7", "--seed", "2"]
    done = subprocess.run(
        [*command, "--hold-out", tmp_path / "held_out.txt"], capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.splitlines() == list(sentences(7, 2, ["интернет"]))


# ---- a run's files


def test_general_sentences_have_2_to_14_words_and_none_is_held_out() -> None:
    held = "как мне подключить домашний интернет"
    own = lines(DATA / "dev_general.txt")[0]
    corpus = [
        "Да.", "Да, конечно.", " ".join(["слово"] * 15), f"Скажите, {held}?", own, "Всё хорошо.",
    ]  # fmt: skip
    assert sorted(texts.general(corpus, [held], 1)) == ["Всё хорошо.", "Да, конечно."]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    with gzip.open(folder / "more.gz", "wt", encoding="utf-8") as file:
        file.write("Верблюд пересёк пустыню за девять дней.\n")
    texts.prepare(folder / "home", 50, [folder / "more.gz"], 1)
    return folder / "home"


def test_one_support_sentence_is_spoken_to_two_general_ones(home: Path) -> None:
    spoken, support = lines(home / "spoken.txt"), set(sentences(50, 1, []))
    assert len(spoken) == 150
    held_out = [plain(text) for name in ("held_out", "dev_support", "dev_general")
                for text in lines(DATA / f"{name}.txt")]  # fmt: skip
    assert spoken[::3] == list(sentences(50, 1, held_out))
    assert not support & (set(spoken[1::3]) | set(spoken[2::3]))


def test_added_text_weighs_less_and_stands_apart(home: Path) -> None:
    added = "верблюд пересёк пустыню за девять дней"
    assert added in lines(home / "language_model_more.txt")
    assert added not in lines(home / "language_model.txt")
    assert added in lines(home / "units.txt")


def test_nothing_written_for_training_is_measured_on(home: Path) -> None:
    held_out = {run for name in ("dev_support", "dev_general", "dev_questions")
                for text in lines(home / f"{name}.txt") for run in runs(plain(text))}  # fmt: skip
    for name in ("spoken", "units", "language_model", "language_model_more"):
        shared = [t for t in lines(home / f"{name}.txt") if runs(plain(t)) & held_out]
        assert shared == [], name


def test_short_replies_come_six_times_in_random_order(home: Path) -> None:
    short, said = lines(DATA / "short.txt"), lines(home / "short_replies.txt")
    assert sorted(said) == sorted(short * 6)
    assert said[: len(short)] != said[len(short) : 2 * len(short)]
    assert lines(home / "dev_questions.txt")[:5] == [lines(DATA / "held_out.txt")[0]] * 5
