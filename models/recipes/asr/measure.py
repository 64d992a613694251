"""Word error rates of a recogniser over folders of held-out speech, by voice.

python -m models.recipes.asr.measure CHECKPOINT FOLDER...
"""

import argparse
from collections import defaultdict
from pathlib import Path

import torch
from nemo.collections.asr.models import ASRModel, EncDecCTCModelBPE

from models.recipes.asr.batches import collate
from models.recipes.asr.speech_data import SpeechFolder


def edits(said: list[str], heard: list[str]) -> int:
    """Levenshtein distance in words."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, 1):
        previous, row[0] = row[0], i
        for j, other in enumerate(heard, 1):
            previous, row[j] = (
                row[j],
                min(row[j] + 1, row[j - 1] + 1, previous + (word != other)),
            )
    return row[-1]


@torch.no_grad()
def transcribe(model: EncDecCTCModelBPE, folder: SpeechFolder, limit: int) -> list[str]:
    """What the model hears in the first `limit` utterances, with its own decoding settings."""
    model.eval()
    heard: list[str] = []
    chosen = folder.utterances[:limit]
    for start in range(0, len(chosen), 16):
        part = chosen[start : start + 16]
        batch = collate([folder.samples(u) for u in part], [u.text for u in part])
        scores, lengths, _ = model(input_signal=batch.audio, input_signal_length=batch.lengths)
        found = model.decoding.ctc_decoder_predictions_tensor(scores, decoder_lengths=lengths)
        heard += [hypothesis.text for hypothesis in found]
    return heard


def measure(model: EncDecCTCModelBPE, path: Path, limit: int = 10_000) -> dict[str, float]:
    """Word error rate in per cent, in all and by voice; ё counts as е."""
    folder = SpeechFolder(path)
    folder.refresh()
    wrong: dict[str, int] = defaultdict(int)
    words: dict[str, int] = defaultdict(int)
    for utterance, text in zip(
        folder.utterances[:limit], transcribe(model, folder, limit), strict=True
    ):
        said = utterance.text.replace("ё", "е").split()
        for key in ("all", utterance.voice):
            wrong[key] += edits(said, text.replace("ё", "е").split())
            words[key] += len(said)
    return {key: round(100 * wrong[key] / words[key], 1) for key in words}


def report(checkpoint: Path, name: str, folder: Path) -> str:
    """One line of word error rates of a stored model."""
    model = ASRModel.restore_from(str(checkpoint), map_location="cpu").eval()
    rates = measure(model, folder)
    voices = ", ".join(f"{voice} {rate}" for voice, rate in rates.items() if voice != "all")
    return f"{name}: WER {rates['all']} % ({voices})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path, nargs="+", help="of shards, see speech_data")
    args = parser.parse_args()
    for folder in args.folder:
        print(report(args.checkpoint, folder.name, folder))


if __name__ == "__main__":
    main()
