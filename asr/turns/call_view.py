"""What listening may know of the call that it listens in.

It reads this and writes nothing: what it finds goes out as messages, and the conversation makes
turns of them.
"""

from typing import Protocol

from dialog.messages import CallSettings
from dialog.playback import ResponsePlayback


class CallView(Protocol):
    @property
    def settings(self) -> CallSettings:
        """How the call is held at present."""
        ...

    @property
    def response(self) -> ResponsePlayback | None:
        """The response that is being made or still plays: what of it was given out and played;
        None while the assistant is silent."""
        ...

    @property
    def unanswered(self) -> str:
        """The question that is being answered, until the first sound of its answer; else empty."""
        ...
