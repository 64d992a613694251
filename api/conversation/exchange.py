"""One question, one answer: `converse` with a single message, its results collected."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import numpy as np

from api.conversation.call import Call
from api.conversation.converse import Stages, converse
from dialog.content import Answer, Recording, Samples, Speech, Transcript
from dialog.messages import CallSettings, Inbound, Outbound, TurnTrace


@dataclass(frozen=True)
class Reply:
    """Everything that came of one exchange. `speech` is empty when nothing was spoken."""

    transcript: Transcript
    answer: Answer
    speech: tuple[Speech, ...]
    timings_ms: dict[str, float]


def joined(speech: tuple[Speech, ...] | list[Speech]) -> Samples:
    """Spoken phrases as one mono array, at the rate of the first."""
    return np.concatenate([phrase.samples for phrase in speech])


async def exchange(
    question: Recording | Transcript, stages: Stages, options: CallSettings | None = None
) -> AsyncGenerator[Outbound | Reply]:
    """One exchange: its messages as they come, and at the end the whole `Reply`.

    Raises BadInput for audio that cannot be decoded, Unavailable when nothing can listen.
    """

    async def inbound() -> AsyncGenerator[Inbound]:
        yield question

    call = Call(settings=options or CallSettings())
    speech: list[Speech] = []
    transcript = Transcript("", (), 0.0)
    answer = Answer(stages.prompts.nothing_heard, "none", outcome="unheard")
    timings_ms: dict[str, float] = {}
    async with aclosing(converse(inbound(), stages, call)) as messages:
        async for message in messages:
            match message:
                case Transcript():
                    transcript = message
                case Answer():
                    answer = message
                case Speech():
                    speech.append(message)
                case TurnTrace():
                    timings_ms = by_stage(message.timings_ms)
            yield message
    yield Reply(transcript, answer, tuple(speech), timings_ms)


async def collect(
    question: Recording | Transcript, stages: Stages, options: CallSettings | None = None
) -> Reply:
    """Run one exchange to its end; raises what `exchange` raises."""
    async with aclosing(exchange(question, stages, options)) as messages:
        async for message in messages:
            if isinstance(message, Reply):
                return message
    raise AssertionError("an exchange ends with its reply")


def by_stage(trace_ms: dict[str, float]) -> dict[str, float]:
    """A trace as the time that each stage took: they add up to `total`. `speak` is what was
    left to do when the answer was complete in writing."""
    heard = trace_ms.get("final_text", 0.0)
    answered = trace_ms.get("answered", heard)
    total = trace_ms.get("total", answered)
    spans = {"listen": heard, "respond": answered - heard}
    if "first_audio" in trace_ms:
        spans |= {"speak": total - answered, "first_audio": trace_ms["first_audio"]}
    return {stage: round(ms, 1) for stage, ms in {**spans, "total": total}.items()}
