"""What commands refuse, before they load, take or write anything."""

import io
import logging
from pathlib import Path

import pytest

from api.cli import commands
from api.cli.parser import build_parser
from api.settings import Settings
from api.wiring import Services
from dialog.errors import BadInput
from tests.unit.commands.conftest import Run
from tests.unit.commands.test_speech import SPOKEN

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("command", [["talk", SPOKEN], ["say", "да"]])
def test_an_output_that_is_a_folder_or_in_none_is_refused(
    run: Run, tmp_path: Path, command: list[object], services: Services
) -> None:
    for output in (tmp_path, tmp_path / "gone" / "a.wav"):
        with pytest.raises(BadInput, match=f"cannot write {output}"):
            run(*command, "-o", output)
    assert services.models.states() == {"asr": "idle", "calls": "idle", "tts": "idle"}


def test_serve_tells_of_a_bad_setting_before_it_takes_a_port(tmp_path: Path) -> None:
    abroad = Settings.model_validate({"home": tmp_path, "host": "0.0.0.0"})
    with pytest.raises(BadInput, match="BESEDA_API_KEYS"):
        commands.serve(abroad)
    half = Settings.model_validate({"home": tmp_path, "tls_cert": tmp_path / "cert.pem"})
    with pytest.raises(BadInput, match="BESEDA_TLS"):
        commands.serve(half)
    unread = Settings.model_validate({"home": tmp_path, "actions": tmp_path / "gone.yaml"})
    with pytest.raises(BadInput, match=r"gone\.yaml"):
        commands.serve(unread)


def test_normalize_needs_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BESEDA_HOME", str(tmp_path / "none"))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert commands.run(build_parser().parse_args(["normalize", "--to", "spoken"])) == 0
    assert not (tmp_path / "none").exists()


def test_a_home_that_cannot_be_written_is_bad_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("BESEDA_HOME", str(tmp_path / "file" / "home"))
    before = logging.getLogger().handlers[:]
    with pytest.raises(BadInput, match="cannot write to BESEDA_HOME"):
        commands.run(build_parser().parse_args(["vocabulary"]))
    assert logging.getLogger().handlers == before
