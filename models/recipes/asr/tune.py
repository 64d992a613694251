"""How strongly the language model should speak: word error rates over a grid of decoding settings.

    python -m models.recipes.asr.tune CHECKPOINT LANGUAGE_MODEL FOLDER...

The acoustic scores are computed once for each folder of held-out speech. Prints one line for each
setting and folder; chooses nothing.
"""

import argparse
import time
from itertools import product
from pathlib import Path

import torch
from nemo.collections.asr.models import ASRModel, EncDecCTCModelBPE
from nemo.collections.asr.parts.submodules.ctc_decoding import CTCBPEDecodingConfig
from omegaconf import DictConfig, OmegaConf

from models.recipes.asr.batches import collate
from models.recipes.asr.measure import rates
from models.recipes.asr.speech_data import SpeechFolder, Utterance

Scored = list[tuple[Utterance, torch.Tensor]]


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


def decoded(model: EncDecCTCModelBPE, scored: Scored) -> dict[str, float]:
    """Word error rates by the decoding strategy the model has now."""
    heard: list[str] = []
    for start in range(0, len(scored), 32):
        part = scored[start : start + 32]
        rows = torch.nn.utils.rnn.pad_sequence([row for _, row in part], batch_first=True)
        lengths = torch.tensor([len(row) for _, row in part])
        found = model.decoding.ctc_decoder_predictions_tensor(rows, decoder_lengths=lengths)
        heard += [(h[0] if isinstance(h, list) else h).text for h in found]
    return rates([utterance for utterance, _ in scored], heard)


def setting(language_model: Path, alpha: float, beta: float, size: int) -> dict[str, object]:
    """Beam search with fusion; a `size` of 0 is the plain best unit of each frame."""
    if not size:
        return {"strategy": "greedy_batch"}
    beam = {
        "beam_size": size,
        "ngram_lm_model": str(language_model),
        "ngram_lm_alpha": alpha,
        "beam_beta": beta,
        "return_best_hypothesis": True,
    }
    return {"strategy": "beam_batch", "beam": beam}


def _apply(model: EncDecCTCModelBPE, chosen: dict[str, object]) -> None:
    base: DictConfig = OmegaConf.structured(CTCBPEDecodingConfig())
    model.change_decoding_strategy(OmegaConf.merge(base, chosen), verbose=False)


def compare(args: argparse.Namespace) -> None:
    """Print the word error rates of every folder for every setting."""
    model = ASRModel.restore_from(str(args.checkpoint), map_location="cpu").eval()
    sets = {folder.name: score(model, folder, args.limit) for folder in args.folder}
    for alpha, beta, size in product(args.alpha, args.beta, args.size):
        _apply(model, setting(args.language_model, alpha, beta, size))
        for name, scored in sets.items():
            started = time.monotonic()
            found = decoded(model, scored)
            took_s = time.monotonic() - started
            print(f"beam {size} alpha {alpha} beta {beta} {name}: {found} in {took_s:.0f} s")


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(description=__doc__)
    found.add_argument("checkpoint", type=Path)
    found.add_argument("language_model", type=Path)
    found.add_argument("folder", type=Path, nargs="+")
    found.add_argument("--alpha", type=float, nargs="+", default=[0.5])
    found.add_argument("--beta", type=float, nargs="+", default=[0.5])
    found.add_argument("--size", type=int, nargs="+", default=[0, 8], help="0: greedy")
    found.add_argument("--limit", type=int, default=10_000)
    return found


if __name__ == "__main__":
    compare(parser().parse_args())
