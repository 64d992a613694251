"""JSON Lines: an object a line, a fault with its line's number."""

from pathlib import Path

import pytest

from dialog.errors import BadInput
from rag import jsonl

pytestmark = pytest.mark.unit


def doubled(record: jsonl.Record) -> int:
    return 2 * int(record["n"])


def lines(folder: Path, *content: bytes) -> Path:
    path = folder / "numbers.jsonl"
    path.write_bytes(b"".join(content))
    return path


def test_each_line_is_an_object_and_blank_ones_are_passed_over(tmp_path: Path) -> None:
    path = lines(tmp_path, b'{"n": 1}\n', b"\n", b"  \r\n", b'{"n": 2}\r\n', b'{"n": 3}')
    assert jsonl.read(path, doubled, "no number") == [2, 4, 6]
    numbers = [number for number, _ in jsonl.numbered(path, doubled, lambda _: BadInput("none"))]
    assert numbers == [1, 4, 5]
    assert jsonl.read(lines(tmp_path, b"\n"), doubled, "no number") == []


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(b'{"n": 1', id="broken off"),
        pytest.param(b"[1]", id="no object"),
        pytest.param(b'{"m": 1}', id="a key is missing"),
        pytest.param(b'{"n": "one"}', id="no number"),
        pytest.param(b'{"n": null}', id="of another type"),
        pytest.param('{"n": 1, "имя": "а"}'.encode("cp1251"), id="no UTF-8"),
        pytest.param(b'{"n": 1} {"n": 2}', id="two objects"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(wrong: bytes, tmp_path: Path) -> None:
    path = lines(tmp_path, b'{"n": 1}\n', b"\n", wrong, b"\n", b'{"n": 4}\n')
    with pytest.raises(BadInput) as failure:
        jsonl.read(path, doubled, "no number")
    assert failure.value.message == f"{path}:3: no number"


def test_the_lines_before_a_fault_are_given_first(tmp_path: Path) -> None:
    path = lines(tmp_path, b'{"n": 1}\n', b"x\n")
    found = jsonl.numbered(path, doubled, lambda number: BadInput(f"line {number}"))
    assert next(found) == (1, 2)
    with pytest.raises(BadInput, match="line 2"):
        next(found)


def test_no_character_but_a_line_feed_ends_a_line(tmp_path: Path) -> None:
    path = lines(tmp_path, '{"text": "один\u2028два\x85три"}\n'.encode())
    found = jsonl.read(path, lambda record: str(record["text"]), "no text")
    assert found == ["один\u2028два\x85три"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read .*missing\.jsonl: .*No such file"):
        jsonl.read(tmp_path / "missing.jsonl", doubled, "no number")
    with pytest.raises(FileNotFoundError):
        list(jsonl.numbered(tmp_path / "missing.jsonl", doubled, lambda _: BadInput("none")))
