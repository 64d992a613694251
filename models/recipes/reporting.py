"""What the reports of both models have in common: their options, and the JSON they leave."""

import argparse
import json
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
