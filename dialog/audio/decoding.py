"""PCM audio: any recording in, float samples, and samples out as WAV.

Knows containers, rates and sample formats; knows nothing about speech. PyAV is imported
only when something is decoded. Some damage is tolerated: a few broken packets are skipped.
A recording is bad input when nothing in it can be decoded, when more of it is broken than
not, or when it ends before its own header says: half a question would get a wrong answer.
Formats that do not count their samples beforehand are heard as far as they go.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from dialog.audio.resampling import Resampler
from dialog.content import Samples
from dialog.errors import BadInput
from dialog.sandbox import MIB, Limits, Sandbox, as_path

if TYPE_CHECKING:
    from av.container import InputContainer

# Only self-contained formats: a playlist (HLS, concat) would make the decoder open other
# files and addresses that the sender names.
FORMATS = "wav,w64,mp3,ogg,flac,mov,mp4,m4a,matroska,webm,aac,aiff,au,caf,amr,asf"
MIN_RATE_HZ = 4_000
MAX_RATE_HZ = 384_000
MAX_CHANNELS = 32
MAX_SAMPLES_PER_FRAME = 1 << 20
BLOCK_S = 1.0
TOLERATED_BROKEN_PACKETS = 8
# These state in their header how long they are; an MP3 does in its Xing frame. WAV is not
# among them: recorders and pipes leave all sorts of lengths in it.
COUNTED = frozenset({"flac", "mov", "mp3"})
XING = (b"Xing", b"Info", b"VBRI")
XING_WITHIN = 8192
# What may be missing at the end: rounding, and this much for each packet that was skipped.
MISSING_S, MISSING_SHARE = 0.1, 0.01

LOUDEST = 8.0
"""Floating point may exceed full scale, honestly by a little."""


def read_recording(source: Path | BinaryIO, rate_hz: int) -> Iterator[Samples]:
    """`decode` in a process of its own: for files that somebody has sent.

    Raises BadInput also for a recording that breaks the decoder, and Unavailable when too many are
    being read.
    """
    with as_path(source) as path:
        yield from _SANDBOX.stream(decode, path, rate_hz)


def decode(source: Path | BinaryIO, rate_hz: int) -> Iterator[Samples]:
    """Mono blocks of about one second at `rate_hz`, decoded as they are asked for.

    Channels are averaged. Memory is bounded by a few blocks, whatever the length. Raises
    `BadInput`, at the first block or later, for what is not a usable recording.
    """
    with _opened(source) as file:
        pieces = _resampled(_mono_frames(file), rate_hz)
        yielded = False
        for block in _blocks(pieces, round(rate_hz * BLOCK_S)):
            yielded = True
            yield block
        if not yielded:
            raise _undecodable("no audio could be decoded from it")


@contextmanager
def _opened(source: Path | BinaryIO) -> Iterator[BinaryIO]:
    if not isinstance(source, Path):
        yield source
        return
    try:
        file = source.open("rb")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(f"cannot read {source}: {reason}", code="unreadable_file") from error
    with file:
        yield file


def _mono_frames(file: BinaryIO) -> Iterator[tuple[Samples, int]]:
    """Decoded pieces with their rate, as long as the first; skips a few broken packets."""
    import av

    av.logging.set_level(None)  # nothing of FFmpeg's on stderr
    head = file.read(XING_WITHIN)
    if not head:
        raise BadInput("the file is empty", code="empty_file")
    try:
        file.seek(0)
    except (OSError, io.UnsupportedOperation):
        file = _Rewound(head, file)  # type: ignore[assignment]
    try:
        container = av.open(file, mode="r", options={"format_whitelist": FORMATS})
    except (av.FFmpegError, ValueError, UnicodeError) as error:
        raise _undecodable("its format or header cannot be read") from error
    with container:
        yield from _decoded(container, head)


def _decoded(container: "InputContainer", head: bytes) -> Iterator[tuple[Samples, int]]:
    import av

    if not container.streams.audio:
        raise _undecodable("it holds no audio")
    stream = container.streams.audio[0]
    if stream.codec_context is None:
        raise _undecodable("its codec is not known here")
    _check_header(stream.codec_context)
    good = broken = 0
    reached_s = 0.0
    convert = _ToMono()
    for packet in _packets(container, stream):
        if packet.pts is not None:
            reached_s = float((packet.pts + (packet.duration or 0)) * stream.time_base)
        try:
            for frame in packet.decode():
                yield convert(frame), convert.rate_hz
                good += 1
        except (av.FFmpegError, ValueError):
            broken += 1
            if broken > max(TOLERATED_BROKEN_PACKETS, good):
                raise _undecodable("most of it is damaged") from None
    declared_s = _declared_s(container, stream, head)
    if reached_s < declared_s * (1 - MISSING_SHARE) - MISSING_S * (1 + broken):
        raise _undecodable(
            f"it breaks off at {reached_s:.1f} s of {declared_s:.1f} s"
            " (ffmpeg -i IN OUT.wav keeps what is there)"
        )


def _declared_s(container: "InputContainer", stream: Any, head: bytes) -> float:
    """How long the header says that it is; 0 where it does not, or could not know."""
    name = container.format.name.split(",")[0]
    if name not in COUNTED or stream.duration is None:
        return 0.0
    if name == "mp3" and not any(tag in head for tag in XING):
        return 0.0  # FFmpeg's guess from the size of the file
    return float(stream.duration * stream.time_base)


def _packets(container: "InputContainer", stream: Any) -> Iterator[Any]:
    import av

    try:
        yield from container.demux(stream)
    except (av.FFmpegError, ValueError):
        return  # it breaks off here; what came before was heard


def _check_header(codec: Any) -> None:
    rate_hz, channels = codec.sample_rate, codec.channels
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        raise _undecodable(f"its header declares a rate of {rate_hz} Hz")
    if not 1 <= channels <= MAX_CHANNELS:
        raise _undecodable(f"its header declares {channels} channels")


class _ToMono:
    """Frames of any sample format to mono float32. Keeps the rate of the first frame."""

    def __init__(self) -> None:
        self.rate_hz = 0
        self._form: tuple[str, str, int] | None = None
        self._resampler: Any = None

    def __call__(self, frame: Any) -> Samples:
        import av

        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if frame.samples > MAX_SAMPLES_PER_FRAME:
            raise _undecodable("its frames are absurdly long")
        if form != self._form:
            self.rate_hz = self.rate_hz or frame.sample_rate
            self._form = form
            # Interleaved: PyAV 18.1 reads past the eighth plane of a planar frame and crashes.
            self._resampler = av.AudioResampler(format="flt", rate=self.rate_hz)
        pieces = [
            out.to_ndarray().reshape(-1, out.layout.nb_channels)
            for out in self._resampler.resample(frame)
        ]
        if not pieces:
            return np.zeros(0, np.float32)
        # A damaged float stream holds NaN and absurd values, which poison every filter after it.
        sound = np.nan_to_num(np.concatenate(pieces), posinf=LOUDEST, neginf=-LOUDEST)
        mono = np.clip(sound, -LOUDEST, LOUDEST).mean(axis=1, dtype=np.float32)
        return np.asarray(mono, np.float32)


def _resampled(frames: Iterator[tuple[Samples, int]], rate_hz: int) -> Iterator[Samples]:
    resampler: Resampler | None = None
    for samples, from_hz in frames:
        resampler = resampler or Resampler(from_hz, rate_hz)
        yield resampler.push(samples)
    if resampler is not None:
        yield resampler.flush()


def _blocks(pieces: Iterator[Samples], size: int) -> Iterator[Samples]:
    waiting: list[Samples] = []
    length = 0
    for piece in pieces:
        if not len(piece):
            continue
        waiting.append(piece)
        length += len(piece)
        if length >= size:
            yield np.concatenate(waiting)
            waiting, length = [], 0
    if length:
        yield np.concatenate(waiting)


class _Rewound:
    """A source that cannot seek, with its beginning that was already read."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        self._head = head
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._file.read(size)
        size = len(self._head) if size < 0 else size
        head, self._head = self._head[:size], self._head[size:]
        return head


def _undecodable(reason: str) -> BadInput:
    return BadInput(f"not a usable audio recording: {reason}", code="undecodable_audio")


_SANDBOX = Sandbox(
    Limits(memory_bytes=512 * MIB, silent_s=20.0, workers=16),
    _undecodable,
    preload=("av", "dialog.audio.decoding"),
)
