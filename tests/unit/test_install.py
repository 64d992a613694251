"""How `make` comes by its Python, and that pip's reasons are seen when it fails."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[2]

# Says that it is that version when it is asked, and makes no environment but a folder.
PRETENDER = """#!/bin/sh
case "$1 $2" in
    *version_info*)
        exec {python} -c 'import sys; sys.version_info = {version}; exec(sys.argv[1])' "$2" ;;
    "-m venv") exec {python} -c 'import pathlib, sys; pathlib.Path(sys.argv[1]).mkdir()' "$3" ;;
esac
exec {python} "$@"
"""


def _pretender(*version: object) -> str:
    quoted = str(version).replace("'", '"')
    return PRETENDER.format(python=sys.executable, version=quoted)


def _script(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)


def _venv(folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """`.ci/venv.sh` on a machine whose programs are those in `folder`/bin."""
    path = {"PATH": str(folder / "bin")}
    return subprocess.run(
        ["/bin/sh", ".ci/venv.sh", str(folder / "venv")],
        cwd=ROOT, env=path | environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("version", "fits"),
    [
        ((3, 10, 12, "final", 0), False),  # Ubuntu 22.04's python3
        ((3, 11, 0, "candidate", 1), False),  # and its python3.11
        ((3, 11, 1, "final", 0), False),
        ((3, 11, 2, "final", 0), True),  # Debian 12
        ((3, 12, 3, "final", 0), True),  # Ubuntu 24.04
        ((3, 13, 5, "final", 0), True),  # Debian 13
        ((3, 14, 0, "final", 0), False),  # one of NeMo's dependencies ends at 3.13
    ],
)
def test_a_python_that_fits_is_taken(
    tmp_path: Path, version: tuple[object, ...], fits: bool
) -> None:
    _script(tmp_path / "bin/python3", _pretender(*version))
    done = _venv(tmp_path)
    assert (tmp_path / "venv").is_dir() == fits
    assert (done.returncode == 0) == fits
    if not fits:
        assert done.stderr.count("\n") == 1, "one line"
        assert "pipx install uv" in done.stderr


def test_the_versions_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11.2,<3.14"


def test_uv_is_taken_where_no_python_fits(tmp_path: Path) -> None:
    """The real one, told to use this Python: its own would have to be downloaded."""
    _script(tmp_path / "bin/python3", _pretender(3, 10, 12, "final", 0))
    (tmp_path / "bin/uv").symlink_to(Path(sys.executable).parent / "uv")
    base = str(Path(sys.executable).resolve())
    done = _venv(tmp_path, UV_PYTHON=base, UV_OFFLINE="1", HOME=str(tmp_path))
    assert done.returncode == 0, done.stderr
    pip = [str(tmp_path / "venv/bin/python"), "-m", "pip", "--version"]
    said = subprocess.run(pip, capture_output=True, text=True, check=True).stdout
    assert str(tmp_path / "venv") in said


def _wheel(folder: Path, name: str, version: str, *needs: str) -> None:
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {need}" for need in needs]
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", "\n".join(lines))
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def test_pips_reasons_are_shown(tmp_path: Path) -> None:
    _wheel(tmp_path, "ours", "1", "theirs<2", "thirds")
    _wheel(tmp_path, "thirds", "1", "theirs>=2")
    _wheel(tmp_path, "theirs", "1")
    _wheel(tmp_path, "theirs", "2")
    _script(tmp_path / "bin/python", f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    pip = ["sh", ".ci/pip.sh", str(tmp_path / "bin/python")]
    alone = {name: os.environ[name] for name in os.environ if not name.startswith("PIP_")}
    alone |= {"PIP_CONFIG_FILE": os.devnull}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*pip, *arguments], cwd=ROOT, env=alone, capture_output=True, text=True, check=False
        )

    fine = run("--version")
    assert (fine.returncode, fine.stdout, fine.stderr) == (0, "", "")
    dry = ("install", "--dry-run", "--no-index", "--find-links", str(tmp_path))
    failed = run(*dry, "ours")
    assert failed.returncode == 1
    assert "thirds 1 depends on theirs>=2" in failed.stderr
    assert str(tmp_path / "pip.log") in failed.stderr
