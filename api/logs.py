"""Where log lines go, and what never stands in them: a number, or anything that a caller said.

Telephone numbers are masked in every message. Of an exception the type and the places are
written, never its message: a database quotes the row that it refuses, a parser the text that it
meets. Every process of the service calls `log_to` once.
"""

import asyncio
import logging
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from traceback import extract_tb
from types import TracebackType
from typing import Any

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
OURS = ("api", "asr", "dialog", "models", "rag", "russian", "store", "tts")
# Ten to fifteen digits, as people and exchanges write them; not within a word, a UUID or a time.
_NUMBER = re.compile(r"(?<![\w.-])(?<!\d:)\+?\d(?:[ ()-]{0,2}\d){9,14}(?![\w-]|[.:]\d)")
SHOWN = 2
PLACES = 6
"""The innermost places of each exception that are written."""

UVICORN = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"discreet": {"()": "api.logs.DiscreetFormatter", "fmt": FORMAT}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "discreet"}},
    "loggers": {"uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}
"""uvicorn's own lines go to stderr, since they are of starting and stopping: a port in use."""

log = logging.getLogger(__name__)


def masked(text: str) -> str:
    """The text with all but the last two digits of each telephone number hidden."""
    return _NUMBER.sub(lambda found: "*" * 8 + re.sub(r"\D", "", found[0])[-SHOWN:], text)


def told(error: BaseException) -> str:
    """An exception without its message: `ValueError at a.py:3 < b.py:5, after KeyError at ...`."""
    return ", after ".join(_places(one) for one in _chain(error))


class DiscreetFormatter(logging.Formatter):
    """Masks messages, and tells exceptions without their messages; the time is left as it is."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = masked(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: object) -> str:
        error = ei[1] if isinstance(ei, tuple) else None
        return told(error) if isinstance(error, BaseException) else ""


class LogFile(logging.FileHandler):
    """A file that may stop taking lines: it is told on stderr, once, and the line is dropped. What
    logging itself would print holds the line's arguments."""

    _failing = False

    def handleError(self, _: logging.LogRecord) -> None:
        if not self._failing:
            reason = getattr(sys.exception(), "strerror", None) or "it is not to be written"
            print(f"beseda: nothing is logged any more: {reason}", file=sys.stderr)
        self._failing = True


def log_to(path: Path) -> None:
    """Write this process's log to `path`; raises OSError where that cannot be.

    Libraries are heard from WARNING on: below it they quote what they work on.
    """
    handler = LogFile(path)
    handler.setFormatter(DiscreetFormatter(FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)
    threading.excepthook = _log_thread
    sys.unraisablehook = _log_unraisable


def tell_loop_error(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """An event loop's exception handler: asyncio's own writes the exception's message."""
    error = context.get("exception")
    log.error("%s%s", context["message"], f": {told(error)}" if error else "")


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def _places(error: BaseException) -> str:
    trace: TracebackType | None = error.__traceback__
    frames = extract_tb(trace)[-PLACES:] if trace else []
    places = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {places}" if places else type(error).__name__


def _log_thread(hook: threading.ExceptHookArgs) -> None:
    if hook.exc_value is not None:
        log.error("a thread ended: %s", told(hook.exc_value))


def _log_unraisable(hook: "sys.UnraisableHookArgs") -> None:
    if hook.exc_value is not None:
        log.error("an error that nobody could catch: %s", told(hook.exc_value))
