"""What can be done with a call beside speaking on it.

Each exchange and carrier does it in its own way; a `Control` is one call of one of them.
"""

from typing import Protocol


class CannotDo(Exception):
    """The exchange or carrier did not do it; the message, for the log, names no caller."""


class Control(Protocol):
    """One call. All raise CannotDo."""

    async def caller(self) -> str | None:
        """The caller's number, where it is known."""

    async def transfer(self, to: str | None) -> None:
        """Give the caller to somebody else; returns once that is certain to happen when the
        line is let go."""

    async def hang_up(self) -> None:
        """End the call for the caller, too."""

    async def text(self, text: str) -> None:
        """Send the caller a text message."""


class Dialplan:
    """A line of an exchange without ARI: when we let go, its dialplan goes on."""

    async def caller(self) -> str | None:
        """Nobody has told."""
        return None

    async def transfer(self, to: str | None) -> None:
        """The dialplan's next line is the person; it cannot be told which."""
        if to is not None:
            raise CannotDo("without ARI a transfer goes where the dialplan says: leave `to` out")

    async def hang_up(self) -> None:
        """The line is let go; the dialplan ends the call."""

    async def text(self, text: str) -> None:  # noqa: ARG002
        """Exchanges send no texts."""
        raise CannotDo("this exchange sends no texts: name a webhook as `url`")
