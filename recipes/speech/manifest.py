"""A user's own recordings: NeMo's manifest, a JSON object a line.

`audio_filepath` (any format, relative to the manifest's folder), `text` as it was said or written,
`speaker` (optional). Every line is checked before anything is made of any. Other keys, NeMo's
`duration` among them, are ignored: the file says how long it is.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialog.audio.decoding import decode
from dialog.errors import BadInput

SHORTEST_S, LONGEST_S = 0.3, 14.0
SPEAKER = "own"
_SPEAKER = re.compile(r"[\w-]{1,40}")
_FOREIGN = re.compile(r"[^\W\d_a-zA-Zа-яёА-ЯЁ]")
_SILENT = 1e-3
_SHOWN = 10


class BadManifest(Exception):
    """What is wrong with a manifest, a line of text for each wrong line of it."""


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One line; `text` is never empty."""

    path: Path
    text: str
    speaker: str


def read(manifest: Path) -> list[ManifestLine]:
    """All recordings, their sounds not yet opened. Raises `BadManifest`."""
    try:
        lines = manifest.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadManifest(f"{manifest} cannot be read: {error}") from error
    found, wrong = [], []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(_recording(line, manifest.parent))
            except BadManifest as error:
                wrong.append(f"{manifest}:{number}: {error}")
    if not found and not wrong:
        wrong.append(f"{manifest} has no lines")
    complain(wrong)
    return found


def complain(wrong: list[str]) -> None:
    """Raise `BadManifest` with the first of `wrong`, if there are any."""
    if wrong:
        more = [f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
        raise BadManifest("\n".join([*wrong[:_SHOWN], *more]))


def load(recording: ManifestLine, rate_hz: int) -> NDArray[np.int16]:
    """Its sound, mono, whatever the file's own rate and channels. Raises `BadManifest`."""
    blocks, seconds = [], 0.0
    try:
        for block in decode(recording.path, rate_hz):
            blocks.append(block)
            seconds += len(block) / rate_hz
            if seconds > LONGEST_S:
                raise BadManifest(f"{recording.path} is longer than {LONGEST_S:g} s: cut it")
    except (BadInput, OSError) as error:
        raise BadManifest(f"{recording.path}: {error}") from error
    samples = np.concatenate(blocks)
    if seconds < SHORTEST_S:
        raise BadManifest(f"{recording.path} lasts {seconds:.2f} s, at least {SHORTEST_S:g} wanted")
    if np.abs(samples).max() < _SILENT:
        raise BadManifest(f"{recording.path} is silent")
    return np.asarray(np.clip(samples, -1, 1) * 32767, dtype=np.int16)


def _recording(line: str, folder: Path) -> ManifestLine:
    try:
        given: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise BadManifest(f"not JSON: {error.msg}") from error
    if not isinstance(given, dict):
        raise BadManifest("not a JSON object")
    for key in ("audio_filepath", "text"):
        if not isinstance(given.get(key), str):
            raise BadManifest(f"no `{key}`")
    path, text = folder / given["audio_filepath"], given["text"].strip()
    if not path.is_file():
        raise BadManifest(f"no file {path}")
    if foreign := _FOREIGN.search(text.replace("\u0301", "")):
        raise BadManifest(f"the text has {foreign[0]!r}, which is no Russian or Latin letter")
    if not any(sign.isalnum() for sign in text):
        raise BadManifest("the text is empty")
    speaker = given.get("speaker") or SPEAKER
    if not isinstance(speaker, str) or not _SPEAKER.fullmatch(speaker):
        raise BadManifest("`speaker` must be a short name of letters, digits, - and _")
    return ManifestLine(path, text, speaker)
