"""What callers say to an internet provider's support line: templates filled with inflected phrases.

`data/templates.txt` holds sentences with `{slot}` or `{slot_case}`, `data/fillers.txt` the phrases
of the slots. Number slots are in `numbers`. Sentences come out plain, as they are spoken.
"""

import argparse
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random

import pymorphy3

from recipes.text.numbers import NUMBERS
from recipes.text.plain import runs

DATA = Path(__file__).parents[1] / "data"
_CASES = {"g": "gent", "d": "datv", "a": "accs", "i": "ablt", "p": "loct"}
_SLOT = re.compile(r"\{(\w+?)\}")
_MORPH = pymorphy3.MorphAnalyzer(lang="ru")


def _inflect_word(word: str, case: str) -> str:
    nominative = [p for p in _MORPH.parse(word) if "nomn" in p.tag]
    if not nominative:
        return word
    best = nominative[0]
    # An adjective before an inanimate masculine noun keeps its nominative in the accusative.
    grammemes = {case, "inan"} if case == "accs" and "masc" in best.tag else {case}
    found = best.inflect(grammemes) or best.inflect({case})
    return found.word if found else word


@cache
def inflect(phrase: str, case: str) -> str:
    """`phrase` in a pymorphy case; only the words before `|`."""
    head, _, rest = phrase.partition("|")
    words = [_inflect_word(word, case) if case else word for word in head.split()]
    return " ".join(words + rest.split())


def _street(case: str, rng: Random, names: tuple[str, ...]) -> str:
    """A street: feminine adjectives are inflected, names in the genitive are not."""
    name = rng.choice(names)
    if name.endswith(("ая", "яя")):
        soft = name.endswith("яя")
        oblique = "ей" if soft or name[-3] in "жшчщ" else "ой"
        endings = {"p": oblique, "d": oblique, "a": "юю" if soft else "ую"}
        name = name[:-2] + endings.get(case, name[-2:])
    street = {"p": "улице", "d": "улице", "a": "улицу"}.get(case, "улица")
    return rng.choice([f"{street} {name}", name]) if case else name


class SupportLine:
    """An endless source of support-line sentences."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)
        self._templates = (DATA / "templates.txt").read_text("utf-8").split("\n")[:-1]
        self._openers = (DATA / "openers.txt").read_text("utf-8").split("\n")[:-1]
        self._tails = (DATA / "tails.txt").read_text("utf-8").split("\n")[:-1]
        self._phrases: dict[str, tuple[str, ...]] = {}
        for line in (DATA / "fillers.txt").read_text("utf-8").splitlines():
            if line and not line.startswith("#"):
                slot, _, phrases = line.partition(":")
                self._phrases[slot] = tuple(p.strip() for p in phrases.split(";"))

    def _fill(self, slot: str) -> str:
        if slot in NUMBERS:
            return NUMBERS[slot](self._rng)
        if f"@{slot}" in self._phrases and not slot.startswith("street"):
            return self._rng.choice(self._phrases[f"@{slot}"])
        name, _, case = slot.partition("_")
        if name == "street":
            return _street(case, self._rng, self._phrases["@street"])
        if case == "n":
            case = ""
        return inflect(self._rng.choice(self._phrases[name]), _CASES.get(case, ""))

    def core(self) -> str:
        """One sentence without greeting."""
        template = self._rng.choice(self._templates)
        return _SLOT.sub(lambda match: self._fill(match[1]), template)

    def sentence(self) -> str:
        """One sentence, in a third of cases with a greeting, an address or a tail around it."""
        text, chance = self.core(), self._rng.random()
        if chance < 0.25:
            text = f"{self._rng.choice(self._openers)} {text}"
        elif chance < 0.35:
            text = f"{text} {self._rng.choice(self._tails)}"
        if self._rng.random() < 0.7:
            text = text.replace("одна тысяча", "тысяча").replace("одной тысячи", "тысячи")
        return " ".join(text.split())


def sentences(count: int, seed: int, held_out: list[str]) -> Iterator[str]:
    """`count` different sentences, none with five words in a row from a held-out one."""
    banned = {run for sentence in held_out for run in runs(sentence)}
    source, seen = SupportLine(seed), set[str]()
    while len(seen) < count:
        text = source.sentence()
        if text not in seen and not runs(text) & banned:
            seen.add(text)
            yield text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hold-out", type=Path, required=True)
    args = parser.parse_args()
    held_out = args.hold_out.read_text("utf-8").splitlines()
    for text in sentences(args.count, args.seed, held_out):
        print(text)


if __name__ == "__main__":
    main()
