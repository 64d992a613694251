"""Cuts Markdown into passages of a few sentences, each under its headings.

Knows Markdown and lengths; knows nothing of files or of how passages are found. Tables become
a line for each row with the column names said again, because a passage is read alone.
"""

import re
from collections.abc import Iterator

from russian.sentences import sentences
from store.documents import NewPassage

VERSION = 2
"""Raise it when the same text gives other passages; re-ingestion then replaces them."""

SHORTEST_CHARS = 400
LONGEST_CHARS = 700
"""A passage is closed when it has the first length, and does not grow over the second. A few
sentences hold one fact and its condition; twice as much and the words of two facts mix."""

RECORD_SHORTEST_CHARS = 1_200
RECORD_LONGEST_CHARS = 1_600
"""The same for records, which come as passages already: cut at 400, their nDCG falls by 0.015."""

TAIL_CHARS = 120
"""What is left of a section and is shorter joins the passage before it."""

_HEADERS = [("#" * depth, str(depth)) for depth in range(1, 7)]
_LIST_MARK = re.compile(r"^(?:[-*+•]|\d{1,3}[.)])\s+")
_QUOTE_MARK = re.compile(r"^(?:>\s?)+")
_NO_TEXT = re.compile(r"^(?:(?:[-*_=]\s*){3,}|```.*|~~~.*)$")
_TABLE_RULE = re.compile(r"^\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*)*\|?$")
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_EMPHASIS = re.compile(r"(?<!\\)(\*{1,3}|`+|~~)(?=\S)(.+?)(?<=[^\s\\])\1")
_UNDERSCORES = re.compile(r"(?<!\w)(_{1,3})(?=\S)(.+?)(?<=\S)\1(?!\w)")
_ESCAPE = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>])")
# PostgreSQL takes no NUL, no database half of a surrogate pair; PDFs hold both.
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def passages(markdown: str, title: str = "") -> list[NewPassage]:
    """Passages in order; `title` is left out of the headings, where it would stand first."""
    # The older MarkdownHeaderTextSplitter drops blank lines, and a paragraph after a list
    # becomes part of its last item. This one keeps state: a new one for each text.
    from langchain_text_splitters import ExperimentalMarkdownSyntaxTextSplitter

    splitter = ExperimentalMarkdownSyntaxTextSplitter(_HEADERS)
    found = []
    for section in splitter.split_text(markdown):
        # Its other metadata is a code block's language.
        headings = [plain(section.metadata.get(depth, "")) for _, depth in _HEADERS]
        shown = " › ".join(heading for heading in headings if heading and heading != title)
        found += [NewPassage(shown, text) for text in _packed(_lines(section.page_content))]
    return found


def plain_passages(text: str) -> list[NewPassage]:
    """Passages of text that is no Markdown: blank lines part its paragraphs."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text))
    lines = filter(None, paragraphs)
    packed = _packed(lines, RECORD_SHORTEST_CHARS, RECORD_LONGEST_CHARS)
    return [NewPassage("", passage) for passage in packed]


def plain(markdown: str) -> str:
    """One line without Markdown's inline marks: links and emphasis leave their words."""
    text = _BREAK.sub(" ", _UNSTORABLE.sub("", markdown))
    text = _LINK.sub(r"\1", _IMAGE.sub(r"\1", text))
    text = _UNDERSCORES.sub(r"\2", _EMPHASIS.sub(r"\2", text))
    return re.sub(r"\s+", " ", _ESCAPE.sub(r"\1", text)).strip()


def _lines(section: str) -> Iterator[str]:
    """A line for each sentence, list item and table row. A wrapped paragraph is one text."""
    for block in re.split(r"\n\s*\n", section):
        lines = [_QUOTE_MARK.sub("", line.strip()) for line in block.splitlines()]
        lines = [line for line in lines if not _NO_TEXT.match(line)]
        while lines:
            taken = _table(lines) or _item(lines)
            for line in _rows(lines[:taken]) if _table(lines) else [" ".join(lines[:taken])]:
                if text := plain(_LIST_MARK.sub("", line)):
                    yield text
            lines = lines[taken:]


def _table(lines: list[str]) -> int:
    """How many of the first lines are one table: a header, a rule, rows."""
    if len(lines) < 2 or "|" not in lines[0] or not _TABLE_RULE.match(lines[1]):
        return 0
    return next((at for at, line in enumerate(lines) if "|" not in line), len(lines))


def _item(lines: list[str]) -> int:
    """How many of the first lines are one paragraph or list item: up to the next mark."""
    following = range(1, len(lines))
    marked = (at for at in following if _LIST_MARK.match(lines[at]) or _table(lines[at:]))
    return next(marked, len(lines))


def _rows(table: list[str]) -> list[str]:
    """Each row as a sentence: "Row: column — cell; column — cell." or, with two columns only,
    "Row: cell.", since the second column's name then says little ("Value", "Price")."""
    columns, *rows = [_cells(line) for line in (table[0], *table[2:])]
    said = []
    for row in rows:
        named = [
            f"{_small(column)} — {cell}" if column and len(columns) > 2 else cell
            for column, cell in zip(columns[1:], row[1:], strict=False)
            if cell
        ]
        parts = [part for part in (row[0], "; ".join(named)) if part]
        if parts:
            said.append(": ".join(parts).rstrip(".") + ".")
    return said


def _small(column: str) -> str:
    """A column's name inside a sentence; an abbreviation stays as it is."""
    first = column.split(maxsplit=1)[0]
    return column[0].lower() + column[1:] if first[1:].islower() else column


def _cells(line: str) -> list[str]:
    cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
    return [cell.strip() for cell in cells]


def _packed(
    lines: Iterator[str], shortest: int = SHORTEST_CHARS, longest: int = LONGEST_CHARS
) -> list[str]:
    """Lines gathered into passages, the last two made one where little is left for the last."""
    gathered = list(_gathered(lines, shortest, longest))
    if len(gathered) > 1 and len(gathered[-1]) < TAIL_CHARS:
        last = gathered.pop()
        gathered[-1] += f"\n{last}"
    return gathered


def _gathered(lines: Iterator[str], shortest: int, longest: int) -> Iterator[str]:
    """Sentences of a paragraph are joined, list items and rows keep their lines."""
    passage = ""
    for line in lines:
        for number, sentence in enumerate(_pieces(line, longest)):
            longer = f"{passage}{' ' if number else chr(10)}{sentence}" if passage else sentence
            if passage and (len(longer) > longest or len(passage) >= shortest):
                yield passage
                longer = sentence
            passage = longer
    if passage:
        yield passage


def _pieces(line: str, longest: int) -> Iterator[str]:
    """Sentences; one that is longer than a passage is cut between words."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    for sentence in sentences(line):
        if len(sentence) <= longest:
            yield sentence
        else:
            cutter = RecursiveCharacterTextSplitter(
                chunk_size=longest, chunk_overlap=0, separators=["; ", ", ", " ", ""]
            )
            yield from cutter.split_text(sentence)
