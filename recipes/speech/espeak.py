"""espeak-ng as a further speaker: a formant synthesiser, far from RHVoice's voices.

Needs the `espeak-ng` command (Debian: espeak-ng, GPL-3). Its variants are the same voice with other
formants, pitch and breath. Knows nothing of data sets.
"""

import io
import shutil
import subprocess

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

VARIANTS = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5")
WORDS_PER_MINUTE = 145


def available() -> bool:
    return shutil.which("espeak-ng") is not None


def speak(
    text: str, variant: str, rate_hz: int, rate: float = 1.0, pitch: float = 1.0
) -> NDArray[np.int16]:
    """Mono speech at `rate_hz`; `rate` and `pitch` are multiples of the usual ones."""
    speed, tone = round(WORDS_PER_MINUTE * rate), round(np.clip(50 * pitch, 0, 99))
    command = ["espeak-ng", "-v", f"ru+{variant}", "-s", str(speed), "-p", str(tone), "--stdout"]
    # Through standard input: a sentence that begins with a dash is no option.
    spoken = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    samples, native_hz = soundfile.read(io.BytesIO(spoken.stdout), dtype="int16")
    return np.asarray(soxr.resample(samples, native_hz, rate_hz), dtype=np.int16)
