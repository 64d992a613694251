"""How a command ends: the exit statuses, and the line on stderr."""

import sys

DONE, FAULT, BAD_INPUT = 0, 1, 2


def complain(message: str, status: int) -> int:
    """One line on stderr; returns `status`."""
    print(f"beseda: {' '.join(message.split())}", file=sys.stderr)
    return status
