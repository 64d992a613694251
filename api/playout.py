"""Plays a call's speech in real time, for a wire that takes small frames and tells nothing back.

    messages -> put() -> queue -> frames(), one each 20 ms -> wire
                                     +-> played() for the call

Knows the clock and the queue; knows no wire.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

import numpy as np

from dialog.audio import Resampler
from dialog.messages import Duck, Interrupted, Outbound, Played, Samples, Speech, Unduck

FRAME_S = 0.02
DUCKED = 0.18
# A wire that took no frame for this long is given what is due now, and not what was missed.
LATE_S = 0.2


class Playout:
    """A queue of speech at the wire's rate. `put` every message of the call; send `frames`."""

    def __init__(self, rate_hz: int, frame_s: float = FRAME_S) -> None:
        self._rate_hz = rate_hz
        self._frame_s = frame_s
        self._queue: deque[tuple[int, float, Samples]] = deque()
        self._resampler: tuple[int, Resampler] | None = None
        self._played: dict[int, float] = {}
        self._gain = 1.0
        self._some = asyncio.Event()

    def put(self, message: Outbound) -> None:
        """Queue speech; obey `Interrupted`, `Duck` and `Unduck`; the rest is not for it."""
        match message:
            case Speech():
                self._add(message)
            case Interrupted():
                self._queue.clear()
                self._resampler = None
                self._gain = 1.0
            case Duck():
                self._gain = DUCKED
            case Unduck():
                self._gain = 1.0

    @property
    def idle(self) -> bool:
        """Whether everything has been played."""
        return not self._queue

    def played(self) -> Played | None:
        """How much of the latest response has been played; None before the first."""
        if not self._played:
            return None
        turn = max(self._played)
        return Played(turn, round(self._played[turn]))

    async def frames(self) -> AsyncGenerator[Samples]:
        """Frames of `frame_s` at the wire's rate, each when its time has come; waits while there
        is nothing to play. Endless: close it."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            if not self._queue:
                self._some.clear()
                await self._some.wait()
            due_s = max(due_s, loop.time() - LATE_S)
            await asyncio.sleep(due_s - loop.time())
            if self._queue:
                yield self._frame()
                due_s += self._frame_s

    def _add(self, speech: Speech) -> None:
        if self._resampler is None or self._resampler[0] != speech.rate_hz:
            self._resampler = speech.rate_hz, Resampler(speech.rate_hz, self._rate_hz)
        samples = self._resampler[1].push(speech.samples)
        # The filter keeps a little back until the next phrase: all is counted by this ratio.
        ratio = len(speech.samples) / len(samples) if len(samples) else 0.0
        self._queue.append((speech.turn, ratio, samples))
        self._some.set()

    def _frame(self) -> Samples:
        frame = np.zeros(round(self._rate_hz * self._frame_s), np.float32)
        filled = 0
        while self._queue and filled < len(frame):
            turn, ratio, samples = self._queue.popleft()
            piece, rest = samples[: len(frame) - filled], samples[len(frame) - filled :]
            frame[filled : filled + len(piece)] = piece
            filled += len(piece)
            self._played = {turn: self._played.get(turn, 0.0) + len(piece) * ratio}
            if len(rest):
                self._queue.appendleft((turn, ratio, rest))
        return frame * np.float32(self._gain)
