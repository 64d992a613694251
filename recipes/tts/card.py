"""The model card that the voices' recipe leaves beside the pair."""

import argparse

from models.catalogue import CHECKPOINTS
from recipes.reporting import card, licence, table
from recipes.speech.rhvoice import LICENCES
from recipes.tts.config import RATE_HZ
from recipes.tts.dataset import SpeechCorpus
from russian.voice import VOICE_TEXT_VERSION

NAME = "tts-ru"
_LIMITS = """They read Russian letters and stress marks, nothing else, as their speakers read: no
emotion, emphasis or other manner than theirs."""


def write(
    args: argparse.Namespace, speech: SpeechCorpus, measured: dict[str, dict[str, float]]
) -> None:
    """`args` are those of `tts.train`, `measured` what `evaluate` returned."""
    # Without a pair to go on from, the speakers' own licence is all there is.
    source = args.start or (None if args.manifest else CHECKPOINTS)
    own = "That of the recordings: yours to state."
    found = licence(source / f"{NAME}.LICENSE", args.out / f"{NAME}.LICENSE") if source else own
    steps = f"FastPitch {args.fastpitch_steps} steps, vocoder {args.hifigan_steps}"
    card(
        args.out / f"{NAME}.md",
        f"Russian voices, {RATE_HZ} Hz, half precision: NeMo FastPitch and HiFi-GAN. They read "
        f"what `russian.voice.voice_text` returns, version {VOICE_TEXT_VERSION}.",
        {
            "Made from": f"{table(_speakers(args, speech))}\n\n"
            f"{f'From the pair in `{args.start.name}`' if args.start else 'From random weights'}: "
            f"{steps}. `fastpitch.png` and `hifigan.png` show how it went.",
            "Measured": "On the sentences held out of training; error rates are a recogniser's.\n\n"
            + table([{"speaker": name, **row} for name, row in measured.items()]),
            "What they cannot do": _LIMITS,
            "Licence": found,
        },
    )


def _speakers(args: argparse.Namespace, speech: SpeechCorpus) -> list[dict[str, object]]:
    rows = list[dict[str, object]]()
    for index, speaker in enumerate(speech.speakers):
        own = [u for u in speech.utterances if u.speaker == index and not u.held_out]
        hours = sum(len(u.samples) for u in own) / RATE_HZ / 3600
        source = "yours" if args.manifest else f"RHVoice, {LICENCES[speaker.name]}"
        row = {"speaker": speaker.name, "speech": source, "sentences": len(own)}
        rows.append({**row, "hours": f"{hours:.2f}"})
    return rows
