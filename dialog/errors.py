"""The two ways in which a request can fail that are not faults of the program, and how the first
fault of data that was checked is told.

Knows nothing about exit codes or HTTP bodies: `api/` turns these into either.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


class BadInput(Exception):
    """Something that a user sent cannot be used; `message` says what, in one line.

    `status` is the HTTP status that fits; `code` a short machine-readable reason
    (OpenAI's `error.code`), for example `empty_file` or `unknown_voice`.
    """

    def __init__(self, message: str, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code


class Unavailable(Exception):
    """A model or a service that the request needs is missing or down (HTTP 503)."""

    status, code = 503, "unavailable"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class DiskFull(Unavailable):
    """There is no room for what should be written; reading goes on (HTTP 507)."""

    status, code = 507, "disk_full"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with data: where, from the outside in, and what. As text it is one
    line, `place.in.it: message`. The value is not told: it may be a secret."""

    place: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        return f"{'.'.join(self.place)}: {self.message}" if self.place else self.message


class CheckFailed(Protocol):
    """pydantic's `ValidationError`, or FastAPI's of a request."""

    def errors(self) -> Sequence[Any]:
        """Faults with a `loc` and a `msg`, at least one."""


def first_fault(error: CheckFailed) -> Fault:
    """The first of an error's faults: a person mends one after another."""
    first = error.errors()[0]
    return Fault(tuple(str(part) for part in first["loc"]), first["msg"])
