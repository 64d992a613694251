"""What an operator lets the assistant do with a call, read from one YAML file (BESEDA_ACTIONS).

actions:
  operator:
    do: transfer
    phrases: [оператор, соедините с человеком]
    when: {failures: 3, key: "0"}

Knows the file and which of its actions a phrase, a key or a rule means; carries out nothing.
"""

import os
import re
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from api.actions.opening_hours import Hours
from api.settings import read_yaml
from dialog.errors import BadInput, Fault, first_fault
from russian.lemmas import lemmas

NAME = r"^[a-z][a-z0-9_]{0,40}$"
_SECRET = re.compile("auth|key|token|secret|cookie", re.IGNORECASE)
_VARIABLE = re.compile(r"\$\{(\w+)\}")


def _from_environment(value: object) -> object:
    """`${NAME}` becomes the variable's value: secrets have no place in the file."""
    if not isinstance(value, str):
        return value
    missing = [name for name in _VARIABLE.findall(value) if not os.environ.get(name)]
    if missing:
        raise ValueError(f"the environment variable {missing[0]} is not set")
    return _VARIABLE.sub(lambda found: os.environ[found[1]], value)


def _no_secrets(headers: object) -> object:
    for name, value in headers.items() if isinstance(headers, dict) else ():
        if _SECRET.search(str(name)) and not _VARIABLE.search(str(value)):
            raise ValueError(f"the secret of {name} belongs into the environment: ${{NAME}}")
    return headers


def _address(value: object) -> object:
    value = _from_environment(value)
    parts = urlsplit(str(value))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address begins with http:// or https://")
    if parts.username or parts.password:
        raise ValueError("a password in an address ends in logs: take a header")
    return value


def _hours(value: object) -> object:
    return Hours.parse(value) if isinstance(value, str) else value


Expanded = Annotated[str, BeforeValidator(_from_environment)]
Address = Annotated[str, BeforeValidator(_address)]
Headers = Annotated[dict[str, Expanded], BeforeValidator(_no_secrets)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class When(_Part):
    """Rules: so many turns failed in a row; a key pressed by itself; a call outside of hours."""

    failures: int | None = Field(None, ge=1, le=10)
    key: str | None = Field(None, pattern="^[0-9*#A-D]$")
    outside: Annotated[Hours | None, BeforeValidator(_hours)] = None


class Parameter(_Part):
    """What the language model must find out for an action: one property of a JSON schema."""

    type: Literal["string", "integer", "number", "boolean"] = "string"
    description: str = Field(min_length=1)
    required: bool = True


class _Action(_Part):
    """`say`, and `failed` of what may fail: the operator's words; without them ours."""

    name: str = Field("", pattern=NAME)
    description: str = ""
    phrases: tuple[str, ...] = ()
    when: When = When()
    say: str | None = Field(None, max_length=500)


class Transfer(_Action):
    """To a person. Without `to` the exchange's dialplan decides who."""

    do: Literal["transfer"]
    to: Expanded | None = None


class HangUp(_Action):
    do: Literal["hang_up"]


class Speak(_Action):
    """Words and nothing else, as for a notice outside of hours."""

    do: Literal["say"]
    say: str = Field(min_length=1, max_length=500)


class Collect(_Action):
    """Digits, spoken or keyed, for the action `then`; after three tries `otherwise`."""

    do: Literal["collect"]
    say: str = Field(min_length=1, max_length=500)
    digits: str = Field(pattern=r"^\d{1,2}(-\d{1,2})?$")
    then: str
    otherwise: str | None = None

    @property
    def least(self) -> int:
        return int(self.digits.split("-")[0])

    @property
    def most(self) -> int:
        return int(self.digits.split("-")[-1])


class _Called(_Action):
    headers: Headers = {}
    timeout_s: float = Field(3.0, gt=0, le=10)
    failed: str | None = Field(None, min_length=1, max_length=500)


class Text(_Called):
    """A text message to the caller: by the webhook `url`, or by the carrier without one."""

    do: Literal["text"]
    text: str = Field(min_length=1, max_length=1_000)
    url: Address | None = None


class Webhook(_Called):
    """The operator's own service; its reply may say what to say and what to do then."""

    do: Literal["webhook"]
    url: Address
    parameters: Annotated[dict[str, Parameter], Field(max_length=16)] = {}


Action = Annotated[Transfer | HangUp | Speak | Collect | Text | Webhook, Field(discriminator="do")]


class ActionCatalogue(_Part):
    """All actions. `zone` is that of the hours; the machine's own without it."""

    actions: dict[Annotated[str, Field(pattern=NAME)], Action]
    zone: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: Any) -> Any:
        """Each action learns its name."""
        if not isinstance(given, dict) or not isinstance(given.get("actions"), dict):
            raise ValueError("the file holds a table `actions`")
        named = {
            name: {**one, "name": name} if isinstance(one, dict) else one
            for name, one in given["actions"].items()
        }
        return {**given, "actions": named}

    @model_validator(mode="after")
    def _joined(self) -> "ActionCatalogue":
        """Names that are referred to exist; a zone that is named is known."""
        for one in self.actions.values():
            for other in (one.then, one.otherwise) if isinstance(one, Collect) else ():
                if other is not None and other not in self.actions:
                    raise ValueError(f"{one.name} goes on with {other!r}, which is no action")
            if isinstance(one, Collect) and one.least > one.most:
                raise ValueError(f"{one.name}: {one.digits} digits can never be collected")
        if self.zone is not None:
            try:
                ZoneInfo(self.zone)
            except (ValueError, OSError, KeyError):
                raise ValueError(f"no time zone is called {self.zone!r}") from None
        return self

    def asked(self, text: str) -> Action | None:
        """The action with a phrase in a text, its words in their order and together."""
        said = lemmas(text) if self._phrases else []
        for wanted, action in self._phrases:
            if any(said[at : at + len(wanted)] == wanted for at in range(len(said))):
                return action
        return None

    def keyed(self, key: str) -> Action | None:
        """The action of a key."""
        return next((one for one in self.actions.values() if one.when.key == key), None)

    def failed(self, times: int) -> Action | None:
        """The action for so many failed turns in a row."""
        return next((one for one in self.actions.values() if one.when.failures == times), None)

    def closed(self, moment: datetime) -> Action | None:
        """The action for a call at that time, if it is outside of its hours."""
        local = moment.astimezone(ZoneInfo(self.zone) if self.zone else None)
        for one in self.actions.values():
            if one.when.outside is not None and not one.when.outside.include(local):
                return one
        return None

    @cached_property
    def _phrases(self) -> list[tuple[list[str], Action]]:
        """Words of phrases in dictionary form, the longest first."""
        found = [
            (wanted, action)
            for action in self.actions.values()
            for phrase in action.phrases
            if (wanted := lemmas(phrase))
        ]
        return sorted(found, key=lambda one: -len(one[0]))


NO_ACTIONS = ActionCatalogue.model_validate({"actions": {}})


def read_actions(path: Path) -> ActionCatalogue:
    """The file's actions; raises BadInput, in one line, for a file that cannot be used."""
    given = read_yaml("BESEDA_ACTIONS", path)
    try:
        return ActionCatalogue.model_validate(given)
    except ValidationError as error:
        raise BadInput(f"BESEDA_ACTIONS {path}: {_told(error)}") from None


def _told(error: ValidationError) -> str:
    """The first of its faults, without what the file does not hold: pydantic's name of an action's
    kind (third in the place), and of our own errors' class."""
    fault = first_fault(error)
    place = fault.place[:2] + fault.place[3:]
    return str(Fault(place, fault.message.removeprefix("Value error, ")))


def tools(actions: Mapping[str, Action]) -> list[dict[str, Any]]:
    """The described actions as chat completions name functions."""
    return [_tool(one) for one in actions.values() if one.description]


def _tool(action: Action) -> dict[str, Any]:
    asked = action.parameters if isinstance(action, Webhook) else {}
    schema = {
        "type": "object",
        "properties": {
            name: {"type": one.type, "description": one.description} for name, one in asked.items()
        },
        "required": [name for name, one in asked.items() if one.required],
        "additionalProperties": False,
    }
    function = {"name": action.name, "description": action.description, "parameters": schema}
    return {"type": "function", "function": function}
