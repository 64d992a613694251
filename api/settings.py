"""Every setting, read in one place: `BESEDA_*` variables first, then `beseda.toml`.

Knows names, defaults and which combinations are refused; builds nothing.
"""

import ipaddress
import os
import ssl
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import ByteSize, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from sqlalchemy import make_url

from dialog.errors import BadInput, first_fault

DEFAULT_HOME = Path("~/.local/share/beseda")
MIB = 1024 * 1024

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Settings(BaseSettings):
    """What an operator may decide. `*_file` settings name a file that holds a secret."""

    model_config = SettingsConfigDict(
        env_prefix="BESEDA_",
        toml_file=os.environ.get("BESEDA_CONFIG", "beseda.toml"),
        extra="ignore",
        env_ignore_empty=True,  # Compose passes an unset variable on as an empty one
    )

    home: Path = DEFAULT_HOME
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    api_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    api_keys_file: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    max_upload: ByteSize = ByteSize(100 * MIB)
    max_calls: int = Field(default=16, ge=0)

    database_url: str | None = None
    database_password_file: Path | None = None
    qdrant_url: str | None = None
    qdrant_api_key: SecretStr | None = None
    dense_model: str | None = None
    rerank_model: str | None = None

    llm_url: str | None = None
    llm_model: str = "saiga"
    llm_api_key: SecretStr | None = None
    llm_patience_s: float = Field(default=0.9, gt=0, le=60)

    device: Literal["auto", "cpu", "cuda"] = "auto"
    asr_model: str = "asr-ru-small"
    tts_model: str = "tts-ru-fastpitch"
    voice: str | None = None
    rules: Path | None = None
    prompts: Path | None = None

    greeting: str | None = None
    audiosocket_host: str = "127.0.0.1"
    audiosocket_port: int | None = Field(default=None, ge=0, le=65535)
    public_url: str | None = Field(default=None, pattern="^https://")
    twilio_auth_token: SecretStr | None = None
    telnyx_public_key: str | None = None
    telnyx_api_key: SecretStr | None = None
    vonage_signature_secret: SecretStr | None = None
    vonage_application_id: str | None = None
    vonage_private_key_file: Path | None = None
    asterisk_url: str | None = None
    asterisk_user: str = "beseda"
    asterisk_password: SecretStr | None = None
    actions: Path | None = None
    record: bool = False
    record_notice: str | None = Field(default=None, min_length=1)
    record_days: int = Field(default=30, ge=1)
    phone_peers: Annotated[tuple[Network, ...], NoDecode] = ()

    @field_validator("api_keys", "phone_peers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Lists come as one string in the environment, separated by commas or lines."""
        return value.replace(",", "\n").split() if isinstance(value, str) else value

    @field_validator("home")
    @classmethod
    def _expand_home(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @cached_property
    def keys(self) -> frozenset[str]:
        """All keys that open the HTTP interface; empty means that none is asked for."""
        own = {key.get_secret_value() for key in self.api_keys}
        return frozenset(own | set(read_secret(self.api_keys_file).split()))

    @cached_property
    def database(self) -> str:
        """The store's SQLAlchemy URL, the password from its file put in."""
        if self.database_url is None:
            return f"sqlite:///{self.home / 'beseda.db'}"
        password = read_secret(self.database_password_file).strip()
        if not password:
            return self.database_url
        url = make_url(self.database_url).set(password=password)
        return url.render_as_string(hide_password=False)

    @cached_property
    def vonage_private_key(self) -> str | None:
        """What signs our orders to Vonage, PEM."""
        return read_secret(self.vonage_private_key_file) or None

    def check_tls(self) -> None:
        """Refuse half a pair of certificate and key, and files that make none (raises BadInput)."""
        if self.tls_cert is None and self.tls_key is None:
            return
        if self.tls_cert is None or self.tls_key is None:
            raise BadInput("BESEDA_TLS_CERT and BESEDA_TLS_KEY go together: set both or neither")
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.tls_cert, self.tls_key)
        except OSError as error:  # ssl's own errors are among them
            reason = error.strerror or type(error).__name__
            raise BadInput(f"BESEDA_TLS_CERT and BESEDA_TLS_KEY cannot be used: {reason}") from None

    def check_exposure(self) -> None:
        """Refuse to listen beyond this machine without keys (raises BadInput)."""
        if not is_loopback(self.host) and not self.keys:
            raise BadInput(
                f"refusing to listen on {self.host} without keys: set BESEDA_API_KEYS "
                "or BESEDA_API_KEYS_FILE, or listen on 127.0.0.1"
            )
        signing = (self.twilio_auth_token, self.telnyx_public_key, self.vonage_signature_secret)
        if any(signing) and self.public_url is None:
            raise BadInput("a carrier needs BESEDA_PUBLIC_URL, where it reaches this service")
        if not is_loopback(self.audiosocket_host) and not self.phone_peers:
            raise BadInput(
                f"refusing to take calls on {self.audiosocket_host} from anybody: AudioSocket has "
                "no password, so set BESEDA_PHONE_PEERS to the exchange's address"
            )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_settings() -> Settings:
    """The settings of this process; a wrong value is a BadInput that names it."""
    try:
        return Settings()
    except ValidationError as error:
        fault = first_fault(error)
        name = "_".join(fault.place).upper()
        raise BadInput(f"setting BESEDA_{name}: {fault.message}") from None
    except ValueError as error:
        raise BadInput(f"beseda.toml cannot be read: {error}") from None


def read_yaml(setting: str, path: Path) -> object:
    """What a YAML file of the operator's holds; raises BadInput, in one line that names the
    setting, where it cannot be read."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{setting} {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{setting} {path} is not UTF-8 text") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise BadInput(f"{setting} {path}{line}: no YAML") from None


def unwrapped(secret: SecretStr | None) -> str | None:
    """The words of a secret setting; None where none is set."""
    return secret.get_secret_value() if secret else None


def read_secret(path: Path | None) -> str:
    """A secret's file, "" for none; raises BadInput where it cannot be read."""
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(f"cannot read the secret file {path}: {error.strerror}") from None
