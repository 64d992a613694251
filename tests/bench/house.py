"""What the code looks like in figures: sizes, names, import cycles, tests beside code.

    python -m tests.bench.house [--root CHECKOUT]

`make house` prints them for this checkout; `--root` reads another one, so that a change can be held
against what was there before. Only what git tracks counts. A line is a physical line; "product" is
what a service can run, the recipes apart, since nothing that answers a caller is made of them.
"""

import argparse
import ast
import json
import math
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import grimp

ROOT = Path(__file__).parents[2]
_RECIPES = (("recipes",), ("models", "recipes"))  # where they are, and where they were


@dataclass(frozen=True)
class Module:
    path: Path
    """Below the checkout's root."""
    text: str

    @property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())


def modules(root: Path) -> dict[str, list[Module]]:
    """The files of the checkout's packages under "product", "recipes" and "tests"; what stands in
    no package (a script of CI, the maker of the samples) is none of them."""
    listed = subprocess.check_output(["git", "-C", root, "ls-files", "*.py"], text=True)
    parts: dict[str, list[Module]] = {"product": [], "recipes": [], "tests": []}
    for path in map(Path, listed.splitlines()):
        if (root / path.parts[0] / "__init__.py").exists() and (root / path).exists():
            parts[_part(path)].append(Module(path, (root / path).read_text("utf-8")))
    return parts


def _part(path: Path) -> str:
    if path.parts[0] == "tests":
        return "tests"
    return "recipes" if any(path.parts[: len(one)] == one for one in _RECIPES) else "product"


Measured = tuple[int, str]
"""A figure, and what it is of."""


def file_lines(read: Sequence[Module]) -> list[Measured]:
    """Lines of every file."""
    return [(module.lines, str(module.path)) for module in read]


def function_lines(read: Sequence[Module]) -> list[Measured]:
    """Lines of every function and method, from `def` to its end, docstring included."""
    return [
        ((node.end_lineno or node.lineno) - node.lineno + 1, f"{module.path} {node.name}")
        for module in read
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def collisions(read: Sequence[Module]) -> dict[str, list[str]]:
    """Class names that stand in more than one place, and the places."""
    places = defaultdict(list)
    for module in read:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{module.path}:{node.lineno}")
    return {name: where for name, where in sorted(places.items()) if len(where) > 1}


def cycles(root: Path, read: Sequence[Module]) -> list[tuple[str, ...]]:
    """The shortest way round from each module to itself by imports, each circle once. Imports
    inside functions and under TYPE_CHECKING count.

    The folders of `root` are read as packages, so none of them may be imported here already."""
    packages = sorted({module.path.parts[0] for module in read if len(module.path.parts) > 1})
    sys.path.insert(0, str(root))
    try:
        graph = grimp.build_graph(
            packages[0], *packages[1:], exclude_type_checking_imports=False, cache_dir=None
        )
    finally:
        sys.path.remove(str(root))
    found: dict[frozenset[str], tuple[str, ...]] = {}
    for importer in sorted(graph.modules):
        for imported in sorted(graph.find_modules_directly_imported_by(importer)):
            if way := graph.find_shortest_chain(imported, importer):
                found.setdefault(frozenset(way), (importer, *way))
    return list(found.values())


def complexity(root: Path) -> list[Measured]:
    """McCabe's cyclomatic complexity of every function as ruff counts it (C901), highest first."""
    every_function = ["--isolated", "--select", "C901", "--config", "lint.mccabe.max-complexity=0"]
    ruff = [sys.executable, "-m", "ruff"]  # this environment's, wherever PATH leads
    command = [*ruff, "check", *every_function, "--no-cache", "--exit-zero"]
    output = subprocess.check_output([*command, "--output-format", "json", "."], cwd=root)
    counted = [
        # "`name` is too complex (7 > 0)"
        (int(one["message"].rsplit("(", 1)[1].split()[0]), _place(root, one))
        for one in json.loads(output)
    ]
    return sorted(counted, reverse=True)


def _place(root: Path, one: dict[str, object]) -> str:
    name = str(one["message"]).split("`")[1]
    return f"{Path(str(one['filename'])).relative_to(root)} {name}"


def spread(measured: Sequence[Measured]) -> str:
    """Median, 95th percentile (nearest rank) and the highest, which is named."""
    if not measured:
        return "none"
    ordered = sorted(measured)
    median, p95 = (ordered[math.ceil(len(ordered) * share) - 1][0] for share in (0.5, 0.95))
    highest, of = ordered[-1]
    return f"median {median}, p95 {p95}, max {highest} ({of})"


def report(root: Path) -> Iterator[str]:
    """The figures of a checkout, a line each; names follow where a figure should be nought."""
    parts = modules(root)
    ours = parts["product"] + parts["recipes"]
    for part, read in parts.items():
        if not read:
            continue
        yield f"{part}: {len(read)} files, {sum(module.lines for module in read)} lines"
        yield f"  lines of a file: {spread(file_lines(read))}"
        yield f"  lines of a function: {spread(function_lines(read))}"
    twice = collisions(ours)
    yield f"class names in more than one place: {len(twice)} " + (
        f"({len(collisions(parts['product']))} without the recipes)"
    )
    yield from (f"  {name}: {', '.join(places)}" for name, places in twice.items())
    circles = cycles(root, ours)
    yield f"import cycles: {len(circles)}"
    yield from (f"  {' -> '.join(circle)}" for circle in circles)
    tests, product, all_of_it = (
        sum(module.lines for module in read) for read in (parts["tests"], parts["product"], ours)
    )
    yield (
        f"test : code: {tests / product:.2f} (lines of tests to lines of product; "
        f"{tests / all_of_it:.2f} with the recipes)"
    )
    highest, where = complexity(root)[0]
    yield f"cyclomatic complexity: max {highest} ({where})"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout to be read")
    for line in report(parser.parse_args().root.resolve()):
        print(line)


if __name__ == "__main__":
    main()
