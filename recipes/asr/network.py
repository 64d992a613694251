"""The recogniser's network: a small NeMo FastConformer CTC, its tokenizer, and its export.

Knows nothing of training data or of how long to train.
"""

import tarfile
from pathlib import Path

import sentencepiece
import torch
from nemo.collections.asr.models import EncDecCTCModelBPE
from omegaconf import OmegaConf, open_dict
from torch import Tensor

VOCABULARY = 128
# 40 ms frames of past and of future: the chunks of a stream are one frame longer than the future.
# The first is what files and, unless told otherwise, streams are heard with: 560 ms.
CONTEXTS = ((70, 13), (70, 6), (70, 1))
_CONTEXT_SHARES = (0.5, 0.35, 0.15)


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


def tokenizer_of(checkpoint: Path, folder: Path) -> None:
    """Unpack the tokenizer of a `.nemo`, in which file names have a hash before them."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(checkpoint) as archive:
        for member in archive.getnames():
            for name in ("tokenizer.model", "tokenizer.vocab", "vocab.txt"):
                file = archive.extractfile(member) if member.endswith(f"_{name}") else None
                if file is not None:
                    (folder / name).write_bytes(file.read())


def build(tokenizer: Path, width: int = 176, layers: int = 8) -> EncDecCTCModelBPE:
    """A streaming network with random weights; 6 M parameters at the default size.

    No frame is normalised by its utterance, no convolution and no chunk of attention sees the
    future beyond the chunk: what a stream hears is what a file gives. Batch norm is a fixed
    factor at inference, so it may stay.

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
                "normalize": "NA",
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
                "att_context_style": "chunked_limited",
                "att_context_size": [list(context) for context in CONTEXTS],
                "att_context_probs": list(_CONTEXT_SHARES),
                "causal_downsampling": True,
                "conv_context_size": "causal",
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


def warm_start(model: EncDecCTCModelBPE, donor: EncDecCTCModelBPE, audio: Tensor) -> None:
    """Give `model` the weights of a whole-context `donor`, bent to see the past only.

    A donor that already streams is copied. Otherwise three things change. Mels are no longer
    normalised: the mean and spread of those of `audio` (B, samples) go into the first
    convolution. Causal 9-tap kernels keep the taps of the past. The causal subsampling sees
    frequency 3/4 of an output later than the symmetric one did, and has one output more: the
    projection after it is interpolated.
    """
    weights = donor.state_dict()
    if donor.cfg.encoder.get("causal_downsampling"):
        model.load_state_dict(weights)
        return
    for name, value in weights.items():
        if name.endswith("depthwise_conv.weight"):
            past = value.shape[-1] // 2
            weights[name] = torch.nn.functional.pad(value[..., : past + 1], (past, 0))
    mels, _ = model.preprocessor(
        input_signal=audio, length=torch.full((len(audio),), audio.shape[1])
    )
    first, projection = "encoder.pre_encode.conv.0", "encoder.pre_encode.out.weight"
    kernel = weights[f"{first}.weight"] / mels.std()
    weights[f"{first}.weight"] = kernel
    weights[f"{first}.bias"] = weights[f"{first}.bias"] - mels.mean() * kernel.sum((1, 2, 3))
    channels = kernel.shape[0]
    by_channel = weights[projection].unflatten(1, (channels, -1))
    sooner = torch.nn.functional.pad(by_channel, (0, 1))
    later = torch.nn.functional.pad(by_channel, (1, 0))
    weights[projection] = (0.25 * sooner + 0.75 * later).flatten(1)
    model.load_state_dict(weights)


def export(model: EncDecCTCModelBPE, weights: dict[str, Tensor], path: Path) -> None:
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
