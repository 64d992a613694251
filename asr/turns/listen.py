"""From what a transport sends to what was said: the first stage of a conversation.

    inbound --> mailbox <-- updates of the open utterance
                   |
                   v one thing at a time: detect, decide, say what follows

Knows the order of the steps, and reads the call (`call_view`) without a word into it. When speech
begins and ends is decided in `turn_detector`, what becomes of a turn in `caller_turn`, what to do
about bad hearing in `clarification`; recognition runs beside it in `utterance`.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import suppress

from asr.turns.call_view import CallView
from asr.turns.hearing import Hearing
from asr.turns.turn_manager import TurnManager
from asr.turns.utterance import RecognitionUpdate
from dialog.clock import now_s
from dialog.content import Recording, Transcript
from dialog.flow import aclose
from dialog.keypad import KEYS_S
from dialog.messages import (
    CallEnded,
    CallerAudio,
    CallSettings,
    Cancel,
    Clear,
    Commit,
    EndOfTurn,
    Inbound,
    KeyPressed,
    Message,
    TextInput,
)
from dialog.prompts import Prompts
from dialog.tasks import background

log = logging.getLogger(__name__)

MAX_CALL_S = 3600.0
MAILBOX = 256


async def listen(
    inbound: AsyncIterator[Inbound], hearing: Hearing, call: CallView, prompts: Prompts
) -> AsyncGenerator[Message]:
    """A live call: turns of speech, of typing and of keys become `EndOfTurn`, and what interrupts
    the assistant `Cancel`. What is not for this stage is passed on, once all before it is done."""
    mailbox = _Mailbox()
    caller = TurnManager(hearing, call, prompts, mailbox.put_update)
    try:
        async with background(_pump(inbound, mailbox)) as pump:
            async for message in _held(mailbox, caller, hearing):
                yield message
            await pump  # raises what `inbound` raised
    finally:
        await caller.close()


async def transcribe_each(
    inbound: AsyncIterator[Inbound], hearing: Hearing
) -> AsyncGenerator[Message]:
    """Recordings and texts, each a turn: nobody waits on a line. Raises BadInput and Unavailable:
    these errors are the sender's to know."""
    try:
        async for message in inbound:
            said_s = now_s()
            if isinstance(message, Recording):
                yield EndOfTurn(await hearing.transcribe(message.audio), said_s)
            elif isinstance(message, Transcript):
                yield EndOfTurn(message, said_s)
            else:
                yield message
    finally:
        await aclose(inbound)


async def _held(
    mailbox: "_Mailbox", caller: TurnManager, hearing: Hearing
) -> AsyncGenerator[Message]:
    began_s = now_s()
    ended = False
    while not ended or caller.awaiting:
        limit_s = KEYS_S if caller.number.keys else hearing.no_audio_s
        try:
            async with asyncio.timeout(limit_s):
                item = await mailbox.get(updates_only=caller.awaiting)
        except TimeoutError:
            if caller.number.keys:
                for out in caller.dialled():
                    yield out
                continue
            if not caller.patient:
                yield CallEnded("no_audio")
                return
            continue
        ended = ended or item is None
        for out in caller.finish() if item is None else _heard(item, caller):
            yield out
        if caller.number.keys and caller.number.paused:  # sound goes on meanwhile
            for out in caller.dialled():
                yield out
        if caller.ended:
            yield CallEnded(caller.ended)
            return
        if now_s() - began_s > MAX_CALL_S:
            yield CallEnded("too_long")
            return


def _heard(item: "Inbound | RecognitionUpdate", caller: TurnManager) -> Iterator[Message]:
    match item:
        case RecognitionUpdate():
            yield from caller.update(item)
        case CallerAudio():
            yield from caller.audio(item)
        case TextInput():
            yield from caller.typed(item)
        case KeyPressed():
            yield from caller.key(item.key)
        case Commit():
            yield from caller.commit()
        case Clear():
            yield from caller.clear()
        case Cancel():
            yield from caller.interrupt()
        case CallSettings():
            yield from caller.settle(item)
        case _:
            yield item


class _Mailbox:
    """Where inbound messages and updates meet. A sender faster than its audio has to wait."""

    def __init__(self) -> None:
        self._inbound: deque[Inbound | None] = deque()
        self._updates: deque[RecognitionUpdate] = deque()
        self._room = asyncio.Semaphore(MAILBOX)
        self._changed = asyncio.Event()

    async def put(self, message: Inbound | None) -> None:
        await self._room.acquire()
        self._inbound.append(message)
        self._changed.set()

    def put_update(self, update: RecognitionUpdate) -> None:
        self._updates.append(update)
        self._changed.set()

    async def get(self, *, updates_only: bool = False) -> Inbound | RecognitionUpdate | None:
        """Updates come first; what follows it in time may have to wait for it."""
        while True:
            if self._updates:
                return self._updates.popleft()
            if self._inbound and not updates_only:
                self._room.release()
                return self._inbound.popleft()
            self._changed.clear()
            await self._changed.wait()


async def _pump(inbound: AsyncIterator[Inbound], mailbox: _Mailbox) -> None:
    try:
        async for message in inbound:
            await mailbox.put(message)
    finally:
        with suppress(asyncio.CancelledError):
            await mailbox.put(None)
        await aclose(inbound)
