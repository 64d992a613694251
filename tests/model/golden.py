"""What the embedded checkpoints say and hear, as numbers: `python -m tests.model.golden`
writes them anew after training. Kept small: word times, and how loud the voice is over time."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from asr.recogniser import Recogniser
from dialog.audio.decoding import decode
from dialog.content import Samples
from tts.synthesiser import Synthesiser

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "data" / "embedded.json"
QUESTIONS = ROOT / "samples" / "questions"
SENTENCE = "д+обрый д+ень! чем я мог+у пом+очь?"
ENVELOPE_POINTS = 24


def question(name: str, rate_hz: int) -> Samples:
    """A sample question as the recogniser takes it."""
    return np.concatenate(list(decode(QUESTIONS / f"{name}.wav", rate_hz)))


def heard(recogniser: Recogniser) -> list[dict[str, Any]]:
    """The words of the first question with their times."""
    (transcript,) = recogniser.transcribe([question("q1", recogniser.rate_hz)])
    return [
        {"word": w.text, "start_s": round(w.start_s, 2), "confidence": round(w.confidence, 2)}
        for w in transcript.words
    ]


def spoken(synthesiser: Synthesiser) -> dict[str, Any]:
    """The length of a sentence, and its loudness in equal parts, in dB."""
    samples = synthesiser.synthesise(SENTENCE, synthesiser.voices[0], 1.0)
    parts = np.array_split(samples, ENVELOPE_POINTS)
    loudness = [10 * np.log10(float(np.mean(np.square(part))) + 1e-7) for part in parts]
    return {"samples": len(samples), "loudness_db": [round(value, 1) for value in loudness]}


def main() -> None:
    from asr.recogniser import load_recogniser
    from tts.synthesiser import load_synthesiser

    golden = {
        "heard": heard(load_recogniser("asr-ru-small", "cpu")),
        "spoken": spoken(load_synthesiser("tts-ru-fastpitch", "cpu")),
    }
    GOLDEN.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
