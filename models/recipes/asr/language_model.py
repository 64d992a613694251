"""An n-gram model over the recogniser's units, for fusion while decoding.

Witten-Bell interpolation, rare n-grams dropped, written as ARPA in NeMo's spelling of a unit (the
character with the code `id + 100`) and stored as the `.nemo` that NeMo loads fast. Knows nothing of
acoustics; how strongly to mix it in is tuned on held-out speech by `tune`.
"""

import argparse
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import sentencepiece
from nemo.collections.asr.parts.submodules.ngram_lm import NGramGPULanguageModel

Gram = tuple[str, ...]
START, END = "<s>", "</s>"
ORDER = 6
LEAST = [1, 2, 4, 10, 14, 16]
_OFFSET = 100


def count(sentences: Iterable[list[str]], order: int) -> list[Counter[Gram]]:
    """N-gram counts; element n-1 holds the n-grams."""
    counts: list[Counter[Gram]] = [Counter() for _ in range(order)]
    for units in sentences:
        marked = [START, *units, END]
        for n in range(1, order + 1):
            counts[n - 1].update(tuple(marked[i : i + n]) for i in range(len(marked) - n + 1))
    return counts


def prune(counts: list[Counter[Gram]], least: list[int]) -> None:
    """Drop n-grams seen fewer than `least[n-1]` times, and those whose beginning was dropped."""
    for n in range(1, len(counts)):
        shorter, kept = counts[n - 1], counts[n]
        counts[n] = Counter(
            {
                gram: seen
                for gram, seen in kept.items()
                if seen >= least[n] and gram[:-1] in shorter and gram[1:] in shorter
            }
        )


def probabilities(counts: list[Counter[Gram]]) -> tuple[list[dict[Gram, float]], dict[Gram, float]]:
    """Witten-Bell probabilities by order, and the back-off weight of each context."""
    del counts[0][(START,)]
    total, kinds = sum(counts[0].values()), len(counts[0])
    uniform = 1 / kinds
    levels = [{g: (c + kinds * uniform) / (total + kinds) for g, c in counts[0].items()}]
    backoff: dict[Gram, float] = {}
    for n in range(1, len(counts)):
        by_context: dict[Gram, list[Gram]] = defaultdict(list)
        for gram in counts[n]:
            by_context[gram[:-1]].append(gram)
        level: dict[Gram, float] = {}
        for context, grams in by_context.items():
            seen, novel = sum(counts[n][g] for g in grams), len(grams)
            for g in grams:
                level[g] = (counts[n][g] + novel * levels[n - 1][g[1:]]) / (seen + novel)
            left = 1 - sum(level[g] for g in grams)
            left_below = 1 - sum(levels[n - 1][g[1:]] for g in grams)
            backoff[context] = max(left, 1e-9) / max(left_below, 1e-9)
        levels.append(level)
    return levels, backoff


def write_arpa(levels: list[dict[Gram, float]], backoff: dict[Gram, float], path: Path) -> None:
    lines = ["\\data\\"]
    extra = [{(START,): 1e-10, ("<unk>",): 1e-10} | levels[0], *levels[1:]]
    lines += [f"ngram {n}={len(level)}" for n, level in enumerate(extra, 1)]
    for n, level in enumerate(extra, 1):
        lines += ["", f"\\{n}-grams:"]
        for gram, p in sorted(level.items()):
            row = f"{math.log10(max(p, 1e-10)):.4f}\t{' '.join(gram)}"
            if n < len(extra) and gram[-1] != END:
                row += f"\t{math.log10(backoff.get(gram, 1.0)):.4f}"
            lines.append(row)
    path.write_text("\n".join([*lines, "", "\\end\\", ""]), "utf-8")


def build(text: list[str], tokenizer: Path, out: Path, order: int, least: list[int]) -> int:
    """Train on plain sentences and write `out` (.nemo); the number of n-grams kept."""
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer / "tokenizer.model"))
    units = ([chr(i + _OFFSET) for i in pieces.encode(line)] for line in text)
    counts = count(units, order)
    prune(counts, least)
    levels, backoff = probabilities(counts)
    arpa = out.with_suffix(".arpa")
    write_arpa(levels, backoff, arpa)
    model = NGramGPULanguageModel.from_file(
        str(arpa), vocab_size=pieces.get_piece_size(), use_triton=False
    )
    model.save_to(str(out))
    return sum(len(level) for level in levels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--text", type=Path, action="append", required=True, help="plain lines")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--order", type=int, default=ORDER)
    parser.add_argument("--least", type=int, nargs="+", default=LEAST)
    args = parser.parse_args()
    text = [line for path in args.text for line in path.read_text("utf-8").splitlines() if line]
    print(build(text, args.tokenizer, args.out, args.order, args.least), "n-grams")


if __name__ == "__main__":
    main()
