"""What a caller hears: when the assistant is heard, and when it says words of its own answer.

    caller   ~~~~~~~~~~|
    heard                  [Секунду, смотрю.]      [Тариф стоит ...
                       |<-------- first words -----|

A filler is told from an answer by its sound, so nothing need be trusted but what is heard.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dialog.audio.loudness import loud_part
from dialog.audio.resampling import resample
from dialog.content import Samples

HOP_S = 0.01
LOUD_RMS = 0.01
"""40 dB below full scale: above any comfort noise, below any speech, ducked or not."""
MATCH_HZ = 8_000
MATCH_S = 0.5
SHIFT_S = 0.03
ALIKE = 0.7
GAP_S = 0.3


@dataclass(frozen=True, slots=True)
class Sound:
    """What the far end plays, from `at_s` of the event loop's clock on."""

    samples: Samples
    at_s: float


class AnswerDetector:
    """One for each call. `fillers` are sounds at `MATCH_HZ` that are no answer."""

    def __init__(self, rate_hz: int, fillers: Sequence[Samples] = ()) -> None:
        self._rate_hz = rate_hz
        self._hop = round(rate_hz * HOP_S)
        self._fillers = [trimmed for one in fillers if len(trimmed := _trimmed(one))]
        self._since_s: float | None = None
        self._burst: list[Samples] = []
        self._onset_s = 0.0
        self.loud_until_s = 0.0
        self.words_at_s: float | None = None
        self.fillers_heard = 0
        self.answered = asyncio.Event()

    def listen(self, since_s: float) -> None:
        """Wait for words that begin after `since_s`."""
        self._since_s, self.words_at_s, self._burst = since_s, None, []
        self.answered.clear()

    def hear(self, sound: Sound) -> None:
        """Take the next sound; they follow one another in time."""
        hops = len(sound.samples) // self._hop
        whole = sound.samples[: hops * self._hop].reshape(hops, self._hop)
        loud = np.sqrt(np.square(whole).mean(axis=1)) > LOUD_RMS
        for index in range(hops):
            self._take(whole[index], bool(loud[index]), sound.at_s + index * HOP_S)

    def flush(self, now_s: float) -> None:
        """What has not been played by now never is."""
        self.loud_until_s = min(self.loud_until_s, now_s)
        self._burst = []

    def _take(self, hop: Samples, loud: bool, at_s: float) -> None:
        if loud:
            self.loud_until_s = at_s + HOP_S
        if self._since_s is None or at_s < self._since_s:
            return
        if loud and not self._burst:
            self._onset_s = at_s
        if loud or self._burst:
            self._burst.append(hop)
        if not self._burst:
            return
        over = at_s - self.loud_until_s > GAP_S
        if len(self._burst) * HOP_S >= MATCH_S + SHIFT_S or over:
            self._judge()

    def _judge(self) -> None:
        heard = resample(np.concatenate(self._burst), self._rate_hz, MATCH_HZ)
        self._burst = []
        for filler in self._fillers:
            if likeness(heard, filler) > ALIKE:
                self.fillers_heard += 1
                self._since_s = self._onset_s + len(filler) / MATCH_HZ
                return
        self._since_s, self.words_at_s = None, self._onset_s
        self.answered.set()


def likeness(heard: Samples, known: Samples) -> float:
    """The correlation of the first half second of two sounds, -1 to 1, at the best shift within
    30 ms; 0 where too little was heard."""
    shift = round(SHIFT_S * MATCH_HZ)
    size = min(round(MATCH_S * MATCH_HZ), len(heard), len(known))
    if size < shift * 4:
        return 0.0
    said = np.pad(heard[:size], shift)
    found = np.correlate(said, known[:size], "valid")
    norm = float(np.linalg.norm(heard[:size]) * np.linalg.norm(known[:size])) + 1e-9
    return float(found.max()) / norm


def _trimmed(sound: Samples) -> Samples:
    """Without the silence before it and behind it."""
    start, end = loud_part(sound, LOUD_RMS, round(MATCH_HZ * HOP_S))
    return sound[start:end]
