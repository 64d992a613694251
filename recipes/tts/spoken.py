"""Speech of RHVoice's voices to imitate: `sentences.txt`, read once for the product's voices.

Knows how a marked sentence is handed to RHVoice. Nothing of training.
"""

import logging
from pathlib import Path

from nemo.collections.tts.models import FastPitchModel
from tqdm import tqdm

from recipes.speech.rhvoice import RHVoice, TimedWord
from recipes.tts.config import HOP, RATE_HZ, fastpitch_config
from recipes.tts.dataset import Anchors, Measure, SpeechCorpus
from russian.grammar.stress import VOWELS
from russian.voice import LETTERS, read_aloud

LOG = logging.getLogger("tts.spoken")
# One female and one male voice, both GPL-2.0-or-later: what imitates the two has one licence.
VOICES = ("anna", "aleksandr")
PACE = 0.9  # the voices' own speed is fast for a telephone
SENTENCES = Path(__file__).with_name("sentences.txt")
# One sentence in fifty is held out.
HELD_OUT_EVERY = 50
# RHVoice reports a word when the 100 ms block that holds its start is handed over.
_BLOCK_MIDDLE_S = 0.05
_SHORTEST_S = 0.15


def speak(chroot: Path, voice: str, limit: int | None = None) -> SpeechCorpus:
    """The sentences (the first `limit`) that fall to one of `VOICES`: each takes its turn, and
    every voice reads what is held out."""
    turn = VOICES.index(voice)
    numbered = enumerate(SENTENCES.read_text("utf-8").splitlines()[:limit])
    mine = [(n, s) for n, s in numbered if n % len(VOICES) == turn or n % HELD_OUT_EVERY == 0]
    measure = Measure(FastPitchModel(fastpitch_config([voice])).eval(), voice)
    with RHVoice(chroot) as engine:
        for number, line in tqdm(mine, desc=voice, mininterval=5):
            text = _ending(read_aloud(line), number // len(VOICES))
            samples, words = engine.speak_timed(for_rhvoice(text), voice, RATE_HZ, PACE)
            if len(samples) > RATE_HZ * _SHORTEST_S:
                held_out = number % HELD_OUT_EVERY == 0
                measure.add(text, samples, _anchors(text, words), held_out=held_out)
    speech = measure.speech()
    LOG.info("%s: %d utterances, %.2f h", voice, len(speech.utterances), speech.hours)
    return speech


def for_rhvoice(text: str) -> str:
    """The voice's text as RHVoice wants it: U+0301 after the stressed vowel. Its own reading of
    `+` splits the word in two, and ё is stressed anyway."""
    for vowel in VOWELS:
        text = text.replace(f"+{vowel}", vowel if vowel == "ё" else f"{vowel}\u0301")
    return text.replace("…", "...")


def _ending(text: str, number: int) -> str:
    """Most sentences end in punctuation; some do not, since a phrase may be cut anywhere."""
    ending = {1: "", 2: ","}.get(number % 20, ".")
    if text[-1] == "." or text[-1] not in ",!?…":
        return text.rstrip(".") + ending
    return text


def _anchors(text: str, words: list[TimedWord]) -> Anchors:
    """Where words begin, as (token, frame), strictly rising.

    RHVoice's positions are bytes of its own text, so letters are counted, which both texts share.
    """
    spoken = for_rhvoice(text).encode()
    letters = [index for index, sign in enumerate(text) if sign in LETTERS]
    found = [(0, 0.0)]
    for word in words:
        before = sum(c in LETTERS for c in spoken[: word.byte].decode(errors="ignore"))
        if before >= len(letters):
            continue
        token = letters[before] + 1 - (text[letters[before] - 1 : letters[before]] == "+")
        frame = (word.start_s + _BLOCK_MIDDLE_S) * RATE_HZ / HOP
        if token > found[-1][0] and found[-1][1] < frame:
            found.append((token, frame))
    return found[1:]
