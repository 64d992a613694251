"""What was given to a transport to play, and how much of it the caller has heard.

Knows samples and marks; knows nothing of clocks or networks: a transport tells what it played.
"""

from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from dialog.content import Mark, Samples, Speech
from dialog.messages import Played


@dataclass(slots=True)
class ResponsePlayback:
    """The speech of one response, in the order it was given out."""

    turn: int
    phrases: list[Speech] = field(default_factory=list)
    samples: int = 0
    rate_hz: int = 0
    played: int = 0

    @property
    def playing(self) -> bool:
        """Whether some of it is given out and not yet played."""
        return self.played < self.samples

    def heard(self) -> str:
        """The words of which the caller has heard the end, at least nearly."""
        left = self.played
        texts = []
        for phrase in self.phrases:
            if not phrase.filler:
                texts.append(heard_of(phrase, left))
            left -= len(phrase.samples)
            if left <= 0:
                break
        return " ".join(text for text in texts if text)

    def near(self, before_s: float, after_s: float) -> str:
        """The words spoken from `before_s` seconds before the present sample to `after_s` after
        it, whole phrases that reach into that time included as far as marks can tell."""
        first = self.played - round(before_s * self.rate_hz)
        last = self.played + round(after_s * self.rate_hz)
        texts, start = [], 0
        for phrase in self.phrases:
            end = start + len(phrase.samples)
            if end > first and start < last:
                skipped = heard_of(phrase, first - start)
                texts.append(heard_of(phrase, last - start)[len(skipped) :])
            start = end
        return " ".join(texts).strip()

    def cut(self, start: int, end: int) -> Samples:
        """These of its samples, as far as they have been given out."""
        pieces, at = [np.zeros(0, np.float32)], 0
        for phrase in self.phrases:
            pieces.append(phrase.samples[max(0, start - at) : max(0, end - at)])
            at += len(phrase.samples)
        return np.concatenate(pieces)


class Playback:
    """A call's outbound audio by response. Keeps only the current and the previous one."""

    def __init__(self) -> None:
        self._lines: dict[int, ResponsePlayback] = {}

    def give(self, speech: Speech) -> None:
        """Note a phrase that goes to the transport now."""
        line = self._lines.setdefault(speech.turn, ResponsePlayback(speech.turn))
        line.phrases.append(speech)
        line.samples += len(speech.samples)
        line.rate_hz = speech.rate_hz
        for turn in [turn for turn in self._lines if turn < speech.turn - 1]:
            del self._lines[turn]

    def played(self, report: Played) -> None:
        """Take a transport's report; more than was given cannot have been played."""
        if line := self._lines.get(report.turn):
            line.played = max(0, min(report.samples, line.samples))

    def line(self, turn: int) -> ResponsePlayback:
        """A response's speech; an empty one where nothing was spoken."""
        return self._lines.get(turn, ResponsePlayback(turn))


def heard_of(phrase: Speech, samples: int) -> str:
    """The part of a phrase's text that its first `samples` speak. Without marks, letters are
    taken to be of one length."""
    if samples >= len(phrase.samples):
        return phrase.text
    marks = phrase.marks or even_marks(phrase.text, len(phrase.samples))
    index = bisect_right([mark.sample for mark in marks], max(samples, 0))
    return phrase.text[: marks[index - 1].char].rstrip() if index else ""


def even_marks(text: str, samples: int) -> tuple[Mark, ...]:
    """A mark at the end of each word, as if every character took equally long."""
    ends = [i for i in range(1, len(text) + 1) if i == len(text) or text[i].isspace()]
    return tuple(Mark(end, round(samples * end / len(text))) for end in ends)
