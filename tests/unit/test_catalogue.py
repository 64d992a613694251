"""Models by name, by file and by hub id; a wrong file is refused."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dialog.errors import Unavailable
from models.catalogue import (
    CATALOGUE,
    CHECKPOINTS,
    Decoding,
    catalogue,
    digest,
    refresh,
    resolve,
    verify,
)

pytestmark = pytest.mark.unit


def test_the_catalogue_is_complete() -> None:
    entries = catalogue()
    for entry in entries.values():
        assert entry.licence
        assert "NC" not in entry.licence.split("-")  # nothing for non-commercial use only
        assert entry.rate_hz in (16_000, 22_050)
        assert entry.vram_mb > 0
        assert (entry.path is None) == ("/" in entry.source)
        if entry.role == "tts":
            assert entries[entry.vocoder].role == "vocoder"
            assert entries[entry.vocoder].rate_hz == entry.rate_hz
    assert entries["nemotron-3.5-asr-streaming-0.6b"].target_lang == "ru-RU"


def test_what_comes_with_the_checkout_is_what_was_catalogued() -> None:
    for entry in catalogue().values():
        if entry.path is not None:
            assert entry.path.parent == CHECKPOINTS
            assert len(entry.sha256) == 64
            verify(entry)


def test_how_a_recogniser_decodes_stands_in_a_table_of_its_own() -> None:
    embedded = resolve("asr-ru-small").decoding
    assert embedded.ngram_path == CHECKPOINTS / "asr-ru-small.lm.npz"
    assert embedded.ngram_path.is_file()
    assert embedded.beam > 0
    assert len(embedded.confidence) == 4
    others = [entry for entry in catalogue().values() if entry.id != "asr-ru-small"]
    assert all(entry.decoding == Decoding() for entry in others)
    assert Decoding().ngram_path is None


def test_a_name_is_an_id_a_file_or_a_hub_id(tmp_path: Path) -> None:
    assert resolve("asr-ru-small") is catalogue()["asr-ru-small"]
    file = tmp_path / "my model.nemo"
    assert resolve(str(file)).path == file
    assert resolve("nvidia/nemotron-3.5-asr-streaming-0.6b").target_lang == "ru-RU"
    hub = resolve("someone/some-model")
    assert (hub.source, hub.path, hub.engine) == ("someone/some-model", None, "nemo")
    other = resolve("tone:t-tech/T-one")
    assert (other.source, other.engine) == ("t-tech/T-one", "tone")
    with pytest.raises(Unavailable, match="asr-ru-small"):
        resolve("no-such-model")


def test_what_the_recipes_write_beside_a_checkpoint_comes_with_it(tmp_path: Path) -> None:
    voice, vocoder = tmp_path / "my-fastpitch.nemo", tmp_path / "my-hifigan.nemo"
    assert resolve(str(voice)).vocoder == ""
    vocoder.write_bytes(b"weights")
    assert resolve(resolve(str(voice)).vocoder).path == vocoder
    assert resolve(str(vocoder)).vocoder == ""
    (tmp_path / "mine.lm.npz").write_bytes(b"grams")
    mine = resolve(str(tmp_path / "mine.nemo"))
    assert (mine.id, mine.path) == ("mine", tmp_path / "mine.nemo")
    assert mine.decoding.ngram_path == tmp_path / "mine.lm.npz"
    assert mine.decoding.beam == resolve("asr-ru-small").decoding.beam
    assert mine.sha256 == ""


def test_a_missing_or_damaged_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.nemo"
    entry = resolve(str(file))
    with pytest.raises(Unavailable, match="missing"):
        verify(entry)
    file.write_bytes(b"weights")
    verify(entry)
    verify(replace(entry, sha256=digest(file)))
    file.write_bytes(b"Weights")
    with pytest.raises(Unavailable, match="damaged"):
        verify(replace(entry, sha256="0" * 64))


def test_refresh_writes_the_hashes_of_the_files_there_are(tmp_path: Path) -> None:
    copy = tmp_path / "catalogue.toml"
    shutil.copy(CATALOGUE, copy)
    (tmp_path / "asr-ru-small.nemo").write_bytes(b"weights")
    assert refresh(copy, tmp_path) == ["asr-ru-small"]
    changed = set(copy.read_text().splitlines()) - set(CATALOGUE.read_text().splitlines())
    assert changed == {f'sha256 = "{digest(tmp_path / "asr-ru-small.nemo")}"'}
    assert refresh(copy, tmp_path) == []
