"""Several processes on one `BESEDA_HOME`: one writes, the others find it, none fails on a lock."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.ingestion.ingest import Ingestion
from rag.retrieval.retriever import Retriever, open_retriever
from store.engine import Store, open_store

pytestmark = pytest.mark.service

LATEST_S = 2.0
"""How soon another process must find what one has stored."""

OPEN = """
import sys
from store.documents import revision
from store.engine import open_store
store = open_store(sys.argv[1])
with store.session() as session:
    print(revision(session)[0])
store.close()
"""

INGEST = """
import sys
from pathlib import Path
from rag.ingestion.ingest import Ingestion
from rag.retrieval.retriever import open_retriever
from store.engine import open_store
url, folder, *paths = sys.argv[1:]
store = open_store(url)
retriever = open_retriever(store, Path(folder))
report = Ingestion(store, retriever.follow).ingest(paths)
print(*(document.outcome for document in report.documents), *report.skipped)
retriever.close()
store.close()
"""

SEARCH = """
import sys
from pathlib import Path
from rag.retrieval.retriever import open_retriever
from store.engine import open_store
url, folder, *queries = sys.argv[1:]
store = open_store(url)
retriever = open_retriever(store, Path(folder))
for query in queries:
    print(*(hit.title for hit in retriever.search(query, 3)), sep="|")
retriever.close()
store.close()
"""

DIE = """
import os, signal, sys
from pathlib import Path
from rag.ingestion.ingest import Ingestion
from rag.retrieval.qdrant_embedded import EdgeIndex
from rag.retrieval.retriever import Retriever
from store.engine import open_store

class Dying(EdgeIndex):
    # Killed between a document's points and the note of how far it came.
    def set_applied(self, applied):
        if applied.revision:
            os.kill(os.getpid(), signal.SIGKILL)
        super().set_applied(applied)

store = open_store(sys.argv[1])
retriever = Retriever(store, Dying(Path(sys.argv[2])))
Ingestion(store, retriever.follow).ingest(sys.argv[3:])
"""


def start(program: str, *arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def output(process: "subprocess.Popen[str]") -> str:
    """What it printed; anything on stderr is a failure."""
    printed, errors = process.communicate(timeout=120)
    assert errors == ""
    assert process.returncode == 0
    return printed


@pytest.fixture
def store(shared_url: str) -> Iterator[Store]:
    opened = open_store(shared_url)
    yield opened
    opened.close()


@pytest.fixture
def retriever(store: Store, tmp_path: Path) -> Iterator[Retriever]:
    opened = open_retriever(store, tmp_path / "index")
    yield opened
    opened.close()


@pytest.fixture
def ingestion(store: Store, retriever: Retriever) -> Ingestion:
    return Ingestion(store, retriever.follow)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


def article(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.md"
    path.write_text(f"# {name}\n\n{text}\n", encoding="utf-8")
    return path


def found(retriever: Retriever, query: str) -> list[str]:
    return [hit.title for hit in retriever.search(query, 5)]


def test_several_processes_open_an_empty_database_at_once(shared_url: str) -> None:
    started = [start(OPEN, shared_url) for _ in range(4)]
    assert len({output(process) for process in started}) == 1


def test_a_running_process_finds_what_another_ingests(
    ingestion: Ingestion, retriever: Retriever, shared_url: str, index: Path, tmp_path: Path
) -> None:
    ingestion.ingest([article(tmp_path, "Тарифы", "Тариф «Домашний» стоит 500 рублей.")])
    assert found(retriever, "тариф") == ["Тарифы"]
    added = article(tmp_path, "Доставка", "Доставка роутера занимает два дня.")
    assert output(start(INGEST, shared_url, index, added)) == "added\n"
    begun_s = time.monotonic()
    assert found(retriever, "доставка роутера") == ["Доставка"]
    assert time.monotonic() - begun_s < LATEST_S
    article(tmp_path, "Доставка", "Доставка теперь закрыта, забирайте самовывозом.")
    assert output(start(INGEST, shared_url, index, added)) == "updated\n"
    begun_s = time.monotonic()
    assert found(retriever, "самовывоз") == ["Доставка"]
    assert found(retriever, "роутер") == []
    assert time.monotonic() - begun_s < LATEST_S


def test_searching_never_stops_while_others_write(
    ingestion: Ingestion, retriever: Retriever, shared_url: str, index: Path, tmp_path: Path
) -> None:
    ingestion.ingest([article(tmp_path, "Постоянная", "Постоянная статья о скорости.")])
    folders = []
    for number in range(2):
        folders.append(tmp_path / str(number))
        folders[-1].mkdir()
        for place in range(15):
            article(folders[-1], f"Статья {number} {place}", f"Слово{number}х{place} и скорость.")
    writers = [start(INGEST, shared_url, index, folder) for folder in folders]
    readers = [start(SEARCH, shared_url, index, "постоянная статья") for _ in range(2)]
    searches = 0
    while any(process.poll() is None for process in [*writers, *readers]):
        assert "Постоянная" in found(retriever, "постоянная статья")
        searches += 1
    assert searches > 5
    assert [output(writer).split() for writer in writers] == [["added"] * 15] * 2
    assert ["Постоянная" in output(reader) for reader in readers] == [True, True]
    assert len(retriever.documents()) == 31
    assert found(retriever, "слово1х14")[0] == "Статья 1 14"
    assert not list(index.glob("private-*"))


def test_a_crash_while_indexing_is_repaired_at_the_next_start(
    shared_url: str, index: Path, tmp_path: Path
) -> None:
    paths = [article(tmp_path, f"Глава {n}", f"Глава номер {n} о слонах.") for n in range(3)]
    dead = start(DIE, shared_url, index, *paths)
    dead.communicate(timeout=120)
    assert dead.returncode == -signal.SIGKILL
    assert output(start(SEARCH, shared_url, index, "слоны")).count("Глава") == 3


def test_what_a_killed_process_left_is_swept(
    ingestion: Ingestion, retriever: Retriever, shared_url: str, index: Path, tmp_path: Path
) -> None:
    ingestion.ingest([article(tmp_path, "Статья", "Статья о слонах.")])  # owns the folder
    waits = SEARCH.replace("retriever.close()", "print(flush=True); import time; time.sleep(600)")
    killed = start(waits, shared_url, index, "слоны")
    try:
        assert killed.stdout is not None
        assert killed.stdout.readline() == "Статья\n"
        assert len(list(index.glob("private-*.lock"))) == 1
    finally:
        killed.kill()
        killed.communicate()
    assert len(list(index.glob("private-*.lock"))) == 1
    retriever.close()
    assert found(retriever, "слоны") == ["Статья"]  # opens the folder again, as its owner
    assert not list(index.glob("private-*"))
