"""Written text to speech, phrase by phrase: the first sound comes before the last word.

Knows the order of the steps; knows nothing about models. What a voice reads comes from
`russian.voice`, the same function that made its training transcripts.
"""

from collections.abc import AsyncIterator, Callable
from functools import partial

import numpy as np

from dialog.audio.loudness import loud_part
from dialog.content import Samples, Speech
from dialog.errors import BadInput
from dialog.threads import TEXT
from models.runtime import ModelThread
from russian.voice import voice_text
from tts.cache import PhraseCache
from tts.phrasing import Phrase, phrases, spoken_phrases
from tts.synthesiser import Synthesiser
from tts.voices import named
from tts.word_timings import word_marks

# OpenAI's limit for a speech request: five minutes of talk, and more is a mistake.
MAX_TEXT_CHARS = 4096
MIN_SPEED, MAX_SPEED = 0.25, 4.0
SENTENCE_PAUSE_S = 0.25
CLAUSE_PAUSE_S = 0.1
FADE_S = 0.004
LEAD_S = 0.02
SILENT = 0.01
# Somebody waits for a first phrase; the others are ready long before they are played.
FIRST, LATER = 0, 1


async def speak(
    text: AsyncIterator[str] | str,
    thread: ModelThread[Synthesiser],
    voice: str | None = None,
    speed: float = 1.0,
    read: Callable[[str], str] = voice_text,
    *,
    cache: PhraseCache | None = None,
) -> AsyncIterator[Speech]:
    """Speech for each phrase as it is ready, a short pause after it included.

    `voice` is a name that `tts.voices.named` knows. Raises `BadInput` before the first sound for
    an empty or too long `str`, for an unknown voice, a speed outside 0.25 to 4, or text in which
    there is nothing to say; a stream of pieces has no limit, since it is not a user's input. What
    `cache` holds is not synthesised again.
    """
    if not MIN_SPEED <= speed <= MAX_SPEED:
        raise BadInput(f"speed {speed:g} is not within 0.25 to 4", code="invalid_speed")
    if isinstance(text, str):
        check_text(text)
    spoken = False
    name = ""
    async for phrase in _phrases(text):
        reading = await TEXT.run(read, phrase.text)
        if not any(char.isalpha() for char in reading):
            continue
        name = name or await thread.run(lambda synthesiser: named(voice, synthesiser.voices))
        yield await _speech(
            reading, phrase, thread, name, speed, cache=cache, rank=LATER if spoken else FIRST
        )
        spoken = True
    if not spoken and isinstance(text, str):
        raise BadInput("the text holds nothing that can be spoken", code="nothing_to_speak")


def check_text(text: str) -> None:
    """Raise `BadInput` for a text that is empty, or longer than `MAX_TEXT_CHARS` (413)."""
    if not text.strip():
        raise BadInput("the text is empty", code="empty_text")
    if len(text) > MAX_TEXT_CHARS:
        message = f"the text has {len(text)} characters, at most {MAX_TEXT_CHARS} can be spoken"
        raise BadInput(message, status=413, code="text_too_long")


async def _phrases(text: AsyncIterator[str] | str) -> AsyncIterator[Phrase]:
    if isinstance(text, str):
        for phrase in phrases(text):
            yield phrase
        return
    async for phrase in spoken_phrases(text):
        yield phrase


async def _speech(
    reading: str,
    phrase: Phrase,
    thread: ModelThread[Synthesiser],
    voice: str,
    speed: float,
    *,
    cache: PhraseCache | None,
    rank: int,
) -> Speech:
    found = cache.get((reading, voice, speed)) if cache else None
    if found is None:
        work = partial(_synthesised, reading=reading, voice=voice, speed=speed)
        found = await thread.run(work, rank)
        if cache:
            cache.put((reading, voice, speed), *found)
    samples, rate_hz = found
    marks = await TEXT.run(word_marks, phrase.text, len(samples))
    pause_s = (SENTENCE_PAUSE_S if phrase.ends_sentence else CLAUSE_PAUSE_S) / speed
    pause = np.zeros(round(pause_s * rate_hz), np.float32)
    return Speech(np.concatenate((samples, pause)), rate_hz, phrase.text, marks)


def _synthesised(
    synthesiser: Synthesiser, reading: str, voice: str, speed: float
) -> tuple[Samples, int]:
    """One phrase, the silence before it cut off, its edges faded so that phrases join without a
    click."""
    samples = synthesiser.synthesise(reading, voice, speed)
    loud_from, _ = loud_part(samples, SILENT)
    samples = samples[max(0, loud_from - round(LEAD_S * synthesiser.rate_hz)) :].copy()
    fade = min(round(FADE_S * synthesiser.rate_hz), len(samples) // 2)
    ramp = np.linspace(0.0, 1.0, fade, dtype=np.float32)
    samples[:fade] *= ramp
    samples[len(samples) - fade :] *= ramp[::-1]
    return samples, synthesiser.rate_hz
