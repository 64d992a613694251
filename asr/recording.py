"""A recording of any length to one transcript, in bounded memory.

    file -> blocks of 1 s -> stretches of speech -> batches -> words -> text for reading

Knows the order of the steps; knows nothing about models or file formats. At most one batch
of stretches is in memory, and where nobody speaks nothing is recognised, so silence, noise
and music give an empty transcript.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from asr.recogniser import Recogniser
from asr.segmentation import Segment, Segmenter
from asr.vad import RATE_HZ, SileroVad, Vad
from dialog.audio.decoding import read_recording
from dialog.audio.resampling import resample
from dialog.content import Samples, Transcript
from dialog.threads import TEXT, UPLOADS
from models.runtime import ModelThread

MAX_BATCH = 8
MAX_BATCH_S = 60.0
# Below this a stretch is some sound that the detector took for speech. A small model is sure
# of clean words to 0.95, of bad telephone speech to 0.8, and of music forced upon it to 0.5.
MIN_CONFIDENCE = 0.5
SENTENCE_GAP_S = 0.7
WRITTEN = re.compile(r"[A-ZА-ЯЁ.,!?]")

ReadProgress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class SegmentBatch:
    """Stretches to recognise together; the recording was read up to `read_s`."""

    stretches: tuple[Segment, ...]
    read_s: float


async def transcribe(
    source: Path | BinaryIO,
    thread: ModelThread[Recogniser],
    *,
    vad: Callable[[], Vad] = SileroVad,
    progress: ReadProgress | None = None,
) -> Transcript:
    """What is said in a whole recording, with word times from its start.

    `progress` is told the seconds done after each batch. Raises `BadInput` for what is not
    a recording, and `Unavailable` when the recogniser cannot be had.
    """
    batches = stretches_in_batches(read_recording(source, RATE_HZ), vad)
    heard: list[Transcript] = []
    read_s = 0.0
    while (batch := await UPLOADS.run(next, batches, None)) is not None:
        read_s = batch.read_s
        heard += await _recognised(batch, thread)
        if progress is not None:
            progress(read_s)
    text = await TEXT.run(for_reading, heard)
    words = tuple(word for transcript in heard for word in transcript.words)
    return Transcript(text, words, read_s)


def stretches_in_batches(
    blocks: Iterable[Samples], vad: Callable[[], Vad] = SileroVad
) -> Iterator[SegmentBatch]:
    """Batches of at most `MAX_BATCH` stretches or about `MAX_BATCH_S` seconds; the last one
    may hold none, and tells how long the recording is."""
    segmenter = Segmenter(vad())
    waiting: list[Segment] = []
    read = 0
    for block in blocks:
        read += len(block)
        waiting += segmenter.push(block)
        while len(waiting) >= MAX_BATCH or _seconds(waiting) >= MAX_BATCH_S:
            yield SegmentBatch(tuple(waiting[:MAX_BATCH]), read / RATE_HZ)
            waiting = waiting[MAX_BATCH:]
    waiting += segmenter.flush()
    yield SegmentBatch(tuple(waiting), read / RATE_HZ)


def for_reading(heard: Sequence[Transcript]) -> str:
    """Recognised stretches as one text: digits, hyphens, capitals and punctuation.

    A sentence ends where the speaker was silent for `SENTENCE_GAP_S`. A model that writes
    case or punctuation itself keeps its own text.
    """
    from russian.writing.hyphens import hyphenated
    from russian.writing.punctuation import restore
    from russian.written import to_written

    joined = " ".join(transcript.text for transcript in heard if transcript.text)
    if not joined or WRITTEN.search(joined):
        return joined
    return " ".join(
        restore(hyphenated(to_written(sentence).text)) for sentence in _sentences(heard)
    )


def _sentences(heard: Sequence[Transcript]) -> Iterator[str]:
    waiting: list[str] = []
    ended_s = 0.0
    for transcript in heard:
        if waiting and transcript.words[0].start_s - ended_s >= SENTENCE_GAP_S:
            yield " ".join(waiting)
            waiting = []
        waiting.append(transcript.text)
        ended_s = transcript.words[-1].end_s
    if waiting:
        yield " ".join(waiting)


async def _recognised(batch: SegmentBatch, thread: ModelThread[Recogniser]) -> list[Transcript]:
    if not batch.stretches:
        return []
    transcripts = await thread.run(lambda recogniser: _run(recogniser, batch.stretches))
    pairs = zip(batch.stretches, transcripts, strict=True)
    return [
        replace(transcript, words=tuple(w.shifted(stretch.start_s) for w in transcript.words))
        for stretch, transcript in pairs
        if _is_speech(transcript)
    ]


def _run(recogniser: Recogniser, stretches: Sequence[Segment]) -> list[Transcript]:
    rate_hz = recogniser.rate_hz
    return recogniser.transcribe([resample(s.samples, RATE_HZ, rate_hz) for s in stretches])


def _is_speech(transcript: Transcript) -> bool:
    scores = [word.confidence for word in transcript.words]
    return bool(scores) and sum(scores) / len(scores) >= MIN_CONFIDENCE


def _seconds(stretches: Sequence[Segment]) -> float:
    return sum(len(stretch.samples) for stretch in stretches) / RATE_HZ
