"""RHVoice in a Debian chroot: building it, and speaking through it from outside.

RHVoice's Russian voices are packaged for Debian trixie (non-free section) and its library wants
that release's C++ runtime, so it lives in a chroot made by debootstrap (root is needed). Only
voices whose licence allows training and shipping are named here. Knows nothing of data sets.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soxr
from numpy.typing import NDArray

# By Debian's copyright file. evgeniy-rus and all separately packaged ones are CC BY-NC-ND: never
# add them.
LICENCES = {
    "aleksandr": "GPL-2.0-or-later",
    "aleksandr-hq": "CC-BY-SA-4.0",
    "anna": "GPL-2.0-or-later",
    "elena": "GPL-3.0",
    "irina": "GPL-2.0-or-later",
}
VOICES = tuple(LICENCES)

# Never trained on (CC BY-NC-ND): they only speak what a recogniser is measured with.
UNHEARD = ("arina", "timofey")

_PACKAGES = "python3-minimal,libpython3-stdlib,rhvoice,rhvoice-russian,librhvoice5"
_WORKER = "/opt/rhvoice_worker.py"


@dataclass(frozen=True, slots=True)
class TimedWord:
    """Where a word begins: in the text's UTF-8, and in the sound, at most 100 ms early."""

    byte: int
    start_s: float


def build(chroot: Path, mirror: str = "http://deb.debian.org/debian") -> None:
    """Make the chroot unless it is there: a minute and a half, 800 MB, run as root."""
    if (chroot / "usr/share/RHVoice/voices").is_dir():
        return
    subprocess.run(
        [
            "debootstrap",
            "--variant=minbase",
            "--components=main,contrib,non-free",
            f"--include={_PACKAGES}",
            "trixie",
            str(chroot),
            mirror,
        ],
        check=True,
    )


class RHVoice:
    """One RHVoice process; use it as a context manager."""

    def __init__(self, chroot: Path) -> None:
        (chroot / "opt").mkdir(exist_ok=True)
        shutil.copy(Path(__file__).with_name("rhvoice_worker.py"), chroot / _WORKER[1:])
        self._process = subprocess.Popen(
            ["chroot", str(chroot), "python3", _WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def speak(
        self, text: str, voice: str, rate_hz: int, rate: float = 1.0, pitch: float = 1.0
    ) -> NDArray[np.int16]:
        """Mono speech at `rate_hz`; `rate` and `pitch` are multiples of the voice's own."""
        return self.speak_timed(text, voice, rate_hz, rate, pitch)[0]

    def speak_timed(
        self, text: str, voice: str, rate_hz: int, rate: float = 1.0, pitch: float = 1.0
    ) -> tuple[NDArray[np.int16], list[TimedWord]]:
        """`speak` with the words' beginnings."""
        if voice not in (*VOICES, *UNHEARD):
            raise ValueError(f"{voice!r} is not a voice for training {VOICES} or tests {UNHEARD}")
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the RHVoice process has no pipes")
        request = {"text": text, "voice": voice, "rate": rate, "pitch": pitch}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        header = json.loads(self._process.stdout.readline())
        samples = np.frombuffer(self._process.stdout.read(2 * header["samples"]), dtype="<i2")
        words = [TimedWord(byte, sample / header["rate_hz"]) for byte, sample in header["words"]]
        resampled = soxr.resample(samples, header["rate_hz"], rate_hz)
        return np.asarray(resampled, dtype=np.int16), words

    def close(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
