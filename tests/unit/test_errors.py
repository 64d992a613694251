"""The first fault of checked data as one line, and the line at each door that tells it."""

from pathlib import Path
from typing import Annotated

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, model_validator

from api.actions.actions import read_actions
from api.http.errors import install_error_handlers
from api.realtime.events import checked
from api.settings import read_settings
from dialog.errors import BadInput, Fault, first_fault

pytestmark = pytest.mark.unit


class Inner(BaseModel):
    size: Annotated[int, Field(gt=0)]


class Outer(BaseModel):
    inner: dict[str, list[Inner]]
    name: str

    @model_validator(mode="after")
    def _no_two(self) -> "Outer":
        if len(self.inner) == 2:
            raise ValueError("two are too many")
        return self


def fault_of(given: object) -> Fault:
    with pytest.raises(ValidationError) as error:
        Outer.model_validate(given)
    return first_fault(error.value)


def test_a_fault_is_told_with_its_place_from_the_outside_in() -> None:
    fault = fault_of({"inner": {"a": [{"size": 1}, {"size": 0}]}})
    assert fault.place == ("inner", "a", "1", "size")
    assert str(fault) == "inner.a.1.size: Input should be greater than 0"


def test_only_the_first_is_told() -> None:
    assert str(fault_of({})) == "inner: Field required"


def test_a_fault_of_the_whole_has_no_place() -> None:
    fault = fault_of({"inner": {"a": [], "b": []}, "name": "x"})
    assert str(fault) == "Value error, two are too many"


def test_the_value_is_not_told() -> None:
    with pytest.raises(ValidationError) as error:
        TypeAdapter(int).validate_python("a secret")
    assert "a secret" not in str(first_fault(error.value))


# ---- the same line at every door


def test_settings_name_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BESEDA_PORT", "http")
    with pytest.raises(BadInput) as error:
        read_settings()
    assert error.value.message == (
        "setting BESEDA_PORT: Input should be a valid integer, unable to parse string as an integer"
    )


def test_a_file_of_actions_names_the_action_but_not_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "actions.yaml"
    path.write_text("actions: {talk: {do: say}}")
    with pytest.raises(BadInput) as error:
        read_actions(path)
    assert error.value.message == f"BESEDA_ACTIONS {path}: actions.talk.say: Field required"
    path.write_text("[]")
    with pytest.raises(BadInput) as error:
        read_actions(path)
    assert error.value.message == f"BESEDA_ACTIONS {path}: the file holds a table `actions`"


def test_a_realtime_event_names_its_field() -> None:
    with pytest.raises(BadInput) as error:
        checked({"type": "input_audio_buffer.append"})
    assert (error.value.message, error.value.code) == ("audio: Field required", "invalid_value")


def test_http_names_the_field_or_else_the_request() -> None:
    app = FastAPI()
    install_error_handlers(app)

    @app.post("/")
    async def take(given: Inner, limit: int = 1) -> None: ...

    with TestClient(app) as client:
        told = [
            client.post(f"/{query}", json=body).json()["error"]["message"]
            for query, body in (("", {"size": "x"}), ("?limit=x", {"size": 1}), ("", None))
        ]
    assert told == [
        "size: Input should be a valid integer, unable to parse string as an integer",
        "limit: Input should be a valid integer, unable to parse string as an integer",
        "request: Field required",
    ]
