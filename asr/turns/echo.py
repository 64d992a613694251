r"""How much of what is heard is the assistant's own voice, come back from the caller's side.

    played  __/~~\_/~~~\__/~\___      levels of frames, in dB
    heard   _____/--\_/---\__/-\_     the same shape, later and softer: echo
                     |<- lag

Compares loudness over time and not waves: a telephone changes those, and nobody knows its delay.
Once the shapes agree, the delay and the loss are known, and what is not louder than the echo must
be, is echo (Duttweiler 1978 tells double talk by levels, too). Knows frames and decibels; knows
nothing of words or turns.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from asr.turns.call_view import CallView
from asr.vad import FRAME, RATE_HZ
from dialog.content import Samples

NOTHING = np.zeros(0, np.float32)

# In frames of 32 ms: what is compared, over which delays, and how many are enough.
REMEMBERED = 64
LAGS = 32
LEAST = 24
SURE = 32
"""Frames of the assistant's speech after which an echo would be known."""
ROOM = 4
"""Frames of the two sides do not begin together, and a room holds a sound for a while."""

FLOOR_DB = -70.0
AUDIBLE_DB = -45.0
STEADY_DB = 3.0
MARGIN_DB = 7.0

ALIKE = 0.75
MOST = 0.8
SOFTENED = 0.05

Levels = NDArray[np.float64]


class Echo:
    """One for each call. `push` a frame of both sides; then ask."""

    def __init__(self) -> None:
        self._heard: Levels = np.full(REMEMBERED, FLOOR_DB)
        self._played: Levels = np.full(REMEMBERED + LAGS, FLOOR_DB)
        self._lag: int | None = None
        self._loss_db = 0.0
        self._compared = 0

    @property
    def unsure(self) -> bool:
        """Whether too little has been played yet to know if it comes back."""
        return self._lag is None and self._compared < SURE

    def push(self, heard: Samples, played: Samples) -> bool:
        """Whether this frame of the caller's side holds nothing but echo. `played` is what was
        being played while it came, at any rate; empty where nothing was."""
        self._heard = np.append(self._heard[1:], level_db(heard))
        self._played = np.append(self._played[1:], level_db(played))
        if self._played.max() < AUDIBLE_DB:
            return False
        if self._played[-1] > AUDIBLE_DB:
            self._compared += 1
        self._learn()
        return bool(self._explained()[-1])

    def explains(self, frames: int) -> bool:
        """Whether what was heard in the last frames was echo, all in all."""
        heard = self._heard[-frames:]
        loud = heard > max(AUDIBLE_DB, float(heard.max()) - 20.0)
        return bool(loud.any()) and float(self._explained()[-frames:][loud].mean()) > MOST

    def _learn(self) -> None:
        """Find the delay at which the two sides have one shape since something was played."""
        shapes = self._shapes()
        since = np.maximum.accumulate(shapes > AUDIBLE_DB, axis=1)
        count = np.maximum(since.sum(axis=1), 1)
        played, spread = _centred(shapes, since, count)
        heard, varied = _centred(np.broadcast_to(self._heard, shapes.shape), since, count)
        likeness = (played * heard).sum(axis=1) / (count * spread * varied)
        lag = int(np.where(count >= LEAST, likeness, 0.0).argmax())
        if count[lag] >= LEAST and likeness[lag] >= ALIKE:
            loud = shapes[lag] > AUDIBLE_DB
            self._lag = lag
            self._loss_db = float(np.median((shapes[lag] - self._heard)[loud]))

    def _explained(self) -> NDArray[np.bool_]:
        """Which of the frames in memory are no louder than echo would be."""
        if self._lag is None:
            return np.zeros(REMEMBERED, bool)
        near = self._shapes()[max(0, self._lag - 1) : self._lag + ROOM]
        return np.asarray(self._heard <= near.max(axis=0) - self._loss_db + MARGIN_DB)

    def _shapes(self) -> Levels:
        """What was played, by how many frames before: (lags, frames)."""
        return np.asarray(sliding_window_view(self._played, REMEMBERED)[::-1])


class PlaybackCursor:
    """What is being played, frame by frame: transports report it less often."""

    def __init__(self) -> None:
        self._told = 0, 0
        self._at = 0

    def next(self, call: CallView) -> Samples:
        """The next frame's worth of the assistant's speech, at its own rate."""
        response = call.response
        if response is None:
            return NOTHING
        told = response.turn, response.played
        if self._told != told:
            self._told, self._at = told, response.played
        if not response.played:
            return NOTHING
        start, self._at = self._at, self._at + round(FRAME / RATE_HZ * response.rate_hz)
        return response.cut(start, self._at)


def _centred(
    levels: Levels, since: NDArray[np.bool_], count: NDArray[Any]
) -> tuple[Levels, Levels]:
    """The levels about their mean, and how much they vary: at least by what is no steady tone."""
    mean = np.where(since, levels, 0.0).sum(axis=1) / count
    about = np.where(since, levels - mean[:, None], 0.0)
    return about, np.maximum(np.sqrt(np.square(about).sum(axis=1) / count), STEADY_DB)


def level_db(samples: Samples) -> float:
    """Below full scale; never under `FLOOR_DB`."""
    power = float(np.square(samples).mean()) if len(samples) else 0.0
    return max(FLOOR_DB, 10 * float(np.log10(max(power, 1e-12))))
