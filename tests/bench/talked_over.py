"""Who talks over the assistant and how: 200 backchannels, 200 interruptions, each a recording.

    wording x voice x pace x pitch -> RHVoice -> telephone (every other one) -> loudness -> WAV

The voices are ones that no model here was trained on. Everything is drawn from a fixed seed.
Needs RHVoice in a chroot (`recipes.speech.rhvoice`), and thus root.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
import soxr
from numpy.typing import NDArray

from dialog.audio.g711 import mulaw_decode, mulaw_encode
from dialog.audio.pcm import write_wav
from dialog.content import Samples
from recipes.speech.rhvoice import UNHEARD, RHVoice, build

WORDINGS = Path(__file__).parents[1] / "data" / "interruptions.tsv"
KINDS = ("backchannel", "interruption")
EACH = 200
RATE_HZ = 16_000
PEAKS = (0.2, 0.7)
NOISE = 10 ** (-62 / 20)


@dataclass(frozen=True)
class Clip:
    """One recording to be made. `echo`: the assistant's own voice comes back beneath it."""

    name: str
    kind: str
    text: str
    voice: str
    rate: float
    pitch: float
    peak: float
    telephone: bool
    echo: bool


def clips(seed: int = 6, voices: tuple[str, ...] = UNHEARD) -> list[Clip]:
    """All clips of both kinds, in the order of their names."""
    lines = [line.split("\t") for line in WORDINGS.read_text("utf-8").splitlines()]
    random = Random(seed)
    found = []
    for kind in KINDS:
        texts = [text for of, text in lines if of == kind]
        for index in range(EACH):
            found.append(
                Clip(
                    f"{kind}-{index:03}",
                    kind,
                    texts[index % len(texts)],
                    voices[(index + index // len(texts)) % len(voices)],
                    round(random.uniform(0.9, 1.25), 2),
                    round(random.uniform(0.9, 1.15), 2),
                    round(random.uniform(*PEAKS), 2),
                    telephone=random.random() < 0.5,
                    echo=random.random() < 0.5,
                )
            )
    return found


def make(home: Path, chroot: Path, wanted: list[Clip]) -> Iterator[Clip]:
    """The WAV files that are not there yet, and `clips.json` about all of them."""
    home.mkdir(parents=True, exist_ok=True)
    listing = home / "clips.json"
    made = json.loads(listing.read_text("utf-8")) if listing.is_file() else []
    missing = [clip for clip in wanted if asdict(clip) not in made]
    listing.unlink(missing_ok=True)
    if missing:
        build(chroot)
        with RHVoice(chroot) as voice:
            for clip in missing:
                spoken = voice.speak(clip.text, clip.voice, RATE_HZ, clip.rate, clip.pitch)
                write_wav(path_of(home, clip), _recorded(spoken, clip), RATE_HZ)
                yield clip
    listed = [asdict(clip) for clip in wanted]
    listing.write_text(json.dumps(listed, ensure_ascii=False, indent=1), "utf-8")


def path_of(home: Path, clip: Clip) -> Path:
    """Where a clip's recording is."""
    return home / f"{clip.name}.wav"


def _recorded(spoken: NDArray[np.int16], clip: Clip) -> Samples:
    """What a microphone, or a telephone, makes of it."""
    samples = spoken.astype(np.float32)
    samples *= clip.peak / max(float(np.abs(samples).max()), 1e-6)
    noise = np.random.default_rng(len(samples)).normal(0.0, NOISE, len(samples))
    samples = (samples + noise).astype(np.float32)
    if clip.telephone:
        narrow = soxr.resample(samples, RATE_HZ, 8_000)
        samples = soxr.resample(mulaw_decode(mulaw_encode(narrow)), 8_000, RATE_HZ)
    return np.asarray(samples, np.float32)
