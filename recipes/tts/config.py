"""The two models' shapes and the feature both share: 80 log-mels of 22.05 kHz speech, hop 256.

Knows NeMo's configuration keys and sizes. Knows nothing of data or training.
"""

from collections.abc import Sequence
from typing import Any

from omegaconf import DictConfig, OmegaConf

from russian.voice import LETTERS, PUNCTUATION, STRESS, VOICE_TEXT_VERSION

RATE_HZ = 22050
HOP = 256
MELS = 80
D_MODEL = 192
_WINDOW = 1024

_FEATURES: dict[str, Any] = {
    "dither": 0.0,
    "log": True,
    "log_zero_guard_type": "clamp",
    "log_zero_guard_value": 1e-5,
    "lowfreq": 0,
    "highfreq": 11025,
    "mag_power": 1.0,
    "n_fft": _WINDOW,
    "normalize": None,
    "pad_to": 1,
    "pad_value": -11.52,
    "preemph": None,
    "sample_rate": RATE_HZ,
    "window": "hann",
    "exact_pad": True,  # frames = samples / hop, so that the vocoder returns as many samples
    "mel_norm": "slaney",
}


def _transformer(layers: int, target: str) -> dict[str, Any]:
    return {
        "_target_": f"nemo.collections.tts.modules.transformer.{target}",
        "n_layer": layers,
        "n_head": 2,
        "d_model": D_MODEL,
        "d_head": 64,
        "d_inner": 2 * D_MODEL,
        "kernel_size": 3,
        "dropout": 0.1,
        "dropatt": 0.1,
        "dropemb": 0.0,
        "pre_lnorm": False,  # NeMo 3.0 normalises the wrong axis when it is set
    }


def _predictor() -> dict[str, Any]:
    return {
        "_target_": "nemo.collections.tts.modules.fastpitch.TemporalPredictor",
        "input_size": D_MODEL,
        "kernel_size": 3,
        "filter_size": D_MODEL,
        "dropout": 0.1,
        "n_layers": 2,
    }


def fastpitch_config(voices: Sequence[str]) -> DictConfig:
    """FastPitch with a learned alignment and a speaker embedding that is added to what encoder,
    decoder and predictors read; about 5 M parameters. Pitch is in deviations from the speaker's
    mean, so the model's own mean and deviation stay 0 and 1."""
    # NeMo has an embedding from two speakers on, and without one wants nothing to be added.
    several = len(voices) > 1
    return OmegaConf.create(
        {
            "name": "FastPitch",
            "voice_text_version": VOICE_TEXT_VERSION,
            "learn_alignment": True,
            "voice_names": list(voices),
            "n_speakers": len(voices),
            "speaker_emb_condition_prosody": several,
            "speaker_emb_condition_decoder": several,
            "symbols_embedding_dim": D_MODEL,
            "pitch_embedding_kernel_size": 3,
            "n_mel_channels": MELS,
            "max_token_duration": 75,
            "pitch_mean": 0.0,
            "pitch_std": 1.0,
            "text_tokenizer": {
                "_target_": "nemo.collections.common.tokenizers.text_to_speech."
                "tts_tokenizers.BaseCharsTokenizer",
                "chars": LETTERS,
                "apostrophe": False,
                "pad_with_space": True,
                "punct": True,
                "non_default_punct_list": [*PUNCTUATION, STRESS],
            },
            "alignment_module": {
                "_target_": "nemo.collections.tts.modules.aligner.AlignmentEncoder",
                "n_text_channels": D_MODEL,
            },
            "preprocessor": {
                "_target_": "nemo.collections.asr.modules.AudioToMelSpectrogramPreprocessor",
                "features": MELS,
                "window_size": None,
                "window_stride": None,
                "n_window_size": _WINDOW,
                "n_window_stride": HOP,
                **_FEATURES,
            },
            "input_fft": _transformer(4, "FFTransformerEncoder"),
            "output_fft": _transformer(4, "FFTransformerDecoder"),
            "duration_predictor": _predictor(),
            "pitch_predictor": _predictor(),
            "train_ds": {
                "dataset": {"_target_": "nemo.collections.tts.data.dataset.TTSDataset"},
                "defer_setup": True,
            },
            "optim": {"name": "adamw", "lr": 1e-3},
        }
    )


def hifigan_config() -> DictConfig:
    """HiFi-GAN's V3 generator with 128 channels: 0.4 M parameters."""
    return OmegaConf.create(
        {
            "name": "HifiGan",
            "max_steps": 1,
            "preprocessor": {
                "_target_": "nemo.collections.asr.parts.preprocessing.features.FilterbankFeatures",
                "nfilt": MELS,
                "n_window_size": _WINDOW,
                "n_window_stride": HOP,
                **_FEATURES,
            },
            "generator": {
                "_target_": "nemo.collections.tts.modules.hifigan_modules.Generator",
                "resblock": 2,
                "upsample_rates": [8, 8, 4],
                "upsample_kernel_sizes": [16, 16, 8],
                "upsample_initial_channel": 128,
                "resblock_kernel_sizes": [3, 5, 7],
                "resblock_dilation_sizes": [[1, 2], [2, 6], [3, 12]],
            },
            "train_ds": {
                "dataset": {"_target_": "nemo.collections.tts.data.dataset.VocoderDataset"},
                "defer_setup": True,
            },
            "optim": {"_target_": "torch.optim.AdamW", "lr": 1e-3},
        }
    )
