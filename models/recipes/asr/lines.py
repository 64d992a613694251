"""What a telephone line does to speech: codecs, packet loss. All functions take and return mono
float32 at 16 kHz in [-1, 1], of the same length. Knows nothing of training.

mu-law and A-law: ITU-T G.711, the continuous curves with 8 bits. Opus is the real codec, through
PyAV; so is GSM full rate, through libgsm (Debian: libgsm1), for PyAV's build only decodes it.
"""

import ctypes
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import av
import numpy as np
import soxr
from numpy.typing import NDArray

RATE_HZ = 16000
NARROW_HZ = 8000
_MU = 255.0
_A = 87.6

Audio = NDArray[np.float32]
Random = np.random.Generator


def _through(audio: Audio, rate_hz: int, change: Callable[[Audio], Audio]) -> Audio:
    """`change` applied at another rate, and back; what a codec delays is left as it is."""
    changed = change(np.asarray(soxr.resample(audio, RATE_HZ, rate_hz), np.float32))
    back = np.asarray(soxr.resample(changed, rate_hz, RATE_HZ), np.float32)[: len(audio)]
    return np.pad(back, (0, len(audio) - len(back)))


def _pcm(audio: Audio) -> NDArray[np.int16]:
    return (np.clip(audio, -1, 1) * 32767).astype(np.int16)


def _coarse(companded: Audio) -> Audio:
    return np.round(companded * 127) / np.float32(127)


def _mu_law(audio: Audio) -> Audio:
    folded = np.sign(audio) * np.log1p(_MU * np.minimum(np.abs(audio), 1)) / np.log1p(_MU)
    coarse = _coarse(folded)
    return np.asarray(np.sign(coarse) * np.expm1(np.abs(coarse) * np.log1p(_MU)) / _MU, np.float32)


def _a_law(audio: Audio) -> Audio:
    size, scale = np.minimum(np.abs(audio), 1), 1 + np.log(_A)
    folded = np.where(size < 1 / _A, _A * size, 1 + np.log(np.maximum(_A * size, 1))) / scale
    coarse = np.abs(_coarse(folded))
    wide = np.where(coarse < 1 / scale, coarse * scale, np.exp(coarse * scale - 1)) / _A
    return np.asarray(np.sign(audio) * wide, np.float32)


def mu_law(audio: Audio) -> Audio:
    """An 8 kHz mu-law line."""
    return _through(audio, NARROW_HZ, _mu_law)


def a_law(audio: Audio) -> Audio:
    """An 8 kHz A-law line."""
    return _through(audio, NARROW_HZ, _a_law)


@cache
def _libgsm() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libgsm.so.1")
    except OSError:
        return None
    library.gsm_create.restype = ctypes.c_void_p
    return library


def gsm(audio: Audio) -> Audio:
    """GSM full rate, 13 kbit/s at 8 kHz; mu-law where libgsm is not installed."""
    return _through(audio, NARROW_HZ, _mu_law if _libgsm() is None else _gsm)


def _gsm(audio: Audio) -> Audio:
    library = _libgsm()
    if library is None:
        raise OSError("no libgsm.so.1")
    state, frame = ctypes.c_void_p(library.gsm_create()), ctypes.create_string_buffer(33)
    whole = _pcm(np.pad(audio, (0, -len(audio) % 160)))
    for block in whole.reshape(-1, 160):  # each is read, coded, and decoded in its place
        sound = block.ctypes.data_as(ctypes.POINTER(ctypes.c_int16))
        library.gsm_encode(state, sound, frame)
        library.gsm_decode(state, frame, sound)
    library.gsm_destroy(state)
    return np.asarray(whole[: len(audio)] / np.float32(32768), np.float32)


def opus(audio: Audio, bit_rate: int = 12000) -> Audio:
    """Opus at `bit_rate` bit/s, as a call over the internet has it."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE_HZ, "mono", "s16"
    encoder.bit_rate, encoder.time_base = bit_rate, Fraction(1, RATE_HZ)
    encoder.options = {"application": "voip", "compression_level": "2"}
    decoder = av.CodecContext.create("libopus", "r")
    decoder.sample_rate, decoder.layout = RATE_HZ, "mono"
    packets = [*_packets(encoder, audio, RATE_HZ // 50), None]
    frames = [frame for packet in packets for frame in decoder.decode(packet)]
    sound = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    if sound.dtype == np.int16:
        sound = sound.astype(np.float32) / np.float32(32768)
    sound = np.asarray(soxr.resample(sound, frames[0].sample_rate, RATE_HZ), np.float32)
    sound = sound[: len(audio)]
    return np.pad(sound, (0, len(audio) - len(sound)))


def _packets(encoder: av.AudioCodecContext, audio: Audio, frame: int) -> Iterator[Any]:
    whole = np.pad(audio, (0, -len(audio) % frame + frame))
    coded = _pcm(whole).reshape(-1, 1, frame)
    for index, block in enumerate(coded):
        sound = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
        sound.sample_rate, sound.pts = encoder.sample_rate, index * frame
        yield from encoder.encode(sound)
    yield from encoder.encode(None)


def packet_loss(audio: Audio, rng: Random, share: float) -> Audio:
    """20 ms packets lost, now and then several in a row, each replaced by silence or by a fading
    copy of the last one that came."""
    packet = RATE_HZ // 50
    lost = rng.random(len(audio) // packet) < share
    lost[1:] |= lost[:-1] & (rng.random(max(len(lost) - 1, 0)) < 0.3)
    patched, conceal = audio.copy(), rng.random() < 0.5
    for index in np.flatnonzero(lost):
        here = slice(index * packet, (index + 1) * packet)
        before = patched[max(0, here.start - packet) : here.start]
        patched[here] = 0.6 * before if conceal and len(before) == packet else 0
    return patched


def random_line(audio: Audio, rng: Random) -> Audio:
    """Some telephone or internet line."""
    kind = rng.random()
    if kind < 0.4:
        return mu_law(audio)
    if kind < 0.65:
        return a_law(audio)
    if kind < 0.85:
        return gsm(audio)
    return opus(audio, int(rng.integers(8, 17)) * 1000)
