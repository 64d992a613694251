"""Cuts Markdown into passages of a few sentences, each under its headings.

Knows Markdown and lengths; knows nothing of files or of how passages are found. Tables become
a line for each row with the column names said again, because a passage is read alone.
"""

import re
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from russian.sentences import sentences
from store.documents import NewPassage

VERSION = 3
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

_BULLET = re.compile(r"^([ \t]*)•(?=[ \t])", re.MULTILINE)
_LIST_MARK = re.compile(r"^(?=[ \t]*(?:[-*+]|\d{1,3}[.)])[ \t])", re.MULTILINE)
_YEAR = re.compile(r"^([ \t]*\d{4,9})(?=[.)])", re.MULTILINE)
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
# PostgreSQL takes no NUL, no database half of a surrogate pair; PDFs hold both.
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


def passages(markdown: str, title: str = "") -> list[NewPassage]:
    """Passages in order; `title` is left out of the headings, where it would stand first."""
    found = []
    for headings, lines in _sections(markdown):
        shown = " › ".join(heading for heading in headings if heading and heading != title)
        found += [NewPassage(shown, text) for text in _packed(iter(lines))]
    return found


def plain_passages(text: str) -> list[NewPassage]:
    """Passages of text that is no Markdown: blank lines part its paragraphs."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text))
    lines = filter(None, paragraphs)
    packed = _packed(lines, RECORD_SHORTEST_CHARS, RECORD_LONGEST_CHARS)
    return [NewPassage("", passage) for passage in packed]


def plain(markdown: str) -> str:
    """One line without Markdown's inline marks: links and emphasis leave their words."""
    tokens: list[Token] = []
    parser = _parser()
    parser.inline.parse(_BREAK.sub(" ", _UNSTORABLE.sub("", markdown)), parser, {}, tokens)
    text = "".join(" " if token.type.endswith("break") else token.content for token in tokens)
    # Bold with a punctuation mark at its edge is none by CommonMark: «**Цена:**650».
    return re.sub(r"\s+", " ", _BOLD.sub(r"\1", text)).strip()


@cache
def _parser() -> MarkdownIt:
    """Blocks alone are parsed at once, the text in them where it is wanted: see `plain`.

    Paragraphs may be indented, and underlined with any signs; references, addresses and entities
    stay as they are written.
    """
    unwanted = ["code", "lheading", "reference", "autolink", "entity", "inline"]
    return MarkdownIt("js-default").disable(unwanted)


def _as_commonmark(markdown: str) -> str:
    """How people write lists: with •, without a blank line before a mark that is not the first;
    and a year at the beginning of a sentence is no mark."""
    text = _UNSTORABLE.sub("", "\n".join(markdown.splitlines()))
    return _YEAR.sub(r"\1\\", _LIST_MARK.sub("\n", _BULLET.sub(r"\1-", text)))


def _sections(markdown: str) -> Iterator[tuple[list[str], list[str]]]:
    """The headings and the lines of each stretch of text; rules and code are its ends, too."""
    text = _as_commonmark(markdown)
    source = text.split("\n")
    headings: dict[int, str] = {}
    lines: list[str] = []
    for block in SyntaxTreeNode(_parser().parse(text)).children:
        # An indented number sign may be a comment in somebody's code.
        if block.type == "heading" and block.map and source[block.map[0]].startswith("#"):
            yield list(headings.values()), lines
            depth = int(block.tag.removeprefix("h"))
            above = {level: heading for level, heading in headings.items() if level < depth}
            headings, lines = above | {depth: plain(block.children[0].content)}, []
        elif block.type in ("hr", "fence"):
            yield list(headings.values()), lines
            yield list(headings.values()), list(_lines(block))
            lines = []
        else:
            lines += _lines(block)
    yield list(headings.values()), lines


def _lines(block: SyntaxTreeNode) -> Iterator[str]:
    """A line for each paragraph, list item and table row."""
    if block.type == "table":
        yield from _rows(block)
    elif block.type == "fence":
        yield from filter(None, map(_line, re.split(r"\n\s*\n", block.content)))
    elif block.type == "inline":
        yield from filter(None, [_line(block.content)])
    else:
        for child in block.children:
            yield from _lines(child)


def _line(wrapped: str) -> str:
    """A wrapped paragraph is one text; a line of = under it is none."""
    return plain(" ".join(line for line in wrapped.split("\n") if line.strip("= ")))


def _rows(table: SyntaxTreeNode) -> Iterator[str]:
    """Each row as a sentence: "Row: column — cell; column — cell." or, with two columns only,
    "Row: cell.", since the second column's name then says little ("Value", "Price")."""
    columns, *rows = [
        [cell.children[0].content for cell in row.children]
        for part in table.children
        for row in part.children
    ]
    for row in rows:
        named = [
            f"{_small(column)} — {cell}" if column and len(columns) > 2 else cell
            for column, cell in zip(columns[1:], row[1:], strict=True)
            if cell
        ]
        parts = [part for part in (row[0], "; ".join(named)) if part]
        if parts:
            yield plain(": ".join(parts).rstrip(".") + ".")


def _small(column: str) -> str:
    """A column's name inside a sentence; an abbreviation stays as it is."""
    first = column.split(maxsplit=1)[0]
    return column[0].lower() + column[1:] if first[1:].islower() else column


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
