"""The command's grammar and its endings."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.cli.__main__ import main

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str


class Beseda:
    """The command, run in this process on a home of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Done:
        try:
            status = main(arguments)
        except SystemExit as ended:  # argparse ends a wrong call itself
            status = int(ended.code or 0)
        captured = self._capsys.readouterr()
        return Done(status, captured.out, captured.err)


@pytest.fixture
def beseda(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Beseda]:
    monkeypatch.setenv("BESEDA_HOME", str(tmp_path / "home"))
    handlers = logging.getLogger().handlers[:]
    yield Beseda(capsys)
    for handler in set(logging.getLogger().handlers) - set(handlers):
        handler.close()
    logging.getLogger().handlers = handlers
    logging.captureWarnings(False)


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, api.cli.parser; api.cli.parser.build_parser(); print(*sorted(sys.modules))"
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
        ["say"],
        ["say", "привет", "--list-voices"],
        ["search", "тариф", "--top", "0"],
        ["normalize", "--to", "klingon"],
        ["load"],
        ["load", "a.wav", "--callers", "0"],
        ["load", "a.wav", "--seconds", "nan"],
    ],
)
def test_a_wrong_call_is_one_line_and_status_2(beseda: Beseda, arguments: list[str]) -> None:
    done = beseda(*arguments)
    assert (done.status, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["ask", "  "], "the question is empty"),
        (["ingest"], "nothing to ingest"),
        (["ingest", "--remove", "nobody"], "nobody"),
        (["say", "да", "-o", "/nonexistent/a.wav"], "cannot write /nonexistent/a.wav"),
        (["say", "да"], "-o FILE.wav"),
        (["talk", "a.wav", "-o", "/"], "cannot write /"),
        (["say", "да" * 50_000, "-o", "/tmp/never.wav"], "at most 4096"),
        (["ask", "да" * 50_000], "at most 8000"),
        (["search", "да" * 50_000], "at most 8000"),
        (["search"], "--queries"),
        (["search", "--queries", "/nonexistent"], "cannot read"),
        (["load", "/nonexistent"], "there is no /nonexistent"),
        (["load", "README.md"], "README.md: not a usable audio recording"),
        (["load", "samples/knowledge"], "holds no *.wav"),
        (["load", "samples/questions", "--line", "tin"], "no line is called 'tin'"),
        (["load", "samples/questions", "--plot", "/"], "cannot write /"),
        (["load", "samples/questions", "--url", "ftp://x"], "must begin with http"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    beseda: Beseda, arguments: list[str], says: str
) -> None:
    done = beseda(*arguments)
    assert (done.status, done.out) == (2, "")
    assert says in done.err
    assert len(done.err.splitlines()) == 1


def test_an_empty_index_is_no_error(beseda: Beseda) -> None:
    done = beseda("ask", "Сколько стоит доставка?", "--json")
    assert (done.status, done.err) == (0, "")
    reply = json.loads(done.out)
    assert set(reply) == {"transcript", "answer", "source", "sources", "timings_ms"}
    assert (reply["source"], reply["sources"]) == ("none", [])
    assert reply["answer"]


def test_one_document_in_one_answer_out(beseda: Beseda, tmp_path: Path) -> None:
    page = tmp_path / "delivery.md"
    page.write_text("# Доставка\n\nДоставка роутера стоит 300 рублей.\n", encoding="utf-8")
    ingested = beseda("ingest", str(page), str(tmp_path / "none.md"))
    assert ingested.status == 2, "the missing file is reported, the other one taken"
    assert len(ingested.err.splitlines()) == 1
    reply = json.loads(beseda("ask", "Сколько стоит доставка?", "--json").out)
    assert reply["source"] == "extractive"
    assert "300" in reply["answer"]
    assert reply["sources"][0]["title"] == "Доставка"
    listed = json.loads(beseda("ingest", "--list", "--json").out)
    assert listed["title"] == "Доставка"
    assert beseda("ingest", "--remove", listed["id"]).status == 0
    assert beseda("ingest", "--list").out == ""


def test_queries_from_a_file_are_answered_in_order(beseda: Beseda, tmp_path: Path) -> None:
    records = [{"_id": "d1", "text": "Кошка спит."}, {"_id": "d2", "text": "Собака лает."}]
    queries = [{"_id": "q1", "text": "собака"}, {"_id": "q2", "text": "кошки"}]
    for name, lines in (("records", records), ("queries", queries)):
        text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        (tmp_path / f"{name}.jsonl").write_text(text, encoding="utf-8")
    assert beseda("ingest", str(tmp_path / "records.jsonl")).status == 0
    done = beseda("search", "--queries", str(tmp_path / "queries.jsonl"), "--json")
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [answer["_id"] for answer in answers] == ["q1", "q2"]
    assert [answer["hits"][0]["id"] for answer in answers] == ["d2", "d1"]


def given(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), "utf-8"))


def test_normalize_gives_spans(beseda: Beseda, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, "за пять рублей\r\n".encode())
    done = beseda("normalize", "--to", "written", "--json")
    assert json.loads(done.out) == {"text": "за 5 ₽", "spans": [[3, 14, 3, 6]]}


def test_normalize_refuses_what_is_not_utf8(
    beseda: Beseda, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(monkeypatch, "5 рублей\n".encode() + b"\xff\xfe\n")
    done = beseda("normalize", "--to", "spoken")
    assert (done.status, done.out) == (2, "пять рублей\n")
    assert done.err == "beseda: line 2 of standard input is not UTF-8\n"


def test_normalize_knows_the_operators_words(
    beseda: Beseda, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text("words: {квордлинг: кв+ордлинг}\nreplacements: {акме пять: ACME-5}\n")
    monkeypatch.setenv("BESEDA_RULES", str(rules))
    given(monkeypatch, "Квордлинг за 5 рублей\n".encode())
    assert beseda("normalize", "--to", "spoken").out == "кв+ордлинг за пять рублей\n"
    given(monkeypatch, "модель акме пять\n".encode())
    assert beseda("normalize", "--to", "written").out == "модель ACME-5\n"
    monkeypatch.delenv("BESEDA_RULES")
    given(monkeypatch, "модель акме пять\n".encode())
    done = beseda("normalize", "--to", "written", "--rules", str(rules))
    assert done.out == "модель ACME-5\n"
    monkeypatch.setenv("BESEDA_RULES", str(rules))
    rules.write_text("word: {}\n")
    given(monkeypatch, b"")
    done = beseda("normalize", "--to", "written")
    assert done.status == 2
    assert len(done.err.splitlines()) == 1
    assert "unknown section 'word'" in done.err


@pytest.mark.parametrize("arguments", [["serve"], ["ask", "да"], ["ingest", "a.md"]])
def test_sentences_that_cannot_be_used_are_told_at_the_start(
    beseda: Beseda, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    path = tmp_path / "prompts.yaml"
    path.write_text("greting: Привет!\n")
    monkeypatch.setenv("BESEDA_PROMPTS", str(path))
    done = beseda(*arguments)
    assert (done.status, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
    assert "no sentence is called 'greting'; the nearest is 'greeting'" in done.err


def test_normalize_answers_line_for_line(beseda: Beseda, monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, "5 рублей\n\nв 15:30\n".encode())
    done = beseda("normalize", "--to", "spoken")
    assert done.status == 0
    assert done.out.split("\n")[1] == ""
    assert done.out.count("\n") == 3
    assert not any(char.isdigit() for char in done.out)
