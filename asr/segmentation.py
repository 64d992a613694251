"""A stream of samples cut into stretches of speech that a recogniser can take whole.

Knows frames and speech probabilities, and counts time in samples; knows nothing about
recognition. Memory is bounded by the longest stretch.

    probability   __/~~~~~\\__/~~~~~~~~~~~\\______________/~~~~
    stretch      [                           ]          [
                 ^ PAD before               ^ PAD after: PAUSE has passed

A stretch that runs into `max_s` without a pause is cut at its quietest moment of late.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from asr.vad import FRAME, RATE_HZ, Vad
from dialog.content import Samples


@dataclass(frozen=True, slots=True)
class Segment:
    """Speech found in a recording: mono samples at `RATE_HZ` that begin at `start_s`."""

    start_s: float
    samples: Samples


@dataclass(frozen=True, slots=True)
class SegmenterConfig:
    """When speech begins and ends. A sound shorter than `min_speech_s` in all is no speech:
    clicks and single beeps pass a detector for a frame or two."""

    threshold: float = 0.5
    quiet: float = 0.35
    min_speech_s: float = 0.12
    pause_s: float = 0.5
    pad_s: float = 0.25
    max_s: float = 20.0
    search_s: float = 6.0


class Segmenter:
    """`push` samples of any length, take what is complete; `flush` at the end."""

    def __init__(self, vad: Vad, cutting: SegmenterConfig | None = None) -> None:
        self._vad = vad
        self._cutting = cutting or SegmenterConfig()
        self._rest: Samples = np.zeros(0, np.float32)
        self._before: deque[Samples] = deque(maxlen=_frames(self._cutting.pad_s))
        self._frames: list[Samples] = []
        self._speech: list[float] = []
        self._quiet = 0
        self._seen = 0

    def push(self, samples: Samples) -> list[Segment]:
        """The stretches that these samples complete; it does not matter how a stream is cut."""
        self._rest = np.concatenate((self._rest, samples))
        done: list[Segment] = []
        count = len(self._rest) // FRAME
        for frame in self._rest[: count * FRAME].reshape(count, FRAME):
            done += self._take(frame)
        self._rest = self._rest[count * FRAME :].copy()
        return done

    def flush(self) -> list[Segment]:
        """What is left, with the last incomplete frame."""
        tail = self._rest
        done = self.push(np.zeros(-len(tail) % FRAME, np.float32)) if len(tail) else []
        return done + self._close(len(self._frames), ended=True)

    def _take(self, frame: Samples) -> list[Segment]:
        self._seen += 1
        probability = self._vad(frame)
        if not self._frames:
            self._wait(frame, probability)
            return []
        self._frames.append(frame)
        self._speech.append(probability)
        self._quiet = 0 if probability >= self._cutting.quiet else self._quiet + 1
        if self._quiet >= _frames(self._cutting.pause_s):
            surplus = self._quiet - _frames(self._cutting.pad_s)
            return self._close(len(self._frames) - surplus, ended=True)
        if len(self._frames) >= _frames(self._cutting.max_s):
            return self._close(self._quietest(), ended=False)
        return []

    def _wait(self, frame: Samples, probability: float) -> None:
        """Silence so far: remember a little of it, and begin where speech does."""
        if probability >= self._cutting.threshold:
            self._frames = [*self._before, frame]
            self._speech = [0.0] * len(self._before) + [probability]
            self._before.clear()
            self._quiet = 0
        else:
            self._before.append(frame)

    def _close(self, length: int, ended: bool) -> list[Segment]:
        """A stretch of `length` frames; the rest is silence, or speech that goes on."""
        frames, speech = self._frames, self._speech
        start = self._seen - len(frames)
        self._frames, self._speech = ([], []) if ended else (frames[length:], speech[length:])
        self._before.extend(frames[length:] if ended else [])
        spoken = sum(probability >= self._cutting.threshold for probability in speech[:length])
        if spoken < _frames(self._cutting.min_speech_s):
            return []
        return [Segment(start * FRAME / RATE_HZ, np.concatenate(frames[:length]))]

    def _quietest(self) -> int:
        """Where to cut speech without a pause: the frame least like speech, then softest."""
        first = len(self._frames) - _frames(self._cutting.search_s)
        energy = [float(np.square(frame).mean()) for frame in self._frames[first:]]
        scale = max(*energy, 1e-12)
        cost = [p + e / scale for p, e in zip(self._speech[first:], energy, strict=True)]
        return first + int(np.argmin(cost)) + 1


def _frames(seconds: float) -> int:
    return max(1, round(seconds * RATE_HZ / FRAME))
