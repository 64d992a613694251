"""Plays a call's speech by our own clock, for a wire that takes small frames.

    messages -> put() -> queue -> frames(), one each 20 ms -> wire
                                     +-> played() for the call

A far end that plays what it gets at once (AudioSocket) is given each frame in its own time; one
that queues and paces itself is kept `lead_s` ahead. Knows the clock and the queue; knows no wire.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator

import numpy as np

from dialog.audio.resampling import Resampler
from dialog.content import Samples, Speech
from dialog.messages import Duck, Interrupted, Outbound, Played, ResponseEnded, Unduck

PLAYOUT_FRAME_S = 0.02
DUCKED = 0.18
# A clock that was held up sends at once what is due, but no more than this: the rest of the time
# is lost, as a phone would play a long burst too late or not at all.
LATE_S = 0.1
# Speech is converted as it is played: a long phrase at once would hold up the frames that are due.
PIECE_S = 0.1
# Just above the lowest step of G.711, so that a pause does not sound like a dead line.
NOISE_RMS = 10 ** (-63 / 20)
NOISE_S = 4.0


class Playout:
    """A queue of speech at the wire's rate. `put` every message of the call; send `frames`."""

    def __init__(self, rate_hz: int, *, lead_s: float = 0.0, comfort: bool = False) -> None:
        self._size = round(rate_hz * PLAYOUT_FRAME_S)
        self._rate_hz = rate_hz
        self._lead_s = lead_s
        self._noise = _noise(rate_hz) if comfort else None
        self._at = 0
        # As it came, a None at the end of each response; and converted, as far as it is needed.
        self._given: deque[tuple[int, int, Samples | None]] = deque()
        self._queue: deque[tuple[int, float, Samples]] = deque()
        self._resampler: tuple[int, Resampler] | None = None
        self._owed = 0
        self._turn = 0
        self._played = 0.0
        self._gain = self._wanted_gain = 1.0
        self._some = asyncio.Event()
        self._none = asyncio.Event()

    def put(self, message: Outbound) -> None:
        """Queue speech; obey `Interrupted`, `Duck` and `Unduck`; the rest is not for it."""
        match message:
            case Speech():
                self._add(message)
            case ResponseEnded():
                self._finish(message.turn)
            case Interrupted():
                self._given.clear()
                self._queue.clear()
                self._none.set()
                self._resampler, self._owed = None, 0
                self._gain = self._wanted_gain = 1.0
            case Duck():
                self._wanted_gain = DUCKED
            case Unduck():
                self._wanted_gain = 1.0

    @property
    def idle(self) -> bool:
        """Whether everything has been given to the wire."""
        return not (self._queue or self._given)

    def played(self) -> Played | None:
        """How much of the latest response has been given to the wire; None before the first."""
        return Played(self._turn, round(self._played)) if self._turn else None

    async def drained(self) -> None:
        """Wait until everything has been given to the wire."""
        while not self.idle:
            self._none.clear()
            await self._none.wait()

    async def frames(self) -> AsyncGenerator[Samples]:
        """Frames of 20 ms at the wire's rate, each when its time has come. Between speech come
        frames of comfort noise, or none at all without it. Endless: close it."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() - self._lead_s
        while True:
            if self.idle and self._noise is None:
                self._some.clear()
                await self._some.wait()
                due_s = max(due_s, loop.time() - self._lead_s)
            due_s = max(due_s, loop.time() - self._lead_s - LATE_S)
            await asyncio.sleep(due_s - loop.time())
            self._fill()
            if self._queue or self._noise is not None:
                yield self._frame()
                due_s += PLAYOUT_FRAME_S
            if self.idle:
                self._none.set()

    def _add(self, speech: Speech) -> None:
        size = round(speech.rate_hz * PIECE_S)
        for start in range(0, len(speech.samples), size):
            piece = speech.samples[start : start + size]
            self._given.append((speech.turn, speech.rate_hz, piece))
        self._some.set()

    def _finish(self, turn: int) -> None:
        """Play what the filter keeps, too."""
        self._given.append((turn, 0, None))
        self._some.set()

    def _fill(self) -> None:
        """Have a frame's worth converted, as far as there is speech."""
        while self._given and sum(len(samples) for _, _, samples in self._queue) < self._size:
            turn, rate_hz, piece = self._given.popleft()
            if piece is None:
                if self._resampler is not None:
                    self._enqueue(turn, self._resampler[1].flush())
                    self._resampler = None
                continue
            if self._resampler is None or self._resampler[0] != rate_hz:
                self._resampler = rate_hz, Resampler(rate_hz, self._rate_hz)
            self._owed += len(piece)
            self._enqueue(turn, self._resampler[1].push(piece))

    def _enqueue(self, turn: int, samples: Samples) -> None:
        if len(samples):
            # The filter keeps a little back until the next phrase: all is counted by this ratio.
            self._queue.append((turn, self._owed / len(samples), samples))
            self._owed = 0

    def _frame(self) -> Samples:
        """The next 20 ms; speech of one response only, so that each is counted to its end."""
        frame = np.zeros(self._size, np.float32)
        filled, turn = 0, self._queue[0][0] if self._queue else 0
        while self._queue and self._queue[0][0] == turn and filled < self._size:
            _, ratio, samples = self._queue.popleft()
            piece, rest = samples[: self._size - filled], samples[self._size - filled :]
            frame[filled : filled + len(piece)] = piece
            filled += len(piece)
            self._count(turn, len(piece) * ratio)
            if len(rest):
                self._queue.appendleft((turn, ratio, rest))
        self._fill()  # so that `idle` is known with the frame
        ramp = np.linspace(self._gain, self._wanted_gain, self._size, dtype=np.float32)
        self._gain = self._wanted_gain
        return np.asarray(frame * ramp + self._quiet(), np.float32)

    def _count(self, turn: int, samples: float) -> None:
        self._played = samples + (self._played if turn == self._turn else 0.0)
        self._turn = turn

    def _quiet(self) -> Samples | np.float32:
        if self._noise is None:
            return np.float32(0.0)
        self._at = (self._at + self._size) % (len(self._noise) - self._size)
        return self._noise[self._at : self._at + self._size]


def _noise(rate_hz: int) -> Samples:
    """Some seconds of soft noise, duller than white: neighbouring samples are averaged."""
    white = np.random.default_rng(0).standard_normal(round(rate_hz * NOISE_S) + 3)
    dull = np.convolve(white, np.ones(4) / 4, mode="valid")
    return np.asarray(dull * (NOISE_RMS / dull.std()), np.float32)
