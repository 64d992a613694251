"""Keys of a telephone: which there are, and when a number that is keyed is complete."""

import pytest

from dialog.keypad import KEYS_S, MOST_KEYS, KeyedNumber, pressed
from dialog.messages import KeyPressed

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(("name", "key"), [("5", "5"), ("#", "#"), ("d", "D"), (7, "7")])
def test_a_far_end_names_a_key(name: object, key: str) -> None:
    assert pressed(name) == [KeyPressed(key)]


@pytest.mark.parametrize("name", ["", "E", "12", "٣", None, ["5"]])
def test_what_is_no_key_says_nothing(name: object) -> None:
    assert pressed(name) == []


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_keys_follow_one_another_until_a_pause() -> None:
    clock = Clock()
    number = KeyedNumber(clock)
    assert number.paused  # nobody is keying one
    number.press("4")
    clock.now_s += KEYS_S - 0.1
    assert not number.paused
    number.press("2")
    clock.now_s += KEYS_S - 0.1
    assert not number.paused, "the pause counts from the last key"
    clock.now_s += 0.1
    assert number.paused
    assert number.keys == "42"


def test_a_number_that_was_taken_is_over() -> None:
    number = KeyedNumber(Clock())
    number.press("4")
    assert number.take() == "4"
    assert (number.keys, number.paused) == ("", True)
    number.press("2")
    assert number.take() == "2"
    assert number.take() == ""


def test_of_very_many_keys_the_last_ones_are_kept() -> None:
    number = KeyedNumber(Clock())
    for key in "1" * MOST_KEYS + "23":
        number.press(key)
    assert number.take() == "1" * (MOST_KEYS - 2) + "23"
