"""Ingestion killed (-9) in the middle and repeated: the same index as one that was left alone."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from rag.ingestion.ingest import Ingestion
from rag.retrieval.index import Point
from rag.retrieval.qdrant_embedded import EdgeIndex
from rag.retrieval.retriever import Retriever, open_retriever
from store.engine import open_store

pytestmark = pytest.mark.service

PAGES = 300
SECTIONS = ("тарифы", "оборудование", "новости")
ANIMALS = ("слон", "тигр", "жираф", "бегемот", "пингвин", "крокодил", "зубр")


def site(folder: Path, pages: int = PAGES) -> Path:
    """A saved site: a sitemap, a style sheet, and a tree of index.html under its sections."""
    for number in range(pages):
        page = folder / SECTIONS[number % len(SECTIONS)] / f"page-{number}" / "index.html"
        page.parent.mkdir(parents=True)
        animal = ANIMALS[number % len(ANIMALS)]
        page.write_text(
            f"<html><head><title>Страница {number}</title></head><body><nav>Меню</nav>"
            f"<main><h1>Страница {number}</h1><p>Здесь живёт {animal} номер {number}.</p>"
            f"<h2>Цена</h2><p>Билет стоит {number + 100} рублей.</p></main></body></html>",
            encoding="utf-8",
        )
    (folder / "sitemap.xml").write_text("<urlset></urlset>")
    (folder / "style.css").write_text("p {}")
    return folder


class Killing(EdgeIndex):
    """An index whose process is killed as it writes its second batch."""

    writes = 0

    def replace(self, documents: Mapping[str, Sequence[Point]]) -> None:
        super().replace(documents)
        self.writes += 1
        if self.writes == 2:
            os.kill(os.getpid(), signal.SIGKILL)


def _ingest_and_die(home: Path, folder: Path, where: str) -> None:
    """Run in a process of its own, which it kills."""
    store = open_store(f"sqlite:///{home}/beseda.db")
    index = Killing(home / "index") if where == "index" else EdgeIndex(home / "index")

    def die(done: int, total: int, name: str) -> None:
        if where == "files" and done == total // 2:
            os.kill(os.getpid(), signal.SIGKILL)

    ingestion = Ingestion(store, Retriever(store, index).follow)
    ingestion.ingest([folder], bar=lambda unit: die if unit == "files" else None)


def content(home: Path) -> tuple[list[tuple[str, str, str, int]], int, list[list[str]]]:
    """What is stored, the number of points, and what some searches find."""
    store = open_store(f"sqlite:///{home}/beseda.db")
    retriever = open_retriever(store, home / "index")
    # One page has the number; those of equal score behind it have no order.
    queries = [f"страница {number}" for number in range(0, PAGES, 17)]
    found = [[retriever.search(query, 1)[0].document_id] for query in queries]
    kept = [(one.id, one.title, one.sha256, one.passages) for one in retriever.documents()]
    retriever.close()
    index = EdgeIndex(home / "index")
    points = index.count()
    index.close()
    store.close()
    return sorted(kept), points, found


def ingest(home: Path, folder: Path) -> Sequence[tuple[str, bool]]:
    store = open_store(f"sqlite:///{home}/beseda.db")
    retriever = open_retriever(store, home / "index")
    report = Ingestion(store, retriever.follow).ingest([folder])
    retriever.close()
    store.close()
    return [(one.reason, one.fault) for one in report.skipped]


@pytest.mark.parametrize("where", ["files", "index"])
def test_killed_and_repeated_it_ends_in_the_same_index(where: str, tmp_path: Path) -> None:
    folder = site(tmp_path / "site")
    home = tmp_path / "killed"
    killed = subprocess.run(
        [sys.executable, "-m", "tests.service.test_ingestion", str(home), str(folder), where],
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert ingest(home, folder) == [
        ("unknown format: .xml", False),
        ("unknown format: .css", False),
    ]
    ingest(tmp_path / "whole", folder)
    kept, points, found = content(home)
    assert (kept, points, found) == content(tmp_path / "whole")
    assert len(kept) == PAGES
    assert all(one.startswith("page-") for ids in found for one in ids)
    ingest(home, folder)
    assert content(home) == (kept, points, found)


if __name__ == "__main__":
    _ingest_and_die(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
