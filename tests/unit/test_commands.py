"""What each command prints and writes, and how it ends: on a small home of documents, with a
recogniser and a voice that are told what to say."""

import argparse
import io
import json
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from api.cli import commands
from api.cli.parser import build_parser
from api.models import Models
from api.settings import Settings
from api.wiring import Services
from asr.recogniser import Engine
from asr.worker import RecognitionWorker
from dialog.audio.decoding import decode
from dialog.content import Samples, Transcript, Word
from dialog.errors import BadInput, Unavailable
from models.runtime import ModelThread

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]
SPOKEN = ROOT / "samples" / "questions" / "q3.wav"
QUESTION = "сколько стоит доставка роутера"
PAGES = {
    "delivery.md": "# Доставка\n\nДоставка роутера стоит 300 рублей.\n",
    "hours.md": "# Часы работы\n\nОфис на Лесной открыт с 9 до 20 часов.\n",
}


class Ear:
    """Hears what it was told it would, in whatever is spoken."""

    rate_hz = 16_000

    def __init__(self) -> None:
        self.hears = QUESTION

    def transcribe(self, audio: Sequence[Samples]) -> list[Transcript]:
        return [self._heard(len(samples) / self.rate_hz) for samples in audio]

    def _heard(self, duration_s: float) -> Transcript:
        texts = self.hears.split()
        step_s = duration_s / max(1, len(texts))
        words = [Word(text, n * step_s, (n + 1) * step_s, 0.9) for n, text in enumerate(texts)]
        return Transcript(self.hears, tuple(words), duration_s)

    def streaming(self) -> Engine | None:
        return None


class Voice:
    """A hundred samples for each letter; keeps what it was asked to say."""

    rate_hz = 8000
    voices: tuple[str, ...] = ("anna", "boris")

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, float]] = []

    def synthesise(self, text: str, voice: str, speed: float) -> Samples:
        self.asked.append((text, voice, speed))
        return np.full(len(text) * 100, 0.5, np.float32)


def no_call() -> Engine:
    raise AssertionError("none of these commands holds a call")


Run = Callable[..., int]


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def voice() -> Voice:
    return Voice()


def opened(home: Path, ear: Ear, load_voice: Callable[[], Voice]) -> Services:
    models = Models(
        ModelThread("recogniser", lambda: ear),
        RecognitionWorker(no_call),
        ModelThread("synthesiser", load_voice),
        read=str.lower,
    )
    return Services(Settings.model_validate({"home": home}), models)


def carried_out(services: Services, *typed: object) -> int:
    """A command as it was typed; its exit status."""
    arguments = build_parser().parse_args([str(part) for part in typed])
    return commands.COMMANDS[arguments.command](arguments, services)


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the two pages in it."""
    folder = tmp_path_factory.mktemp("ingested")
    (folder / "home").mkdir()
    for name, text in PAGES.items():
        (folder / name).write_text(text, "utf-8")
    with opened(folder / "home", Ear(), Voice) as services:
        pages = [folder / name for name in PAGES]
        assert carried_out(services, "ingest", *pages, "--tag", "site") == 0
    return folder / "home"


@pytest.fixture
def services(tmp_path: Path, ingested: Path, ear: Ear, voice: Voice) -> Iterator[Services]:
    home = shutil.copytree(ingested, tmp_path / "home")
    with opened(home, ear, lambda: voice) as services:
        yield services


@pytest.fixture
def run(services: Services) -> Run:
    return partial(carried_out, services)


# ---- talk and ask


def test_talk_answers_a_recording_in_print_and_in_sound(
    run: Run, voice: Voice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = tmp_path / "reply.wav"
    assert run("talk", SPOKEN, "-o", reply, "--voice", "boris", "--speed", "1.5") == 0
    asked, answer, source, quote, spent, sound = capsys.readouterr().out.splitlines()
    assert asked == "Вопрос:    Сколько стоит доставка роутера?"
    assert answer.startswith("Ответ:     ") and "300" in answer
    assert source.startswith("Источник 1: Доставка [")
    assert "Доставка роутера стоит 300 рублей." in quote
    assert spent.startswith("Время:     загрузка моделей ")
    assert "до первого звука" in spent and "всего" in spent
    assert sound == f"Звук:      {reply}"
    assert {(who, speed) for _, who, speed in voice.asked} == {("boris", 1.5)}
    heard = np.concatenate(list(decode(reply, 8000)))
    assert len(heard) / 8000 >= sum(len(text) for text, _, _ in voice.asked) / 80


def test_talk_without_an_output_speaks_nothing(
    run: Run, voice: Voice, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("talk", SPOKEN, "--json") == 0
    reply = json.loads(capsys.readouterr().out)
    assert set(reply) == {"transcript", "answer", "source", "sources", "timings_ms"}
    assert reply["source"] == "extractive"
    assert {"load", "listen", "respond", "total"} <= set(reply["timings_ms"])
    assert "first_audio" not in reply["timings_ms"]
    assert voice.asked == []


def test_talk_says_when_nothing_was_heard(
    run: Run, ear: Ear, capsys: pytest.CaptureFixture[str]
) -> None:
    ear.hears = ""
    assert run("talk", SPOKEN) == 0
    assert "Вопрос:    (ничего не слышно)" in capsys.readouterr().out


def test_talk_without_a_voice_still_answers_and_is_a_fault(
    tmp_path: Path, ear: Ear, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> Voice:
        raise Unavailable("no such voice")

    reply = tmp_path / "reply.wav"
    with opened(tmp_path, ear, missing) as services:
        assert carried_out(services, "talk", SPOKEN, "-o", reply) == 1
    told = capsys.readouterr()
    assert "Ответ:" in told.out
    assert told.err == f"beseda: no voice could be had, so {reply} is not written\n"
    assert not reply.exists()


def test_talk_refuses_what_is_no_recording_before_it_loads_anything(
    run: Run, services: Services
) -> None:
    with pytest.raises(BadInput, match="not a usable audio recording"):
        run("talk", ROOT / "README.md")
    assert services.models.states()["asr"] == "idle"


def test_what_was_asked_is_kept(run: Run, services: Services) -> None:
    run("ask", "Сколько стоит доставка роутера?")
    run("talk", SPOKEN)
    kept = services.conversations.latest(10)
    assert [one.title for one in kept] == ["Сколько стоит доставка роутера?"] * 2


# ---- transcribe and say


def test_transcribe_goes_on_after_a_bad_file_and_says_so(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("transcribe", ROOT / "README.md", SPOKEN) == 2
    told = capsys.readouterr()
    assert told.out == "Сколько стоит доставка роутера?\n"
    (line,) = told.err.splitlines()
    assert line.startswith(f"beseda: {ROOT / 'README.md'}: not a usable audio recording")


def test_transcribe_as_json_has_a_line_for_each_file_in_order(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("transcribe", SPOKEN, ROOT / "README.md", "--json") == 2
    good, bad = map(json.loads, capsys.readouterr().out.splitlines())
    assert good["file"] == str(SPOKEN)
    assert [word["word"] for word in good["words"]] == QUESTION.split()
    assert bad == {"file": str(ROOT / "README.md"), "error": bad["error"]}


@pytest.mark.parametrize(
    ("form", "first"), [("srt", "1"), ("vtt", "WEBVTT"), ("words", "0."), ("json", "{")]
)
def test_transcribe_in_every_format(
    run: Run, capsys: pytest.CaptureFixture[str], form: str, first: str
) -> None:
    assert run("transcribe", SPOKEN, "--format", form) == 0
    told = capsys.readouterr().out
    assert told.startswith(first)
    assert "доставка" in told


def test_say_writes_all_phrases_into_one_file(
    run: Run, voice: Voice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "said.wav"
    assert run("say", "Добрый день. Слушаю вас.", "-o", out, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {who for _, who, _ in voice.asked} == {"anna"}, "the first is the default"
    heard = np.concatenate(list(decode(out, 8000)))
    assert told == {"file": str(out), "duration_s": pytest.approx(len(heard) / 8000, abs=0.002)}
    assert told["duration_s"] >= sum(len(text) for text, _, _ in voice.asked) / 80


def test_say_reads_standard_input(
    run: Run, voice: Voice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("До свидания."))
    assert run("say", "-", "-o", tmp_path / "said.wav") == 0
    assert " ".join(text for text, _, _ in voice.asked).startswith("до свидания")


def test_say_refuses_an_unknown_voice_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="'nobody'"):
        run("say", "да", "-o", tmp_path / "said.wav", "--voice", "nobody")
    assert not (tmp_path / "said.wav").exists()


@pytest.mark.parametrize(
    ("options", "told"), [([], "anna\nboris\n"), (["--json"], '{"voices": ["anna", "boris"]}\n')]
)
def test_voices_are_listed_the_default_first(
    run: Run, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    assert run("say", "--list-voices", *options) == 0
    assert capsys.readouterr().out == told


# ---- documents


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


# ---- what is refused


@pytest.mark.parametrize("command", [["talk", SPOKEN], ["say", "да"]])
def test_an_output_that_is_a_folder_or_in_none_is_refused(
    run: Run, tmp_path: Path, command: list[object], services: Services
) -> None:
    for output in (tmp_path, tmp_path / "gone" / "a.wav"):
        with pytest.raises(BadInput, match=f"cannot write {output}"):
            run(*command, "-o", output)
    assert services.models.states() == {"asr": "idle", "calls": "idle", "tts": "idle"}


def test_serve_tells_of_a_bad_setting_before_it_takes_a_port(tmp_path: Path) -> None:
    abroad = Settings.model_validate({"home": tmp_path, "host": "0.0.0.0"})
    with pytest.raises(BadInput, match="BESEDA_API_KEYS"):
        commands.serve(abroad)
    half = Settings.model_validate({"home": tmp_path, "tls_cert": tmp_path / "cert.pem"})
    with pytest.raises(BadInput, match="BESEDA_TLS"):
        commands.serve(half)
    unread = Settings.model_validate({"home": tmp_path, "actions": tmp_path / "gone.yaml"})
    with pytest.raises(BadInput, match=r"gone\.yaml"):
        commands.serve(unread)


def test_normalize_needs_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BESEDA_HOME", str(tmp_path / "none"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    arguments = argparse.Namespace(command="normalize", to="spoken", rules=None, json=False)
    assert commands.run(arguments) == 0
    assert not (tmp_path / "none").exists()


def test_a_home_that_cannot_be_written_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("BESEDA_HOME", str(tmp_path / "file" / "home"))
    before = logging.getLogger().handlers[:]
    with pytest.raises(BadInput, match="cannot write to BESEDA_HOME"):
        commands.run(build_parser().parse_args(["vocabulary"]))
    assert logging.getLogger().handlers == before
