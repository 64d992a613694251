"""Silero's detector, the real one, on what is no speech."""

import subprocess
import sys

import numpy as np
import pytest

from asr.segmentation import Segmenter
from asr.vad import RATE_HZ, SileroVad
from tests.recordings import tone

pytestmark = pytest.mark.contract


def test_silence_noise_tones_and_music_are_no_speech_to_silero() -> None:
    rng = np.random.default_rng(0)
    times = np.arange(3 * RATE_HZ) / RATE_HZ
    steps = 220 * 2 ** (np.floor(times * 4) % 12 / 12)
    sounds = {
        "silence": np.zeros(len(times)),
        "hiss": 0.2 * rng.standard_normal(len(times)),
        "rumble": np.clip(np.cumsum(rng.standard_normal(len(times))) / 300, -1, 1),
        "dial tone": tone(RATE_HZ, 3.0, 425.0),
        "clicks": np.where(rng.random(len(times)) < 3e-4, 0.8, 0.0),
        "chord": sum(0.1 * np.sin(2 * np.pi * f * times) for f in (262, 330, 392)),
        "melody": 0.3
        * np.sin(2 * np.pi * np.cumsum(steps) / RATE_HZ)
        * np.exp(-3 * (4 * times % 1)),
    }
    for name, samples in sounds.items():
        segmenter = Segmenter(SileroVad())
        found = [*segmenter.push(np.asarray(samples, np.float32)), *segmenter.flush()]
        assert found == [], name


ALONE = """
import os, torch, numpy as np
from asr.vad import FRAME, SileroVad
torch.set_num_threads(2)
detector = SileroVad()
threads = len(os.listdir("/proc/self/task"))
detector(np.full(FRAME, 0.1, np.float32))
print(len(os.listdir("/proc/self/task")) - threads, torch.get_num_threads())
torch.ones(600, 600) @ torch.ones(600, 600)
print(len(os.listdir("/proc/self/task")) - threads, "OMP_THREAD_LIMIT" in os.environ)
"""


def test_silero_takes_one_thread_and_leaves_pytorch_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "2", "1", "False"]
