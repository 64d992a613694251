"""The `beseda` command: its grammar, and how its failures end.

Imports nothing heavy: `beseda --help` must answer at once. What each command does stands
in `api.cli.commands`, imported only when one runs.
"""

import argparse
import math
from pathlib import Path
from typing import NoReturn

from api.cli.status import BAD_INPUT
from api.transcript_formats import COMMAND_FORMATS


class Parser(argparse.ArgumentParser):
    """argparse, but a wrong call is one line like every other bad input."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def build_parser() -> Parser:
    """The grammar of the command line; scripts outside the tree rely on it."""
    parser = Parser(prog="beseda", description="Self-hosted Russian speech-and-text assistant.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, summary: str, *, json: bool = True) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=summary, description=summary)
        if json:
            sub.add_argument("--json", action="store_true", help="one JSON object per line")
        return sub

    command("serve", "the service, on 127.0.0.1:8000 unless set otherwise", json=False)

    talk = command("talk", "audio in; transcript, answer, sources, timings and audio out")
    talk.add_argument("file", type=Path, help="a recorded question, any format")
    talk.add_argument("-o", "--output", type=Path, help="where the spoken answer goes (WAV)")
    _voice_options(talk)

    ask = command("ask", "a typed question, a written answer")
    ask.add_argument("question")

    transcribe = command("transcribe", "recordings to text")
    transcribe.add_argument("files", nargs="+", type=Path, metavar="FILE")
    transcribe.add_argument(
        "--format",
        choices=list(COMMAND_FORMATS),
        default="text",
        help="json is the same as --json",
    )

    say = command("say", "text to speech")
    what = say.add_mutually_exclusive_group(required=True)
    what.add_argument("text", nargs="?", help="what to say; - reads standard input")
    what.add_argument("--list-voices", action="store_true", help="the names for --voice")
    say.add_argument("-o", "--output", type=Path, help="a WAV file")
    _voice_options(say)

    normalize = command("normalize", "standard input to standard output, a line for a line")
    normalize.add_argument("--to", choices=["spoken", "written"], required=True)
    normalize.add_argument("--rules", type=Path, metavar="FILE", help="instead of BESEDA_RULES")

    ingest = command("ingest", "documents and folders into the index")
    ingest.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    ingest.add_argument("--list", action="store_true", help="what the index holds")
    ingest.add_argument("--remove", metavar="ID", help="forget a document")
    _tag_option(ingest, "mark the documents with it, or list those so marked; may be repeated")

    search = command("search", "distinct documents, the best passage of each")
    search.add_argument("query", nargs="?")
    search.add_argument("--queries", type=Path, metavar="FILE", help='lines {"_id","text"}')
    search.add_argument("--top", type=_positive, default=10, metavar="N")
    _tag_option(search, "only documents marked with it, or with any of several")

    evaluate = command("eval", "quality over labelled data, in figures and a plot", json=False)
    kinds = evaluate.add_subparsers(dest="kind", required=True, metavar="KIND")
    answers = kinds.add_parser("answers", help="what is found, refused and cited")
    answers.add_argument("file", type=Path, help='lines {"_id","text","documents","contains"}')
    answers.add_argument("--json", action="store_true", help="one JSON object")
    answers.add_argument("--plot", type=Path, metavar="FILE", help="bars as PNG, SVG or PDF")
    answers.add_argument("--wrong", action="store_true", help="also list what went wrong")

    command("vocabulary", "names in the documents, which the recogniser listens for")

    bench = command("bench", "live calls, timed from outside: recordings in, answers out")
    bench.add_argument("files", nargs="+", type=Path, metavar="FILE", help="spoken questions")
    bench.add_argument("--callers", type=_positive, default=1, metavar="N", help="at a time")
    bench.add_argument("--over", type=Path, metavar="FOLDER", help="clips to talk over the answer")

    _load_options(command("load", "many callers at once on a running service, on bad lines"))
    return parser


def _load_options(load: argparse.ArgumentParser) -> None:
    add = load.add_argument
    add("questions", nargs="+", type=Path, metavar="PATH", help="recordings, or folders of WAVs")
    add("--callers", type=_positive, default=1, metavar="N", help="at once (1)")
    add("--turns", type=_positive, default=3, metavar="N", help="questions in each call (3)")
    add("--seconds", type=_above_zero, help="keep calling for so long; else a call for each caller")
    add("--ramp", type=_not_negative, default=5.0, metavar="S", help="until all have come (5)")
    add("--until", type=_above_zero, metavar="MS", help="add callers until the p95 passes this")
    add("--step", type=_positive, default=1, metavar="N", help="so many at a time, with --until")
    add("--over", choices=["audiosocket", "realtime"], default="realtime", help="which socket")
    add(
        "--line",
        default="clean",
        help="clean, phone, mobile, internet; e.g. mobile,loss=20,noise=5",
    )
    add("--url", help="the service's HTTP address (from the settings)")
    add("--audiosocket", metavar="HOST:PORT", help="where it takes calls (from the settings)")
    add("--key", help="an API key (from the settings)")
    add("--patience", type=_above_zero, default=20.0, metavar="S", help="for an answer (20)")
    add("--think", type=_not_negative, default=1.0, metavar="S", help="before each question (1)")
    add("--seed", type=int, default=1, metavar="N", help="another seed, another bad luck (1)")
    add("--plot", type=Path, metavar="FILE", help="the waits as PNG, SVG or PDF")


def _tag_option(parser: argparse.ArgumentParser, summary: str) -> None:
    parser.add_argument("--tag", action="append", default=[], dest="tags", help=summary)


def _voice_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--voice", help="one of the voices; `beseda say --list-voices`")
    parser.add_argument("--speed", type=float, default=1.0, help="0.5 to 2, 1 is natural")


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number


def _above_zero(value: str) -> float:
    number = _not_negative(value)
    if number == 0:
        raise argparse.ArgumentTypeError("must be more than 0")
    return number


def _not_negative(value: str) -> float:
    number = float(value)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return number
