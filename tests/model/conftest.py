"""One import of NeMo and one set of tiny checkpoints for the whole session."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.model import tiny_models, tiny_voices

ASR_KINDS = ("ctc", "rnnt", "tdt", "hybrid", "prompt", "hybrid-prompt")


@pytest.fixture(scope="session")
def nemo() -> None:
    """NeMo imported in its quiet way."""
    from models.loading import quieten

    quieten()


@pytest.fixture(scope="session")
def tiny(nemo: None, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The file of a tiny model of a kind, made when first asked for."""
    folder = tmp_path_factory.mktemp("tiny")
    made: dict[str, Path] = {}

    def make(kind: str) -> Path:
        if kind not in made:
            path = folder / f"{kind}.nemo"
            if kind == "fastpitch":
                from russian.voice import VOICE_TEXT_VERSION

                tiny_voices.save_fastpitch(path, voice_text_version=VOICE_TEXT_VERSION)
            elif kind == "hifigan":
                tiny_voices.save_hifigan(path)
            else:
                tiny_models.save_asr(kind, path)
            made[kind] = path
        return made[kind]

    return make
