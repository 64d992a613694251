"""How strongly the language model should speak: word error rates over a grid of decoding settings.

    python -m recipes.asr.tune CHECKPOINT LANGUAGE_MODEL FOLDER...

The acoustic scores are computed once for each folder of held-out speech. Prints one line for each
setting and folder; chooses nothing.
"""

import argparse
import time
from itertools import product
from pathlib import Path

import torch
from nemo.collections.asr.models import ASRModel, EncDecCTCModelBPE

from asr.decoding.beam_search import BeamDecoder, Weights
from asr.decoding.ngram import Ngram
from models.loading import connector
from recipes.asr.batches import collate
from recipes.asr.measure import rates
from recipes.asr.speech_data import LabelledUtterance, SpeechFolder
from russian.grammar.morphology import is_word

Scored = list[tuple[LabelledUtterance, torch.Tensor]]


@torch.no_grad()
def score(model: EncDecCTCModelBPE, folder: Path, limit: int) -> Scored:
    """Log-probabilities (frames, units + 1) of each utterance."""
    speech = SpeechFolder(folder)
    speech.refresh()
    scored: Scored = []
    chosen = sorted(speech.utterances[:limit], key=lambda u: u.samples)
    for start in range(0, len(chosen), 16):
        part = chosen[start : start + 16]
        batch = collate([speech.samples(u) for u in part], [])
        rows, lengths, _ = model(input_signal=batch.audio, input_signal_length=batch.lengths)
        scored += [(u, row[:n]) for u, row, n in zip(part, rows, lengths.tolist(), strict=True)]
    return scored


def decoded(decoder: BeamDecoder, scored: Scored) -> dict[str, float]:
    """Word error rates by one decoder."""
    heard = []
    for _, row in scored:
        state = decoder.finish(decoder.step(row.numpy(), decoder.start()))
        heard.append(" ".join(word.text for word in decoder.words(state)))
    return rates([utterance for utterance, _ in scored], heard)


def compare(args: argparse.Namespace) -> list[dict[str, float | str]]:
    """Print the word error rates of every folder for every setting, and return them."""
    rows = list[dict[str, float | str]]()
    model = ASRModel.restore_from(
        str(args.checkpoint), map_location="cpu", save_restore_connector=connector()
    ).eval()
    sets = {folder.name: score(model, folder, args.limit) for folder in args.folder}
    ngram = Ngram(args.language_model)
    for alpha, beta, unknown, width in product(args.alpha, args.beta, args.unknown, args.width):
        chosen = Weights(alpha, beta, unknown, width)
        decoder = BeamDecoder(
            model.tokenizer.vocab, ngram if alpha else None, weights=chosen, known=is_word
        )
        for name, scored in sets.items():
            started = time.process_time()
            found = decoded(decoder, scored)
            took = time.process_time() - started
            rtf = took / sum(utterance.duration_s for utterance, _ in scored)
            chosen_as = f"width {width} alpha {alpha} beta {beta} unknown {unknown}"
            print(f"{chosen_as} {name}: {found} rtf {rtf:.4f}")
            rows.append({"set": name, "language model": alpha or "none", **found})
    return rows


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__)
    found.add_argument("checkpoint", type=Path)
    found.add_argument("language_model", type=Path)
    found.add_argument("folder", type=Path, nargs="+")
    found.add_argument("--alpha", type=float, nargs="+", default=[0.0, 0.6])
    found.add_argument("--beta", type=float, nargs="+", default=[1.0])
    found.add_argument("--unknown", type=float, nargs="+", default=[0.0])
    found.add_argument("--width", type=int, nargs="+", default=[16])
    found.add_argument("--limit", type=int, default=10_000)
    return found


if __name__ == "__main__":
    compare(parser().parse_args())
