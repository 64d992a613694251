"""A user's recordings as the recogniser's training speech: shards beside the synthetic ones."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from recipes.asr.speech_data import RATE_HZ, RECORDINGS, write_shard
from recipes.speech.manifest import BadManifest, ManifestLine, complain, load, read
from recipes.text.plain import plain
from russian.spoken import to_spoken

# One recording in ten is held out, and at least one.
HELD_OUT_EVERY = 10

LabelledAudio = tuple[ManifestLine, str, NDArray[np.int16]]


def write(manifest: Path, home: Path) -> Path:
    """The recordings into `home/shards`, the held-out ones into the folder that is returned; what
    was written before is replaced. Raises `BadManifest`, and has then written nothing."""
    found, wrong = list[LabelledAudio](), list[str]()
    for recording in tqdm(read(manifest), desc="recordings", mininterval=5):
        try:
            found.append((recording, transcript(recording), load(recording, RATE_HZ)))
        except BadManifest as error:
            wrong.append(str(error))
    complain(wrong)
    held_out = home / "dev" / RECORDINGS
    _shard(held_out, found[::HELD_OUT_EVERY])
    rest = [one for n, one in enumerate(found) if n % HELD_OUT_EVERY] or found
    _shard(home / "shards", rest)
    return held_out


def transcript(recording: ManifestLine) -> str:
    """What is said, in the recogniser's letters: numbers in words. Raises `BadManifest`."""
    text = plain(to_spoken(recording.text).text.replace("\u0301", ""))
    if not text:
        raise BadManifest(f"{recording.path}: nothing in its text can be said")
    return text


def _shard(folder: Path, found: list[LabelledAudio]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    spoken = [(text, one.speaker, RECORDINGS, samples) for one, text, samples in found]
    write_shard(folder, RECORDINGS, spoken)
