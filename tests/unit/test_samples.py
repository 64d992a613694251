"""The sample knowledge base keeps its promises: formats, facts that agree, questions it answers."""

import json
import re
import tomllib
import wave
import zipfile
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.unit

SAMPLES = Path(__file__).parents[2] / "samples"
ARTICLES = sorted((SAMPLES / "knowledge").iterdir())
FACTS: dict[str, Any] = tomllib.loads((SAMPLES / "facts.toml").read_text("utf-8"))
QUESTIONS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (SAMPLES / "questions/questions.jsonl").read_text("utf-8").splitlines()
]
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def _source(path: Path) -> Path:
    """What a person edits: the article itself, or the Markdown it is made from."""
    if path.suffix in {".docx", ".pdf"}:
        return SAMPLES / "sources" / path.suffix[1:] / f"{path.stem}.md"
    return path


def _text(path: Path) -> str:
    """An article as plain text with single spaces; a table's cells follow one another."""
    text = _source(path).read_text("utf-8")
    if path.suffix == ".html":
        page = _Visible()
        page.feed(text)
        text = " ".join(page.pieces)
    return " ".join(text.replace("|", " ").split())


TEXTS = {path.name: _text(path) for path in ARTICLES}


def _docx_paragraphs(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as packed:
        root = ElementTree.fromstring(packed.read("word/document.xml"))
    paragraphs = root.iter(f"{_WORD}p")
    return {"".join(run.text or "" for run in one.iter(f"{_WORD}t")) for one in paragraphs}


def _prose(source: Path) -> list[str]:
    """The headings and paragraphs of a Markdown source."""
    lines = source.read_text("utf-8").splitlines()
    return [line.lstrip("# ") for line in lines if line and not re.match(r"\||- |\d+\. ", line)]


def test_there_are_enough_articles_in_four_formats() -> None:
    kinds = Counter(path.suffix for path in ARTICLES)
    assert kinds.total() >= 36
    assert set(kinds) == {".md", ".html", ".docx", ".pdf"}
    assert min(kinds.values()) >= 5


@pytest.mark.parametrize("name", TEXTS)
def test_an_article_has_substance(name: str) -> None:
    text = TEXTS[name]
    assert 150 <= len(re.findall(r"\w+", text)) <= 400
    assert not re.search(r"TODO|FIXME|XXX|lorem|�", text, re.IGNORECASE)


def test_every_source_has_its_document() -> None:
    made = {path.name for path in ARTICLES if path.suffix in {".docx", ".pdf"}}
    sources = (SAMPLES / "sources").glob("*/*.md")
    assert {f"{path.stem}.{path.parent.name}" for path in sources} == made


@pytest.mark.parametrize(
    "path", [path for path in ARTICLES if path.suffix == ".docx"], ids=lambda path: path.name
)
def test_word_documents_hold_their_sources(path: Path) -> None:
    missing = set(_prose(_source(path))) - _docx_paragraphs(path)
    assert not missing, "run samples/make_documents.py"


@pytest.mark.parametrize(
    "path", [path for path in ARTICLES if path.suffix == ".pdf"], ids=lambda path: path.name
)
def test_pdf_text_comes_out_as_it_went_in(path: Path) -> None:
    from pdfminer.high_level import extract_text

    extracted = " ".join(extract_text(path).split())
    missing = [line for line in _prose(_source(path)) if line not in extracted]
    assert not missing, "run samples/make_documents.py"


def test_one_phone_number_everywhere() -> None:
    found = Counter(re.findall(r"8[- ]?\(?800\)?[-\d ]{7,}\d", " ".join(TEXTS.values())))
    assert set(found) == {FACTS["phone"]}
    assert found.total() >= 20


def test_extensions_are_those_of_the_contacts_page() -> None:
    contacts = TEXTS["kontakty-podderzhki.md"].lower()
    for department, extension in FACTS["extensions"].items():
        assert f"{department} {extension} " in contacts
    used = set(re.findall(r"добавочный (\d+)", " ".join(TEXTS.values())))
    assert used == {str(extension) for extension in FACTS["extensions"].values()}


@pytest.mark.parametrize("tariff", FACTS["tariffs"])
def test_a_tariff_costs_the_same_everywhere(tariff: str) -> None:
    price = str(FACTS["tariffs"][tariff])
    near = rf"«{tariff}»(?: (?:стоит|за))? (\d+) рубл|«{tariff}» [^«.]{{0,40}} (\d+) рублей(?! д)"
    prices = [a or b for text in TEXTS.values() for a, b in re.findall(near, text)]
    assert len(prices) >= 2, "a sentence and a table"
    assert set(prices) == {price}


@pytest.mark.parametrize("fact", FACTS["said"], ids=lambda fact: fact["pattern"])
def test_a_fact_is_the_same_everywhere(fact: dict[str, str]) -> None:
    values = [value for text in TEXTS.values() for value in re.findall(fact["pattern"], text)]
    assert values and set(values) == {fact["value"]}


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_a_question_is_answered_in_one_sentence_of_its_document(question: dict[str, Any]) -> None:
    sentences = re.split(r"(?<=[.!?]) ", TEXTS[question["document"]])
    assert any(all(part in one for part in question["answer_contains"]) for one in sentences)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["id"])
def test_a_question_has_its_recordings(question: dict[str, Any]) -> None:
    files = [SAMPLES / "questions" / name for name in question["files"]]
    assert {file.suffix for file in files} == {".wav", ".opus"}
    for file in files:
        header = file.read_bytes()[:64]
        if file.suffix == ".opus":
            assert header.startswith(b"OggS") and b"OpusHead" in header
        elif file.name.endswith(".ulaw.wav"):
            layout, channels, rate_hz = (header[20:22], header[22:24], header[24:28])
            assert [int.from_bytes(field, "little") for field in (layout, channels, rate_hz)] == [
                7,
                1,
                8000,
            ]
        else:
            with wave.open(str(file)) as audio:
                assert (audio.getframerate(), audio.getnchannels()) == (16_000, 1)
                assert 1 < audio.getnframes() / 16_000 < 10


def test_three_questions_also_come_from_a_telephone() -> None:
    telephone = [name for question in QUESTIONS for name in question["files"] if ".ulaw." in name]
    assert len(QUESTIONS) == 8
    assert len(telephone) == 3


def test_the_recordings_use_only_voices_that_may_be_shipped() -> None:
    """RHVoice's other Russian voices are CC BY-NC-ND."""
    free = {"aleksandr", "aleksandr-hq", "anna", "elena", "irina"}
    assert {question["voice"] for question in QUESTIONS} <= free
