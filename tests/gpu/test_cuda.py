"""Transcription and synthesis on CUDA: the tensors are there, and the results are the CPU's."""

from typing import Any

import numpy as np
import pytest

from asr.recogniser import load_recogniser
from tests.model import golden
from tts.synthesiser import load_synthesiser


def no_gpu() -> str:
    """Why CUDA cannot be used here; empty where it can."""
    import torch

    return (
        "" if torch.cuda.is_available() else "no CUDA device: transcription and synthesis skipped"
    )


pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def cuda() -> None:
    if reason := no_gpu():
        pytest.skip(reason)


def devices(model: Any) -> set[str]:
    return {parameter.device.type for parameter in model.parameters()}


def test_transcription_on_cuda_hears_what_the_cpu_hears() -> None:
    on_cuda = load_recogniser("asr-ru-small", "cuda")
    on_cpu = load_recogniser("asr-ru-small", "cpu")
    assert devices(on_cuda.model) == {"cuda"}  # type: ignore[attr-defined]
    assert devices(on_cpu.model) == {"cpu"}  # type: ignore[attr-defined]
    audio = [golden.question(f"q{number}", 16_000) for number in range(1, 9)]
    heard = [[t.text for t in r.transcribe(audio)] for r in (on_cuda, on_cpu)]
    assert heard[0] == heard[1]
    assert all(heard[0])


def test_synthesis_on_cuda_says_what_the_cpu_says() -> None:
    on_cuda = load_synthesiser("tts-ru-fastpitch", "cuda")
    on_cpu = load_synthesiser("tts-ru-fastpitch", "cpu")
    assert devices(on_cuda.voice) == devices(on_cuda.vocoder) == {"cuda"}  # type: ignore[attr-defined]
    theirs, ours = (s.synthesise(golden.SENTENCE, s.voices[0], 1.0) for s in (on_cuda, on_cpu))
    assert len(theirs) == len(ours)
    assert float(np.abs(theirs - ours).max()) < 0.05


def test_auto_is_cuda_where_there_is_one() -> None:
    assert devices(load_recogniser("asr-ru-small", "auto").model) == {"cuda"}  # type: ignore[attr-defined]
