"""The two ways in which a request can fail that are not faults of the program.

Knows nothing about exit codes or HTTP bodies: `api/` turns these into either.
"""


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

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
