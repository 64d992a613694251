"""A real telephone: baresip, which plays a WAV to the exchange and records what it hears.

While Beseda is on the line a frame comes each 20 ms, speech or not, so the recording keeps time.
"""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from dialog.audio.pcm import write_wav
from dialog.audio.resampling import resample
from dialog.content import Samples

MODULES = "/usr/lib/baresip/modules"
CONFIG = """\
module_path {modules}
module account.so
module {codec}.so
module aufile.so
module sndfile.so
module uuid.so
module_app menu.so
module stdio.so
sip_listen 127.0.0.1:0
net_interface 127.0.0.1
audio_source aufile,{sound}
audio_player none,x
audio_srate {rate}
ausrc_srate {rate}
auplay_srate {rate}
audio_channels 1
ausrc_channels 1
auplay_channels 1
audio_buffer 20-60
jitter_buffer_delay 1-5
rtp_ports {ports}
snd_path {dump}
"""
TAIL_S = 90.0
UP = "Call established"
DOWN = re.compile("session closed|terminated")


class Telephone:
    """One telephone with one call."""

    def __init__(self, folder: Path, process: "subprocess.Popen[str]", rate_hz: int) -> None:
        self._folder = folder
        self._process = process
        self.rate_hz = rate_hz
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def press(self, keys: str) -> None:
        """Key digits."""
        assert self._process.stdin is not None
        self._process.stdin.write(keys)
        self._process.stdin.flush()

    def hang_up(self) -> None:
        self.press("b")

    def wait(self, words: str | re.Pattern[str], within_s: float = 60.0) -> None:
        """Until baresip says so; raises AssertionError with all that it said."""
        with self._news:
            said = self._news.wait_for(
                lambda: any(re.search(words, line) for line in self._lines), within_s
            )
        assert said, f"no {words!r}: " + "".join(line for line in self._lines if line.strip())

    def is_down(self) -> bool:
        return any(DOWN.search(line) for line in self._lines)

    def heard(self) -> Samples:
        """What has been heard so far, mono at `rate_hz`."""
        found = list((self._folder / "dump").glob("*dec.wav"))
        if not found:
            return np.zeros(0, np.float32)
        raw = found[0].read_bytes()
        start = raw.find(b"data") + 8  # the sizes are written at the end only
        whole = raw[start : start + (len(raw) - start) // 2 * 2]
        return np.frombuffer(whole, "<i2").astype(np.float32) / 32768.0

    def close(self) -> None:
        """End the telephone, and the call with it."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()


@contextmanager
def dialled(
    extension: str,
    says: Samples,
    folder: Path,
    *,
    codec: str = "g711",
    user: str = "alice",
    port: int = 20000,
) -> Iterator[Telephone]:
    """A call to an extension, saying `says` (16 kHz) as soon as it is answered."""
    rate_hz = 16_000 if codec == "g722" else 8_000
    (folder / "dump").mkdir(parents=True)
    sound = folder / "says.wav"
    said = np.concatenate([says, np.zeros(round(TAIL_S * 16_000), np.float32)])
    write_wav(sound, resample(said, 16_000, rate_hz), rate_hz)
    values = {"modules": MODULES, "codec": codec, "sound": sound, "rate": rate_hz,
              "ports": f"{port}-{port + 20}", "dump": folder / "dump"}  # fmt: skip
    (folder / "config").write_text(CONFIG.format(**values))
    password = ";auth_pass=test-only" if user == "bob" else ""
    (folder / "accounts").write_text(f"<sip:{user}@127.0.0.1:5060>;regint=0{password}\n")
    (folder / "contacts").touch()
    process = subprocess.Popen(
        ["stdbuf", "-oL", "baresip", "-f", folder, "-e", f"/dial sip:{extension}@127.0.0.1:5060"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    telephone = Telephone(folder, process, rate_hz)
    try:
        telephone.wait(UP)
        yield telephone
    finally:
        telephone.close()
