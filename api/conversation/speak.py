"""The stage that gives a response its voice, phrase by phrase while it is being worded.

    ResponseStarted  AnswerDelta ...  Answer --> Speech ...  ResponseEnded

Knows when a wait wants bridging; knows nothing of synthesis.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace

from api.conversation.call import Call, Turn
from dialog.content import Answer, AnswerDelta, Speech
from dialog.errors import BadInput, Unavailable
from dialog.messages import Message, PartFailed, ResponseEnded, ResponseStarted
from dialog.tasks import background

Speaking = Callable[[AsyncIterator[str], str | None, float], AsyncIterator[Speech]]

log = logging.getLogger(__name__)

FILLER_AFTER_S = 1.2


class Speaker:
    """Voices each response while it grows. Without a voice it stays text: never silence for all."""

    TAKES = (ResponseStarted, AnswerDelta, Answer)

    def __init__(
        self, speak: Speaking | None, filler: Callable[[], Speech | None], call: Call
    ) -> None:
        self._speak = speak
        self._filler = filler
        self._call = call

    async def __call__(self, taken: AsyncIterator[Message]) -> AsyncGenerator[Message]:
        async for message in taken:
            if not isinstance(message, ResponseStarted):
                continue
            words = _words(taken)
            turn = self._call.numbered(message.turn)
            if turn is not None:
                async with aclosing(self._voiced(words, turn)) as parts:
                    async for part in parts:
                        yield part
            async for _ in words:
                pass  # a voice may leave words unread, and the next response is behind them
            yield ResponseEnded(message.turn)

    async def _voiced(self, words: AsyncIterator[str], turn: Turn) -> AsyncGenerator[Message]:
        settings = self._call.settings
        if self._speak is None or not settings.spoken:
            return
        speech = self._speak(words, settings.voice, settings.speed)
        try:
            async with aclosing(self._bridged(speech, turn)) as phrases:
                async for phrase in phrases:
                    yield replace(phrase, turn=turn.number)
        except Exception as error:
            if not self._call.live and not isinstance(error, Unavailable):
                raise
            log.warning("no voice, the answer stays text: %s", type(error).__name__)
            known = isinstance(error, Unavailable | BadInput)
            yield PartFailed("tts", str(error) if known else "synthesis failed")
        finally:
            if isinstance(speech, AsyncGenerator):
                await speech.aclose()

    async def _bridged(self, speech: AsyncIterator[Speech], turn: Turn) -> AsyncGenerator[Speech]:
        """The speech; before it, when a caller's question waits too long, one filler."""
        async with background(anext(speech, None)) as first:
            filler = self._filler() if self._call.live and turn.question.text else None
            if filler is not None:
                done, _ = await asyncio.wait({first}, timeout=FILLER_AFTER_S)
                if not done:
                    yield replace(filler, filler=True)
            phrase = await first
        while phrase is not None:
            turn.trace.mark("first_phrase")
            yield phrase
            phrase = await anext(speech, None)


async def _words(taken: AsyncIterator[Message]) -> AsyncGenerator[str]:
    """The pieces of one response, up to its `Answer`."""
    async for message in taken:
        if isinstance(message, AnswerDelta):
            yield message.text
        elif isinstance(message, Answer):
            return
