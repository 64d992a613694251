"""NeMo's own streaming pipeline beside ours: the same words from the shipped recogniser, greedily
decoded."""

from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pytest

from api.bench.timing import recording
from asr.decoding.greedy import Greedy
from asr.nemo_streaming import CONTEXT, CacheAware
from asr.recogniser import load_recogniser
from models.catalogue import resolve
from tests.service.serving import SAMPLES

pytestmark = pytest.mark.model

MODEL = "asr-ru-small"
QUESTIONS = ("q1.wav", "q2.wav", "q3.wav", "q4.wav")


def pipeline(model: Path) -> Any:
    """NeMo's cache-aware CTC pipeline; it decodes by the best unit of each frame."""
    from nemo.collections.asr.inference.factory.pipeline_builder import PipelineBuilder
    from omegaconf import OmegaConf

    streaming = {
        "sample_rate": 16_000, "batch_size": 1, "num_slots": 1, "att_context_size": list(CONTEXT),
        "use_cache": True, "use_feat_cache": True, "request_type": "frame",
        "word_boundary_tolerance": 4,
    }  # fmt: skip
    method = {
        "name": "entropy", "entropy_type": "tsallis", "alpha": 0.5, "entropy_norm": "exp",
    }  # fmt: skip
    config = {
        "log_level": 40,
        "matmul_precision": "high",
        "pipeline_type": "cache_aware",
        "asr_decoding_type": "ctc",
        "asr_output_granularity": "segment",
        "asr": {
            "model_name": str(model), "device": "cpu", "device_id": 0,
            "compute_dtype": "float32", "use_amp": False,
        },
        "confidence": {"exclude_blank": True, "aggregation": "mean", "method_cfg": method},
        "endpointing": {"stop_history_eou": -1, "residue_tokens_at_end": 0},
        "streaming": streaming,
        "itn": {"left_padding_size": 0, "batch_size": 1, "n_jobs": 1},
        "enable_itn": False,
        "enable_nmt": False,
        "return_tail_result": False,
    }  # fmt: skip
    return PipelineBuilder.build_pipeline(OmegaConf.create(config))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what reads audio for the pipeline
def test_nemos_own_pipeline_hears_the_same() -> None:
    entry = resolve(MODEL)
    files = [SAMPLES / "questions" / name for name in QUESTIONS]
    assert entry.path is not None
    theirs = pipeline(entry.path).run([str(path) for path in files])
    model: Any = load_recogniser(MODEL, "cpu")
    ours = CacheAware(model.model, Greedy(model.model.tokenizer.vocab))
    same = 0
    for number, path in enumerate(files):
        (words,) = ours.finish([recording(path)], [ours.start()])
        heard, peer = " ".join(word.text for word in words), theirs[number]["text"].strip()
        same += heard == peer
        # Its mel frames at the edges of chunks lack what follows: a letter may turn out otherwise.
        assert SequenceMatcher(None, heard, peer, autojunk=False).ratio() > 0.97, (heard, peer)
    assert same >= len(files) - 1
