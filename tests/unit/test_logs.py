"""Log lines hold no telephone numbers, and everything else as it was."""

import logging
from pathlib import Path

import pytest

from api.logs import FORMAT, DiscreetFormatter, masked

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("caller +79161234567 left", "caller ********67 left"),
        ("8 (916) 123-45-67", "********67"),
        ("8-800-000-47-20.", "********20."),
        ("sip:79161234567@example.ru", "sip:********67@example.ru"),
        ("{'From': '+7 916 123 45 67'}", "{'From': '********67'}"),
        ("tel:+79161234567", "tel:********67"),
        ("at 127.0.0.1:5060, 1250 frames", "at 127.0.0.1:5060, 1250 frames"),
        ("call 12345678-1234-1234-1234-123456789012", "call 12345678-1234-1234-1234-123456789012"),
        ("12:34:56 took 1732491234.25 s", "12:34:56 took 1732491234.25 s"),
    ],
)
def test_numbers_are_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_arguments_and_tracebacks_are_masked_but_not_the_time() -> None:
    formatter = DiscreetFormatter(FORMAT)
    try:
        raise ValueError("no such number: +79161234567")
    except ValueError as error:
        kind = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("x", logging.INFO, "f", 1, "from %s", ("89161234567",), kind)
    line = formatter.format(record)
    assert "916" not in line.split("INFO")[1]
    assert "no such number" not in line
    assert "ValueError at " in line
    assert line[:4].isdigit()


def test_a_log_is_written_through_it(tmp_path: Path) -> None:
    from api.logs import log_to

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        root.handlers = []
        log_to(tmp_path / "x.log")
        logging.getLogger("api.call").info("from %s", "+79161234567")
        logging.getLogger("api.call").addHandler(logging.NullHandler())
        logging.getLogger("httpx").info("GET ?q=secret")
        for handler in root.handlers:
            handler.close()
    finally:
        root.handlers, root.level = handlers, level
    written = (tmp_path / "x.log").read_text()
    assert "call: from ********67" in written
    assert "secret" not in written
