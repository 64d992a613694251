"""Where log lines go, with telephone numbers masked: nobody's number belongs into a log.

Every process of the service calls `log_to` once.
"""

import logging
import re
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
# Ten to fifteen digits, as people and exchanges write them; not within a word, a UUID or a time.
_NUMBER = re.compile(r"(?<![\w.-])(?<!\d:)\+?\d(?:[ ()-]{0,2}\d){9,14}(?![\w-]|[.:]\d)")
SHOWN = 2


def masked(text: str) -> str:
    """The text with all but the last two digits of each telephone number hidden."""
    return _NUMBER.sub(lambda found: "*" * 8 + re.sub(r"\D", "", found[0])[-SHOWN:], text)


class MaskingFormatter(logging.Formatter):
    """Masks messages and tracebacks; the time is left as it is."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = masked(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: object) -> str:
        return masked(super().formatException(ei))  # type: ignore[arg-type]


def log_to(path: Path) -> None:
    """Write this process's log to `path`; raises OSError where that cannot be."""
    handler = logging.FileHandler(path)
    handler.setFormatter(MaskingFormatter(FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
