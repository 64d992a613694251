"""What the embedded voices can do, measured on the spot: JSON and a plot.

    python -m recipes.tts.report --home build/report [--chroot DIR]

Sentences are unseen (`data/dev_*.txt`, and numbers made here); RHVoice reads the same text at the
same pace for comparison. The embedded recogniser listens; in training it never hears this
synthesiser. Everything is spoken as the product does it, through `tts.speech`.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch

from asr.recogniser import Recogniser, load_recogniser
from dialog.audio import codecs
from dialog.audio.resampling import resample
from models.catalogue import resolve
from models.runtime import ModelThread
from recipes import reporting
from recipes.speech.rhvoice import RHVoice, build
from recipes.text.support import DATA
from recipes.tts.config import RATE_HZ
from recipes.tts.evaluate import SampleSet, error_rate
from recipes.tts.spoken import PACE, SENTENCES, VOICES, for_rhvoice
from russian.voice import voice_text
from tts.speech import speak
from tts.synthesiser import Synthesiser, load_synthesiser

LINE_HZ = 16000
NUMBERS = (
    "Номер вашей заявки {id}.",
    "К оплате {price} рублей, срок до {day} мая.",
    "Код подтверждения {code}.",
    "Перезвоните по номеру 8 800 {a} {b} {c}.",
)
# Twelve words each, and no comma at which the first sound could come earlier.
TWELVE_WORDS = (
    "Чтобы подключить домашний интернет нужно оставить заявку на сайте или по телефону.",
    "Мастер приедет к вам завтра с десяти утра до двух часов дня.",
    "Абонентская плата за этот тариф составляет шестьсот пятьдесят рублей в календарный месяц.",
    "Офис на улице Ленина работает каждый день с девяти до восьми вечера.",
    "Договор можно приостановить на время отпуска не дольше чем на три месяца.",
    "Если лампочка на роутере не горит проверьте кабель и включите его снова.",
)


def sentences(limit: int) -> dict[str, list[str]]:
    """Unseen sentences by set; what the voices were trained on is left out."""
    trained = {line.strip() for line in SENTENCES.read_text("utf-8").splitlines()}
    found = {}
    for kind in ("general", "support"):
        held_out = (DATA / f"dev_{kind}.txt").read_text("utf-8").splitlines()
        found[kind] = [line for line in held_out if line not in trained][:limit]
    rng = Random(7)
    found["numbers"] = [_number(NUMBERS[n % len(NUMBERS)], rng) for n in range(min(40, limit))]
    return found


def _number(template: str, rng: Random) -> str:
    return template.format(
        id=rng.randrange(10_000, 999_999),
        price=rng.randrange(100, 9_999),
        day=rng.randrange(1, 31),
        code=rng.randrange(1000, 9999),
        a=rng.randrange(100, 999),
        b=rng.randrange(10, 99),
        c=rng.randrange(10, 99),
    )


def mu_law(sound: SampleSet) -> SampleSet:
    """As a caller hears it: an 8 kHz mu-law line, back at 22.05 kHz."""
    narrow = codecs.mu_law(resample(sound, RATE_HZ, LINE_HZ))
    return resample(narrow, LINE_HZ, RATE_HZ)


async def say(text: str, thread: ModelThread[Synthesiser], voice: str) -> SampleSet:
    """The whole text, pauses included."""
    return np.concatenate([speech.samples async for speech in speak(text, thread, voice)])


def renderings(
    synthesiser: Synthesiser, chroot: Path, texts: list[str], voice: str
) -> dict[str, list[SampleSet]]:
    """RHVoice's voice of that name and ours, reading the same. A checkpoint of one voice need not
    name it: the first was there before the others."""
    imitated = voice if voice in VOICES else VOICES[0]
    with RHVoice(chroot) as engine:
        marked = [for_rhvoice(voice_text(text)) for text in texts]
        theirs = [engine.speak(text, imitated, RATE_HZ, PACE) for text in marked]
    thread = ModelThread("tts", lambda: synthesiser)
    ours = [asyncio.run(say(text, thread, voice)) for text in texts]
    thread.close()
    return {"rhvoice": [s.astype(np.float32) / np.float32(32768) for s in theirs], "ours": ours}


def intelligibility(
    synthesiser: Synthesiser, recogniser: Recogniser, chroot: Path, limit: int
) -> dict[str, Any]:
    """Word error rates in per cent by voice, set, and rendering."""
    conditions: dict[str, Callable[[SampleSet], SampleSet]] = {"": np.asarray, " mu-law": mu_law}
    table: dict[str, Any] = {}
    for voice in synthesiser.voices:
        for kind, texts in sentences(limit).items():
            said = [voice_text(text) for text in texts]
            row = {}
            for who, sounds in renderings(synthesiser, chroot, texts, voice).items():
                for name, change in conditions.items():
                    heard = [change(sound) for sound in sounds]
                    row[who + name] = error_rate(recogniser, heard, said)
            table[f"{voice} {kind}"] = row
            print(voice, kind, row, flush=True)
    return table


def speed(synthesiser: Synthesiser, threads: int) -> dict[str, float]:
    """Seconds of the clock for a second of speech, and until the first sound of twelve words,
    reading and stress included."""
    thread = ModelThread("tts", lambda: synthesiser)

    async def first(text: str) -> float:
        started = time.perf_counter()
        async for _ in speak(text, thread):
            return time.perf_counter() - started
        return 0.0

    asyncio.run(first(TWELVE_WORDS[0]))
    firsts = [asyncio.run(first(text)) for text in TWELVE_WORDS * 3]
    started = time.perf_counter()
    whole = [asyncio.run(say(text, thread, synthesiser.voices[0])) for text in TWELVE_WORDS]
    taken = time.perf_counter() - started
    thread.close()
    return {
        "threads": threads,
        "rtf": round(taken / (sum(map(len, whole)) / synthesiser.rate_hz), 4),
        "first_audio_ms_median": round(1000 * float(np.median(firsts))),
        "first_audio_ms_p95": round(1000 * float(np.percentile(firsts, 95))),
        "mean_phrase_s": round(float(np.mean([len(w) for w in whole])) / synthesiser.rate_hz, 2),
    }


def sizes(model: str) -> dict[str, int]:
    """Bytes on disk of the voice and its vocoder."""
    entry = resolve(model)
    files = [e.path for e in (entry, resolve(entry.vocoder)) if e.path is not None]
    return {path.name: path.stat().st_size for path in files}


def plot(report: dict[str, Any], out: Path) -> None:
    """Word error rates: ours beside RHVoice's, by voice and set."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.5))
    axes, table = figure.add_subplot(), report["wer"]
    for index, rendering in enumerate(next(iter(table.values()))):
        places = np.arange(len(table)) + 0.2 * index
        axes.bar(places, [row[rendering] for row in table.values()], 0.2, label=rendering)
    axes.set_xticks(np.arange(len(table)) + 0.3, list(table), rotation=15)
    axes.set_ylabel("word error rate, %")
    axes.legend()
    figure.tight_layout()
    figure.savefig(out)


def main() -> None:
    parser = reporting.options(__doc__, "tts-ru-fastpitch")
    parser.add_argument("--recogniser", default="asr-ru-small", help="catalogue id or .nemo file")
    parser.add_argument("--only", choices=["speed", "wer"], help="half of it")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    synthesiser = load_synthesiser(args.model, "cpu")
    report: dict[str, Any] = {"model": args.model, "recogniser": args.recogniser}
    report |= {"voices": synthesiser.voices, "bytes": sizes(args.model)}
    if args.only != "wer":
        report["speed"] = speed(synthesiser, args.threads)
        print(report["speed"], flush=True)
    if args.only != "speed":
        chroot = args.chroot or args.home / "rhvoice"
        build(chroot)
        recogniser = load_recogniser(args.recogniser, "cpu")
        report["wer"] = intelligibility(synthesiser, recogniser, chroot, args.limit)
    reporting.write(report, args.home / "tts-report.json")
    if "wer" in report:
        plot(report, args.home / "tts-report.png")
    print("in", args.home)


if __name__ == "__main__":
    main()
