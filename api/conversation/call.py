"""The state of one call: its turns, what was said in each, and what was heard of it.

    turn    speculative -> confirmed -> generated -> played -> closed
                  |            +-> interrupted ----------------> closed
                  +-> retracted: as if it had never been

Only this package writes it, each part in one place: `turn_taking` begins turns and interrupts them,
`accounting` notes what was given out. Who listens reads it (`asr.turns.call_view`).
"""

from dataclasses import dataclass, field

from dialog.clock import now_s
from dialog.content import Answer, Transcript
from dialog.messages import CallSettings, DeleteFromHistory, DeleteToolOutput, ToolOutput
from dialog.playback import Playback, ResponsePlayback

NOTHING = Transcript("", (), 0.0)


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


@dataclass(slots=True)
class Turn:
    """A question and what became of its answer. A `speculative` one is answered before it is
    certain that the question is whole: nothing of it may be let out yet."""

    number: int
    question: Transcript
    trace: Trace
    answer: Answer = field(default_factory=lambda: Answer("", "none", outcome="unknown"))
    words: str = ""
    generated: bool = False
    interrupted: bool = False
    closed: bool = False
    speculative: bool = False
    question_deleted: bool = False
    answer_deleted: bool = False
    tool_outputs: tuple[ToolOutput, ...] = ()


@dataclass(slots=True)
class Call:
    """In a `live` call the transport reports what was played. `question` is the last one, which
    `Respond` answers; `tool_outputs` are those that no answer rests on yet."""

    live: bool = False
    settings: CallSettings = field(default_factory=CallSettings)
    playback: Playback = field(default_factory=Playback)
    turns: list[Turn] = field(default_factory=list)
    question: Transcript = NOTHING
    tool_outputs: tuple[ToolOutput, ...] = ()

    @property
    def turn(self) -> Turn | None:
        """The turn that is being answered, or was last."""
        return self.turns[-1] if self.turns else None

    @property
    def speculative(self) -> Turn | None:
        """The turn whose question may not be whole yet."""
        turn = self.turn
        return turn if turn is not None and turn.speculative else None

    @property
    def responding(self) -> Turn | None:
        """The turn whose response is being made, or is still playing."""
        turn = self.turn
        return None if turn is None or turn.speculative or self.is_over(turn) else turn

    @property
    def response(self) -> ResponsePlayback | None:
        """What of the present response was given out and played; None when there is none."""
        turn = self.responding
        return None if turn is None else self.playback.line(turn.number)

    @property
    def unanswered(self) -> str:
        """The question that is being answered, until the first sound of its answer."""
        turn = self.responding
        if turn is None or "first_audio" in turn.trace.marks_s:
            return ""
        return "" if self.playback.line(turn.number).played else turn.question.text

    def is_over(self, turn: Turn) -> bool:
        """Whether nothing of its response will be made or played any more."""
        playing = self.live and self.playback.line(turn.number).playing
        return turn.closed or turn.interrupted or (turn.generated and not playing)

    def numbered(self, number: int) -> Turn | None:
        """A turn by its number; None for one that has been retracted meanwhile."""
        return next((turn for turn in reversed(self.turns) if turn.number == number), None)

    def begin(self, question: Transcript, trace: Trace, *, speculative: bool = False) -> int:
        """A new turn to be answered; returns its number."""
        number = self.turns[-1].number + 1 if self.turns else 1
        self.turns.append(Turn(number, question, trace, speculative=speculative))
        return number

    def confirm(self, turn: Turn, trace: Trace) -> None:
        """A speculative turn's question was whole; its times count from where `trace` begins."""
        turn.speculative = False
        turn.trace = Trace(trace.began_s, trace.marks_s | turn.trace.marks_s)

    def retract(self) -> None:
        """Undo the speculative turn; the next one gets its number."""
        if self.speculative is not None:
            self.tool_outputs = self.turns.pop().tool_outputs + self.tool_outputs

    def delete(self, message: DeleteFromHistory) -> None:
        """See `DeleteFromHistory`; a turn that does not exist is nothing to delete."""
        if message.turn == 0:
            self.question = NOTHING
        elif (turn := self.numbered(message.turn)) is not None:
            turn.answer_deleted = turn.answer_deleted or message.answer
            turn.question_deleted = turn.question_deleted or not message.answer

    def delete_output(self, message: DeleteToolOutput) -> None:
        """See `DeleteToolOutput`."""
        outputs = self.tool_outputs
        self.tool_outputs = tuple(one for one in outputs if one.call.call_id != message.call_id)

    def rest_on_outputs(self, turn: Turn) -> None:
        """The answer of this turn, and of no other, is to rest on what functions returned."""
        turn.tool_outputs, self.tool_outputs = self.tool_outputs, ()

    def heard(self, turn: Turn) -> str:
        """An answer as the caller knows it: what was played of it, or read."""
        line = self.playback.line(turn.number)
        if self.live and line.samples:
            return line.heard()
        return "" if turn.interrupted and self.settings.spoken else turn.words
