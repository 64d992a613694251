"""Tiny NeMo recognisers with random weights, made on the spot: every kind that we load.

Knows the configurations; a random model writes nonsense, but it writes it along the same
path as a trained one.
"""

from pathlib import Path
from typing import Any

CORPUS = """мама мыла раму сколько стоит доставка в москву
как проверить скорость интернета дома вечером
почему не работает телевидение после грозы
где находится ближайший офис и когда он открыт"""
PROMPTS = {"en-US": 0, "ru-RU": 1, "auto": 2}
D_MODEL = 32
UNKNOWN = 0
DURATIONS = [0, 1, 2, 3, 4]


def tokenizer(folder: Path, tags: bool = False) -> dict[str, Any]:
    """A SentencePiece model of a few dozen pieces; `tags` adds `<ru-RU>` as one piece."""
    import sentencepiece

    folder.mkdir(parents=True, exist_ok=True)
    corpus = folder / "corpus.txt"
    corpus.write_text(CORPUS, encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(corpus),
        model_prefix=str(folder / "tokenizer"),
        vocab_size=48,
        model_type="bpe",
        bos_id=-1,
        eos_id=-1,
        user_defined_symbols=["<ru-RU>"] if tags else [],
        minloglevel=2,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    names = [pieces.id_to_piece(index).replace("▁", "##") for index in range(len(pieces))]
    (folder / "vocab.txt").write_text("\n".join(names) + "\n", encoding="utf-8")
    return {"dir": str(folder), "type": "bpe"}


def save_asr(kind: str, path: Path) -> Path:
    """A recogniser of a kind: ctc, stream, rnnt, tdt, hybrid, prompt or hybrid-prompt."""
    import torch
    from nemo.collections.asr import models
    from omegaconf import OmegaConf

    torch.manual_seed(1)
    config = _asr_config(kind, path.with_suffix(""))
    cls = {
        "ctc": models.EncDecCTCModelBPE,
        "stream": models.EncDecCTCModelBPE,
        "rnnt": models.EncDecRNNTBPEModel,
        "tdt": models.EncDecRNNTBPEModel,
        "hybrid": models.EncDecHybridRNNTCTCBPEModel,
        "prompt": _prompt_class(),
        "hybrid-prompt": models.EncDecHybridRNNTCTCBPEModelWithPrompt,
    }[kind]
    model = cls(cfg=OmegaConf.create(config))
    _make_talkative(model)
    model.save_to(str(path))
    return path


def _prompt_class() -> Any:
    from nemo.collections.asr.models.rnnt_bpe_models_prompt import EncDecRNNTBPEModelWithPrompt

    return EncDecRNNTBPEModelWithPrompt


def _make_talkative(model: Any) -> None:
    """Random models mostly hear blanks: make the blank unlikely, so that words come out."""
    import torch

    with torch.no_grad():
        if hasattr(model, "joint"):
            blank = model.joint.num_classes_with_blank - model.joint.num_extra_outputs - 1
            model.joint.joint_net[-1].bias[blank] -= 0.2
            model.joint.joint_net[-1].bias[UNKNOWN] -= 9.0
        elif hasattr(model.decoder, "decoder_layers"):
            model.decoder.decoder_layers[0].bias[-1] -= 1.0
            model.decoder.decoder_layers[0].bias[UNKNOWN] -= 9.0


def _asr_config(kind: str, folder: Path) -> dict[str, Any]:
    config: dict[str, Any] = {
        "sample_rate": 16000,
        "preprocessor": {
            "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
            "sample_rate": 16000,
            "features": 40,
            "window_size": 0.025,
            "window_stride": 0.01,
            "n_fft": 512,
            "dither": 0.0,
            "pad_to": 0,
        },
        "tokenizer": tokenizer(folder, tags="prompt" in kind),
        "encoder": {
            "_target_": "nemo.collections.asr.modules.ConformerEncoder",
            "feat_in": 40,
            "feat_out": -1,
            "n_layers": 1,
            "d_model": D_MODEL,
            "n_heads": 2,
            "ff_expansion_factor": 2,
            "conv_kernel_size": 5,
            "subsampling": "dw_striding",
            "subsampling_factor": 4,
            "subsampling_conv_channels": 16,
            "causal_downsampling": False,
        },
        "model_defaults": {"enc_hidden": D_MODEL, "pred_hidden": 16, "joint_hidden": 16},
        "subsampling_factor": 4,
    }
    if kind == "stream":
        config["preprocessor"]["normalize"] = "NA"
        config["encoder"] |= {
            "n_layers": 2,
            "att_context_size": [[70, 6], [70, 1]],
            "att_context_style": "chunked_limited",
            "causal_downsampling": True,
            "conv_context_size": "causal",
        }
    if kind in ("ctc", "stream"):
        return config | _ctc_parts()
    config |= _transducer_parts(tdt=kind == "tdt")
    if kind.startswith("hybrid"):
        config["aux_ctc"] = {"ctc_loss_weight": 0.3, **_ctc_parts()}
    if "prompt" in kind:
        config["model_defaults"] |= {
            "initialize_prompt_feature": True,
            "num_prompts": 4,
            "prompt_dictionary": PROMPTS,
        }
    return config


def _ctc_parts() -> dict[str, Any]:
    decoder = {
        "_target_": "nemo.collections.asr.modules.ConvASRDecoder",
        "feat_in": D_MODEL,
        "num_classes": -1,
        "vocabulary": [],
    }
    return {"decoder": decoder, "decoding": {"strategy": "greedy"}, "ctc_reduction": "mean_batch"}


def _transducer_parts(tdt: bool) -> dict[str, Any]:
    decoding: dict[str, Any] = {"strategy": "greedy", "greedy": {"max_symbols": 3}}
    loss: dict[str, Any] = {"loss_name": "default"}
    joint: dict[str, Any] = {
        "_target_": "nemo.collections.asr.modules.RNNTJoint",
        "log_softmax": None,
        "fuse_loss_wer": False,
        "jointnet": {
            "joint_hidden": 16,
            "activation": "relu",
            "encoder_hidden": D_MODEL,
            "pred_hidden": 16,
        },
    }
    if tdt:
        decoding |= {"model_type": "tdt", "durations": DURATIONS}
        joint["num_extra_outputs"] = len(DURATIONS)
        loss = {"loss_name": "tdt", "tdt_kwargs": {"durations": DURATIONS}}
    decoder = {
        "_target_": "nemo.collections.asr.modules.RNNTDecoder",
        "normalization_mode": None,
        "random_state_sampling": False,
        "blank_as_pad": True,
        "prednet": {"pred_hidden": 16, "pred_rnn_layers": 1},
    }
    return {"decoder": decoder, "joint": joint, "decoding": decoding, "loss": loss}


def save_bigrams(tokenizer_folder: Path, path: Path) -> Path:
    """An ARPA bigram model over the tokens of `CORPUS`, one character for each token."""
    from collections import Counter
    from itertools import pairwise
    from math import log10

    import sentencepiece

    pieces = sentencepiece.SentencePieceProcessor(
        model_file=str(tokenizer_folder / "tokenizer.model")
    )
    lines = [[chr(i + 100) for i in pieces.encode(line)] for line in CORPUS.split("\n")]
    pairs = Counter(p for line in lines for p in pairwise(line))
    firsts = Counter(first for first, _ in pairs.elements())
    symbols = ["<unk>", "<s>", "</s>", *(chr(i + 100) for i in range(len(pieces)))]
    single = log10(1 / len(symbols))
    arpa = ["\\data\\", f"ngram 1={len(symbols)}", f"ngram 2={len(pairs)}", "", "\\1-grams:"]
    arpa += [f"{single:.4f}\t{symbol}\t-0.5" for symbol in symbols]
    arpa += ["", "\\2-grams:"]
    arpa += [f"{log10(n / firsts[a]) - 0.05:.4f}\t{a} {b}" for (a, b), n in pairs.items()]
    path.write_text("\n".join([*arpa, "", "\\end\\", ""]), encoding="utf-8")
    return path


def save_trie(tokenizer_folder: Path, path: Path) -> Path:
    """The language model that `asr.decoding.ngram` reads, over the tokens of `CORPUS`."""
    import sentencepiece

    from recipes.asr.language_model import count, probabilities, sentences, store

    model = str(tokenizer_folder / "tokenizer.model")
    pieces = sentencepiece.SentencePieceProcessor(model_file=model)
    marked = ((units, 1.0) for units in sentences(CORPUS.split("\n"), pieces))
    levels, backoff = probabilities(count(marked, 3), len(pieces))
    store(levels, backoff, len(pieces), path)
    return path
