"""What callers ask: recordings, what is said in them, and how they sound at the line's end.

    {"files": ["q1.wav"], "words": "сколько стоит тариф", "answer_contains": ["650"]}

A JSONL file beside the recordings tells what each says: `words` as spoken, or `text` as written;
`files`, `file` or `id` name the recording. Without one no word error rate is told.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from api.bench.timing import RATE_HZ, loud_span, recording
from api.telephony.playout import PLAYOUT_FRAME_S
from asr.wer import plain_words
from dialog.audio.line import TelephoneLine
from dialog.audio.resampling import resample
from dialog.content import Samples
from dialog.errors import BadInput
from rag import jsonl
from russian.spoken import to_spoken

KEPT = 64
BED_S = 4.0


@dataclass(frozen=True, slots=True)
class Question:
    """One recording. `words`: what it says, none where that is not known; `contains`: what a
    right answer says."""

    path: Path
    words: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SpokenQuestion:
    """A question as the line carries it, at the wire's rate; its last speech ends at `end_s`. `bed`
    is what is heard in pauses."""

    samples: Samples
    bed: Samples
    end_s: float


def read(paths: Sequence[Path]) -> list[Question]:
    """The recordings of files and folders (their `*.wav`), each decoded once to see that it can
    be. Raises BadInput."""
    questions = [one for path in paths for one in _of(path)]
    for question in questions:
        try:
            recording(question.path)
        except BadInput as error:
            named = str(question.path) in error.message
            raise BadInput(
                error.message if named else f"{question.path}: {error.message}"
            ) from None
    return questions


def _of(path: Path) -> Iterator[Question]:
    if not path.exists():
        raise BadInput(f"there is no {path}")
    files = sorted(path.glob("*.wav")) if path.is_dir() else [path]
    if not files:
        raise BadInput(f"{path} holds no *.wav")
    known = _references(path if path.is_dir() else path.parent)
    for file in files:
        yield known.get(file.name) or known.get(file.stem) or Question(file)


def _references(folder: Path) -> dict[str, Question]:
    """By the recording's name, and by its id."""
    known = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in jsonl.read(path, dict, "not a JSON object"):
            words = tuple(plain_words(line.get("words") or to_spoken(line.get("text") or "").text))
            contains = line.get("answer_contains") or ()
            contains = (contains,) if isinstance(contains, str) else tuple(contains)
            for name in [*line.get("files", ()), line.get("file"), line.get("id")]:
                if name and words:
                    known[name] = Question(folder / name, words, contains)
    return {name: _found(one, folder) for name, one in known.items()}


def _found(question: Question, folder: Path) -> Question:
    """An id names the recording without its suffix."""
    path = question.path if question.path.suffix else folder / f"{question.path.name}.wav"
    return Question(path, question.words, question.contains)


class Script:
    """The questions on one line, in an order that differs from caller to caller. Thread-safe;
    holds `KEPT` prepared questions at most."""

    def __init__(
        self, questions: Sequence[Question], line: TelephoneLine, rate_hz: int, seed: int
    ) -> None:
        self.questions = questions
        self.line = line
        self.rate_hz = rate_hz
        self.seed = seed
        self._prepared = lru_cache(KEPT)(self._prepare)

    def question(self, caller: int, turn: int) -> Question:
        """What a caller asks in this turn: each begins somewhere else in the list."""
        return self.questions[(caller * 7 + turn) % len(self.questions)]

    def spoken(self, question: Question) -> SpokenQuestion:
        """A question through the line; blocking where it is not at hand."""
        return self._prepared(question)

    def prepare(self) -> None:
        """Have as many at hand as are kept; blocking."""
        for question in self.questions[:KEPT]:
            self.spoken(question)

    def _prepare(self, question: Question) -> SpokenQuestion:
        rng = np.random.default_rng((self.seed, self.questions.index(question)))
        clean = recording(question.path)
        size = round(self.rate_hz * PLAYOUT_FRAME_S)
        said = resample(self.line.carry(clean, rng), RATE_HZ, self.rate_hz)
        bed = resample(self.line.bed(clean, round(BED_S * RATE_HZ), rng), RATE_HZ, self.rate_hz)
        said = np.pad(said, (0, -len(said) % size))
        return SpokenQuestion(said, bed[: len(bed) // size * size], loud_span(clean)[1])
