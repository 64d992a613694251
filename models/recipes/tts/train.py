"""The voice from nothing: python -m models.recipes.tts.train --home DIR [--chroot DIR]

Speaks the sentences with RHVoice, aligns letters to sound, trains FastPitch, then the vocoder on
true mels and for its last steps on FastPitch's, and writes the pair to `--out`. Every stage leaves
a file in `--home` and is skipped or resumed when that exists. A chroot has to be built by root.
"""

import argparse
import json
import logging
import random
from pathlib import Path

import numpy as np
import torch
from nemo.collections.tts.models import FastPitchModel
from numpy.typing import NDArray

from models.recipes.speech.rhvoice import build
from models.recipes.tts import acoustic, vocoder
from models.recipes.tts.alignment import align, train_aligner
from models.recipes.tts.config import fastpitch_config
from models.recipes.tts.dataset import Speech, load_speech, make_speech, save_speech
from models.recipes.tts.evaluate import evaluate
from models.recipes.tts.export import FASTPITCH, HIFIGAN, save

LOG = logging.getLogger("tts.train")


def run(args: argparse.Namespace) -> None:
    """All stages in order."""
    args.home.mkdir(parents=True, exist_ok=True)
    args.out.mkdir(parents=True, exist_ok=True)
    speech = _speech(args)
    model = _aligned(args, speech)
    acoustic.train(model, speech, args.home / "fastpitch.pt", args.fastpitch_steps)
    save(model, args.out / FASTPITCH)
    sound, state = vocoder.build(), args.home / "hifigan.pt"
    heard, steps = speech.utterances, args.hifigan_steps
    true_until = steps - args.tuning_steps
    vocoder.train(sound, heard, {}, state=state, until=true_until, steps=steps)
    ours = predicted_mels(model, speech)
    vocoder.train(sound, heard, ours, state=state, until=steps, steps=steps)
    save(sound, args.out / HIFIGAN)
    print(json.dumps(evaluate(speech, args.out, args.recogniser), indent=1))


def _speech(args: argparse.Namespace) -> Speech:
    path = args.home / "speech.pkl"
    if not path.exists():
        chroot = args.chroot or args.home / "rhvoice"
        build(chroot)
        save_speech(make_speech(chroot, args.limit), path)
    return load_speech(path)


def _aligned(args: argparse.Namespace, speech: Speech) -> FastPitchModel:
    """A FastPitch with a trained aligner, and durations in every utterance."""
    model = FastPitchModel(fastpitch_config(speech.pitch_mean_hz, speech.pitch_std_hz))
    model.fastpitch.pitch_mean.fill_(speech.pitch_mean_hz)
    model.fastpitch.pitch_std.fill_(speech.pitch_std_hz)
    path = args.home / "aligned.pt"
    if path.exists() and speech.utterances[0].durations is not None:
        model.load_state_dict(torch.load(path, weights_only=True))
        return model
    train_aligner(model, speech.utterances, args.aligner_steps)
    LOG.info("alignment sharpness %.3f", align(model, speech.utterances))
    torch.save(model.state_dict(), path)
    save_speech(speech, args.home / "speech.pkl")
    return model


@torch.no_grad()
def predicted_mels(model: FastPitchModel, speech: Speech) -> dict[int, NDArray[np.float16]]:
    """FastPitch's mels with the true durations and pitch, in step with the sound, by number."""
    model.eval()
    mels = {}
    for utterance in speech.utterances:
        batch = acoustic.collate([utterance], speech, model.vocab.pad)
        spectrogram, *_ = model.fastpitch(text=batch.text, durs=batch.durations, pitch=batch.pitch)
        mels[utterance.number] = spectrogram[0].numpy().astype(np.float16)
    return mels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="everything between the stages")
    parser.add_argument("--out", type=Path, help="where the two .nemo go; default: --home")
    parser.add_argument("--chroot", type=Path, help="of RHVoice; default: --home/rhvoice")
    parser.add_argument("--recogniser", type=Path, help="a .nemo that hears how it went")
    parser.add_argument("--limit", type=int, help="only so many sentences")
    parser.add_argument("--aligner-steps", type=int, default=800)
    parser.add_argument("--fastpitch-steps", type=int, default=3000)
    parser.add_argument("--hifigan-steps", type=int, default=9000)
    parser.add_argument("--tuning-steps", type=int, default=1500, help="on FastPitch's mels")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.out = args.out or args.home
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("nemo_logger").setLevel(logging.ERROR)
    torch.set_num_threads(args.threads)
    # Denormal numbers make some layers ten times slower on a CPU.
    torch.set_flush_denormal(True)
    torch.manual_seed(args.seed)
    random.seed(args.seed)
    run(args)


if __name__ == "__main__":
    main()
