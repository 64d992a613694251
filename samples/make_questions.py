"""Speaks the sample questions with RHVoice and stores them in the formats callers send.

    python samples/make_questions.py CHROOT

CHROOT is the folder that `recipes/speech/rhvoice.py` builds (root is needed to enter it);
ffmpeg with libopus makes the files that `questions.jsonl` names: NAME.wav is 16 kHz PCM, NAME.opus
is Opus at 24 kbit/s in Ogg, NAME.ulaw.wav is 8 kHz mu-law, as a telephone exchange stores it.
Metadata and random stream numbers are left out, so that a rebuild gives the same bytes.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RATE_HZ = 16_000
FORMATS = {
    ".ulaw.wav": ("-ar", "8000", "-c:a", "pcm_mulaw"),
    ".opus": ("-c:a", "libopus", "-b:a", "24k", "-application", "voip"),
    ".wav": ("-c:a", "pcm_s16le"),
}


def convert(pcm: bytes, target: Path) -> None:
    """Writes mono 16-bit PCM at RATE_HZ in the format that the file's name asks for."""
    options = next(options for ending, options in FORMATS.items() if target.name.endswith(ending))
    raw = ("-f", "s16le", "-ar", str(RATE_HZ), "-ac", "1", "-i", "pipe:")
    exact = ("-map_metadata", "-1", "-fflags", "+bitexact", "-flags:a", "+bitexact")
    command = ["ffmpeg", "-v", "error", "-y", *raw, *options, *exact, str(target)]
    subprocess.run(command, input=pcm, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Speak the sample questions.")
    parser.add_argument("chroot", type=Path, help="a Debian root with RHVoice in it")
    chroot = parser.parse_args().chroot
    sys.path.insert(0, str(HERE.parent))
    from recipes.speech.rhvoice import RHVoice

    with RHVoice(chroot) as engine:
        for line in (HERE / "questions/questions.jsonl").read_text("utf-8").splitlines():
            question = json.loads(line)
            samples = engine.speak(question["words"], question["voice"], RATE_HZ)
            for name in question["files"]:
                convert(samples.tobytes(), HERE / "questions" / name)


if __name__ == "__main__":
    main()
