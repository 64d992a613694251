"""What the stages of one call share: its settings, what was said, and what was heard of it.

One object for each call, handed to every stage. Knows no stage.
"""

import asyncio
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from dialog.messages import (
    Answer,
    CallSettings,
    DeleteFromHistory,
    Message,
    Respond,
    Say,
    Transcript,
)
from dialog.playback import Playback

NOTHING = Transcript("", (), 0.0)
_answering: ContextVar["Trace | None"] = ContextVar("answering", default=None)


@dataclass(slots=True)
class Trace:
    """When the steps of one turn happened, by the event loop's clock, in seconds."""

    began_s: float
    marks_s: dict[str, float] = field(default_factory=dict)

    def mark(self, step: str, at_s: float | None = None) -> None:
        """Note the first time of a step: now, unless told."""
        self.marks_s.setdefault(step, now_s() if at_s is None else at_s)

    def timings_ms(self) -> dict[str, float]:
        """Milliseconds from the beginning to each step, in the order of time."""
        ordered = sorted(self.marks_s.items(), key=lambda mark: mark[1])
        return {step: round((at_s - self.began_s) * 1000, 1) for step, at_s in ordered}


def answering(trace: Trace) -> None:
    """What follows in this task works on the answer that `trace` follows."""
    _answering.set(trace)


def mark_step(step: str) -> None:
    """Note a step of the answer that is being made, if it is for a traced turn: for those far
    below, who know nothing of turns."""
    if (trace := _answering.get()) is not None:
        trace.mark(step)


@dataclass(slots=True)
class Turn:
    """A question and what became of its answer. A `guess` is answered before it is certain that
    the question is whole: nothing of it may be let out yet. `forgotten`: false if the
    question, true if the answer is no longer to be known."""

    number: int
    question: Transcript
    trace: Trace
    answer: Answer = field(default_factory=lambda: Answer("", "none", outcome="unknown"))
    words: str = ""
    generated: bool = False
    interrupted: bool = False
    closed: bool = False
    guess: bool = False
    forgotten: set[bool] = field(default_factory=set)


@dataclass(slots=True)
class Call:
    """The state of a call. In a `live` one the transport reports what was played."""

    live: bool = False
    settings: CallSettings = field(default_factory=CallSettings)
    playback: Playback = field(default_factory=Playback)
    turns: list[Turn] = field(default_factory=list)
    question: Transcript = NOTHING

    @property
    def turn(self) -> Turn | None:
        """The turn that is being answered, or was last."""
        return self.turns[-1] if self.turns else None

    @property
    def responding(self) -> bool:
        """Whether a response is being made, or is still playing."""
        turn = self.turn
        if turn is None or turn.interrupted or turn.guess:
            return False
        return not turn.generated or (self.live and self.playback.playing(turn.number))

    def numbered(self, number: int) -> Turn:
        """A turn by its number."""
        return next(turn for turn in reversed(self.turns) if turn.number == number)

    def begin(self, question: Transcript, trace: Trace, *, guess: bool = False) -> int:
        """A new turn to be answered; returns its number."""
        number = self.turns[-1].number + 1 if self.turns else 1
        self.turns.append(Turn(number, question, trace, guess=guess))
        return number

    def retract(self) -> None:
        """Undo the turn that was only a guess."""
        if self.turns and self.turns[-1].guess:
            self.turns.pop()

    def said(
        self, question: Transcript, trace: Trace, *, answer: bool | None = None
    ) -> Iterator[Message]:
        """A turn of the caller's, to be answered unless answers wait to be asked for."""
        trace.mark("final_text")
        self.question = question
        yield question
        if self.settings.auto_respond if answer is None else answer:
            yield Respond(self.begin(question, trace))

    def asked(self, message: Respond | Say) -> Message:
        """The same message with the turn that it begins."""
        question = NOTHING if isinstance(message, Say) else self.question
        return replace(message, turn=self.begin(question, Trace(now_s())))

    def forget(self, what: DeleteFromHistory) -> None:
        """See `DeleteFromHistory`; a turn that there is not is none to forget."""
        if what.turn == 0:
            self.question = NOTHING
        for turn in self.turns:
            if turn.number == what.turn:
                turn.forgotten.add(what.answer)

    def heard(self, turn: Turn) -> str:
        """An answer as the caller knows it: what was played of it, or read."""
        line = self.playback.line(turn.number)
        if self.live and line.samples:
            return line.heard()
        return "" if turn.interrupted and self.settings.spoken else turn.words


def now_s() -> float:
    """The event loop's clock, which tests may replace by a virtual one."""
    return asyncio.get_running_loop().time()
