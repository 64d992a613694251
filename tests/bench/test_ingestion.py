"""Ten thousand pages: how long, and that memory does not grow with their number."""

import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag.ingestion.ingest import Ingestion
from rag.retrieval.retriever import open_retriever
from store.engine import open_store
from tests.service.test_ingestion import site

pytestmark = pytest.mark.bench


def _peak_mb(home: Path, folder: Path) -> None:
    """Ingest, and print this process's largest memory in MB."""
    store = open_store(f"sqlite:///{home}/beseda.db")
    retriever = open_retriever(store, home / "index")
    Ingestion(store, retriever.follow).ingest([folder])
    retriever.close()
    store.close()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def test_memory_is_bounded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    peaks = {}
    for pages in (1_000, 10_000):
        folder = site(tmp_path / f"site{pages}", pages)
        began_s = time.perf_counter()
        command = [sys.executable, "-m", "tests.bench.test_ingestion"]
        output = subprocess.check_output([*command, str(tmp_path / f"home{pages}"), str(folder)])
        peaks[pages] = int(output)
        with capsys.disabled():
            took_s = time.perf_counter() - began_s
            print(f"\n{pages:6} pages: {took_s:.0f} s, at most {peaks[pages]} MB", end="")
    assert peaks[10_000] < 1.5 * peaks[1_000]


if __name__ == "__main__":
    _peak_mb(Path(sys.argv[1]), Path(sys.argv[2]))
