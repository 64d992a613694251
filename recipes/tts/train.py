"""Voices of one's own or the product's: python -m recipes.tts.train --home DIR

Takes speech (RHVoice reads the sentences, or `--manifest` names recordings), aligns letters to
sound, trains FastPitch, then the vocoder on FastPitch's mels, and writes the pair with its card to
`--out`. Every stage leaves a file in `--home` and is skipped or resumed when that exists. `--start`
goes on from a pair: a few hundred sentences and an hour are then enough. A chroot is built by root.
"""

import argparse
import json
import logging
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from nemo.collections.tts.models import FastPitchModel
from numpy.typing import NDArray

from asr.recogniser import load_recogniser
from recipes.speech.manifest import BadManifest
from recipes.speech.rhvoice import build
from recipes.tts import acoustic, card, recordings, spoken, vocoder
from recipes.tts.alignment import align, train_aligner
from recipes.tts.config import fastpitch_config
from recipes.tts.dataset import SpeechCorpus, joined, load_speech, save_speech
from recipes.tts.evaluate import evaluate
from recipes.tts.export import FASTPITCH, HIFIGAN, save
from recipes.tts.warm import warm_fastpitch, warm_hifigan

LOG = logging.getLogger("tts.train")


def run(args: argparse.Namespace) -> None:
    """All stages in order."""
    args.home.mkdir(parents=True, exist_ok=True)
    args.out.mkdir(parents=True, exist_ok=True)
    speech = _speech(args)
    model = _aligned(args, speech)
    acoustic.train(
        model,
        speech,
        args.home / "fastpitch.pt",
        steps=args.fastpitch_steps,
        batch_frames=args.batch_frames,
    )
    save(model, args.out / FASTPITCH)
    sound = vocoder.build()
    if args.start:
        warm_hifigan(sound, args.start)
    vocoder.train(
        sound,
        speech.utterances,
        predicted_mels(model, speech),
        args.home / "hifigan.pt",
        steps=args.hifigan_steps,
        spectral_steps=args.spectral_steps,
        warm=bool(args.start),
    )
    save(sound, args.out / HIFIGAN)
    recogniser = load_recogniser(args.recogniser, "cpu") if args.recogniser else None
    measured = evaluate(speech, args.out, recogniser)
    print(json.dumps(measured, indent=1))
    card.write(args, speech, measured)


def _speech(args: argparse.Namespace) -> SpeechCorpus:
    """All speakers' speech, read back where it was made before."""
    path = args.home / "speech.pkl"
    if path.exists():
        return load_speech(path)
    if args.manifest:
        speech = recordings.speech(args.manifest)
    else:
        speech = joined([_spoken(args, voice) for voice in spoken.VOICES])
    LOG.info("%d utterances, %.2f h", len(speech.utterances), speech.hours)
    save_speech(speech, path)
    return speech


def _spoken(args: argparse.Namespace, voice: str) -> SpeechCorpus:
    path = args.home / f"speech-{voice}.pkl"
    if not path.exists():
        chroot = args.chroot or args.home / "rhvoice"
        build(chroot)
        save_speech(spoken.speak(chroot, voice, args.limit), path)
    return load_speech(path)


def _aligned(args: argparse.Namespace, speech: SpeechCorpus) -> FastPitchModel:
    """A FastPitch with a trained aligner, and durations in every utterance."""
    model = FastPitchModel(fastpitch_config([s.name for s in speech.speakers]))
    model.fastpitch.pitch_std.fill_(1.0)
    path = args.home / "aligned.pt"
    if path.exists() and speech.aligned:
        model.load_state_dict(torch.load(path, weights_only=True))
        return model
    if args.start:
        warm_fastpitch(model, args.start)
    train_aligner(model, speech.utterances, args.aligner_steps)
    LOG.info("alignment sharpness %.3f", align(model, speech.utterances))
    save_speech(speech, args.home / "speech.pkl")
    torch.save(model.state_dict(), path)
    return model


@torch.no_grad()
def predicted_mels(model: FastPitchModel, speech: SpeechCorpus) -> dict[int, NDArray[np.float16]]:
    """FastPitch's mels with the true durations and pitch, in step with the sound, by number."""
    model.eval()
    mels = {}
    for utterance in speech.utterances:
        batch = acoustic.collate([utterance], speech, model.vocab.pad)
        spectrogram, *_ = model.fastpitch(
            text=batch.text, durs=batch.durations, pitch=batch.pitch, speaker=batch.speaker
        )
        mels[utterance.number] = spectrogram[0].numpy().astype(np.float16)
    return mels


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; ends the process for one that makes no sense."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="everything between the stages")
    parser.add_argument("--out", type=Path, help="where the two .nemo go; default: --home")
    parser.add_argument("--start", type=Path, help="folder of a pair to go on from")
    parser.add_argument("--manifest", type=Path, help="recordings: audio_filepath, text, speaker")
    parser.add_argument("--chroot", type=Path, help="of RHVoice; default: --home/rhvoice")
    parser.add_argument("--recogniser", help="hears how it went: a catalogue id or a .nemo")
    parser.add_argument("--limit", type=int, help="only so many sentences")
    parser.add_argument("--aligner-steps", type=int, default=800)
    parser.add_argument("--fastpitch-steps", type=int, default=3000)
    parser.add_argument("--batch-frames", type=int, default=2000, help="in a step of FastPitch")
    parser.add_argument("--hifigan-steps", type=int, default=12000)
    parser.add_argument("--spectral-steps", type=int, default=6000, help="of them unjudged")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    args.out = args.out or args.home
    if args.start and not (args.start / FASTPITCH).is_file():
        parser.error(f"--start needs a folder with {FASTPITCH} and {HIFIGAN}")
    return args


def main() -> None:
    args = arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("nemo_logger").setLevel(logging.ERROR)
    torch.set_num_threads(args.threads)
    # Denormal numbers make some layers ten times slower on a CPU.
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    random.seed(args.seed)
    try:
        run(args)
    except BadManifest as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
