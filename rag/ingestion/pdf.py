"""A PDF to Markdown: headings by the size of type, ruled tables as tables, lines as paragraphs.

Knows how pages are laid out; knows nothing of passages. markitdown's own conversion loses the
headings and takes a table apart cell by cell, and a price without its row answers nothing.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEADING_RATIO = 1.1
"""Type this much larger than the text's is a heading."""

PARAGRAPH_GAP = 0.6
"""White space between lines, in heights of type, that begins a new paragraph."""

_BULLET = re.compile(r"^(?:[•●▪◦–—-]|\d{1,3}[.)])\s+")
_BULLET_SIGN = re.compile(r"^[•●▪◦–—]\s+")


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of type, or a whole table (`table` is then its Markdown). Lengths are points."""

    text: str
    page: int
    top: float
    bottom: float
    size: float
    bold: bool
    table: bool = False


def markdown(path: Path) -> str:
    """The document's text; empty for scanned pages. Raises what `pdfplumber` raises."""
    import pdfplumber

    lines: list[TextLine] = []
    with pdfplumber.open(path) as pdf:
        for number, page in enumerate(pdf.pages):
            lines += sorted(_lines(page, number), key=lambda line: line.top)
            page.close()  # drops its cache: memory is one page's
    return "\n\n".join(_blocks(lines))


def _lines(page: Any, number: int) -> Iterator[TextLine]:
    rest = page
    for table in page.find_tables():
        rows = [[_flat(cell) for cell in row] for row in table.extract()]
        _, top, _, bottom = table.bbox
        if len(rows) > 1 and len(rows[0]) > 1:
            yield TextLine(_table(rows), number, top, bottom, 0.0, False, table=True)
            rest = rest.outside_bbox(table.bbox)
    for line in rest.extract_text_lines():
        sizes = Counter(round(char["size"], 1) for char in line["chars"])
        bold = all("bold" in char["fontname"].lower() for char in line["chars"])
        size = sizes.most_common(1)[0][0]
        yield TextLine(_flat(line["text"]), number, line["top"], line["bottom"], size, bold)


def _flat(text: str | None) -> str:
    return re.sub(r"\s+", " ", (text or "").replace("\u00ad\n", "")).strip()


def _table(rows: Sequence[Sequence[str]]) -> str:
    shown = [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]
    return "\n".join([shown[0], "|" + "---|" * len(rows[0]), *shown[1:]])


def _blocks(lines: Sequence[TextLine]) -> Iterator[str]:
    """Markdown blocks: a table, a heading, a list item or a paragraph each."""
    weights: Counter[float] = Counter()
    for line in lines:
        weights[line.size] += 0 if line.table else len(line.text)
    body = weights.most_common(1)[0][0] if weights else 0.0
    larger = sorted({ln.size for ln in lines if ln.size > body * HEADING_RATIO}, reverse=True)
    block = ""
    for before, line in zip([None, *lines], lines, strict=False):
        mark = _mark(line, body, larger)
        if block and (
            before is None
            or mark != _mark(before, body, larger)
            or line.table
            or _parted(before, line)
        ):
            yield block
            block = ""
        block = _joined(block, line.text) if block else mark + _BULLET_SIGN.sub("- ", line.text)
    if block:
        yield block


def _mark(line: TextLine, body: float, larger: Sequence[float]) -> str:
    """The number signs that make a line a heading; empty for text."""
    if line.size in larger:
        return "#" * min(larger.index(line.size) + 1, 6) + " "
    titled = line.bold and not line.table and line.size >= body and line.text[-1:] not in ".,;:"
    return "#" * min(len(larger) + 1, 6) + " " if titled and len(line.text) < 100 else ""


def _parted(before: TextLine, line: TextLine) -> bool:
    if before.table or _BULLET.match(line.text):
        return True
    if before.page != line.page:
        return before.text[-1:] in ".!?:" or not line.text[:1].islower()
    return line.top - before.bottom > PARAGRAPH_GAP * max(line.size, before.size)


def _joined(block: str, text: str) -> str:
    """A wrapped line put back; a hyphen at its end between letters was the wrapping's."""
    if re.search(r"[а-яёa-z][-\u00ad]$", block) and text[:1].islower():
        return block[:-1] + text
    return f"{block} {text}"
