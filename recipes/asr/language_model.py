"""An n-gram model over the recogniser's units, for fusion while decoding.

Sentences teach it what follows what, those of `--more` a quarter as much as the others: they are
many, and of another kind than what callers say. A list of words by frequency (`wordfreq`, 700,000
Russian forms) teaches it which strings of units are words at all. Witten-Bell interpolation, rare
n-grams dropped, stored as the arrays that `asr.decoding.ngram` reads. How strongly to mix
it in is tuned on held-out speech by `tune`.
"""

import argparse
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from pathlib import Path
from random import Random

import numpy as np
import sentencepiece

from asr.decoding.ngram import STEP, Ngram

Counts = dict[bytes, float]  # an n-gram, a byte for each unit, and how often it was seen
LEAST = [0.0, 0.0, 0.2, 0.4, 0.7, 1.0, 1.0]
WORDS = 500_000.0
MORE = 0.25
_OFTEN, _DRAWN = 20, 100_003
_WORD = re.compile("[а-яё]+")


def sentences(
    lines: Iterable[str], pieces: sentencepiece.SentencePieceProcessor
) -> Iterator[bytes]:
    """Each line as units between the start and the end of a sentence."""
    units = pieces.get_piece_size()
    for line in lines:
        yield bytes([units + 1, *pieces.encode(line), units])


def frequent_words(
    pieces: sentencepiece.SentencePieceProcessor, total: float, seed: int = 1
) -> Iterator[tuple[bytes, float]]:
    """Words as units, each with the first unit of a random next word, and how often each comes in
    a text of `total` words. Without the next word no word would ever seem to end."""
    from wordfreq import get_frequency_dict

    shares = get_frequency_dict("ru", wordlist="large")
    known = {bytes(pieces.encode(w)): s for w, s in shares.items() if _WORD.fullmatch(w)}
    firsts: Counts = defaultdict(float)
    for units, share in known.items():
        firsts[units[:1]] += share
    following = Random(seed).choices(list(firsts), list(firsts.values()), k=_DRAWN)
    drawn = cycle(following)
    for units, share in known.items():
        times = min(_OFTEN, 1 + int(share * total))
        for _ in range(times):
            yield units + next(drawn), share * total / times


def count(sequences: Iterable[tuple[bytes, float]], order: int) -> list[Counts]:
    """N-gram counts; element n-1 holds the n-grams."""
    counts: list[Counts] = [defaultdict(float) for _ in range(order)]
    for units, weight in sequences:
        for n, level in enumerate(counts, 1):
            for i in range(len(units) - n + 1):
                level[units[i : i + n]] += weight
    return counts


def prune(counts: list[Counts], least: list[float]) -> None:
    """Drop n-grams seen `least[n-1]` times or less, and those that lost their beginning or end."""
    for n in range(1, len(counts)):
        shorter = counts[n - 1]
        counts[n] = {
            gram: seen
            for gram, seen in counts[n].items()
            if seen > least[n] and gram[:-1] in shorter and gram[1:] in shorter
        }


def probabilities(counts: list[Counts], units: int) -> tuple[list[Counts], Counts]:
    """Witten-Bell probabilities by order, and the back-off weight of each context."""
    start = bytes([units + 1])
    seen = {bytes([u]): counts[0].get(bytes([u]), 0.0) for u in range(units + 1)}
    total, kinds = sum(seen.values()), len(seen)
    levels: list[Counts] = [{g: (c + 1) / (total + kinds) for g, c in seen.items()}]
    levels[0][start] = 1e-6  # never after anything, but a context
    backoff: Counts = {}
    for n in range(1, len(counts)):
        by_context: dict[bytes, list[bytes]] = defaultdict(list)
        for gram in counts[n]:
            by_context[gram[:-1]].append(gram)
        level: Counts = {}
        for context, grams in by_context.items():
            mass = sum(counts[n][g] for g in grams)
            # Fractional counts of rare words are worth less than a sighting each.
            novel = sum(min(1.0, counts[n][g]) for g in grams)
            for g in grams:
                level[g] = (counts[n][g] + novel * levels[n - 1][g[1:]]) / (mass + novel)
            left = 1 - sum(level[g] for g in grams)
            left_below = 1 - sum(levels[n - 1][g[1:]] for g in grams)
            backoff[context] = max(left, 1e-6) / max(left_below, 1e-6)
        levels.append(level)
    return levels, backoff


def store(levels: list[Counts], backoff: Counts, units: int, out: Path) -> None:
    """Write the trie that `asr.decoding.ngram.Ngram` reads."""
    arrays: dict[str, np.ndarray] = {"units": np.array(units), "order": np.array(len(levels))}
    for n, level in enumerate(levels):
        grams = sorted(level)
        children: dict[bytes, int] = defaultdict(int)
        for gram in levels[n + 1] if n + 1 < len(levels) else ():
            children[gram[:-1]] += 1
        nats = np.array([-math.log(level[g]) for g in grams])
        back = np.array([math.log(backoff.get(g, 1.0)) for g in grams])
        arrays[f"u{n}"] = np.array([g[-1] for g in grams], np.uint8)
        arrays[f"k{n}"] = np.array([children.get(g, 0) for g in grams], np.uint8)
        arrays[f"p{n}"] = np.clip(np.round(nats / STEP), 0, 255).astype(np.uint8)
        arrays[f"b{n}"] = np.clip(np.round(back / STEP) + 128, 0, 255).astype(np.uint8)
    with out.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def build(
    text: list[str],
    tokenizer: Path,
    out: Path,
    *,
    more: Sequence[str] = (),
    least: list[float] = LEAST,
    words: float = WORDS,
) -> int:
    """Train on plain sentences, and less on `more`, and write `out` (.npz); the number of n-grams
    kept. There is one element of `least` for each order."""
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer / "tokenizer.model"))

    def sequences() -> Iterator[tuple[bytes, float]]:
        yield from ((units, 1.0) for units in sentences(text, pieces))
        yield from ((units, MORE) for units in sentences(more, pieces))
        yield from frequent_words(pieces, words)

    counts = count(sequences(), len(least))
    prune(counts, least)
    levels, backoff = probabilities(counts, pieces.get_piece_size())
    store(levels, backoff, pieces.get_piece_size(), out)
    return sum(len(level) for level in levels)


def surprise(model: Ngram, lines: list[str], tokenizer: Path) -> float:
    """Nats for each word of `lines`, ends of sentences included."""
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer / "tokenizer.model"))
    total = sum(model.score(pieces.encode(line)) for line in lines)
    return -total / sum(len(line.split()) + 1 for line in lines)


def _lines(paths: Iterable[Path]) -> list[str]:
    return [line for path in paths for line in path.read_text("utf-8").splitlines() if line]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, action="append", required=True, help="plain lines")
    parser.add_argument("--more", type=Path, action="append", default=[], help="the same, less so")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--least", type=float, nargs="+", default=LEAST)
    parser.add_argument("--words", type=float, default=WORDS, help="weight of the list of words")
    parser.add_argument("--held-out", type=Path, action="append", default=[])
    args = parser.parse_args()
    text, more = _lines(args.text), _lines(args.more)
    shape = {"least": args.least, "words": args.words}
    print(build(text, args.tokenizer, args.out, more=more, **shape), "n-grams")
    for path in args.held_out:
        lines = _lines([path])
        print(path.name, round(surprise(Ngram(args.out), lines, args.tokenizer), 3), "nats a word")


if __name__ == "__main__":
    main()
