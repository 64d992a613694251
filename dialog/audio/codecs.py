"""What the codecs of telephones do to speech. Each takes and returns mono float32 at 16 kHz in
[-1, 1], of the same length; what a codec delays is left as it is.

mu-law and A-law are G.711's tables, AMR narrow band and Opus the real codecs through PyAV. So is
GSM full rate, through libgsm (Debian: libgsm1), for PyAV's build only decodes it.

No call goes through here. The load test (`api.bench.load`) and the recipes' training data both
disturb speech with it, and they have no other layer below them in common.
"""

import ctypes
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog.audio.g711 import alaw_decode, alaw_encode, mulaw_decode, mulaw_encode
from dialog.audio.resampling import resample
from dialog.content import Samples

RATE_HZ = 16_000
NARROW_HZ = 8_000
GSM_FRAME = 160


def plain(audio: Samples) -> Samples:
    """No codec at all."""
    return audio


def mu_law(audio: Samples) -> Samples:
    """An 8 kHz mu-law line."""
    return _narrow(audio, lambda sound: mulaw_decode(mulaw_encode(sound)))


def a_law(audio: Samples) -> Samples:
    """An 8 kHz A-law line."""
    return _narrow(audio, lambda sound: alaw_decode(alaw_encode(sound)))


def gsm(audio: Samples) -> Samples:
    """GSM full rate, 13 kbit/s at 8 kHz; raises OSError where there is no libgsm."""
    return _narrow(audio, _gsm)


def amr(audio: Samples, bit_rate: int = 12_200) -> Samples:
    """AMR narrow band, as most mobile telephones speak; `bit_rate` is one of AMR's eight."""
    return _narrow(audio, lambda sound: _through("libopencore_amrnb", sound, NARROW_HZ, bit_rate))


def opus(audio: Samples, bit_rate: int = 12_000) -> Samples:
    """Opus at `bit_rate` bit/s, as a call over the internet has it."""
    options = {"application": "voip", "compression_level": "2"}
    return _through("libopus", audio, RATE_HZ, bit_rate, options)


CODECS: dict[str, Callable[[Samples], Samples]] = {
    "none": plain, "ulaw": mu_law, "alaw": a_law, "gsm": gsm, "amr": amr, "opus": opus,
}  # fmt: skip
WIDE = frozenset({"none", "opus"})
"""These carry more than a telephone's 4 kHz."""


def _narrow(audio: Samples, change: Callable[[Samples], Samples]) -> Samples:
    back = resample(change(resample(audio, RATE_HZ, NARROW_HZ)), NARROW_HZ, RATE_HZ)
    return _fitted(back, len(audio))


def _fitted(audio: Samples, length: int) -> Samples:
    return np.pad(audio[:length], (0, max(0, length - len(audio))))


def _pcm(audio: Samples) -> NDArray[np.int16]:
    return (np.clip(audio, -1, 1) * 32767).astype(np.int16)


def has_gsm() -> bool:
    """Whether libgsm is installed."""
    return _libgsm() is not None


@cache
def _libgsm() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libgsm.so.1")
    except OSError:
        return None
    library.gsm_create.restype = ctypes.c_void_p
    return library


def _gsm(audio: Samples) -> Samples:
    library = _libgsm()
    if library is None:
        raise OSError("GSM needs libgsm: sudo apt install libgsm1")
    state, frame = ctypes.c_void_p(library.gsm_create()), ctypes.create_string_buffer(33)
    whole = _pcm(np.pad(audio, (0, -len(audio) % GSM_FRAME)))
    for block in whole.reshape(-1, GSM_FRAME):  # each is read, coded, and decoded in its place
        sound = block.ctypes.data_as(ctypes.POINTER(ctypes.c_int16))
        library.gsm_encode(state, sound, frame)
        library.gsm_decode(state, frame, sound)
    library.gsm_destroy(state)
    return np.asarray(whole[: len(audio)] / np.float32(32768), np.float32)


def _through(
    name: str, audio: Samples, rate_hz: int, bit_rate: int, options: dict[str, str] | None = None
) -> Samples:
    """Encoded and decoded again by one of FFmpeg's codecs, in packets of 20 ms."""
    import av

    encoder: Any = av.CodecContext.create(name, "w")
    encoder.sample_rate, encoder.layout, encoder.format = rate_hz, "mono", "s16"
    encoder.bit_rate, encoder.time_base = bit_rate, Fraction(1, rate_hz)
    encoder.options = options or {}
    decoder: Any = av.CodecContext.create(name, "r")
    decoder.sample_rate, decoder.layout = rate_hz, "mono"
    packets = [*_packets(encoder, audio, rate_hz // 50), None]
    frames = [frame for packet in packets for frame in decoder.decode(packet)]
    sound = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
    if sound.dtype == np.int16:
        sound = sound.astype(np.float32) / np.float32(32768)
    return _fitted(resample(sound, frames[0].sample_rate, rate_hz), len(audio))


def _packets(encoder: Any, audio: Samples, frame: int) -> Iterator[Any]:
    import av

    whole = np.pad(audio, (0, -len(audio) % frame + frame))
    for index, block in enumerate(_pcm(whole).reshape(-1, 1, frame)):
        sound = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
        sound.sample_rate, sound.pts = encoder.sample_rate, index * frame
        yield from encoder.encode(sound)
    yield from encoder.encode(None)
