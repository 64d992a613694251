"""A recording outlives the process that was writing it."""

import os
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from dialog.audio.opus import RATE_HZ
from store.recordings import Recordings
from tests.unit.test_recorder import decoded

pytestmark = pytest.mark.service

ID = str(uuid.UUID(int=5))

WRITER = """
import sys, numpy as np
from pathlib import Path
from dialog.audio.opus import OpusFile
file = OpusFile(Path(sys.argv[1]))
block = (0.4 * np.sin(np.arange(8000) * 0.2)).astype(np.float32)
for _ in range(40):
    file.write(block, block)
print("written", flush=True)
sys.stdin.read()
"""


def test_a_process_that_is_killed_leaves_a_shortened_recording(tmp_path: Path) -> None:
    recordings = Recordings(tmp_path / "recordings")
    path = recordings.path(ID)
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE)  # fmt: skip
    assert writer.stdout and writer.stdin
    assert writer.stdout.readline() == b"written\n"
    recordings.tidy(30)
    assert recordings.get(ID) is None, "it is still being written"
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    writer.stdout.close()
    writer.stdin.close()
    recordings.tidy(30)
    left, _ = decoded(path)
    assert 18.0 < len(left) / RATE_HZ <= 20.1
