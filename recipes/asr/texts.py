"""The texts of a training run: what is spoken, and what the tokenizer and the language model see.

Writes `spoken.txt` (one support-line sentence to two general), `short_replies.txt` (what callers
say in a word or two: the yes, the hm and the stop that turns hang on), `units.txt` (plain lines),
`language_model.txt` and `language_model_more.txt` (the same lines, those of `--extra` apart, since
they weigh less), and the held-out `dev_*.txt`. Nothing written shares five words in a row with a
held-out sentence, or is a shorter one of them.
"""

import argparse
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from recipes.text.plain import plain, runs
from recipes.text.support import DATA, sentences

_SHORT_TIMES = 6


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line]


def _own() -> Iterator[str]:
    with gzip.open(DATA / "sentences.tsv.gz", "rt", encoding="utf-8") as file:
        yield from (line.rstrip("\n").split("\t")[1] for line in file)


def _given(extra: list[Path]) -> Iterator[str]:
    for path in extra:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            yield from (line.rstrip("\n") for line in file)


def general(corpus: Iterable[str], held_out: list[str], seed: int) -> list[str]:
    """The sentences of 2 to 14 words in random order, none of them held out."""
    banned = {run for text in held_out for run in runs(plain(text))}
    own = {plain(text) for text in _lines(DATA / "dev_general.txt")}
    kept = []
    for text in corpus:
        spoken = plain(text)
        if 2 <= len(spoken.split()) <= 14 and spoken not in own and not runs(spoken) & banned:
            kept.append(text)
    Random(seed).shuffle(kept)
    return kept


def prepare(home: Path, support_count: int, extra: list[Path], seed: int) -> None:
    """Write every text file of a run into `home`."""
    home.mkdir(parents=True, exist_ok=True)
    questions, support_dev = _lines(DATA / "held_out.txt"), _lines(DATA / "dev_support.txt")
    held_out = questions + support_dev + _lines(DATA / "dev_general.txt")
    support = list(sentences(support_count, seed, [plain(text) for text in held_out]))
    own = general(_own(), held_out, seed)
    corpus = general([*own, *_given(extra)], held_out, seed)
    spoken = []
    for number, text in enumerate(support):
        spoken += [text, *corpus[2 * number : 2 * number + 2]]
    short = _lines(DATA / "short.txt")
    rng = Random(seed)
    files = {
        "spoken": spoken,
        "short_replies": [
            text for _ in range(_SHORT_TIMES) for text in rng.sample(short, len(short))
        ],
        "units": [plain(text) for text in support + corpus],
        "language_model": [plain(text) for text in support + own],
        "language_model_more": sorted(set(map(plain, corpus)) - set(map(plain, own))),
        "dev_support": support_dev,
        "dev_general": _lines(DATA / "dev_general.txt"),
        # Every question by every voice: voices take turns by line.
        "dev_questions": [text for text in questions for _ in range(5)],
    }
    for name, lines in files.items():
        (home / f"{name}.txt").write_text("\n".join(lines) + "\n", "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--support", type=int, default=40000, help="sentences to generate")
    parser.add_argument("--extra", type=Path, action="append", default=[], help="more text, .gz")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    prepare(args.home, args.support, args.extra, args.seed)


if __name__ == "__main__":
    main()
