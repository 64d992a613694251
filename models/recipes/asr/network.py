"""The recogniser's network: a small NeMo FastConformer CTC, its tokenizer, and its export.

Knows nothing of training data or of how long to train.
"""

from pathlib import Path

import sentencepiece
import torch
from nemo.collections.asr.models import EncDecCTCModelBPE
from omegaconf import OmegaConf, open_dict

VOCABULARY = 128


def train_tokenizer(text: Path, folder: Path, vocabulary: int = VOCABULARY) -> None:
    """A SentencePiece BPE tokenizer of `vocabulary` units from one plain sentence per line."""
    folder.mkdir(parents=True, exist_ok=True)
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=vocabulary,
        model_type="bpe",
        character_coverage=1.0,
        bos_id=-1,
        eos_id=-1,
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    # NeMo wants the units beside the model, without the unknown one.
    units = [pieces.id_to_piece(i) for i in range(1, pieces.get_piece_size())]
    (folder / "vocab.txt").write_text("\n".join(units) + "\n", "utf-8")


def build(tokenizer: Path, width: int = 176, layers: int = 8) -> EncDecCTCModelBPE:
    """A network with random weights; 6 M parameters at the default size.

    4x subsampling (40 ms frames) with 64 channels: the first convolution dominates the time of a
    step on a CPU, and 8x subsampling did not leave the blank plateau in the hours there are.
    """
    config = OmegaConf.create(
        {
            "sample_rate": 16000,
            "log_prediction": False,
            "ctc_reduction": "mean_batch",
            "skip_nan_grad": False,
            "tokenizer": {"dir": str(tokenizer), "type": "bpe"},
            "preprocessor": {
                "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
                "sample_rate": 16000,
                "normalize": "per_feature",
                "window_size": 0.025,
                "window_stride": 0.01,
                "window": "hann",
                "features": 80,
                "n_fft": 512,
                "frame_splicing": 1,
                "dither": 0.0,
                "pad_to": 0,
            },
            "spec_augment": {
                "_target_": "nemo.collections.asr.modules.SpectrogramAugmentation",
                "freq_masks": 2,
                "time_masks": 2,
                "freq_width": 15,
                "time_width": 0.04,
            },
            "encoder": {
                "_target_": "nemo.collections.asr.modules.ConformerEncoder",
                "feat_in": 80,
                "feat_out": -1,
                "n_layers": layers,
                "d_model": width,
                "subsampling": "dw_striding",
                "subsampling_factor": 4,
                "subsampling_conv_channels": 64,
                "ff_expansion_factor": 4,
                "self_attention_model": "rel_pos",
                "n_heads": 4,
                "att_context_size": [-1, -1],
                "xscaling": True,
                "untie_biases": True,
                "pos_emb_max_len": 5000,
                "conv_kernel_size": 9,
                "conv_norm_type": "batch_norm",
                "dropout": 0.0,
                "dropout_pre_encoder": 0.0,
                "dropout_emb": 0.0,
                "dropout_att": 0.0,
            },
            "decoder": {
                "_target_": "nemo.collections.asr.modules.ConvASRDecoder",
                "feat_in": None,
                "num_classes": -1,
                "vocabulary": [],
            },
            "decoding": {"strategy": "greedy_batch"},
        }
    )
    return EncDecCTCModelBPE(cfg=config)


def export(model: EncDecCTCModelBPE, weights: dict[str, torch.Tensor], path: Path) -> None:
    """Write `weights` in half precision as a `.nemo` that restores without any data set."""
    original = {name: value.clone() for name, value in model.state_dict().items()}
    model.load_state_dict(weights)
    with open_dict(model.cfg):
        for part in ("train_ds", "validation_ds", "test_ds"):
            model.cfg[part] = {"sample_rate": 16000, "batch_size": 1, "shuffle": False}
    model.half()
    temporary = path.with_name(f"{path.stem}-writing.nemo")
    model.save_to(str(temporary))
    temporary.replace(path)
    model.float()
    model.load_state_dict(original)
