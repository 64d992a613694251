"""A circuit breaker: a model that keeps failing is left alone for a while.

    closed --3 failures in a row--> open --15 s--> one trial --> closed, or open again

Knows failures and time; knows nothing of the wire. While it is open a caller gets the documents'
own words at once, instead of waiting for the same failure, and the server gets room to recover.
"""

import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Sequence

from dialog.errors import Unavailable
from rag.answering.llm import ChatMessage, ChatModel

FAILURES = 3
REST_S = 15.0


class Breaker:
    """A `ChatModel` around another; one for a process, since it remembers between answers."""

    def __init__(self, model: ChatModel, clock: Callable[[], float] = time.monotonic) -> None:
        self._model = model
        self._clock = clock
        self._failures = 0
        self._rests_until_s = 0.0

    async def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str]:
        """As the model's own; raises `Unavailable` at once while the model is left alone."""
        self._enter()
        try:
            async with contextlib.aclosing(self._model.stream(messages)) as pieces:
                async for piece in pieces:
                    yield piece
        except Exception:
            self._failures += 1
            if self._failures >= FAILURES:
                self._rests_until_s = self._clock() + REST_S
            raise
        self._failures = 0

    def _enter(self) -> None:
        if self._failures < FAILURES:
            return
        if self._clock() < self._rests_until_s:
            raise Unavailable("the language model is left alone after repeated failures")
        # This one tries; those that come meanwhile go on without.
        self._rests_until_s = self._clock() + REST_S
