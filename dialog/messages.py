"""The closed vocabulary that stages exchange.

Knows what a conversation is made of; knows nothing about who recognises, retrieves or
speaks. Everything is frozen, and times are seconds from the start of the recording or of the
call, counted in received samples and never on the wall.

What every door shares is in `content`. Here is what a live call needs beside it: first what a
transport sends in, then what it gets out, last what only stages tell each other. `docs/calls.md`
says how to use them.
"""

from dataclasses import dataclass, field

from dialog.content import (
    Answer,
    AnswerDelta,
    Outcome,
    Recording,
    Samples,
    Speech,
    ToolCall,
    ToolCalls,
    Transcript,
    Words,
)

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
