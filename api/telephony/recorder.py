"""Records a call where it is asked for: the caller left, the assistant right as it was heard.

    notice ("the call is recorded") --> heard whole --> the greeting; from here on the caller, too
    CallerAudio -------------------------------> left  --+
    Speech, Played: what was really played ----> right --+--> thread --> Ogg pages on the disk

Until the notice has been heard the caller's channel is silent, and the notice cannot be
interrupted; a notice that could not be spoken leaves the call unrecorded.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path

import numpy as np

from dialog.audio.opus import RATE_HZ, OpusFile
from dialog.audio.resampling import Resampler
from dialog.audio.stereo import Track
from dialog.clock import now_s
from dialog.content import Samples, Speech
from dialog.flow import aclose
from dialog.messages import (
    CallerAudio,
    CallSettings,
    Inbound,
    Message,
    Outbound,
    Played,
    ResponseEnded,
    ResponseStarted,
    Say,
)
from dialog.threads import RECORDINGS

log = logging.getLogger(__name__)

OpenFile = Callable[[Path], OpusFile]
StereoBlock = tuple[Samples, Samples]

# What was played is told some tenths of a second later: so long a piece stays open.
SETTLED_S = 1.0
SLACK_S = 0.3
BLOCK_S = 0.5
# A disk that takes nothing for so long has lost the recording; the call goes on.
BACKLOG = 60


class PlayedSpeech:
    """A response's speech at the recording's rate, given out as it is played."""

    def __init__(self) -> None:
        self._speech: deque[Samples] = deque()
        self._resampler: Resampler | None = None
        self.given = self.played = 0

    def add(self, speech: Speech) -> None:
        self._resampler = self._resampler or Resampler(speech.rate_hz, RATE_HZ)
        self._speech.append(speech.samples)
        self.given += len(speech.samples)

    def upto(self, samples: int) -> Samples:
        """What has been played since the last time."""
        pieces = []
        while self.played < samples and self._speech:
            speech = self._speech.popleft()
            count = min(samples - self.played, len(speech))
            if count < len(speech):
                self._speech.appendleft(speech[count:])
            self.played += count
            assert self._resampler is not None
            pieces.append(self._resampler.push(speech[:count]))
        return np.concatenate(pieces) if pieces else np.zeros(0, np.float32)


class Recorder:
    """One call's recording, into `path`."""

    def __init__(self, path: Path, notice: str, begin: OpenFile = OpusFile) -> None:
        self._path = path
        self._notice = notice
        self._begin = begin
        self._left, self._right = Track(), Track()
        self._from_caller: tuple[int, Resampler] | None = None
        self._responses: dict[int, PlayedSpeech] = {}
        self._first: int | None = None
        self._ended: set[int] = set()
        self._noticed = False
        self._began_s: float | None = None
        self._taken = 0
        self._blocks: asyncio.Queue[StereoBlock | None] = asyncio.Queue(BACKLOG)
        self._lost = False

    async def inbound(
        self, inbound: AsyncIterator[Inbound], greeting: Sequence[Inbound]
    ) -> AsyncGenerator[Inbound]:
        """What comes from the line, the notice before it, the greeting once that was heard."""
        yield CallSettings(interruptible=False)
        yield Say(self._notice)
        greeted = False
        try:
            async for message in inbound:
                self._note(message)
                yield message
                if not greeted and self._over():
                    greeted = True
                    yield CallSettings()
                    for one in greeting:
                        yield one
        finally:
            await aclose(inbound)

    async def messages(self, call: AsyncIterator[Outbound]) -> AsyncGenerator[Outbound]:
        """The call's messages, while the recording is written."""
        writing = asyncio.create_task(self._write())
        try:
            async for message in call:
                self._note(message)
                yield message
        finally:
            self._take(now_s() + SETTLED_S)
            if self._blocks.full():
                self._blocks.get_nowait()
            self._blocks.put_nowait(None)
            await writing

    def _over(self) -> bool:
        """Whether the notice is over: heard whole, or without a voice to speak it."""
        if self._noticed or self._first is None or self._first not in self._ended:
            return self._noticed
        notice = self._responses.get(self._first)
        if notice is None:
            self._lost = self._noticed = True
            log.warning("the notice could not be spoken: this call is not recorded")
        elif notice.played >= notice.given:
            self._noticed = True
        return self._noticed

    def _note(self, message: Message) -> None:
        at_s = now_s()
        if self._began_s is None:
            self._began_s = at_s
        now = round((at_s - self._began_s) * RATE_HZ)
        match message:
            case CallerAudio() if self._noticed:
                self._left.follow(now, self._caller(message), round(SLACK_S * RATE_HZ))
            case ResponseStarted():
                self._first = self._first or message.turn
            case ResponseEnded():
                self._ended.add(message.turn)
            case Speech():
                self._responses.setdefault(message.turn, PlayedSpeech()).add(message)
                old = [turn for turn in self._responses if turn < message.turn - 1]
                for turn in old if self._noticed else ():
                    del self._responses[turn]
            case Played() if message.turn in self._responses:
                # What comes after the notice is heard after all of it.
                first = self._first in self._responses and self._first
                self._noticed = self._noticed or bool(first and message.turn > first)
                heard = self._responses[message.turn].upto(message.samples)
                self._right.follow(now, heard, round(SLACK_S * RATE_HZ))
        self._take(at_s)

    def _caller(self, audio: CallerAudio) -> Samples:
        if self._from_caller is None or self._from_caller[0] != audio.rate_hz:
            self._from_caller = audio.rate_hz, Resampler(audio.rate_hz, RATE_HZ)
        return self._from_caller[1].push(np.asarray(audio.samples, np.float32))

    def _take(self, at_s: float) -> None:
        """Give what can change no more to the writer, half a second at a time at least."""
        settled = round((at_s - (self._began_s or at_s) - SETTLED_S) * RATE_HZ)
        if settled - self._taken < BLOCK_S * RATE_HZ and at_s <= now_s():
            return
        self._taken = max(settled, self._taken)
        block = self._left.take(self._taken), self._right.take(self._taken)
        if self._lost or not len(block[0]):
            return
        try:
            self._blocks.put_nowait(block)
        except asyncio.QueueFull:
            self._lost = True
            log.error("a recording is lost: the disk takes nothing")

    async def _write(self) -> None:
        file: OpusFile | None = None
        try:
            while (block := await self._blocks.get()) is not None:
                if file is None:
                    file = await RECORDINGS.run(self._begin, self._path)
                left, right = block
                await RECORDINGS.run(file.write, left, right)
        except (OSError, ValueError) as error:
            self._lost = True
            log.error("a recording is lost: %s", type(error).__name__)
        finally:
            if file is not None:
                await RECORDINGS.run(_closed, file)


def _closed(file: OpusFile) -> None:
    try:
        file.close()
    except (OSError, ValueError) as error:
        log.error("a recording is shortened: %s", type(error).__name__)
