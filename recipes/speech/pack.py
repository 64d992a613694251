"""Training speech small enough to travel: shards as Opus, a tenth of their size, and back.

    python -m recipes.speech.pack pack build/asr/shards shards-opus [--kbit 24]
    python -m recipes.speech.pack unpack shards-opus build/asr/shards

`NAME.npy` becomes `NAME.opus`; `NAME.jsonl` is copied last, so a packed or unpacked shard is whole
when it has one, and a second run goes on where the first stopped. What Opus costs is in
`recipes/README.md`.
"""

import argparse
import json
import shutil
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from numpy.typing import NDArray
from tqdm import tqdm

from dialog.audio.decoding import decode

RATE_HZ = 16000
_BLOCK = RATE_HZ
# Opus fades in, and its decoder hands the end over late: silence on both sides takes it.
_MARGIN = RATE_HZ // 10


def encode(samples: NDArray[np.int16], path: Path, kbit: int) -> None:
    """Mono 16 kHz samples into an Ogg Opus file."""
    padded = np.pad(samples, _MARGIN)
    with av.open(str(path), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE_HZ, options={"application": "audio"})
        assert isinstance(stream, AudioStream)
        stream.layout, stream.bit_rate = "mono", 1000 * kbit
        for first in range(0, len(padded), _BLOCK):
            block = padded[None, first : first + _BLOCK]
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), "s16", "mono")
            frame.sample_rate, frame.pts = RATE_HZ, first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def decoded(path: Path, samples: int) -> NDArray[np.int16]:
    """The `samples` that `encode` was given, as far as Opus keeps them."""
    whole = np.concatenate(list(decode(path, RATE_HZ)))[_MARGIN : _MARGIN + samples]
    whole = np.pad(whole, (0, samples - len(whole)))
    return np.asarray(np.clip(whole, -1, 1) * 32767, dtype=np.int16)


def pack(source: Path, target: Path, kbit: int) -> None:
    """Every whole shard of `source` into `target`."""
    for lines in tqdm(_missing(source, target), mininterval=5):
        audio = np.load(lines.with_suffix(".npy"), mmap_mode="r")
        encode(audio, target / f"{lines.stem}.opus", kbit)
        _copy_last(lines, target)


def unpack(source: Path, target: Path) -> None:
    """Every packed shard of `source` into `target`."""
    for lines in tqdm(_missing(source, target), mininterval=5):
        told = [json.loads(line) for line in lines.read_text("utf-8").splitlines()]
        samples = max(one["offset"] + one["samples"] for one in told)
        np.save(target / f"{lines.stem}.npy", decoded(lines.with_suffix(".opus"), samples))
        _copy_last(lines, target)


def _missing(source: Path, target: Path) -> list[Path]:
    target.mkdir(parents=True, exist_ok=True)
    return [p for p in sorted(source.glob("*.jsonl")) if not (target / p.name).exists()]


def _copy_last(lines: Path, target: Path) -> None:
    temporary = target / f"{lines.stem}.tmp"
    shutil.copy(lines, temporary)
    temporary.replace(target / lines.name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("direction", choices=["pack", "unpack"])
    parser.add_argument("source", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--kbit", type=int, default=24, help="a second, of Opus")
    args = parser.parse_args()
    if not args.source.is_dir():
        parser.error(f"no folder {args.source}")
    if args.direction == "pack":
        pack(args.source, args.target, args.kbit)
    else:
        unpack(args.source, args.target)


if __name__ == "__main__":
    main()
