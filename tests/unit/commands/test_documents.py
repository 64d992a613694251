"""Commands over documents: in, listed, found, judged, out."""

import json
from pathlib import Path

import pytest

from api.wiring import Services
from dialog.errors import BadInput
from tests.unit.commands.conftest import Run

pytestmark = pytest.mark.unit


def test_ingest_tells_what_it_did_and_does_it_once(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def write(name: str, text: str) -> None:
        (tmp_path / "own").mkdir(exist_ok=True)
        (tmp_path / "own" / name).write_text(f"# {text}\n\n{text}.\n", "utf-8")

    write("a.md", "Первое")
    write("b.md", "Второе")
    assert run("ingest", tmp_path / "own") == 0
    write("b.md", "Второе иначе")
    write("c.md", "Третье")
    assert run("ingest", tmp_path / "own") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "2 added, 0 updated, 0 unchanged, 0 duplicate, 0 skipped"
    assert second == "1 added, 1 updated, 1 unchanged, 0 duplicate, 0 skipped"
    assert run("ingest", tmp_path / "own", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert {one["outcome"] for one in report["documents"]} == {"unchanged"}
    assert report["skipped"] == []


def test_ingest_takes_the_good_and_names_the_bad(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good.md").write_text("# Да\n\nХорошо.\n", "utf-8")
    (tmp_path / "bad.pdf").write_bytes(b"%PDF-1.4 no")
    assert run("ingest", tmp_path / "good.md", tmp_path / "bad.pdf", "--json") == 2
    told = capsys.readouterr()
    (line,) = told.err.splitlines()
    assert line.startswith("beseda: ") and "bad.pdf" in line
    report = json.loads(told.out)
    assert [one["outcome"] for one in report["documents"]] == ["added"]
    assert len(report["skipped"]) == 1


def test_documents_are_listed_by_tag_and_removed_by_id(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.md").write_text("# Своё\n\nДа.\n", "utf-8")
    run("ingest", tmp_path / "own.md", "--tag", "own")
    capsys.readouterr()
    run("ingest", "--list")
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert {(title, tags) for *_, title, tags in lines} == {
        ("Доставка", "site"), ("Часы работы", "site"), ("Своё", "own"),
    }  # fmt: skip
    run("ingest", "--list", "--tag", "own", "--json")
    (listed,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (listed["title"], listed["format"], listed["passages"]) == ("Своё", "md", 1)
    assert run("ingest", "--remove", listed["id"]) == 0
    run("ingest", "--list", "--tag", "own")
    assert capsys.readouterr().out == ""
    with pytest.raises(BadInput, match=f"no document has the id {listed['id']}"):
        run("ingest", "--remove", listed["id"])


def test_search_shows_the_best_passage_of_each_document(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("search", "доставка роутера", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["query"] == "доставка роутера"
    assert found["hits"][0]["title"] == "Доставка"
    assert set(found["hits"][0]) == {"id", "title", "text", "score"}
    assert run("search", "доставка роутера", "--top", "1") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith(f"Доставка [{found['hits'][0]['id']}]")
    assert second.strip() == "Доставка роутера стоит 300 рублей."


def test_search_that_finds_nothing_is_done_and_says_so(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("search", "доставка роутера", "--tag", "nowhere") == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "beseda: nothing was found\n")
    assert run("search", "доставка роутера", "--tag", "nowhere", "--json") == 0
    assert json.loads(capsys.readouterr().out)["hits"] == []


@pytest.mark.parametrize(
    "line", ["{", '{"_id": "q1"}', '{"text": "да"}', '{"_id": "q1", "text": 5}', "[]"]
)
def test_a_line_that_is_no_query_is_named(run: Run, tmp_path: Path, line: str) -> None:
    queries = tmp_path / "queries.jsonl"
    queries.write_text(f'{{"_id": "q0", "text": "офис"}}\n{line}\n', "utf-8")
    with pytest.raises(BadInput, match=r"queries\.jsonl:2: not a line with _id and text"):
        run("search", "--queries", queries)


@pytest.mark.parametrize("typed", [["search"], ["search", "да", "--queries", "x.jsonl"]])
def test_search_wants_one_query_or_a_file_of_them(run: Run, typed: list[str]) -> None:
    with pytest.raises(BadInput, match="give a query or --queries FILE"):
        run(*typed)


def test_the_vocabulary_is_what_documents_name(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "tariff.md"
    page.write_text("# Тариф\n\n" + "Роутер Зебра-5 быстрый. Роутер Зебра-5 новый.\n" * 3, "utf-8")
    run("ingest", page)
    capsys.readouterr()
    assert run("vocabulary") == 0
    plain = capsys.readouterr().out.splitlines()
    assert run("vocabulary", "--json") == 0
    shaped = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert plain == [one["phrase"] for one in shaped]
    assert any("зебра" in phrase.lower() for phrase in plain)


# ---- evaluation


@pytest.fixture
def labelled(tmp_path: Path, services: Services) -> Path:
    """One question that is answered, one that is refused and one that asks for what is not there
    in words that are."""
    ids = {info.title: info.id for info in services.retriever.documents()}
    questions = [
        {"_id": "1", "text": "Сколько стоит доставка роутера?", "documents": [ids["Доставка"]],
         "contains": ["300"]},
        {"_id": "2", "text": "Как испечь пирог с капустой?", "documents": [], "contains": []},
        {"_id": "3", "text": "До скольких открыт офис на Лесной?", "documents": ["gone"],
         "contains": ["20"]},
    ]  # fmt: skip
    path = tmp_path / "labelled.jsonl"
    lines = (json.dumps(question, ensure_ascii=False) for question in questions)
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_eval_measures_and_names_what_went_wrong(
    run: Run, labelled: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("eval", "answers", labelled, "--json") == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["questions"] == 3
    assert run("eval", "answers", labelled, "--wrong") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("not found ")] == [
        "not found     3 До скольких открыт офис на Лесной?"
    ]
    assert not any(line.startswith(("refused", "not refused")) for line in lines)
    assert {line.split()[0] for line in lines[: len(figures)]} == set(figures)


def test_eval_refuses_a_plot_that_cannot_be_written_before_it_asks(
    run: Run, labelled: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="cannot write"):
        run("eval", "answers", labelled, "--plot", tmp_path / "gone" / "plot.png")


def test_eval_draws_its_bars(run: Run, labelled: Path, tmp_path: Path) -> None:
    assert run("eval", "answers", labelled, "--plot", tmp_path / "plot.svg") == 0
    assert "<svg" in (tmp_path / "plot.svg").read_text("utf-8")
