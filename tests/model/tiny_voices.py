"""A tiny NeMo voice and vocoder with random weights, made on the spot.

Knows the configurations; what they say is noise of a plausible length.
"""

from pathlib import Path
from typing import Any

from models.loading import without_discriminators

D_MODEL = 32
LETTERS = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"


def save_fastpitch(path: Path, **extra: Any) -> Path:
    """A voice of one speaker; `extra` adds to its configuration."""
    import torch
    from nemo.collections.tts.models import FastPitchModel
    from omegaconf import OmegaConf

    torch.manual_seed(2)
    model = FastPitchModel(cfg=OmegaConf.create(_fastpitch_config() | extra))
    with torch.no_grad():
        # Durations are exp(output) - 1 frames: four for a letter.
        for bias in model.fastpitch.duration_predictor.fc.parameters():
            bias.fill_(1.6) if bias.ndim == 1 else bias.mul_(0.1)
    model.save_to(str(path))
    return path


def save_hifigan(path: Path, discriminators: bool = False) -> Path:
    """A vocoder for the voice; `discriminators` leaves parameters of theirs in the file, of
    which real ones hold 280 MB."""
    import torch
    from nemo.collections.tts.models import HifiGanModel
    from omegaconf import OmegaConf

    torch.manual_seed(3)
    with without_discriminators():
        model = HifiGanModel(cfg=OmegaConf.create(_hifigan_config()))
    if discriminators:
        model.mpd, model.msd = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    model.save_to(str(path))
    return path


def _fastpitch_config() -> dict[str, Any]:
    transformer = {
        "n_layer": 1,
        "n_head": 1,
        "d_model": D_MODEL,
        "d_head": 16,
        "d_inner": 64,
        "kernel_size": 3,
        "dropout": 0.0,
        "dropatt": 0.0,
        "dropemb": 0.0,
    }
    predictor = {
        "_target_": "nemo.collections.tts.modules.fastpitch.TemporalPredictor",
        "input_size": D_MODEL,
        "kernel_size": 3,
        "filter_size": 16,
        "dropout": 0.0,
        "n_layers": 1,
    }
    return {
        "learn_alignment": True,
        "n_speakers": 1,
        "symbols_embedding_dim": D_MODEL,
        "pitch_embedding_kernel_size": 3,
        "n_mel_channels": 80,
        "max_token_duration": 20,
        "pitch_fmin": 65,
        "pitch_fmax": 400,
        "text_tokenizer": {
            "_target_": "nemo.collections.common.tokenizers.text_to_speech.tts_tokenizers"
            ".BaseCharsTokenizer",
            "chars": LETTERS,
            "punct": True,
            "apostrophe": False,
            "pad_with_space": True,
            "non_default_punct_list": [".", ",", "!", "?", "-", "…", "+"],
        },
        "preprocessor": {
            "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
            **_mel(),
        },
        "input_fft": {
            "_target_": "nemo.collections.tts.modules.transformer.FFTransformerEncoder",
            "n_embed": D_MODEL,
            "padding_idx": 0,
            **transformer,
        },
        "output_fft": {
            "_target_": "nemo.collections.tts.modules.transformer.FFTransformerDecoder",
            **transformer,
        },
        "alignment_module": {
            "_target_": "nemo.collections.tts.modules.aligner.AlignmentEncoder",
            "n_text_channels": D_MODEL,
        },
        "duration_predictor": predictor,
        "pitch_predictor": predictor,
        "train_ds": {
            "dataset": {"_target_": "nemo.collections.tts.data.dataset.TTSDataset"},
            "defer_setup": True,
        },
        "optim": {"name": "adamw", "lr": 0.001},
    }


def _mel() -> dict[str, Any]:
    return {
        "features": 80,
        "lowfreq": 0,
        "highfreq": 8000,
        "n_fft": 1024,
        "n_window_size": 1024,
        "window_size": False,
        "n_window_stride": 256,
        "window_stride": False,
        "pad_to": 1,
        "pad_value": 0,
        "sample_rate": 22050,
        "window": "hann",
        "normalize": None,
        "preemph": None,
        "dither": 0.0,
        "frame_splicing": 1,
        "log": True,
        "log_zero_guard_type": "add",
        "log_zero_guard_value": 1e-05,
        "mag_power": 1.0,
    }


def _hifigan_config() -> dict[str, Any]:
    mel = {k: v for k, v in _mel().items() if k not in ("features", "window_size", "window_stride")}
    return {
        "preprocessor": {
            "_target_": "nemo.collections.asr.parts.preprocessing.features.FilterbankFeatures",
            "nfilt": 80,
            "exact_pad": True,
            **mel,
        },
        "generator": {
            "_target_": "nemo.collections.tts.modules.hifigan_modules.Generator",
            "resblock": 2,
            "upsample_rates": [8, 8, 4],
            "upsample_kernel_sizes": [16, 16, 8],
            "upsample_initial_channel": 32,
            "resblock_kernel_sizes": [3, 5, 7],
            "resblock_dilation_sizes": [[1, 2], [2, 6], [3, 12]],
        },
        "train_ds": {
            "dataset": {"_target_": "nemo.collections.tts.data.dataset.VocoderDataset"},
            "defer_setup": True,
        },
        "optim": {"_target_": "torch.optim.AdamW", "lr": 0.0002},
        "max_steps": 1,
    }
