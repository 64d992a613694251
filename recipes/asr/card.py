"""The model card that the recogniser's recipe leaves beside its checkpoint."""

import argparse
from collections import Counter, defaultdict

from models.catalogue import CHECKPOINTS
from recipes.asr.speech_data import RECORDINGS, SpeechFolder
from recipes.curves import Curve
from recipes.reporting import card, licence, table
from recipes.speech.rhvoice import LICENCES

_WHAT = """A Russian recogniser: NeMo FastConformer CTC, cache-aware streaming, 16 kHz, half
precision. Capitals, punctuation and digits are restored by rule (`russian/`), not by it."""
_SYNTHETIC = """It has heard no human being: expect many more errors of human voices, accents and
real noise. Recordings of your callers adapt it (`--manifest`)."""
_OWN = """It was fitted to the recordings above; how it does on other voices, lines and subjects was
not measured here."""
_MEASURED = "Words wrong on what was held out of training, in per cent; ё counts as е."


def write(args: argparse.Namespace, measured: list[dict[str, float | str]]) -> None:
    """`args` are those of `asr.train`, `measured` the word error rates in per cent by set, voice
    and strength of the language model; where there are none the curve has the network's own."""
    curve = Curve(args.home / "curve", step=10**9).rows
    last = {key: value for row in curve for key, value in row.items()}
    alone = [{"set": name, "all": last.get(f"wer_{name}", "")} for name, _ in args.dev]
    owner = CHECKPOINTS / "asr-ru-small.nemo" if args.hours else args.start
    card(
        args.out.with_suffix(".md"),
        _WHAT,
        {
            "Made from": "\n\n".join((_speech(args), _training(args, last["step"]))),
            "Measured": f"{_MEASURED}\n\n{table(measured or alone)}",
            "What it cannot do": _OWN if args.manifest else _SYNTHETIC,
            "Licence": licence(owner.with_suffix(".LICENSE"), args.out.with_suffix(".LICENSE")),
        },
    )


def _speech(args: argparse.Namespace) -> str:
    folder = SpeechFolder(args.home / "shards")
    folder.refresh()
    seconds, licences = defaultdict[str, float](float), dict[str, str]()
    for one in folder.utterances:
        seconds[one.voice] += one.duration_s
        synthetic = LICENCES.get(one.voice, "espeak-ng, GPL-3.0-or-later")
        licences[one.voice] = "yours" if one.kind == RECORDINGS else synthetic
    rows = [
        {"voice": voice, "licence": licences[voice], "hours": f"{seconds[voice] / 3600:.2f}"}
        for voice in sorted(seconds)
    ]
    kinds = Counter(one.kind for one in folder.utterances)
    texts = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    said = f"Utterances: {texts}."
    if args.hours:
        said += " Where their texts come from: `recipes/data/README.md`"
        said += "".join(f"; {path.name}, which has a licence of its own" for path in args.extra)
        said += "."
    return f"{table(rows)}\n\n{said}"


def _training(args: argparse.Namespace, steps: float) -> str:
    start = f"From `{args.start.name}`" if args.start else "From random weights"
    return (
        f"{start}: {steps:.0f} steps of {args.processes * args.batch_s:.0f} s in {args.minutes:g} "
        f"minutes; rooms, noise, telephone codecs, lost packets, other throats and timbres up to "
        f"{args.hardest:g} of their full strength. `curve.png` shows how it went."
    )
