"""A circuit breaker: a model that hangs, or keeps failing, is left alone for a while.

    closed --a timeout, or 3 failures in a row--> open --15 s--> one trial --> closed, or open again

Knows failures and time; knows nothing of the wire. While it is open a caller gets the documents'
own words at once, instead of waiting for the same failure, and the server gets room to recover.
A failure that costs no time is worth another try; a timeout costs a caller's patience, and the
next request, through whichever door, would cost it again.
"""

import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

from dialog.errors import Unavailable
from rag.answering.llm import ChatMessage, JsonObject, LanguageModel, TimedOut

FAILURES = 3
REST_S = 15.0


class Breaker:
    """A `LanguageModel` around another; one for a process, since it remembers between requests.

    While the model is left alone, both methods raise `Unavailable` at once.
    """

    def __init__(self, model: LanguageModel, clock: Callable[[], float] = time.monotonic) -> None:
        self._model = model
        self._clock = clock
        self._failures = 0
        self._rests_until_s: float | None = None

    async def stream(self, messages: Sequence[ChatMessage]) -> AsyncGenerator[str]:
        """As the model's own."""
        with self._watched():
            async with contextlib.aclosing(self._model.stream(messages)) as pieces:
                async for piece in pieces:
                    yield piece

    async def decide(
        self, messages: list[JsonObject], tools: list[JsonObject], choice: object
    ) -> JsonObject:
        """As the model's own."""
        with self._watched():
            return await self._model.decide(messages, tools, choice)

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """One request. Whoever leaves before its end (GeneratorExit, CancelledError) is counted
        neither as a failure nor as a success."""
        self._enter()
        try:
            yield
        except Exception as error:
            self._failures += 1
            if isinstance(error, TimedOut) or self._failures >= FAILURES:
                self._rests_until_s = self._clock() + REST_S
            raise
        self._failures, self._rests_until_s = 0, None

    def _enter(self) -> None:
        if self._rests_until_s is None:
            return
        if self._clock() < self._rests_until_s:
            raise Unavailable("the language model is left alone after repeated failures")
        # This one tries; those that come meanwhile go on without.
        self._rests_until_s = self._clock() + REST_S
