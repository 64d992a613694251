"""The whole recipe of the recogniser, from nothing to a checkpoint, in one resumable command.

    python -m models.recipes.asr.train --home DIR --hours 20 --minutes 90

Texts, chroot, tokenizer, speech (in the background, while the network trains on what is there),
training, language model, word error rates. Each step is skipped when its result is there. Wants
root for the chroot, two cores, and three gigabytes of disk.
"""

import argparse
import logging
import subprocess
import sys
import time
from pathlib import Path

from models.recipes.asr.fit import add_options, fit
from models.recipes.asr.language_model import build as build_language_model
from models.recipes.asr.network import tokenizer_of, train_tokenizer
from models.recipes.asr.speech_data import SpeechFolder
from models.recipes.asr.texts import prepare
from models.recipes.asr.tune import compare, parser
from models.recipes.speech.rhvoice import VOICES, build

DEV = ("general", "support", "questions")
_FIRST_HOURS = 2.0


def _in_turn(voices: tuple[str, ...]) -> list[str]:
    return [option for voice in voices for option in ("--voice", voice)]


def _speaker(args: argparse.Namespace, text: str, folder: Path, *more: str) -> list[str]:
    command = [sys.executable, "-m", "models.recipes.asr.speech_data"]
    paths = ["--chroot", str(args.chroot), "--out", str(folder)]
    return [*command, *paths, "--text", str(args.home / f"{text}.txt"), *more]


def _start_speaking(args: argparse.Namespace) -> list[subprocess.Popen[bytes]]:
    """Held-out speech now, the training speech in background processes."""
    for name in DEV:
        if not (args.home / "dev" / name).exists():
            folder = args.home / "dev" / name
            subprocess.run(_speaker(args, f"dev_{name}", folder, *_in_turn(VOICES)), check=True)
    subprocess.run(_speaker(args, "short_replies", args.home / "shards"), check=True)
    hours = str(args.hours / args.speakers)
    return [
        subprocess.Popen(
            _speaker(
                args,
                "spoken",
                args.home / "shards",
                *("--worker", str(i), "--workers", str(args.speakers), "--hours", hours),
            )
        )
        for i in range(args.speakers)
    ]


def _wait_for_speech(folder: Path, hours: float, speakers: list[subprocess.Popen[bytes]]) -> None:
    speech = SpeechFolder(folder)
    while sum(u.duration_s for u in speech.utterances) < 3600 * hours:
        if any(speaker.poll() for speaker in speakers):
            raise RuntimeError("speech synthesis failed")
        if all(speaker.poll() == 0 for speaker in speakers):
            break
        time.sleep(5)
        speech.refresh()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--hours", type=float, default=20, help="of speech to synthesise")
    options.add_argument("--speakers", type=int, default=2, help="synthesis processes")
    options.add_argument("--chroot", type=Path, help="RHVoice's chroot; default HOME/rhvoice")
    options.add_argument("--support", type=int, default=40000, help="support sentences to generate")
    options.add_argument("--extra", type=Path, action="append", default=[], help="more text, .gz")
    add_options(options)
    args = options.parse_args()
    args.chroot = args.chroot or args.home / "rhvoice"
    args.out = args.out or args.home / "asr-ru-small.nemo"
    args.dev = [(name, args.home / "dev" / name) for name in DEV]
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    if not (args.home / "units.txt").exists():
        prepare(args.home, args.support, args.extra, args.seed)
    build(args.chroot)
    if args.start:
        tokenizer_of(args.start, args.home / "tok")
    elif not (args.home / "tok" / "vocab.txt").exists():
        train_tokenizer(args.home / "units.txt", args.home / "tok")
    speakers = _start_speaking(args)
    try:
        _wait_for_speech(args.home / "shards", min(_FIRST_HOURS, args.hours), speakers)
        fit(args)
    finally:
        for speaker in speakers:
            speaker.terminate()
    language_model = args.out.with_suffix(".lm.npz")
    text = (args.home / "language_model.txt").read_text("utf-8").splitlines()
    build_language_model(text, args.home / "tok", language_model)
    folders = [str(folder) for _, folder in args.dev]
    compare(parser().parse_args([str(args.out), str(language_model), *folders]))


if __name__ == "__main__":
    main()
