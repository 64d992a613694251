"""What the reports and cards of both models have in common."""

import argparse
import json
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def options(description: str | None, model: str) -> argparse.ArgumentParser:
    """The command line of a report on a model."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--chroot", type=Path, help="RHVoice's; default HOME/rhvoice")
    parser.add_argument("--model", default=model, help="catalogue id or .nemo file")
    parser.add_argument("--limit", type=int, default=10_000, help="of each set, so many at most")
    parser.add_argument("--threads", type=int, default=2)
    return parser


def write(report: dict[str, Any], path: Path) -> None:
    """The report as JSON to read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", "utf-8")


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Markdown with a column for each key; a cell is empty where its row has no such key."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[str(row.get(column, "")) for column in columns] for row in rows]
    lines = [columns, ["---"] * len(columns), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def card(path: Path, what: str, sections: Mapping[str, str]) -> None:
    """The model card beside a checkpoint, written by the command that has made it."""
    made = f"Made by\n\n    {shlex.join(['python', *sys.orig_argv[1:]])}"
    parts = [f"# {path.stem}", what, made]
    parts += [f"## {title}\n\n{text}" for title, text in sections.items()]
    path.write_text("\n\n".join(parts) + "\n", "utf-8")


def licence(source: Path, to: Path) -> str:
    """Put a licence file beside a checkpoint, if there is one; what a card says of it."""
    if not source.exists():
        return "What it was made from came without a licence file: its owner decides."
    if source.resolve() != to.resolve():
        shutil.copy(source, to)
    return f"`{to.name}`, inherited from what it was made from; Apache-2.0 covers the code only."
