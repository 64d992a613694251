"""A customer's own words, and what is said of a bad file of them."""

from pathlib import Path

import pytest

from russian.custom import RulesError, load_rules
from russian.spoken import to_spoken
from russian.written import to_written

pytestmark = pytest.mark.unit

RULES = """
words:
  квордлинг: кв+ордлинг
pronunciations:
  ACME-5000: акме пять тысяч
  СКС: скс
replacements:
  акме пять тысяч: ACME-5000
  акме: ACME
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "rules.yaml"
    path.write_text(RULES, "utf-8")
    return path


def test_a_customers_words_are_said_and_stressed(path: Path) -> None:
    rules = load_rules(path)
    done = to_spoken("Квордлинг acme-5000 за 5 ₽, СКС.", rules)
    assert done.text == "кв+ордлинг акме пять тысяч за пять рублей, скс."
    assert to_spoken(done.text, rules).text == done.text


def test_a_customers_spelling_wins_and_the_longest_first(path: Path) -> None:
    rules = load_rules(path)
    done = to_written("акме пять тысяч и акме за пять рублей", rules)
    assert done.text == "ACME-5000 и ACME за 5 ₽"
    assert to_written(done.text, rules).text == done.text


def test_an_empty_file_holds_no_rules(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.touch()
    assert to_spoken("5 км", load_rules(path)).text == "пять километров"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("words: [", "not valid YAML"),
        ("- a", "must hold words"),
        ("wrods: {}", "unknown section 'wrods'"),
        ("words: 5", "words must be a list"),
        ("words: {дом: дом}", "must be the same word"),
        ("words: {дом: к+от}", "must be the same word"),
        ("words: {дом: }", "needs a word"),
        ("pronunciations: {A: b}", "Russian letters only"),
        ("replacements: {'': A}", "needs a word"),
        (b"\xff", "not UTF-8"),
        (None, "No such file"),
    ],
)
def test_a_bad_file_is_refused_in_one_line(
    tmp_path: Path, content: str | bytes | None, problem: str
) -> None:
    path = tmp_path / "rules.yaml"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RulesError, match=problem) as refused:
        load_rules(path)
    assert "\n" not in str(refused.value)
    assert str(path) in str(refused.value)
