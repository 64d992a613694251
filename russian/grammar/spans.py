"""Text that was rewritten, and where each rewritten piece came from.

Knows nothing about Russian: only replacements, and positions before and after them.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Span(NamedTuple):
    """One rewritten piece: `source[source_start:source_end]` became `text[start:end]`.

    Positions are in characters. Text between two spans is the same on both sides.
    """

    source_start: int
    source_end: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class RewrittenText:
    """The rewritten text and its spans, in order and not overlapping."""

    text: str
    spans: tuple[Span, ...]


class Replacement(NamedTuple):
    """`source[start:end]` is to become `text`."""

    start: int
    end: int
    text: str


def rewrite(source: str, replacements: Iterable[Replacement]) -> RewrittenText:
    """Apply replacements that are in order and do not overlap."""
    parts: list[str] = []
    spans: list[Span] = []
    done = length = 0
    for start, end, text in replacements:
        if source[start:end] == text:
            continue
        parts += (source[done:start], text)
        length += start - done
        spans.append(Span(start, end, length, length + len(text)))
        length += len(text)
        done = end
    parts.append(source[done:])
    return RewrittenText("".join(parts), tuple(spans))


def substitute(
    pattern: re.Pattern[str], say: Callable[[re.Match[str]], str], text: str
) -> RewrittenText:
    """`re.sub` that keeps spans."""
    return rewrite(text, (Replacement(m.start(), m.end(), say(m)) for m in pattern.finditer(text)))


def chain(first: RewrittenText, second: RewrittenText) -> RewrittenText:
    """Spans of two conversions in a row, `second` having been made from `first.text`.

    Pieces that touch in the middle text become one span.
    """
    if not first.spans:
        return second
    if not second.spans:
        return first
    blocks: list[list[int]] = []
    middle = [(s.start, s.end) for s in first.spans]
    middle += [(s.source_start, s.source_end) for s in second.spans]
    for start, end in sorted(middle):
        if blocks and start <= blocks[-1][1]:
            blocks[-1][1] = max(blocks[-1][1], end)
        else:
            blocks.append([start, end])
    backward = _shifts([(s.start, s.end, s.source_start, s.source_end) for s in first.spans])
    forward = _shifts([(s.source_start, s.source_end, s.start, s.end) for s in second.spans])
    spans = []
    for start, end in blocks:
        source_start, source_end = backward(start, end)
        new_start, new_end = forward(start, end)
        spans.append(Span(source_start, source_end, new_start, new_end))
    return RewrittenText(second.text, tuple(spans))


def _shifts(pieces: list[tuple[int, int, int, int]]) -> Callable[[int, int], tuple[int, int]]:
    """Map ascending blocks, each holding whole pieces, to the pieces' other side."""
    position = 0
    shift = 0

    def mapped(start: int, end: int) -> tuple[int, int]:
        nonlocal position, shift
        begin = start + shift
        while position < len(pieces) and pieces[position][1] <= end:
            shift = pieces[position][3] - pieces[position][1]
            position += 1
        return begin, end + shift

    return mapped
