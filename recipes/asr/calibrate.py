"""Confidences that mean what they say: logistic regression on what the search knows of a word.

A word of the best hypothesis is right if the alignment with what was said has it. Fitted on one
half of held-out speech and checked on the other by the expected calibration error (Guo et al.,
"On Calibration of Modern Neural Networks", 2017). `models/catalogue.toml` keeps the result.
"""

from dataclasses import dataclass
from difflib import SequenceMatcher

import numpy as np
from numpy.typing import NDArray

from asr.decoding.beam_search import Spelled
from russian.spelling import fold

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class JudgedWord:
    """A word that was heard, and whether it was said."""

    word: Spelled
    right: bool


def judge(said: str, heard: list[Spelled]) -> list[JudgedWord]:
    """Which of the words are in the alignment with `said`; ё counts as е."""
    spoken = fold(said).split()
    texts = [fold(word.text) for word in heard]
    right: set[int] = set()
    for block in SequenceMatcher(None, spoken, texts, autojunk=False).get_matching_blocks():
        right |= set(range(block.b, block.b + block.size))
    return [JudgedWord(word, index in right) for index, word in enumerate(heard)]


def fit(judged: list[JudgedWord], steps: int = 50) -> list[float]:
    """Weights for (1, mean, least, agreed) by Newton's method, with a little ridge."""
    told, right = _told(judged), np.array([float(one.right) for one in judged])
    weights = np.zeros(told.shape[1])
    for _ in range(steps):
        p = 1 / (1 + np.exp(-told @ weights))
        slope = told.T @ (p - right) + 0.1 * weights
        curve = (told * (p * (1 - p))[:, None]).T @ told + 0.1 * np.eye(len(weights))
        weights -= np.linalg.solve(curve, slope)
    return [round(float(weight), 4) for weight in weights]


def _told(judged: list[JudgedWord]) -> Array:
    return np.array([[1.0, j.word.mean, j.word.least, j.word.agreed] for j in judged])


def reliability(sure: Array, right: Array, bins: int = 10) -> list[tuple[float, float, int]]:
    """By tenth of confidence: the mean confidence, the share that is right, how many words."""
    place = np.minimum((sure * bins).astype(int), bins - 1)
    filled = [place == index for index in range(bins) if (place == index).any()]
    return [(float(sure[b].mean()), float(right[b].mean()), int(b.sum())) for b in filled]


def calibration_error(curve: list[tuple[float, float, int]]) -> float:
    """The mean distance between confidence and truth, weighted by words."""
    total = sum(count for _, _, count in curve)
    return sum(abs(sure - right) * count for sure, right, count in curve) / total
