"""Progress bars: on a terminal, and nothing elsewhere."""

import sys
from collections.abc import Callable
from pathlib import Path

from rag.ingestion.ingest import IngestProgress


def documents_bar(unit: str) -> IngestProgress | None:
    """For documents that are read, whose number is known."""
    if not sys.stderr.isatty():
        return None
    from tqdm import tqdm

    bar: tqdm[None] | None = None

    def advance(done: int, total: int, name: str) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(unit=unit, file=sys.stderr, leave=False)
        bar.total = total
        bar.set_postfix_str(name, refresh=False)
        bar.update(done - bar.n)
        if done == total:
            bar.close()

    return advance


def recording_bar(path: Path) -> Callable[[float], None] | None:
    """For a recording that is heard, whose length is not known until its end."""
    if not sys.stderr.isatty():
        return None
    from tqdm import tqdm

    bar = tqdm(desc=path.name, unit="s", file=sys.stderr, leave=False)

    def advance(heard_s: float) -> None:
        bar.update(round(heard_s) - bar.n)

    return advance
