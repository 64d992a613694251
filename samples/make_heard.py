"""Lets the recogniser hear the labelled questions that are marked `heard`, as over a telephone.

    python samples/make_heard.py CHROOT

CHROOT is the folder that `recipes/speech/rhvoice.py` builds (root is needed to enter it).
RHVoice's voices say `said` in turn, two of which the recogniser was never trained on; noise is
laid over it, an 8 kHz mu-law line takes it; `beseda transcribe` hears it with the samples' names
to listen for, and what it wrote becomes the question's `text`. Where at least half of the words
are wrong, which is past guessing, the question is said once more without noise.
The recordings are kept nowhere.
"""

import argparse
import json
import os
import subprocess
import sys
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

HERE = Path(__file__).parent
LABELLED = HERE / "questions" / "labelled.jsonl"
RATE_HZ = 16_000
NOISE_DB = -14.0
"""Against the speech: a room with people in it."""

PAST_GUESSING = 0.5
sys.path.insert(0, str(HERE.parent))


def speak(chroot: Path, said: list[str], folder: Path, noise_gain: float) -> list[Path]:
    """A WAV file for each question, as it comes from the line."""
    folder.mkdir()
    from dialog.audio.codecs import mu_law
    from dialog.audio.pcm import write_wav
    from recipes.asr.batches import coloured_noise
    from recipes.speech.rhvoice import UNHEARD, VOICES, RHVoice

    files, mix = [], np.random.default_rng(1)
    with RHVoice(chroot) as engine:
        for number, (text, voice) in enumerate(zip(said, cycle(VOICES + UNHEARD), strict=False)):
            samples = engine.speak(text, voice, RATE_HZ).astype(np.float32) / 32768
            noise = noise_gain * samples.std() * coloured_noise(len(samples), mix)
            files.append(folder / f"{number}.wav")
            write_wav(files[-1], mu_law(np.asarray(samples + noise, np.float32)), RATE_HZ)
    return files


def beseda(home: Path, *arguments: str) -> list[str]:
    """The lines that the command prints."""
    command = [sys.executable, "-m", "api.cli", *arguments]
    environment = {**os.environ, "BESEDA_HOME": str(home)}
    printed = subprocess.check_output(command, cwd=HERE.parent, env=environment, text=True)
    return printed.splitlines()


def hear(home: Path, files: list[Path]) -> list[str]:
    """What is written for each file."""
    lines = beseda(home, "transcribe", "--json", *map(str, files))
    return [json.loads(line)["text"] for line in lines]


def errors(said: str, heard: str) -> float:
    """The word error rate, digits and hyphens as they are written."""
    from asr.wer import edits, plain_words

    words = plain_words(said)
    return edits(words, plain_words(heard)) / len(words)


def main() -> None:
    parser = argparse.ArgumentParser(description="Hear the labelled questions.")
    parser.add_argument("chroot", type=Path, help="a Debian root with RHVoice in it")
    chroot = parser.parse_args().chroot
    questions = [json.loads(line) for line in LABELLED.read_text("utf-8").splitlines()]
    heard = [question for question in questions if question.get("heard")]
    with TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        beseda(home, "ingest", str(HERE / "knowledge"))
        said = [question["said"] for question in heard]
        noisy = hear(home, speak(chroot, said, Path(folder) / "noisy", 10 ** (NOISE_DB / 20)))
        quiet = hear(home, speak(chroot, said, Path(folder) / "quiet", 0.0))
        for question, first, second in zip(heard, noisy, quiet, strict=True):
            question["text"] = second if errors(question["said"], first) >= PAST_GUESSING else first
    written = (json.dumps(question, ensure_ascii=False) + "\n" for question in questions)
    LABELLED.write_text("".join(written), "utf-8")


if __name__ == "__main__":
    main()
