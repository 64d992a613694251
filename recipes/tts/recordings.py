"""A user's recordings as the voice's training speech."""

from pathlib import Path

from nemo.collections.tts.models import FastPitchModel
from tqdm import tqdm

from recipes.speech.manifest import BadManifest, ManifestLine, complain, load, read
from recipes.tts.config import RATE_HZ, fastpitch_config
from recipes.tts.dataset import Measure, SpeechCorpus, joined
from russian.voice import voice_text

# One recording in twenty is held out, and at least one.
HELD_OUT_EVERY = 20


def speech(manifest: Path) -> SpeechCorpus:
    """Every speaker of a manifest, in the order they appear. Raises `BadManifest`, and has then
    read every line. The text may be written as in print: numbers are read out, stress is found."""
    recordings, wrong = read(manifest), list[str]()
    model = FastPitchModel(fastpitch_config(["measure"])).eval()
    speakers: dict[str, Measure] = {}
    for recording in tqdm(recordings, desc="recordings", mininterval=5):
        measure = speakers.setdefault(recording.speaker, Measure(model, recording.speaker))
        try:
            _add(measure, recording)
        except BadManifest as error:
            wrong.append(str(error))
    complain(wrong)
    return joined([measure.speech() for measure in speakers.values()])


def _add(measure: Measure, recording: ManifestLine) -> None:
    text = voice_text(recording.text)
    if not text:
        raise BadManifest(f"{recording.path}: nothing in its text can be spoken")
    samples = load(recording, RATE_HZ)
    held_out = len(measure.utterances) % HELD_OUT_EVERY == 0
    measure.add(text, samples, [], held_out=held_out)
