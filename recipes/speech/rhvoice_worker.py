"""The half of RHVoice synthesis that runs inside the chroot: standard library and libRHVoice only.

Reads one JSON request per line from standard input, `{"text", "voice", "rate", "pitch"}`, and
answers each on standard output with one JSON line `{"rate_hz", "samples"}` followed by that many
16-bit little-endian samples. Knows nothing of files, data sets or training.
"""

import ctypes
import json
import sys
from ctypes import POINTER, c_char_p, c_double, c_int, c_short, c_uint, c_void_p
from typing import ClassVar

LIBRARY = "libRHVoice.so.5"
DATA_PATH = b"/usr/share/RHVoice"
CONFIG_PATH = b"/etc/RHVoice"

_SetRate = ctypes.CFUNCTYPE(c_int, c_int, c_void_p)
_Play = ctypes.CFUNCTYPE(c_int, POINTER(c_short), c_uint, c_void_p)
_Word = ctypes.CFUNCTYPE(c_int, c_uint, c_uint, c_void_p)


class _Callbacks(ctypes.Structure):
    _fields_: ClassVar = [
        ("set_sample_rate", _SetRate),
        ("play_speech", _Play),
        ("mark", c_void_p),
        ("word_starts", _Word),
        *[(name, c_void_p) for name in ("word_ends", "sentence", "sentence_end")],
        ("play_audio", c_void_p),
        ("done", c_void_p),
    ]


class _Init(ctypes.Structure):
    _fields_: ClassVar = [
        ("data_path", c_char_p),
        ("config_path", c_char_p),
        ("resource_paths", POINTER(c_char_p)),
        ("callbacks", _Callbacks),
        ("options", c_uint),
    ]


class _Params(ctypes.Structure):
    _fields_: ClassVar = [
        ("voice_profile", c_char_p),
        *[(f"absolute_{name}", c_double) for name in ("rate", "pitch", "volume")],
        *[(f"relative_{name}", c_double) for name in ("rate", "pitch", "volume")],
        ("punctuation_mode", c_int),
        ("punctuation_list", c_char_p),
        ("capitals_mode", c_int),
        ("flags", c_int),
    ]


class SpeechEngine:
    """One loaded RHVoice engine; `speak` returns the sampling rate and raw 16-bit samples."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(LIBRARY)
        self._library.RHVoice_new_tts_engine.restype = c_void_p
        self._library.RHVoice_new_message.restype = c_void_p
        self._rate_hz = 24000
        self._blocks: list[bytes] = []
        self.words: list[tuple[int, int]] = []
        callbacks = _Callbacks(
            set_sample_rate=_SetRate(self._set_rate),
            play_speech=_Play(self._play),
            word_starts=_Word(self._word),
        )
        nothing = (c_char_p * 1)(None)
        # The structure holds the callback objects: it must live as long as the engine.
        self._init = _Init(DATA_PATH, CONFIG_PATH, nothing, callbacks, 0)
        self._engine = self._library.RHVoice_new_tts_engine(ctypes.byref(self._init))
        if not self._engine:
            raise RuntimeError("RHVoice did not start: are rhvoice and rhvoice-russian installed?")

    def _set_rate(self, rate_hz: int, _data: int | None) -> int:
        self._rate_hz = rate_hz
        return 1

    def _play(self, samples: object, count: int, _data: int | None) -> int:
        self._blocks.append(ctypes.string_at(samples, 2 * count))  # type: ignore[arg-type]
        return 1

    def _word(self, byte: int, _length: int, _data: int | None) -> int:
        self.words.append((byte, sum(len(block) for block in self._blocks) // 2))
        return 1

    def speak(self, text: str, voice: str, rate: float, pitch: float) -> tuple[int, bytes]:
        """Speech for `text`; `rate` and `pitch` are multiples of the voice's own. `words` then
        holds (byte, sample) of each word."""
        params = _Params(voice.encode(), 0, 0, 0, rate, pitch, 1, 0, None, 0, 1)
        raw = text.encode()
        self._blocks, self.words = [], []
        message = c_void_p(
            self._library.RHVoice_new_message(
                c_void_p(self._engine), raw, c_uint(len(raw)), 0, ctypes.byref(params), None
            )
        )
        if not message:
            raise RuntimeError(f"RHVoice refused {text!r} for the voice {voice!r}")
        self._library.RHVoice_speak(message)
        self._library.RHVoice_delete_message(message)
        return self._rate_hz, b"".join(self._blocks)


def main() -> None:
    engine = SpeechEngine()
    out = sys.stdout.buffer
    for line in sys.stdin:
        request = json.loads(line)
        rate_hz, samples = engine.speak(
            request["text"], request["voice"], request["rate"], request["pitch"]
        )
        header = {"rate_hz": rate_hz, "samples": len(samples) // 2, "words": engine.words}
        out.write(json.dumps(header).encode() + b"\n")
        out.write(samples)
        out.flush()


if __name__ == "__main__":
    main()
