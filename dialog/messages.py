"""The closed vocabulary that stages exchange.

Knows what a conversation is made of; knows nothing about who recognises, retrieves or
speaks. Everything is frozen, and times are seconds from the start of the recording or of the
call, counted in received samples and never on the wall.

The first part is shared by every door. What only a live call needs follows: first what a
transport sends in, then what it gets out, last what only stages tell each other. `docs/calls.md`
says how to use them.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono PCM, shape (samples,), full scale is -1 to 1."""

AnswerSource = Literal["llm", "extractive", "none"]
"""Who worded an answer: the language model, the passages themselves, or nobody."""

Outcome = Literal["answered", "unknown", "unheard", "unclear", "unavailable", "broken", "action"]
"""How an answer ended. It is set by whoever words the answer; its text never tells.

answered     what was asked for, or was to be said, has been said
unknown      the documents do not say
unheard      nobody was heard to ask anything
unclear      something was heard, but not well enough: it is asked for again
unavailable  a part that the answer needs is down: the documents, or recognition
broken       the answer failed
action       an action speaks: the operator's, or a function of the client's
"""


@dataclass(frozen=True, slots=True)
class Recording:
    """A spoken question as a file of any format: a path, or an open binary stream."""

    audio: Path | BinaryIO


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word: lower case, as the recogniser heard it."""

    text: str
    start_s: float
    end_s: float
    confidence: float

    def shifted(self, by_s: float) -> "Word":
        """The word on a clock that began `by_s` seconds earlier, to the millisecond."""
        start_s, end_s = round(self.start_s + by_s, 3), round(self.end_s + by_s, 3)
        return replace(self, start_s=start_s, end_s=end_s)


Words = tuple[Word, ...]
"""In the order in which they were said."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard: `words` are the recogniser's own, `text` is for reading.

    Silence and noise are valid audio: `text` is then empty and `words` is `()`.
    """

    text: str
    words: Words
    duration_s: float


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that an answer rests on. `id` is the document's, `quote` its own words."""

    id: str
    title: str
    quote: str
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer. `source` says which rung of the ladder spoke, `outcome` how it ended.

    `invented` counts the figures of a model that stand in no document: they were not said.
    `action` names the action of the operator's that speaks here, where one does.
    """

    text: str
    source: AnswerSource
    sources: tuple[Source, ...] = ()
    invented: int = 0
    action: str = ""
    outcome: Outcome = "answered"


@dataclass(frozen=True, slots=True)
class AnswerDelta:
    """The next piece of an answer that is still being worded; the whole follows as `Answer`.

    `retrieved_s` is when the passages were found that it rests on, by the event loop's clock.
    """

    text: str
    retrieved_s: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function of the client's that the language model wants called; `arguments` are JSON."""

    name: str
    arguments: str
    call_id: str


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """What must be called before there can be an answer. Its response has no words: its `Answer`
    is empty, and the client asks for another once it has sent each `ToolOutput`."""

    calls: tuple[ToolCall, ...]


AnswerPart = AnswerDelta | ToolCalls | Answer
"""What an answer is made of while it grows; exactly one `Answer` is its last part."""


@dataclass(frozen=True, slots=True)
class Mark:
    """`text[:char]` of a phrase has been spoken once `sample` of its samples have been played."""

    char: int
    sample: int


@dataclass(frozen=True, slots=True)
class Speech:
    """A spoken phrase, ready to play; phrases follow one another without a gap.

    `text` is what it says, as written, and `marks` tell how far in it each word ends. `turn` is
    the response it belongs to. A `filler` only bridges a wait: it is no part of the answer.
    """

    samples: Samples
    rate_hz: int
    text: str = ""
    marks: tuple[Mark, ...] = ()
    turn: int = 0
    filler: bool = False


# ---- into a call ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallerAudio:
    """The next samples from the caller: any rate, any length, 20 to 100 ms being usual."""

    samples: Samples
    rate_hz: int


@dataclass(frozen=True, slots=True)
class TextInput:
    """A written line. With `answer` false it only joins the conversation until `Respond`."""

    text: str
    answer: bool = True


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key of the telephone: one of `dialog.keypad.KEYS`."""

    key: str


@dataclass(frozen=True, slots=True)
class Played:
    """How much of a response's speech the caller has heard: all its samples so far, at the rate
    they were given. Numbers only grow, but for a last word after `Interrupted`."""

    turn: int
    samples: int


@dataclass(frozen=True, slots=True)
class CallSettings:
    """How a call is held from now on; the first one may come before any audio.

    `turn_detection` false: turns end by `Commit`. `auto_respond` false: answers wait for
    `Respond`. `interruptible` false: the assistant finishes whatever is said meanwhile.
    `silence_s` replaces adaptive endpointing by a fixed pause; `patience` stretches it. `prompts`
    false: silence is neither remarked upon nor ends the call, otherwise it is after `idle_s`.
    `threshold` is how sure detection must be of speech, 0 to 1; `before_s` of sound before it
    are recognised, too. `spoken` false: answers stay text.
    """

    voice: str | None = None
    speed: float = 1.0
    spoken: bool = True
    turn_detection: bool = True
    auto_respond: bool = True
    interruptible: bool = True
    prompts: bool = True
    silence_s: float | None = None
    patience: float = 1.0
    idle_s: float | None = None
    threshold: float | None = None
    before_s: float | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """The caller's turn ends here."""


@dataclass(frozen=True, slots=True)
class Clear:
    """Forget the audio of the turn that is not committed yet."""


@dataclass(frozen=True, slots=True)
class Respond:
    """Answer what has been said last. At the end of a turn the conversation sends it itself; `turn`
    is its to fill in. `speculative`: the question may not be whole, so that nothing of the answer
    may be let out before a `Transcript` confirms it."""

    turn: int = 0
    speculative: bool = False


@dataclass(frozen=True, slots=True)
class Say:
    """Speak these very words as a response: a greeting, an announcement. `turn`: see `Respond`;
    `action` and `outcome`: see `Answer`."""

    text: str
    turn: int = 0
    action: str = ""
    outcome: Outcome = "answered"


@dataclass(frozen=True, slots=True)
class Cancel:
    """Stop the response, as if the caller had interrupted it."""


@dataclass(frozen=True, slots=True)
class DeleteFromHistory:
    """Let later answers not know what the caller, or with `answer` the assistant, said in a turn.
    Turn 0 is the question that has not been answered yet."""

    turn: int
    answer: bool = False


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """What a function returned: the next answer may rest on it, and no answer after that."""

    call: ToolCall
    output: str


@dataclass(frozen=True, slots=True)
class DeleteToolOutput:
    """Let no answer know what this call returned, if none does yet."""

    call_id: str


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone; nothing more is worth doing."""

    reason: str = "caller"


# ---- out of a call --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """The caller speaks, since `at_s`. While the assistant was speaking it comes after
    `Interrupted`, and not at all for a mere "ага"."""

    at_s: float


@dataclass(frozen=True, slots=True)
class Partial:
    """What has been understood of the turn so far; replaces the partial before it."""

    text: str
    words: Words


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """The caller's turn is over; its last speech was at `at_s`."""

    at_s: float


@dataclass(frozen=True, slots=True)
class SilenceTimeout:
    """Nobody has spoken from `since_s` to `until_s`; the assistant will ask why."""

    since_s: float
    until_s: float


@dataclass(frozen=True, slots=True)
class ResponseStarted:
    """The assistant begins to answer; `turn` counts the call's responses from 1.

    Its `AnswerDelta`s or `ToolCalls`, `Answer` and `Speech` follow, then `ResponseEnded` or
    `Interrupted`.
    """

    turn: int


@dataclass(frozen=True, slots=True)
class ResponseEnded:
    """All of a response has been given out, at these times (see `TurnTrace`). Its speech may
    still be playing, and then `Interrupted` may still follow."""

    turn: int
    timings_ms: dict[str, float] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Duck:
    """Play softly, by some 15 dB: the caller seems to speak. `Unduck` or `Interrupted` follows."""


@dataclass(frozen=True, slots=True)
class Unduck:
    """Play at full loudness again: it was nothing, or only an "ага"."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Throw away all unplayed speech, of `turn` and of any before it, now. `heard` is what the
    caller heard of it, as far as `Played` has told; `samples` is that much of its speech."""

    turn: int
    heard: str = ""
    samples: int = 0


@dataclass(frozen=True, slots=True)
class TurnTrace:
    """One turn, over. `heard` is the answer as the caller heard it.

    `timings_ms` count from the caller's last speech (for typed words, from their arrival), in
    this order and as far as they happened: endpoint, final_text, passages, first_token,
    first_phrase, first_audio; `total` until the last sound was given out.
    """

    turn: int
    question: Transcript
    answer: Answer
    heard: str
    timings_ms: dict[str, float]
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class PartFailed:
    """A part failed (`asr`, `rag`, `tts` or `call`); the call goes on as well as it can."""

    part: str
    message: str


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The last message. `reason`: caller, silence, too_long, no_audio, fault."""

    reason: str


# ---- between stages -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EagerEndOfTurn:
    """The caller has paused and may have said all. An `EndOfTurn` with the same text confirms it;
    `TurnRetracted`, or any other turn, voids it."""

    transcript: Transcript


@dataclass(frozen=True, slots=True)
class TurnRetracted:
    """It was not all: the last `EagerEndOfTurn` is void."""


@dataclass(frozen=True, slots=True)
class EndOfTurn:
    """The caller's turn is over, and this was said.

    `said_s` is when: the last speech, or the arrival of what was typed or recorded; `endpoint_s`
    when that was known to be the end. Both are the event loop's clock, and no time of the call's
    audio. `answer`: whether it is to be answered; None leaves that to the call's settings.
    """

    transcript: Transcript
    said_s: float
    endpoint_s: float | None = None
    answer: bool | None = None


Inbound = (
    Recording
    | Transcript
    | CallerAudio
    | TextInput
    | KeyPressed
    | Played
    | CallSettings
    | Commit
    | Clear
    | Respond
    | Say
    | Cancel
    | DeleteFromHistory
    | ToolOutput
    | DeleteToolOutput
    | HungUp
)
Outbound = (
    SpeechStarted
    | Partial
    | SpeechStopped
    | Transcript
    | SilenceTimeout
    | ResponseStarted
    | AnswerDelta
    | ToolCalls
    | Answer
    | Speech
    | ResponseEnded
    | Duck
    | Unduck
    | Interrupted
    | TurnTrace
    | PartFailed
    | CallEnded
)
Between = EagerEndOfTurn | TurnRetracted | EndOfTurn
Message = Inbound | Outbound | Between
