"""The figures of the code, on a small checkout whose figures can be counted by hand."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import house

pytestmark = pytest.mark.unit

FILES = {
    "room/__init__.py": "",
    "room/door.py": (
        "from room import window\n\n\nclass Handle:\n"
        "    def turn(self) -> int:\n        return window.HEIGHT\n"
    ),
    "room/window.py": (
        "HEIGHT = 2\n\n\nclass Handle:\n    pass\n\n\n"
        "def opened(wide: bool, locked: bool) -> int:\n    from room import door\n\n"
        "    if wide and not locked:\n        return door.Handle().turn()\n    return 0\n"
    ),
    "room/shelf.py": (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from room import box\n\n\n"
        "def kept(it: 'box.Box') -> None: ...\n"
    ),
    "room/box.py": "from room import shelf\n\n\nclass Box:\n    keep = shelf.kept\n",
    "recipes/__init__.py": "",
    "recipes/oven.py": "class Box:\n    pass\n",
    "samples/make.py": "class Box:\n    pass\n",
    ".ci/run.py": "class Box:\n    pass\n",
    "tests/__init__.py": "",
    "tests/test_room.py": "\n" * 16,
}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
    (tmp_path / "room" / "untracked.py").write_text("class Handle: ...\n")
    return tmp_path


def test_what_git_tracks_is_product_recipe_or_test(checkout: Path) -> None:
    parts = house.modules(checkout)
    assert {part: sum(module.lines for module in read) for part, read in parts.items()} == {
        "product": 31,
        "recipes": 2,
        "tests": 16,
    }


def test_recipes_are_told_apart_where_they_used_to_be(checkout: Path) -> None:
    subprocess.run(["git", "-C", checkout, "mv", "recipes", "room/recipes"], check=True)
    (checkout / "room").rename(checkout / "models")
    subprocess.run(["git", "-C", checkout, "add", "-A"], check=True)
    assert [module.lines for module in house.modules(checkout)["recipes"]] == [0, 2]


def test_a_class_name_in_two_places_is_named_with_both(checkout: Path) -> None:
    parts = house.modules(checkout)
    assert house.collisions(parts["product"]) == {"Handle": ["room/door.py:4", "room/window.py:4"]}
    assert "Box" in house.collisions(parts["product"] + parts["recipes"])


def test_imports_in_functions_and_for_type_checking_close_a_circle(checkout: Path) -> None:
    assert house.cycles(checkout, house.modules(checkout)["product"]) == [
        ("room.box", "room.shelf", "room.box"),
        ("room.door", "room.window", "room.door"),
    ]


def test_a_function_is_counted_from_def_to_its_last_line(checkout: Path) -> None:
    assert sorted(house.function_lines(house.modules(checkout)["product"])) == [
        (1, "room/shelf.py kept"),
        (2, "room/door.py turn"),
        (6, "room/window.py opened"),
    ]


def test_the_most_complex_function_comes_first(checkout: Path) -> None:
    assert house.complexity(checkout)[0] == (2, "room/window.py opened")


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ([], "none"),
        ([7], "median 7, p95 7, max 7 (no. 7)"),
        ([4, 1, 3, 2], "median 2, p95 4, max 4 (no. 4)"),
        (list(range(1, 101)), "median 50, p95 95, max 100 (no. 100)"),
    ],
)
def test_spread_takes_the_nearest_rank_and_names_the_highest(values: list[int], line: str) -> None:
    assert house.spread([(value, f"no. {value}") for value in values]) == line


def report(*options: str) -> list[str]:
    command = [sys.executable, "-m", "tests.bench.house", *options]
    return subprocess.check_output(command, text=True, cwd=house.ROOT).splitlines()


def test_the_report_has_the_ratio_with_and_without_the_recipes(checkout: Path) -> None:
    lines = report("--root", str(checkout))
    assert "test : code: 0.52 (lines of tests to lines of product; 0.48 with the recipes)" in lines
    assert "import cycles: 2" in lines
    assert "  room.door -> room.window -> room.door" in lines
    assert "  lines of a file: median 6, p95 13, max 13 (room/window.py)" in lines


def test_this_house_is_in_order() -> None:
    """What no other check holds: one class to a name, no circle of imports, no file over 400."""
    lines = report()
    assert "class names in more than one place: 0 (0 without the recipes)" in lines
    assert "import cycles: 0" in lines
    longest = [int(line.rsplit("max ")[1].split()[0]) for line in lines if "of a file" in line]
    assert len(longest) == 3 and max(longest) <= 400
