"""Which speech models there are and where they come from.

Reads `catalogue.toml`; knows nothing about how a model is loaded or run.
"""

import hashlib
import re
import sys
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from dialog.errors import Unavailable

CATALOGUE = Path(__file__).with_name("catalogue.toml")
CHECKPOINTS = Path(__file__).with_name("checkpoints")
Role = Literal["asr", "tts", "vocoder", "any"]


@dataclass(frozen=True, slots=True)
class Decoding:
    """How a recogniser's output becomes words.

    `ngram_lm` is a language model to fuse, a file beside the checkpoint, and `alpha` its weight.
    With a `beam` (CTC only) it is a `.npz`, searched by `asr.decoding.beam_search` with that many
    prefixes: each unit earns `beta`, a word outside the Russian dictionary costs `unknown_word`,
    a unit of an expected phrase earns `phrase_bonus`, all in nats. Without one it is of a kind of
    NeMo's own, which decodes greedily. `confidence` calibrates the confidences of words
    (`asr.decoding.ctc.confidence`).
    """

    ngram_lm: str = ""
    alpha: float = 0.0
    beta: float = 0.0
    beam: int = 0
    unknown_word: float = 0.0
    phrase_bonus: float = 0.0
    confidence: tuple[float, ...] = ()

    @property
    def ngram_path(self) -> Path | None:
        """The language model's file, whether or not it exists; None without one."""
        return CHECKPOINTS / self.ngram_lm if self.ngram_lm else None


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model. `source` is a `.nemo` file (relative to the checkpoints) or a hub id.

    `sha256` empty: the file is not checked. `target_lang` is for prompt-conditioned
    recognisers, `decoding` for all. `vocoder` names the entry that turns a voice's spectrograms
    into sound. `engine` picks the code that runs it.
    """

    id: str
    role: Role
    source: str
    engine: str = "nemo"
    revision: str = ""
    sha256: str = ""
    licence: str = ""
    rate_hz: int = 0
    vram_mb: int = 0
    target_lang: str = ""
    vocoder: str = ""
    decoding: Decoding = Decoding()

    @property
    def path(self) -> Path | None:
        """The file of a local model, whether or not it exists; None for a hub id."""
        return CHECKPOINTS / self.source if self.source.endswith(".nemo") else None


@cache
def catalogue() -> dict[str, ModelEntry]:
    """All entries by id, in the order of the file."""
    tables = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    return {name: _entry(name, table) for name, table in tables.items()}


def _entry(name: str, table: dict[str, Any]) -> ModelEntry:
    decoding = table.pop("decoding", {})
    confidence = tuple(decoding.pop("confidence", ()))
    return ModelEntry(id=name, decoding=Decoding(**decoding, confidence=confidence), **table)


def resolve(reference: str) -> ModelEntry:
    """The entry of an id, of the path of a `.nemo` file, or of a hub id `owner/name`.

    `engine:reference` picks another engine than NeMo for a path or a hub id. Raises
    `Unavailable` for a name that is none of the three.
    """
    if reference in catalogue():
        return catalogue()[reference]
    engine, colon, rest = reference.partition(":")
    if not colon or not re.fullmatch(r"[a-z][a-z0-9_]+", engine):
        engine, rest = "nemo", reference
    known = next((entry for entry in catalogue().values() if entry.source == rest), None)
    if known is not None and not colon:
        return known
    if rest.endswith(".nemo"):
        return _of_file(Path(rest).resolve())
    if engine != "nemo" or re.fullmatch(r"[\w.-]+/[\w.-]+", rest):
        return ModelEntry(id=rest, role="any", source=rest, engine=engine)
    names = ", ".join(catalogue())
    raise Unavailable(f"no model {reference!r}: give a .nemo file, owner/name, or one of {names}")


def _of_file(path: Path) -> ModelEntry:
    """A checkpoint of the user's own, with what the recipes write beside it: a voice's vocoder, a
    recogniser's language model, which is then used as the embedded recogniser's is."""
    entry = ModelEntry(id=path.stem, role="any", source=str(path))
    vocoder = path.with_name(path.name.replace("fastpitch", "hifigan"))
    if vocoder != path and vocoder.is_file():
        return replace(entry, vocoder=str(vocoder))
    language_model = path.with_suffix(".lm.npz")
    if language_model.is_file():
        like = catalogue()["asr-ru-small"]
        decoding = replace(like.decoding, ngram_lm=str(language_model))
        return replace(like, id=path.stem, source=str(path), sha256="", decoding=decoding)
    return entry


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(entry: ModelEntry) -> None:
    """Raise `Unavailable` when a local model is missing or is not the catalogued file."""
    if entry.path is None:
        return
    if not entry.path.is_file():
        raise Unavailable(f"model {entry.id} is missing: no file {entry.path}")
    if entry.sha256 and digest(entry.path) != entry.sha256:
        raise Unavailable(f"model {entry.id} is damaged: {entry.path} is not the catalogued file")


def refresh(catalogue_file: Path = CATALOGUE, checkpoints: Path = CHECKPOINTS) -> list[str]:
    """Write the hashes of the files that exist into the catalogue; returns the changed ids."""
    lines = catalogue_file.read_text(encoding="utf-8").splitlines()
    name = source = ""
    changed = []
    for index, line in enumerate(lines):
        if header := re.fullmatch(r'\["?(.+?)"?\]', line):
            name, source = header[1], ""
        elif value := re.fullmatch(r'source = "(.+\.nemo)"', line):
            source = value[1]
        elif line.startswith("sha256 = ") and source and (checkpoints / source).is_file():
            lines[index] = f'sha256 = "{digest(checkpoints / source)}"'
            changed += [name] if lines[index] != line else []
    catalogue_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return changed


if __name__ == "__main__":
    if sys.argv[1:] != ["--refresh"]:
        sys.exit("usage: python -m models.catalogue --refresh")
    for changed_id in refresh():
        print(changed_id)
