"""What the embedded recogniser can do, measured on speech made on the spot: JSON and plots.

    python -m recipes.asr.report --home build/report [--chroot DIR]

Sentences are held out (`data/dev_*.txt`); voices are those trained on and two that may not be
(`speech.rhvoice.UNHEARD`), spoken into `HOME/speech` and kept there only. Wants root for the
chroot unless there is one.
"""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from asr.decoding.ctc import confidence
from asr.nemo import load
from asr.nemo_ctc import CtcRecogniser
from dialog.audio import codecs
from dialog.audio.line import coloured_noise
from models.catalogue import resolve
from recipes import reporting
from recipes.asr.calibrate import JudgedWord, calibration_error, fit, judge, reliability
from recipes.asr.measure import rates
from recipes.asr.speech_data import RATE_HZ, SpeechFolder
from recipes.speech.rhvoice import UNHEARD, VOICES, build
from recipes.text.support import DATA

Audio = NDArray[np.float32]
Disturbance = Callable[[Audio], Audio]
SETS = ("general", "support")


def speak(chroot: Path, home: Path) -> dict[str, SpeechFolder]:
    """Held-out sentences by trained and by unheard voices, made once."""
    folders = {}
    for kind in SETS:
        for who, voices in (("trained", VOICES), ("unheard", UNHEARD)):
            folder = home / "speech" / f"{who}-{kind}"
            command = [sys.executable, "-m", "recipes.asr.speech_data"]
            paths = ["--chroot", str(chroot), "--out", str(folder)]
            text = ["--text", str(DATA / f"dev_{kind}.txt")]
            turns = [option for voice in voices for option in ("--voice", voice)]
            subprocess.run([*command, *paths, *text, *turns], check=True)
            folders[f"{who}-{kind}"] = SpeechFolder(folder)
            folders[f"{who}-{kind}"].refresh()
    return folders


def noisy(audio: Audio, snr_db: float = 10.0) -> Audio:
    rng = np.random.default_rng(len(audio))
    noise = coloured_noise(len(audio), rng)
    return np.asarray(audio + audio.std() * 10 ** (-snr_db / 20) * noise, np.float32)


def files(recogniser: CtcRecogniser, sounds: list[Audio]) -> list[str]:
    return [recogniser.transcribe([sound])[0].text for sound in sounds]


def streams(recogniser: CtcRecogniser, sounds: list[Audio], context: tuple[int, int]) -> list[str]:
    """Chunk by chunk, as calls are heard, sixteen callers at a time."""
    engine, heard = recogniser.streaming(context), list[str]()
    if engine is None:
        sys.exit("this recogniser cannot be stepped: only cache-aware ones are reported on")
    for first in range(0, len(sounds), 16):
        part = sounds[first : first + 16]
        found = engine.finish(part, [engine.start() for _ in part])
        heard += [" ".join(word.text for word in words) for words in found]
    return heard


def word_errors(
    recogniser: CtcRecogniser, folders: dict[str, SpeechFolder], limit: int
) -> dict[str, Any]:
    """Rates by condition and set. The files come last: a stream changes the model's context."""
    conditions: dict[str, Disturbance] = {
        "clean": lambda audio: audio,
        "mu-law 8 kHz": codecs.mu_law,
        "noise 10 dB": noisy,
    }
    table: dict[str, Any] = {}
    for name, folder in folders.items():
        chosen = folder.utterances[:limit]
        clean = [folder.samples(u) for u in chosen]
        row = {}
        for condition, change in conditions.items():
            sounds = [change(audio) for audio in clean]
            row[condition] = rates(chosen, files(recogniser, sounds))
        for context in ((70, 13), (70, 6)):
            label = f"streamed, {(context[1] + 1) * 40} ms"
            row[label] = rates(chosen, streams(recogniser, clean, context))
        recogniser.model.encoder.set_default_att_context_size([70, 13])
        table[name] = row
        print(name, {condition: row[condition]["all"] for condition in row}, flush=True)
    return table


def judged(recogniser: CtcRecogniser, folder: SpeechFolder, limit: int) -> list[JudgedWord]:
    """Every word heard, clean and noisy, and whether it is right."""
    found: list[JudgedWord] = []
    for utterance in folder.utterances[:limit]:
        for change in (np.asarray, noisy):
            found += judge(utterance.text, spelled(recogniser, change(folder.samples(utterance))))
    return found


def spelled(recogniser: CtcRecogniser, audio: Audio) -> list[Any]:
    decoder = recogniser.decoders.current()
    with torch.inference_mode():
        scores, frames, _ = recogniser.model(
            input_signal=torch.from_numpy(audio)[None],
            input_signal_length=torch.tensor([len(audio)]),
        )
    row = scores[0, : int(frames[0])].numpy()
    return decoder.words(decoder.finish(decoder.step(row, decoder.start())))


def calibrated(recogniser: CtcRecogniser, folders: dict[str, SpeechFolder], limit: int) -> Any:
    """Fitted on the trained voices' sentences; checked on the other sentences' unheard voices."""
    learnt = judged(recogniser, folders["trained-general"], limit)
    learnt += judged(recogniser, folders["trained-support"], limit)
    weights = fit(learnt)
    tested = judged(recogniser, folders["unheard-general"], limit)
    tested += judged(recogniser, folders["unheard-support"], limit)
    right = np.array([float(one.right) for one in tested])
    used = resolve("asr-ru-small").decoding.confidence
    curves = {}
    for name, chosen in (("fitted now", weights), ("catalogue", used), ("none", ())):
        sure = np.array([confidence(one.word, chosen) for one in tested])
        curve = reliability(sure, right)
        curves[name] = {"ece": round(calibration_error(curve), 4), "curve": curve}
    return {"weights": weights, "words": len(tested), **curves}


def real_time_factor(recogniser: CtcRecogniser, folder: SpeechFolder, limit: int) -> float:
    """Seconds of two threads' work for each second of speech, one file at a time."""
    sounds = [folder.samples(u) for u in folder.utterances[:limit]]
    files(recogniser, sounds[:2])
    started = time.perf_counter()
    files(recogniser, sounds)
    return (time.perf_counter() - started) / (sum(len(s) for s in sounds) / RATE_HZ)


def plot(report: dict[str, Any], out: Path) -> None:
    """Word error rates by condition, and how sure against how often right."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (bars, curve) = pyplot.subplots(1, 2, figsize=(12, 4.5))
    names = list(report["wer"])
    for index, condition in enumerate(next(iter(report["wer"].values()))):
        heights = [report["wer"][name][condition]["all"] for name in names]
        bars.bar(np.arange(len(names)) + 0.15 * index, heights, 0.15, label=condition)
    bars.set_xticks(np.arange(len(names)) + 0.3, names)
    bars.set_ylabel("word error rate, %")
    bars.legend()
    for name in ("none", "catalogue"):
        points = report["confidence"][name]["curve"]
        error = report["confidence"][name]["ece"]
        curve.plot(*zip(*[p[:2] for p in points], strict=True), "o-", label=f"{name}: ECE {error}")
    curve.plot([0, 1], [0, 1], "k:")
    curve.set_xlabel("confidence")
    curve.set_ylabel("share of words that are right")
    curve.legend()
    figure.tight_layout()
    figure.savefig(out)


def main() -> None:
    parser = reporting.options(__doc__, "asr-ru-small")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    chroot = args.chroot or args.home / "rhvoice"
    build(chroot)
    folders = speak(chroot, args.home)
    recogniser = load(resolve(args.model), "cpu")
    if not isinstance(recogniser, CtcRecogniser):
        sys.exit(f"{args.model} has no language model: only such recognisers are reported on")
    report: dict[str, Any] = {"model": args.model}
    report["rtf"] = round(real_time_factor(recogniser, folders["trained-support"], 20), 4)
    print("real-time factor", report["rtf"], flush=True)
    report["wer"] = word_errors(recogniser, folders, args.limit)
    report["confidence"] = calibrated(recogniser, folders, args.limit)
    reporting.write(report, args.home / "asr-report.json")
    plot(report, args.home / "asr-report.png")
    print("confidence weights", report["confidence"]["weights"], "in", args.home)


if __name__ == "__main__":
    main()
