"""What holds for every test: it has a kind, `-m unit` finds it, and CI skips none unseen."""

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import KINDS, SKIPS_IN_CI

pytestmark = pytest.mark.unit

Run = Callable[..., pytest.RunResult]

ROOT = Path(__file__).parents[2]
MARKED = "import pytest\n\npytestmark = pytest.mark.unit\n\n\n"


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs pytest on the files given, under this repository's rules."""
    monkeypatch.delenv("CI", raising=False)
    # Hypothesis's plugin would import all of Hypothesis anew each time.
    without = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    rules = ("-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml"), *without)

    def run(files: dict[str, str], *arguments: str) -> pytest.RunResult:
        for name, text in files.items():
            (pytester.path / name).parent.mkdir(exist_ok=True)
            (pytester.path / name).write_text(text, "utf-8")
        return pytester.runpytest(*rules, f"--rootdir={pytester.path}", *arguments, pytester.path)

    return run


def test_the_kinds_are_those_that_pytest_knows() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]
    assert {line.split(":")[0] for line in options["ini_options"]["markers"]} == KINDS


def test_a_skip_that_ci_allows_is_of_a_test_that_is_there() -> None:
    for name in SKIPS_IN_CI:
        path, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / path).read_text("utf-8")


def test_an_unmarked_test_fails_the_run_and_is_named(run: Run) -> None:
    bare = "def test_bare():\n    pass\n"
    done = run({"test_one.py": f"{MARKED}def test_good():\n    pass\n", "test_two.py": bare})
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert "test_two.py::test_bare" in str(done.stderr)
    assert "test_good" not in str(done.stderr)


def test_unit_tests_are_found_outside_their_folder_and_others_are_not_imported(run: Run) -> None:
    quick = f"{MARKED}def test_it():\n    pass\n"
    slow = "raise AssertionError('was imported')\n"
    files = {
        "contract/test_quick.py": quick,
        "contract/test_slow.py": slow,
        "model/test_b.py": slow,
    }
    run(files, "-m", "unit").assert_outcomes(passed=1)


def test_a_unit_test_that_its_file_does_not_name_is_told(run: Run) -> None:
    done = run({"test_kept.py": "def test_it(store_url):\n    pass\n"})
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    assert "test_kept.py" in str(done.stderr)


@pytest.mark.parametrize(
    "test",
    [
        "def test_it():\n    pytest.skip('no tool')\n",
        "@pytest.mark.skipif(True, reason='no tool')\ndef test_it():\n    pass\n",
        "@pytest.fixture\ndef tool():\n    pytest.skip('no tool')\n\n\ndef test_it(tool): ...\n",
        "pytest.importorskip('no_tool', reason='no tool')\n",
    ],
)
def test_a_skip_fails_in_ci_and_says_why(
    run: Run, monkeypatch: pytest.MonkeyPatch, test: str
) -> None:
    files = {"test_tool.py": MARKED + test}
    run(files).assert_outcomes(skipped=1)
    monkeypatch.setenv("CI", "true")
    done = run(files)
    assert done.ret not in (0, pytest.ExitCode.NO_TESTS_COLLECTED)
    assert "may not be skipped in CI" in str(done.stdout)
    assert "no tool" in str(done.stdout)


def test_an_expected_failure_is_no_skip(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    failing = "@pytest.mark.xfail(strict=True)\ndef test_it():\n    raise AssertionError\n"
    run({"test_tool.py": MARKED + failing}).assert_outcomes(xfailed=1)
