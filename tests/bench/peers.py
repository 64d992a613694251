"""`russian/` beside its peers: throughput in one run, and the table of hard sentences in the docs.

    python -m tests.bench.peers speed [--sentences 2000]
    python -m tests.bench.peers table > docs/russian-peers.md

`make bench-text` sets the peer up in build/nemo-text and runs both. Each side gets the same
sentences on one core, its dictionaries and grammars loaded before the clock runs.
"""

import argparse
import json
import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from num2words import num2words

from russian.grammar.spans import RewrittenText
from russian.spoken import to_spoken
from russian.written import to_written

ROOT = Path(__file__).parents[2]
PEER = ROOT / "build" / "nemo-text" / "bin" / "python"
CACHE = ROOT / "build" / "nemo-far"
WAYS: dict[str, Callable[[str], RewrittenText]] = {"spoken": to_spoken, "written": to_written}
HARD = (
    "К 5 рублям добавят ещё 21 копейку.",
    "Договор от 21.05.2024, п. 4.2.",
    "Звоните 8-800-555-35-35 с 9 до 18.",
    "Скорость до 300 Мбит/с за 1 250,50 ₽.",
    "Квартира с 2 окнами на 3-м этаже.",
    "В 1990-е, в XX веке, при Петре I.",
    "ул. Ленина, д. 12, корп. 3, кв. 405",
    "Доставка 5-7 дней, скидка до 20 %.",
    "iPhone 15 Pro ловит Wi-Fi хуже, чем USB.",
    "Лицевой счёт 0042317, на улице -5 °C.",
)


def sentences(direction: str, count: int) -> list[str]:
    """Sentences of the table of cases, over and over, each time with other figures in them."""
    rows = (ROOT / "tests" / "data" / f"to_{direction}.tsv").read_text("utf-8").splitlines()
    lines = [row.split("\t")[0] for row in rows if "\t" in row]
    rng = random.Random(1)
    made = list(lines)
    while len(made) < count:
        line = rng.choice(lines)
        # Last digits change, so that no side answers from memory; dates stay dates.
        made.append(re.sub(r"[1-9](?!\d)", lambda _: str(rng.randint(1, 9)), line))
    return made[:count]


def peer(direction: str, lines: list[str]) -> dict[str, object]:
    """What NeMo makes of the lines, and the processor time it took (`cpu_s`)."""
    if not PEER.exists():
        raise SystemExit("no peer: run `make bench-text`, which installs it into build/nemo-text")
    CACHE.mkdir(parents=True, exist_ok=True)
    command = [str(PEER), str(ROOT / "tests" / "bench" / "nemo_peer.py"), direction, str(CACHE)]
    done = subprocess.run(
        command, input="\n".join(lines), capture_output=True, text=True, check=True
    )
    answer: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return answer


def speed(count: int) -> None:
    """Print sentences per second of both sides and their ratio, for each direction."""
    for direction, convert in WAYS.items():
        lines = sentences(direction, count)
        convert(" ".join(lines[:50]))
        began_s = time.process_time()
        for line in lines:
            convert(line)
        ours_s = time.process_time() - began_s
        answer = peer(direction, lines)
        theirs_s = float(str(answer["cpu_s"]))
        print(
            f"to_{direction}: {len(lines)} sentences, {ours_s / len(lines) * 1e6:.0f} us each; "
            f"NeMo {theirs_s / len(lines) * 1e6:.0f} us each ({answer['faults']} faults); "
            f"{theirs_s / ours_s:.0f} times",
            flush=True,
        )


def plain(text: str) -> str:
    """Each run of digits by num2words alone."""
    return re.sub(r"\d+", lambda found: num2words(int(found.group()), lang="ru"), text)


def espeak(text: str) -> str:
    """espeak-ng's phonemes, which is all that it shows of its normalisation."""
    if shutil.which("espeak-ng") is None:
        return "(not installed)"
    command = ["espeak-ng", "-q", "-v", "ru", "--ipa", text]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


def table() -> None:
    """Print the table of hard sentences as Markdown."""
    nemo = peer("spoken", list(HARD))["outputs"]
    assert isinstance(nemo, list)
    print("<!-- made by `python -m tests.bench.peers table`; do not edit -->\n")
    print("# Ten hard sentences\n")
    print("NeMo's Russian normaliser answers with candidates; at most the first two are shown.")
    for line, theirs in zip(HARD, nemo, strict=True):
        candidates = str(theirs).split(" | ")
        more = f" (and {len(candidates) - 2} more)" if len(candidates) > 2 else ""
        print(f"\n## {line}\n\n| | |\n|---|---|")
        print(f"| Beseda | {to_spoken(line).text} |")
        print(f"| NeMo 1.2.0 | {'<br>'.join(candidates[:2])}{more} |")
        print(f"| num2words | {plain(line)} |")
        print(f"| espeak-ng | {espeak(line)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["speed", "table"])
    parser.add_argument("--sentences", type=int, default=2000)
    arguments = parser.parse_args()
    if arguments.what == "table":
        table()
    else:
        speed(arguments.sentences)


if __name__ == "__main__":
    main()
