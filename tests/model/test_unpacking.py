"""`.nemo` archives are unpacked on every Python alike, and only into their folder."""

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

from models.catalogue import CHECKPOINTS
from models.loading import connector, unpack

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("nemo")]


def _entry(name: str, data: bytes = b"x", **attributes: Any) -> tuple[tarfile.TarInfo, io.BytesIO]:
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    for attribute, value in attributes.items():
        setattr(entry, attribute, value)
    return entry, io.BytesIO(data)


def _archive(path: Path, *entries: tuple[tarfile.TarInfo, io.BytesIO]) -> Path:
    with tarfile.open(path, "w") as tar:
        for entry, data in entries:
            tar.addfile(entry, data)
    return path


def test_what_is_unpacked_is_what_was_packed(tmp_path: Path) -> None:
    archive = CHECKPOINTS / "asr-ru-small.nemo"
    connector()._unpack_nemo_file(str(archive), str(tmp_path))
    with tarfile.open(archive) as tar:
        files = [member for member in tar if member.isfile()]
        assert len(files) >= 3
        for member in files:
            packed = tar.extractfile(member)
            assert packed is not None
            assert (tmp_path / member.name).read_bytes() == packed.read()


def test_named_members_come_alone(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "a.nemo", _entry("./one.yaml", b"1"), _entry("./two/three", b"3"))
    unpack(archive, tmp_path / "names", ["./two/three"])
    assert [path.name for path in (tmp_path / "names").rglob("*")] == ["two", "three"]
    with tarfile.open(archive) as tar:
        unpack(archive, tmp_path / "entries", [tar.getmember("./one.yaml")])
    assert (tmp_path / "entries/one.yaml").read_bytes() == b"1"
    unpack(archive, tmp_path / "none", [])
    assert not (tmp_path / "none").exists()


def test_nothing_but_plain_files_and_none_outside(tmp_path: Path) -> None:
    archive = _archive(
        tmp_path / "a.nemo",
        _entry("../outside"),
        _entry(str(tmp_path / "absolute")),
        _entry("link", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        _entry("hard", b"", type=tarfile.LNKTYPE, linkname="inside"),
        _entry("pipe", b"", type=tarfile.FIFOTYPE),
        _entry("inside", b"kept", mode=0o6777),
    )
    unpack(archive, tmp_path / "folder")
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["inside"]
    assert not (tmp_path / "folder/inside").stat().st_mode & 0o7000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.nemo", "folder"]
