"""A telephone line between a caller and us: what a codec, lost packets, jitter and noise make of
speech. The same seed gives the same line.

    speech + noise -> codec -> packets of 20 ms, some lost, some late -> what arrives

Knows samples and packets; knows no socket and no clock. No call goes through here: like `codecs`,
it is for the load test (`api.bench.load`) and the recipes.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dialog.audio.codecs import CODECS, NARROW_HZ, RATE_HZ, WIDE, has_gsm
from dialog.content import Samples
from dialog.errors import BadInput

PACKET_S = 0.02
# After one lost packet the next is lost as often: losses come in bursts (ITU-T G.1050).
STAY_LOST = 0.3
FADE = 0.6
SILENT_RMS = 1e-4


@dataclass(frozen=True, slots=True)
class TelephoneLine:
    """`loss`: the share of packets lost, 0 to 1. `jitter_s`: how late packets are, on average.
    `noise_db`: speech over noise; None: no noise. Without `conceal` nothing comes in place of a
    lost packet, else a fading copy of the one before, as a telephone plays it."""

    codec: str = "none"
    loss: float = 0.0
    jitter_s: float = 0.0
    noise_db: float | None = None
    conceal: bool = True

    @property
    def rate_hz(self) -> int:
        """The rate that keeps all that it carries."""
        return RATE_HZ if self.codec in WIDE else NARROW_HZ

    def carry(self, speech: Samples, rng: np.random.Generator) -> Samples:
        """Speech at 16 kHz with the line's noise, through its codec; as long as before."""
        return CODECS[self.codec](self._noisy(speech, level(speech), len(speech), rng))

    def bed(self, speech: Samples, samples: int, rng: np.random.Generator) -> Samples:
        """What the line carries beside this speech: its noise alone, for `samples`."""
        quiet = np.zeros(samples, np.float32)
        return CODECS[self.codec](self._noisy(quiet, level(speech), samples, rng))

    def _noisy(
        self, audio: Samples, speech_rms: float, samples: int, rng: np.random.Generator
    ) -> Samples:
        if self.noise_db is None:
            return audio
        scale = np.float32(speech_rms * 10 ** (-self.noise_db / 20))
        return np.asarray(audio + scale * coloured_noise(samples, rng), np.float32)


CLEAN = TelephoneLine()
LINES = {
    "clean": CLEAN,
    "phone": TelephoneLine("alaw", loss=0.002, jitter_s=0.003, noise_db=35),
    "mobile": TelephoneLine("amr", loss=0.02, jitter_s=0.02, noise_db=20),
    "internet": TelephoneLine("opus", loss=0.01, jitter_s=0.015, noise_db=30),
}


def parse(text: str) -> TelephoneLine:
    """A line's name, then what differs: `mobile,loss=20,noise=5`, `codec=gsm,jitter=40`. Loss is
    in per cent, jitter in ms, noise in dB below speech. Raises BadInput."""
    line = CLEAN
    for number, part in enumerate(text.replace(" ", "").split(",")):
        name, given, value = part.partition("=")
        if given:
            line = _changed(line, name, value)
        elif number == 0 and name in LINES:
            line = LINES[name]
        else:
            raise BadInput(
                f"no line is called {name!r}: {', '.join(LINES)}, or codec=..., loss=..."
            )
    if line.codec == "gsm" and not has_gsm():
        raise BadInput("codec=gsm needs libgsm: sudo apt install libgsm1")
    return line


def _changed(line: TelephoneLine, name: str, value: str) -> TelephoneLine:
    match name:
        case "codec" if value in CODECS:
            return replace(line, codec=value)
        case "codec":
            raise BadInput(f"no codec is called {value!r}: {', '.join(CODECS)}")
        case "loss":
            return replace(line, loss=_number(name, value, 0, 100) / 100)
        case "jitter":
            return replace(line, jitter_s=_number(name, value, 0, 2000) / 1000)
        case "noise":
            return replace(line, noise_db=_number(name, value, -20, 100))
        case "conceal" if value in ("yes", "no"):
            return replace(line, conceal=value == "yes")
    raise BadInput(f"a line has codec, loss, jitter, noise and conceal=yes|no, not {name}={value}")


def _number(name: str, value: str, low: float, high: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise BadInput(f"{name} is a number from {low:g} to {high:g}, not {value!r}")
    return number


class Packets:
    """One caller's packets on their way."""

    def __init__(self, line: TelephoneLine, rng: np.random.Generator) -> None:
        self._line = line
        self._rng = rng
        self._lost = losses(line.loss, rng)
        self._last: Samples | None = None

    def carry(self, packet: Samples) -> tuple[float, Samples | None]:
        """How many seconds later than spoken it comes, and what comes; None: nothing."""
        late_s = float(self._rng.exponential(self._line.jitter_s)) if self._line.jitter_s else 0.0
        if not next(self._lost):
            self._last = packet
            return late_s, packet
        if not self._line.conceal:
            return late_s, None
        before = packet if self._last is None else self._last
        self._last = before * np.float32(FADE if self._last is not None else 0.0)
        return late_s, self._last


def losses(share: float, rng: np.random.Generator) -> Iterator[bool]:
    """Whether each packet is lost: `share` of them in the long run, in bursts. Endless."""
    stay = max(STAY_LOST, 2 - 1 / share) if share else 0.0
    begin = min(1.0, share * (1 - stay) / (1 - share)) if share < 1 else 1.0
    lost = bool(rng.random() < share)
    while True:
        yield lost
        lost = bool(rng.random() < (stay if lost else begin))


def packet_loss(
    audio: Samples, rng: np.random.Generator, share: float, *, conceal: bool
) -> Samples:
    """Whole audio at 16 kHz without some of its packets: silence, or fading copies, instead."""
    packets = Packets(TelephoneLine(loss=share, conceal=conceal), rng)
    size = round(RATE_HZ * PACKET_S)
    patched = audio.copy()
    for start in range(0, len(audio) - size + 1, size):
        _, arrived = packets.carry(audio[start : start + size])
        patched[start : start + size] = 0 if arrived is None else arrived
    return patched


def coloured_noise(samples: int, rng: np.random.Generator) -> Samples:
    """Noise of unit power between white and brown, steady or swelling as voices and traffic do."""
    if not samples:
        return np.zeros(0, np.float32)
    spectrum = np.fft.rfft(rng.standard_normal(samples))
    spectrum *= (1 + np.arange(len(spectrum))) ** -rng.uniform(0, 0.9)
    noise = np.fft.irfft(spectrum, samples)
    if rng.random() < 0.5:
        points = rng.uniform(0.1, 1, max(2, samples // (RATE_HZ // 4)))
        noise *= np.interp(np.linspace(0, len(points) - 1, samples), np.arange(len(points)), points)
    return np.asarray(noise / (noise.std() + 1e-9), np.float32)


def level(speech: Samples) -> float:
    """RMS where there is speech: of the packets within 30 dB of the loudest."""
    size = round(RATE_HZ * PACKET_S)
    whole = speech[: len(speech) // size * size].reshape(-1, size)
    power: NDArray[np.float64] = np.square(whole, dtype=np.float64).mean(axis=1)
    if not len(power) or power.max() < SILENT_RMS**2:
        return SILENT_RMS
    return float(np.sqrt(power[power > power.max() / 1000].mean()))
