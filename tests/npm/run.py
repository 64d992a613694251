"""Runs agents.mjs against a real service with the sample documents: `python -m tests.npm.run`."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from dialog.audio.decoding import decode
from dialog.audio.pcm import pcm16
from tests.service.serving import SAMPLES, serving

HERE = Path(__file__).parent
RATE_HZ = 24_000


def main() -> int:
    """The script's own exit status."""
    with TemporaryDirectory() as folder, serving(Path(folder) / "home") as service:
        service.beseda("ingest", str(SAMPLES / "knowledge"))
        question = list(decode(SAMPLES / "questions" / "q3.wav", RATE_HZ))
        recording = Path(folder) / "question.pcm"
        silence = np.zeros(RATE_HZ * 2, np.float32)
        recording.write_bytes(pcm16(np.concatenate([*question, silence])))
        url = service.url.replace("http", "ws") + "/v1/realtime"
        command = ["node", str(HERE / "agents.mjs"), url, str(recording)]
        return subprocess.run(command, check=False, timeout=300).returncode


if __name__ == "__main__":
    sys.exit(main())
