"""From what a transport sends to what was said: the first stage of a conversation.

Knows the order of the steps; detection of speech, turns and recognition are its neighbours'.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from asr.segments import Cutting, Segmenter, Stretch
from asr.vad import RATE_HZ, SileroVad, Vad
from dialog.audio import Resampler
from dialog.call import Call, Trace, now_s
from dialog.flow import aclose
from dialog.messages import (
    CallerAudio,
    CallSettings,
    Cancel,
    Clear,
    Commit,
    Inbound,
    Interrupted,
    KeyPressed,
    Message,
    Played,
    Recording,
    Respond,
    Samples,
    SpeechStarted,
    SpeechStopped,
    Transcript,
    Typed,
)

Transcribe = Callable[[Path | BinaryIO], Awaitable[Transcript]]
Recognise = Callable[[Samples], Awaitable[Transcript]]

TELEPHONE_PAUSE_S = 0.7


@dataclass(frozen=True)
class Hearing:
    """Who hears: whole recordings, and the utterances (16 kHz) of a call."""

    transcribe: Transcribe
    recognise: Recognise | None = None
    vad: Callable[[], Vad] = SileroVad


async def listen(  # noqa: PLR0912 (a branch for each message)
    inbound: AsyncIterator[Inbound], hearing: Hearing, call: Call
) -> AsyncGenerator[Message]:
    """Turns of speech, of typing and of keys become `Transcript`s, each followed by `Respond`
    where it is to be answered. Played audio and settings are noted in `call`."""
    ear = Ear(hearing, call)
    try:
        async for message in inbound:
            match message:
                case Recording():
                    trace = Trace(now_s())
                    for out in ear.said(await hearing.transcribe(message.audio), trace):
                        yield out
                case Transcript():
                    for out in ear.said(message, Trace(now_s())):
                        yield out
                case Typed():
                    for out in ear.interrupted():
                        yield out
                    transcript = Transcript(message.text, (), 0.0)
                    for out in ear.said(transcript, Trace(now_s()), answer=message.answer):
                        yield out
                case CallerAudio():
                    async for out in ear.audio(message):
                        yield out
                case Commit():
                    async for out in ear.commit():
                        yield out
                case Clear():
                    ear.clear()
                case Cancel():
                    for out in ear.interrupted():
                        yield out
                case Played():
                    call.playback.played(message)
                    yield message
                case CallSettings():
                    call.settings = message
                case KeyPressed():
                    pass
                case _:
                    yield message
    finally:
        await aclose(inbound)


class Ear:
    """A caller's audio cut at pauses, each utterance recognised when it has ended."""

    def __init__(self, hearing: Hearing, call: Call) -> None:
        self._hearing = hearing
        self._call = call
        self._resampler: Resampler | None = None
        self._rate_hz = 0
        self._segmenter: Segmenter | None = None
        self._received = 0
        self._manual: list[Samples] = []

    def said(
        self, transcript: Transcript, trace: Trace, *, answer: bool | None = None
    ) -> list[Message]:
        """A turn of the caller's, to be answered unless answers wait to be asked for."""
        trace.mark("final_text")
        self._call.ask(transcript, trace)
        wanted = self._call.settings.auto_respond if answer is None else answer
        return [transcript, *([Respond()] if wanted else [])]

    def interrupted(self) -> list[Message]:
        """Stop what the assistant is saying, if it is."""
        turn = self._call.turn
        if turn is None or not self._call.responding:
            return []
        line = self._call.playback.line(turn.number)
        return [Interrupted(turn.number, self._call.heard(turn), line.played)]

    async def audio(self, chunk: CallerAudio) -> AsyncGenerator[Message]:
        """What these samples complete."""
        if self._resampler is None or chunk.rate_hz != self._rate_hz:
            self._resampler, self._rate_hz = Resampler(chunk.rate_hz, RATE_HZ), chunk.rate_hz
        samples = self._resampler.push(chunk.samples)
        self._received += len(samples)
        if not self._call.settings.turn_detection:
            self._manual.append(samples)
            return
        if self._segmenter is None:
            cutting = Cutting(pause_s=self._call.settings.silence_s or TELEPHONE_PAUSE_S)
            self._segmenter = Segmenter(self._hearing.vad(), cutting)
        for stretch in self._segmenter.push(samples):
            async for message in self._turn(stretch):
                yield message

    async def commit(self) -> AsyncGenerator[Message]:
        """End the turn now."""
        stretches = self._segmenter.flush() if self._segmenter else []
        if self._manual:
            joined = np.concatenate(self._manual)
            stretches = [Stretch((self._received - len(joined)) / RATE_HZ, joined)]
        self.clear()
        for stretch in stretches:
            async for message in self._turn(stretch):
                yield message

    def clear(self) -> None:
        """Forget what has not ended."""
        self._manual = []
        self._segmenter = None

    async def _turn(self, stretch: Stretch) -> AsyncGenerator[Message]:
        if self._hearing.recognise is None:
            return
        for message in self.interrupted():
            yield message
        ended_s = stretch.start_s + len(stretch.samples) / RATE_HZ
        trace = Trace(now_s() - (self._received / RATE_HZ - ended_s))
        trace.mark("endpoint")
        yield SpeechStarted(stretch.start_s)
        yield SpeechStopped(ended_s)
        for message in self.said(await self._hearing.recognise(stretch.samples), trace):
            yield message
