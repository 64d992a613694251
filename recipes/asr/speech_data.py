"""Synthetic speech on disk for the recogniser: shards of audio with a line per utterance.

A shard is `NAME.npy` (all utterances of the shard joined, 16 kHz, int16) and `NAME.jsonl`
(`text`, `voice`, `kind`, `offset`, `samples`), the second written last, so a reader that lists
`*.jsonl` sees whole shards only. Writing runs in any number of
processes, beside the training; started again, each goes on after its last whole shard.
"""

import argparse
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recipes.speech import espeak
from recipes.speech.rhvoice import VOICES, RHVoice
from recipes.text.plain import plain

RATE_HZ = 16000
SHARD_UTTERANCES = 250
ESPEAK_SHARE = 0.07
# The kind of a user's own recordings; every other kind is synthetic.
RECORDINGS = "recordings"


@dataclass(frozen=True, slots=True)
class LabelledUtterance:
    text: str
    voice: str
    kind: str
    shard: str
    offset: int
    samples: int

    @property
    def duration_s(self) -> float:
        return self.samples / RATE_HZ


SpokenSentence = tuple[str, str, str, NDArray[np.int16]]
"""What was said, by which voice, of which kind of text, and its sound."""


class SpeechFolder:
    """The utterances of a folder of shards; `refresh` finds those written since."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._audio: dict[str, NDArray[np.int16]] = {}
        self.utterances: list[LabelledUtterance] = []

    def refresh(self) -> None:
        for path in sorted(self._folder.glob("*.jsonl")):
            if path.stem in self._audio:
                continue
            self._audio[path.stem] = np.load(path.with_suffix(".npy"), mmap_mode="r")
            lines = path.read_text("utf-8").splitlines()
            self.utterances += [
                LabelledUtterance(shard=path.stem, **json.loads(line)) for line in lines
            ]

    def samples(self, utterance: LabelledUtterance) -> NDArray[np.float32]:
        """The utterance in [-1, 1]."""
        start = utterance.offset
        block = self._audio[utterance.shard][start : start + utterance.samples]
        return block.astype(np.float32) / np.float32(32768)

    def __len__(self) -> int:
        return len(self.utterances)


def write_shard(folder: Path, name: str, spoken: list[SpokenSentence]) -> float:
    """One whole shard, its lines saying where in the joined sound each utterance is; the seconds
    written."""
    lines, offset = list[dict[str, object]](), 0
    for text, voice, kind, samples in spoken:
        place = {"offset": offset, "samples": len(samples)}
        lines.append({"text": text, "voice": voice, "kind": kind, **place})
        offset += len(samples)
    np.save(folder / f"{name}.npy", np.concatenate([samples for *_, samples in spoken]))
    temporary = folder / f"{name}.tmp"
    temporary.write_text("".join(json.dumps(x, ensure_ascii=False) + "\n" for x in lines), "utf-8")
    temporary.replace(folder / f"{name}.jsonl")
    return offset / RATE_HZ


def _lines(path: Path, first: int, step: int) -> Iterator[str]:
    lines = path.read_text("utf-8").splitlines()
    yield from lines[first::step]


@dataclass(frozen=True, slots=True)
class SpeakingStyle:
    """Who speaks and how: `rate` and `pitch` are multiples of the voice's own."""

    voice: str
    rate: float = 1.0
    pitch: float = 1.0


def varied(rng: random.Random) -> SpeakingStyle:
    """A random voice that may be trained on, at a random rate and pitch."""
    if espeak.available() and rng.random() < ESPEAK_SHARE:
        return SpeakingStyle(
            f"espeak-{rng.choice(espeak.VARIANTS)}", rng.uniform(0.8, 1.3), rng.uniform(0.3, 1.7)
        )
    # Wider than what callers do: a voice at another pitch is nearly another voice.
    return SpeakingStyle(rng.choice(VOICES), rng.uniform(0.78, 1.4), rng.uniform(0.78, 1.28))


def _speak(engine: RHVoice, text: str, style: SpeakingStyle) -> NDArray[np.int16]:
    if style.voice.startswith("espeak-"):
        variant = style.voice.removeprefix("espeak-")
        return espeak.speak(text, variant, RATE_HZ, style.rate, style.pitch)
    return engine.speak(text, style.voice, RATE_HZ, style.rate, style.pitch)


def speak_shard(
    engine: RHVoice,
    folder: Path,
    name: str,
    texts: list[tuple[str, str]],
    voices: tuple[str, ...] = (),
) -> float:
    """Speak `texts` (kind, sentence) into one shard, by `voices` in turn at their own rate, or, if
    there are none, in varied styles; the seconds written."""
    rng = random.Random(name)
    spoken = list[SpokenSentence]()
    for number, (kind, text) in enumerate(texts):
        style = SpeakingStyle(voices[number % len(voices)]) if voices else varied(rng)
        samples = _speak(engine, text, style)
        if len(samples) >= RATE_HZ // 3:
            spoken.append((plain(text), style.voice, kind, samples))
    return write_shard(folder, name, spoken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chroot", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--text", type=Path, action="append", required=True)
    parser.add_argument("--worker", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--hours", type=float, default=10.0, help="of speech, by this worker")
    parser.add_argument("--voice", action="append", default=[], help="in turn; default: varied")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    sources = [(path.stem, _lines(path, args.worker, args.workers)) for path in args.text]
    seconds = 0.0
    with RHVoice(args.chroot) as engine:
        for shard in range(100_000):
            texts = [
                (kind, line)
                for _ in range(SHARD_UTTERANCES // len(sources))
                for kind, source in sources
                if (line := next(source, None)) is not None
            ]
            if not texts or seconds > 3600 * args.hours:
                return
            name = f"{args.text[0].stem}-{args.worker}-{shard:05d}"
            if (args.out / f"{name}.jsonl").exists():
                continue
            seconds += speak_shard(engine, args.out, name, texts, tuple(args.voice))


if __name__ == "__main__":
    main()
