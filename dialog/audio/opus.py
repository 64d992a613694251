"""Writes two speakers as stereo Opus in Ogg, page by page, so that a crash only shortens it.

Knows the file; knows nothing of calls. PyAV is imported when a file is begun. All of it blocks.
"""

import fcntl
from pathlib import Path
from typing import Any

import numpy as np

from dialog.content import Samples

RATE_HZ = 16_000
BITS_PER_S = 32_000
PART = ".part"


class OpusFile:
    """`path` appears when it is closed; until then its pages stand beside it, under `.part`."""

    def __init__(self, path: Path) -> None:
        import av

        self._path = path
        self._part = path.with_name(path.name + PART)
        # Unbuffered: what was written is the system's, whatever becomes of this process.
        self._file = self._part.open("wb", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # it is being written, and lives
        options = {"page_duration": "500000", "flush_packets": "1"}
        self._container = av.open(self._file, "w", format="ogg", options=options)
        self._stream: Any = self._container.add_stream("libopus", rate=RATE_HZ, layout="stereo")
        self._stream.bit_rate = BITS_PER_S
        self._at = 0

    def write(self, left: Samples, right: Samples) -> None:
        """Both channels at 16 kHz, of one length."""
        import av

        both = np.clip(np.stack((left, right), axis=1), -1.0, 1.0) * 32767.0
        interleaved = both.round().astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(interleaved, format="s16", layout="stereo")
        frame.sample_rate = RATE_HZ
        frame.pts = self._at
        self._at += len(left)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file. It does not appear if it was deleted meanwhile, or holds nothing."""
        if self._at:
            self._container.mux(self._stream.encode(None))
        self._container.close()
        self._file.close()
        if not self._at:
            self._part.unlink(missing_ok=True)
        elif self._part.exists():
            self._part.replace(self._path)


def adopt(part: Path) -> bool:
    """Make a file of what a process left behind that died; False while one still writes it."""
    with part.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        part.replace(part.with_name(part.name.removesuffix(PART)))
    return True
