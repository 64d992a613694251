"""Settings: where they come from and what is refused."""

from pathlib import Path

import pytest

from api.settings import Settings, read_settings
from dialog.errors import BadInput

pytestmark = pytest.mark.unit


def test_defaults_stay_on_this_machine(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert settings.host == "127.0.0.1"
    assert settings.database == f"sqlite:///{tmp_path / 'beseda.db'}"
    settings.check_exposure()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.com"])
def test_other_machines_need_a_key(host: str) -> None:
    with pytest.raises(BadInput, match="BESEDA_API_KEYS"):
        Settings(host=host).check_exposure()
    Settings.model_validate({"host": host, "api_keys": "secret"}).check_exposure()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_loopback_needs_none(host: str) -> None:
    Settings(host=host).check_exposure()


def test_calls_from_other_machines_need_a_list_of_peers() -> None:
    with pytest.raises(BadInput, match="BESEDA_PHONE_PEERS"):
        Settings(audiosocket_host="0.0.0.0").check_exposure()
    listed = {"audiosocket_host": "0.0.0.0", "phone_peers": "10.0.0.5, 10.1.0.0/16"}
    Settings.model_validate(listed).check_exposure()
    with pytest.raises(ValueError, match="phone_peers"):
        Settings.model_validate({"phone_peers": "asterisk"})


def test_keys_come_from_a_variable_and_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keys").write_text("third\n\nfourth\n")
    monkeypatch.setenv("BESEDA_API_KEYS", "first, second")
    monkeypatch.setenv("BESEDA_API_KEYS_FILE", str(tmp_path / "keys"))
    assert read_settings().keys == {"first", "second", "third", "fourth"}


def test_a_missing_secret_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot read the secret file"):
        _ = Settings(api_keys_file=tmp_path / "none").keys


def test_a_password_file_completes_the_database_url(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("p@ss\n")
    settings = Settings(
        database_url="postgresql+psycopg2://beseda@postgres/beseda",
        database_password_file=tmp_path / "password",
    )
    assert settings.database == "postgresql+psycopg2://beseda:p%40ss@postgres/beseda"


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "many"), ("DEVICE", "tpu"), ("MAX_UPLOAD", "a lot"), ("PORT", "70000")],
)
def test_a_wrong_value_names_its_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"BESEDA_{name}", value)
    with pytest.raises(BadInput, match=f"BESEDA_{name}"):
        read_settings()


def test_sizes_are_read_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BESEDA_MAX_UPLOAD", "2MiB")
    assert read_settings().max_upload == 2 * 1024 * 1024


def test_beseda_toml_is_read_and_variables_win(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beseda.toml").write_text('port = 9000\nllm_url = "http://localhost:8001/v1"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BESEDA_PORT", "9001")
    settings = read_settings()
    assert (settings.port, settings.llm_url) == (9001, "http://localhost:8001/v1")


def test_a_broken_beseda_toml_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beseda.toml").write_text("port = = 1")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInput, match=r"beseda\.toml"):
        read_settings()


@pytest.mark.parametrize("given", [{"tls_cert": "a.pem"}, {"tls_key": "b.pem"}])
def test_half_a_certificate_is_refused(given: dict[str, str]) -> None:
    with pytest.raises(BadInput, match="go together"):
        Settings.model_validate(given).check_tls()


def test_an_unusable_certificate_is_refused_in_one_line(tmp_path: Path) -> None:
    rubbish = tmp_path / "cert.pem"
    rubbish.write_text("not a certificate")
    for cert in (rubbish, tmp_path / "missing.pem"):
        settings = Settings.model_validate({"tls_cert": cert, "tls_key": rubbish})
        with pytest.raises(BadInput, match="cannot be used") as refused:
            settings.check_tls()
        assert "\n" not in refused.value.message
    Settings().check_tls()
