"""The whole recipe of the recogniser, from nothing to a checkpoint, in one resumable command.

    python -m recipes.asr.train --home DIR --hours 20 --minutes 90

Texts, chroot, tokenizer, speech (in the background, while the network trains on what is there),
training, language model, word error rates, model card. Each step is skipped when its result is
there. Wants root for the chroot, two cores, and three gigabytes of disk.

    python -m recipes.asr.train --home DIR --start FILE.nemo --manifest OWN --minutes 30

adapts a recogniser to recordings (see `speech.manifest`); `--hours 2` mixes synthetic speech in, so
that it forgets less, and only then is a chroot wanted.
"""

import argparse
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from recipes.asr import card, recordings
from recipes.asr.fit import add_options, fit, log_to_terminal
from recipes.asr.language_model import build as build_language_model
from recipes.asr.network import tokenizer_of, train_tokenizer
from recipes.asr.speech_data import RECORDINGS, SpeechFolder
from recipes.asr.texts import prepare
from recipes.asr.tune import compare, parser
from recipes.speech.manifest import BadManifest
from recipes.speech.rhvoice import VOICES, build

DEV = ("general", "support", "questions")
_FIRST_HOURS = 2.0


def _in_turn(voices: tuple[str, ...]) -> list[str]:
    return [option for voice in voices for option in ("--voice", voice)]


def _speaker(args: argparse.Namespace, text: str, folder: Path, *more: str) -> list[str]:
    command = [sys.executable, "-m", "recipes.asr.speech_data"]
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


def _synthetic(args: argparse.Namespace) -> list[subprocess.Popen[bytes]]:
    """Texts and speech made here; none of it with `--hours 0`."""
    args.dev += [(name, args.home / "dev" / name) for name in DEV]
    if not (args.home / "units.txt").exists():
        prepare(args.home, args.support, args.extra, args.seed)
    build(args.chroot)
    if not args.start and not (args.home / "tok" / "vocab.txt").exists():
        train_tokenizer(args.home / "units.txt", args.home / "tok")
    return _start_speaking(args)


def _language_model(args: argparse.Namespace) -> list[dict[str, float | str]]:
    """Beside the network, and then the word error rates without and with it. Recordings bring few
    texts: with nothing else it is the one beside the checkpoint gone on from."""
    out = args.out.with_suffix(".lm.npz")
    if args.hours:
        text, more = (
            (args.home / f"{name}.txt").read_text("utf-8").splitlines()
            for name in ("language_model", "language_model_more")
        )
        build_language_model(text, args.home / "tok", out, more=more)
    elif not (had := args.start.with_suffix(".lm.npz")).exists():
        return []
    elif had.resolve() != out.resolve():
        shutil.copy(had, out)
    folders = [str(folder) for _, folder in args.dev]
    return compare(parser().parse_args([str(args.out), str(out), *folders]))


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; ends the process for one that makes no sense."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--manifest", type=Path, help="recordings: audio_filepath, text, speaker")
    options.add_argument(
        "--hours", type=float, help="of speech to synthesise; 20, or none beside a manifest"
    )
    options.add_argument("--speakers", type=int, default=2, help="synthesis processes")
    options.add_argument("--chroot", type=Path, help="RHVoice's chroot; default HOME/rhvoice")
    options.add_argument("--support", type=int, default=40000, help="support sentences to generate")
    options.add_argument("--extra", type=Path, action="append", default=[], help="more text, .gz")
    add_options(options)
    args = options.parse_args(argv)
    if args.manifest and not args.start:
        options.error("--manifest needs --start: recordings adapt a recogniser, they make none")
    if args.hours is None:
        args.hours = 0.0 if args.manifest else 20.0
    if not args.hours and not args.manifest:
        options.error("nothing to train on: give --hours or --manifest")
    args.chroot = args.chroot or args.home / "rhvoice"
    args.out = args.out or args.home / "asr-ru-small.nemo"
    args.dev = []
    return args


def run(args: argparse.Namespace) -> None:
    """Every step in order. Raises `BadManifest` before anything is written."""
    if args.manifest:
        args.dev.append((RECORDINGS, recordings.write(args.manifest, args.home)))
    if args.start:
        tokenizer_of(args.start, args.home / "tok")
    speakers = _synthetic(args) if args.hours else []
    try:
        if args.hours:
            _wait_for_speech(args.home / "shards", min(_FIRST_HOURS, args.hours), speakers)
        fit(args)
    finally:
        for speaker in speakers:
            speaker.terminate()
    card.write(args, _language_model(args))


def main() -> None:
    args = arguments()
    log_to_terminal()
    try:
        run(args)
    except BadManifest as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
