"""JSON Lines: an object in each line, and a fault told with the number of its line.

Knows lines; knows nothing of what stands in them. Blank lines count, and are passed over.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from dialog.errors import BadInput

T = TypeVar("T")
Record = dict[str, Any]


def numbered(
    path: Path, made_of: Callable[[Record], T], fault: Callable[[int], BadInput]
) -> Iterator[tuple[int, T]]:
    """The number of each line, from 1, and what `made_of` makes of its object.

    `made_of` raises KeyError, TypeError or ValueError for an object that it cannot use. Raises
    `fault(number)` then, and for a line that is no JSON object; OSError for a file that cannot be
    read.
    """
    with path.open("rb") as file:  # not as text: U+2028 ends no line of JSON
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    found = made_of(_object(line))
                except (KeyError, TypeError, ValueError):
                    raise fault(number) from None
                yield number, found


def read(path: Path, made_of: Callable[[Record], T], wrong: str) -> list[T]:
    """What `made_of` makes of each line; see `numbered`.

    Raises BadInput for a file that cannot be read, and "PATH:NUMBER: `wrong`" for a line.
    """

    def fault(number: int) -> BadInput:
        return BadInput(f"{path}:{number}: {wrong}")

    try:
        return [found for _, found in numbered(path, made_of, fault)]
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error}") from None


def _object(line: bytes) -> Record:
    record = json.loads(line)
    if not isinstance(record, dict):
        raise TypeError("not an object")
    return record
