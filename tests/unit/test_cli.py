"""The command's grammar and its endings, in processes of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]


def beseda(
    *arguments: str, home: Path, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *arguments],
        capture_output=True, text=True, cwd=ROOT, input=stdin, check=False,
        env={**os.environ, "BESEDA_HOME": str(home), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, api.cli; api.cli.build_parser(); print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"torch", "nemo", "numpy", "fastapi", "pydantic", "sqlalchemy", "av"}


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["talk"],
        ["transcribe", "a.wav", "--format", "docx"],
        ["say", "привет"],
        ["search", "тариф", "--top", "0"],
        ["normalize", "--to", "klingon"],
    ],
)
def test_a_wrong_call_is_one_line_and_status_2(arguments: list[str], tmp_path: Path) -> None:
    done = beseda(*arguments, home=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ask", "  "], "the question is empty"),
        (["ingest"], "nothing to ingest"),
        (["ingest", "--remove", "nobody"], "nobody"),
        (["search"], "--queries"),
        (["search", "--queries", "/nonexistent"], "cannot read"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    arguments: list[str], says: str, tmp_path: Path
) -> None:
    done = beseda(*arguments, home=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_empty_index_is_no_error(tmp_path: Path) -> None:
    done = beseda("ask", "Сколько стоит доставка?", "--json", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    reply = json.loads(done.stdout)
    assert set(reply) == {"transcript", "answer", "source", "sources", "timings_ms"}
    assert (reply["source"], reply["sources"]) == ("none", [])
    assert reply["answer"]


def test_one_document_in_one_answer_out(tmp_path: Path) -> None:
    page = tmp_path / "delivery.md"
    page.write_text("# Доставка\n\nДоставка роутера стоит 300 рублей.\n", encoding="utf-8")
    home = tmp_path / "home"
    ingested = beseda("ingest", str(page), str(tmp_path / "none.md"), home=home)
    assert ingested.returncode == 2, "the missing file is reported, the other one taken"
    assert len(ingested.stderr.splitlines()) == 1
    reply = json.loads(beseda("ask", "Сколько стоит доставка?", "--json", home=home).stdout)
    assert reply["source"] == "extractive"
    assert "300" in reply["answer"]
    assert reply["sources"][0]["title"] == "Доставка"


def test_normalize_answers_line_for_line(tmp_path: Path) -> None:
    done = beseda("normalize", "--to", "spoken", home=tmp_path, stdin="5 рублей\n\nв 15:30\n")
    assert done.returncode == 0
    lines = done.stdout.split("\n")
    assert lines[1] == ""
    assert len(lines) == 4
    assert not any(char.isdigit() for char in done.stdout)
