"""A call's recording: notice first, a channel for each, in time, and only what was heard."""

import asyncio
import os
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.telephony.playout import Playout
from api.telephony.recorder import Recorder
from dialog.audio.opus import RATE_HZ, OpusFile
from dialog.audio.stereo import Track
from dialog.content import Samples, Speech
from dialog.messages import (
    CallEnded,
    CallerAudio,
    CallSettings,
    HungUp,
    Inbound,
    Interrupted,
    Outbound,
    ResponseEnded,
    ResponseStarted,
    Say,
)
from dialog.tasks import background
from store.recordings import DAY_S, Recordings
from tests.clock import JumpingLoop

pytestmark = pytest.mark.unit

VOICE_HZ = 8_000
LEFT_HZ, RIGHT_HZ = 500, 1_300
ID = str(uuid.UUID(int=5))


def tone(seconds: float, height_hz: int, rate_hz: int) -> Samples:
    times_s = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.asarray(0.4 * np.sin(2 * np.pi * height_hz * times_s), np.float32)


def decoded(path: Path) -> Samples:
    """Both channels, (2, samples) at the recording's rate."""
    import av

    pieces = []
    with av.open(path) as container:
        resampler = av.AudioResampler("fltp", "stereo", RATE_HZ)
        assert container.streams.audio[0].codec_context.name in ("opus", "libopus")
        for frame in container.decode(audio=0):
            pieces += [one.to_ndarray() for one in resampler.resample(frame)]
    return np.concatenate(pieces, axis=1)


def loud(channel: Samples, height_hz: int) -> list[tuple[float, float]]:
    """From when to when a tone is heard, in seconds."""
    size = RATE_HZ // 20
    frames = channel[: len(channel) // size * size].reshape(-1, size)
    spectrum = np.abs(np.fft.rfft(frames * np.hanning(size)))
    strong = spectrum[:, round(height_hz / 20)] > 20
    edges = np.flatnonzero(np.diff(np.concatenate(([False], strong, [False])).astype(int)))
    return [(float(a) / 20, float(b) / 20) for a, b in edges.reshape(-1, 2)]


class File:
    """Keeps what is written in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.blocks: list[tuple[Samples, Samples]] = []

    def write(self, left: Samples, right: Samples) -> None:
        assert len(left) == len(right)
        self.blocks.append((left, right))

    def close(self) -> None:
        """Nothing is open."""


class Line:
    """A line that plays in real time what is put on it while the caller's script runs."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[Outbound] = asyncio.Queue()
        self._playout = Playout(VOICE_HZ)

    async def inbound(self, script: list[Any]) -> AsyncIterator[Inbound]:
        frames = self._playout.frames()
        async with aclosing(frames), background(_play(frames)):
            for item in script:
                if isinstance(item, float):
                    async for message in self._tone(item):
                        yield message
                else:
                    self._playout.put(item)
                    self.said.put_nowait(item)
        yield HungUp()

    async def _tone(self, seconds: float) -> AsyncIterator[Inbound]:
        """Of the caller, or silence if negative; and what was played meanwhile."""
        sound = tone(abs(seconds), LEFT_HZ, VOICE_HZ) * (seconds > 0)
        for step in range(round(abs(seconds) / 0.02)):
            await asyncio.sleep(0.02)
            yield CallerAudio(sound[step * 160 : step * 160 + 160], VOICE_HZ)
            if (played := self._playout.played()) is not None:
                yield played


async def _play(frames: Any) -> None:
    async for _ in frames:
        pass


def record(open_file: Any, script: list[Any], path: Path = Path("x")) -> list[Inbound]:
    """A call of a line that plays in real time. `script`: seconds of the caller's tone, messages
    of the assistant at that moment; returns what the call was told, sound and reports apart."""
    told: list[Inbound] = []

    async def run() -> None:
        recorder = Recorder(path, "Разговор записывается.", open_file)
        line = Line()

        async def call() -> AsyncIterator[Outbound]:
            async for message in recorder.inbound(line.inbound(script), [Say("Здравствуйте")]):
                if isinstance(message, Say | CallSettings):
                    told.append(message)
                while not line.said.empty():
                    yield line.said.get_nowait()
            yield CallEnded("caller")

        async with aclosing(recorder.messages(call())) as messages:
            async for _ in messages:
                pass

    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(run())
    return told


def response(turn: int, seconds: float) -> list[Outbound]:
    speech = Speech(tone(seconds, RIGHT_HZ, VOICE_HZ), VOICE_HZ, "да", (), turn)
    return [ResponseStarted(turn), speech, ResponseEnded(turn)]


def test_left_and_right_in_time_as_really_played_and_decoded_back(tmp_path: Path) -> None:
    path = tmp_path / "call.opus"
    # The notice until 1 s, the caller from 1.5 to 2.5 s, an answer of 4 s that is cut at 4 s.
    script = [*response(1, 1.0), -1.5, 1.0, *response(2, 4.0), -1.5, Interrupted(2), -1.0]
    record(OpusFile, script, path)
    left, right = decoded(path)
    assert len(left) == pytest.approx(5.0 * RATE_HZ, rel=0.02)
    ((begins, ends),) = loud(left, LEFT_HZ)
    assert [begins, ends] == pytest.approx([1.5, 2.5], abs=0.15)
    edges_s = [edge for span in loud(right, RIGHT_HZ) for edge in span]
    assert edges_s == pytest.approx([0.0, 1.0, 2.5, 4.0], abs=0.15)
    assert not loud(left, RIGHT_HZ)
    assert not loud(right, LEFT_HZ)
    assert path.stat().st_mode & 0o777 <= 0o644


def test_until_the_notice_was_heard_the_caller_is_not_recorded() -> None:
    files: list[File] = []

    def begin(path: Path) -> Any:
        files.append(File(path))
        return files[-1]

    told = record(begin, [*response(1, 2.0), 4.0])
    left = np.concatenate([block[0] for block in files[0].blocks])
    ((begins, _),) = loud(left, LEFT_HZ)
    assert begins == pytest.approx(2.0, abs=0.15)
    assert told == [CallSettings(interruptible=False), Say("Разговор записывается."),
                    CallSettings(), Say("Здравствуйте")]  # fmt: skip


def test_a_notice_is_heard_whole_though_another_response_follows_at_once() -> None:
    files: list[File] = []

    def begin(path: Path) -> Any:
        files.append(File(path))
        return files[-1]

    told = record(begin, [*response(1, 0.5), *response(2, 0.5), *response(3, 0.5), 4.0])
    assert told[-1] == Say("Здравствуйте")
    assert loud(np.concatenate([block[0] for block in files[0].blocks]), LEFT_HZ)


def test_a_notice_without_a_voice_leaves_the_call_unrecorded() -> None:
    def begin(_: Path) -> Any:
        raise AssertionError("nothing may be recorded")

    told = record(begin, [ResponseStarted(1), ResponseEnded(1), 3.0])
    assert told[-1] == Say("Здравствуйте")


def test_a_disk_that_fails_leaves_the_call_alive(caplog: pytest.LogCaptureFixture) -> None:
    class Full(File):
        def write(self, left: Samples, right: Samples) -> None:
            raise OSError(28, "No space left on device")

    record(Full, [*response(1, 0.5), 40.0])
    assert "a recording is lost" in caplog.text


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 200)), max_size=12), st.data())
def test_a_track_gives_each_sample_once_and_in_its_place(
    puts: list[tuple[int, int]], data: st.DataObject
) -> None:
    track, taken, expected = Track(), 0, np.zeros(700, np.float32)
    pieces = []
    for number, (at, length) in enumerate(puts, 1):
        track.put(at, np.full(length, number, np.float32))
        expected[max(at, taken) : max(at + length, taken)] = number
        upto = data.draw(st.integers(0, 600))
        piece = track.take(upto)
        assert len(piece) == max(0, upto - taken)
        taken = max(taken, upto)
        pieces.append(piece)
    pieces.append(track.take(700))
    assert (np.concatenate(pieces) == expected).all()


def test_what_is_too_old_is_deleted(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path)
    old, young = str(uuid.UUID(int=1)), str(uuid.UUID(int=2))
    for name, days in ((old, 31), (young, 29)):
        recordings.path(name).write_bytes(b"x")
        then_s = time.time() - days * DAY_S
        os.utime(recordings.path(name), (then_s, then_s))
    assert recordings.tidy(30) == 1
    assert [one.id for one in recordings.all()] == [young]
    assert recordings.delete(young)
    assert not recordings.delete(young)


@pytest.mark.parametrize("name", ["../secret", "x", "", str(uuid.uuid4()).upper(), "a/b"])
def test_no_other_file_can_be_named(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name.replace('/', '_')}.opus").write_bytes(b"x")
    recordings = Recordings(tmp_path / "recordings")
    assert recordings.get(name) is None
    assert not recordings.delete(name)
