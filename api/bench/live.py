"""Measures live calls from outside: recordings in, in real time; sound out, as it is played.

    file  ~~~~~~~~~~~~~~~~|  last sample that is loud
    out                   |<---- response ---->|  first loud sample of the answer's own words

Knows clocks and levels; knows nothing of how a call is held. Fillers and prompts do not count.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from api.bench.timing import RATE_HZ, loud_span, onset_s, percentiles, recording
from api.telephony.playout import Playout
from api.wiring import Services
from dialog.content import Samples, Speech, Transcript
from dialog.messages import (
    CallerAudio,
    CallSettings,
    Duck,
    Inbound,
    Interrupted,
    Outbound,
    Played,
    ResponseEnded,
    TurnTrace,
    Unduck,
)
from dialog.tasks import background

WIRE_HZ = 8_000
CHUNK = 320
BEFORE_S = 0.6
GIVE_UP_S = 20.0
OVER_AT_S = 1.5
"""How long the assistant has been heard when a test clip talks over it."""


@dataclass
class CallTimings:
    """One call, seen from the transport; times in seconds of the event loop."""

    last_loud_s: float = 0.0
    onset_s: float = 0.0
    first_sound_s: float | None = None
    ducked_s: float | None = None
    decided_s: float | None = None
    silent_s: float | None = None
    transcript: str = ""
    trace: TurnTrace | None = None
    messages: list[Outbound] = field(default_factory=list)


class BenchCall:
    """Speaks a recording into a call, listens to what comes, and can talk over it."""

    def __init__(self, question: Samples, over: Samples | None = None) -> None:
        self._question = question
        self._over = over
        self._player = Playout(WIRE_HZ)
        self._reports: asyncio.Queue[Played] = asyncio.Queue()
        self._speaking_since: float | None = None
        self._finished = asyncio.Event()
        self.heard = CallTimings()

    async def hold(self, services: Services) -> CallTimings:
        """Run the call to its end."""
        async with background(self._play()), services.calls.open(self._inbound()) as messages:
            async for message in messages:
                self._note(message)
                self._player.put(message)
        return self.heard

    def _note(self, message: Outbound) -> None:
        now_s, heard = asyncio.get_running_loop().time(), self.heard
        heard.messages.append(message)
        match message:
            case Transcript():
                heard.transcript = heard.transcript or message.text
            case Speech() if not message.filler and heard.first_sound_s is None:
                heard.first_sound_s = now_s + onset_s(message)
                self._speaking_since = now_s
            case Duck():
                heard.ducked_s = heard.ducked_s or now_s
            case Interrupted():
                heard.decided_s = heard.decided_s or now_s
            case TurnTrace():
                heard.trace = heard.trace or message
            case ResponseEnded() if self._over is None:
                self._finished.set()

    async def _play(self) -> None:
        loop = asyncio.get_running_loop()
        count = 0
        async with aclosing(self._player.frames()) as frames:
            async for _ in frames:
                if self.heard.decided_s is None:
                    self.heard.silent_s = loop.time() + 0.02
                count += 1
                if (count % 5 == 0 or self._player.idle) and (report := self._player.played()):
                    self._reports.put_nowait(report)

    async def _inbound(self) -> AsyncGenerator[Inbound]:
        yield CallSettings(prompts=False)
        loop = asyncio.get_running_loop()
        _, end_s = loud_span(self._question)
        before = np.zeros(round(BEFORE_S * RATE_HZ), np.float32)
        start_s = loop.time()
        self.heard.last_loud_s = start_s + BEFORE_S + end_s
        async for message in self._paced(np.concatenate((before, self._question))):
            yield message
        over = self._over
        silence = np.zeros(CHUNK, np.float32)
        deadline_s = loop.time() + GIVE_UP_S
        while loop.time() < deadline_s and not self._finished.is_set():
            since = self._speaking_since
            if over is not None and since is not None and loop.time() - since >= OVER_AT_S:
                onset_s, _ = loud_span(over)
                self.heard.onset_s = loop.time() + onset_s
                tail = np.zeros(3 * RATE_HZ, np.float32)
                async for message in self._paced(np.concatenate((over, tail))):
                    yield message
                return
            async for message in self._paced(silence):
                yield message

    async def _paced(self, samples: Samples) -> AsyncGenerator[Inbound]:
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        for start in range(0, len(samples), CHUNK):
            due_s += CHUNK / RATE_HZ
            await asyncio.sleep(due_s - loop.time())
            while not self._reports.empty():
                yield self._reports.get_nowait()
            yield CallerAudio(samples[start : start + CHUNK], RATE_HZ)


async def answers(
    services: Services, files: Sequence[Path], callers: int, tell: Callable[[str], None]
) -> list[CallTimings]:
    """Each file as a call of its own, `callers` of them at a time."""
    recordings = [recording(path) for path in files]
    free = asyncio.Semaphore(callers)

    async def one(path: Path, samples: Samples) -> CallTimings:
        async with free:
            heard = await BenchCall(samples).hold(services)
            tell(f"{path.name}: {heard.transcript or 'nothing heard'}")
            return heard

    return list(await asyncio.gather(*map(one, files, recordings)))


async def interruptions(
    services: Services, question: Path, clips: Sequence[Path], tell: Callable[[str], None]
) -> list[CallTimings]:
    """The question's answer talked over by each clip in turn."""
    asked, found = recording(question), []
    for clip in clips:
        heard = await BenchCall(asked, recording(clip)).hold(services)
        tell(f"{clip.name}: {'stopped' if heard.decided_s else 'went on'}")
        found.append(heard)
    return found


def latency_report(calls: Sequence[CallTimings]) -> dict[str, object]:
    """Milliseconds from the last loud sample to the first sound, whole and by step."""
    answered = [one for one in calls if one.first_sound_s is not None]
    total = [1000 * ((one.first_sound_s or 0.0) - one.last_loud_s) for one in answered]
    steps: dict[str, list[float]] = {}
    for one in answered:
        for step, ms in (one.trace.timings_ms if one.trace else {}).items():
            steps.setdefault(step, []).append(ms)
    return {
        "calls": len(calls),
        "answered": len(answered),
        "last_speech_to_first_sound_ms": percentiles(total),
        "trace_ms": {step: percentiles(found) for step, found in steps.items()},
    }


def interruption_report(calls: Sequence[CallTimings]) -> dict[str, object]:
    """How many clips stopped the assistant, and how soon."""
    over = [one for one in calls if one.onset_s]
    stopped = [one for one in over if one.decided_s]
    silent = [1000 * ((one.silent_s or 0.0) - one.onset_s) for one in stopped]
    decided = [1000 * ((one.decided_s or 0.0) - one.onset_s) for one in stopped]
    ducked = [1000 * (one.ducked_s - one.onset_s) for one in over if one.ducked_s]
    after = [s - d for s, d in zip(silent, decided, strict=True)]
    return {
        "clips": len(over),
        "stopped": len(stopped),
        "unducked": sum(any(isinstance(m, Unduck) for m in one.messages) for one in over),
        "onset_to_duck_ms": percentiles(ducked),
        "onset_to_silence_ms": percentiles(silent),
        "decision_to_silence_ms": percentiles(after),
    }
