"""The file of actions: what it means, and each way in which it can be wrong."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.actions.actions import ActionCatalogue, Webhook, read_actions, tools
from api.actions.opening_hours import Hours
from dialog.errors import BadInput

pytestmark = pytest.mark.unit

FILE = """
zone: Europe/Moscow
actions:
  operator:
    do: transfer
    to: 101@from-internal
    description: Соединить с сотрудником
    phrases: [оператор, соедините с человеком]
    when: {failures: 3, key: "0"}
  closed:
    do: say
    say: Сейчас мы не работаем.
    when: {outside: "пн-пт 09:00-18:00, sat 10:00-15:00"}
  contract:
    do: collect
    say: Назовите номер договора.
    digits: 4-6
    then: status
    otherwise: operator
  status:
    do: webhook
    url: https://crm.example.ru/status
    headers: {Authorization: "Bearer ${CRM_TOKEN}"}
    description: Узнать состояние заявки
    parameters:
      number: {description: Номер заявки}
      urgent: {type: boolean, description: Срочно ли, required: false}
"""


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ActionCatalogue:
    monkeypatch.setenv("CRM_TOKEN", "s3cret")
    return read_actions(written(tmp_path, FILE))


def written(folder: Path, text: str) -> Path:
    path = folder / "actions.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Оператора, пожалуйста", "operator"),
        ("соедините меня, пожалуйста, с человеком", "operator"),
        ("Сколько человек в бригаде?", None),
        ("", None),
    ],
)
def test_phrases_in_any_form(catalogue: ActionCatalogue, said: str, meant: str | None) -> None:
    action = catalogue.asked(said)
    assert (action and action.name) == meant


def test_keys_failures_and_hours(catalogue: ActionCatalogue) -> None:
    assert catalogue.keyed("0") is catalogue.failed(3) is catalogue.actions["operator"]
    assert catalogue.keyed("1") is catalogue.failed(2) is None
    # 18:30 in Moscow on a Friday; 14:00 there on a Saturday.
    assert (
        catalogue.closed(datetime(2026, 11, 20, 15, 30, tzinfo=UTC)) is catalogue.actions["closed"]
    )
    assert catalogue.closed(datetime(2026, 11, 21, 11, 0, tzinfo=UTC)) is None


def test_secrets_come_from_the_environment(catalogue: ActionCatalogue) -> None:
    status = catalogue.actions["status"]
    assert isinstance(status, Webhook)
    assert status.headers == {"Authorization": "Bearer s3cret"}


def test_described_actions_are_functions_of_the_model(catalogue: ActionCatalogue) -> None:
    operator, status = (one["function"] for one in tools(catalogue.actions))
    assert operator["name"] == "operator"
    assert status["parameters"]["required"] == ["number"]
    assert status["parameters"]["properties"]["urgent"]["type"] == "boolean"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "no YAML"),
        ("actions: 5", "table `actions`"),
        ("actions: {a: {do: fly}}", "actions.a"),
        ("actions: {a: {do: say}}", "actions.a.say"),
        ("actions: {a: {do: transfer, too: 1}}", "actions.a.too"),
        ("actions: {Ä: {do: transfer}}", "actions.Ä"),
        ("actions: {a: {do: collect, say: Да, digits: '4', then: b}}", "no action"),
        ("actions: {a: {do: collect, say: Да, digits: 6-4, then: a}}", "never"),
        ("actions: {a: {do: webhook, url: 'ftp://x'}}", "http://"),
        ("actions: {a: {do: webhook, url: 'https://me:secret@x'}}", "password"),
        ("actions: {a: {do: webhook, url: 'https://x', headers: {X-Api-Key: abc}}}", "environment"),
        ("actions: {a: {do: webhook, url: 'https://${NOT_SET_AT_ALL}'}}", "NOT_SET_AT_ALL"),
        ("actions: {a: {do: webhook, url: 'https://x', timeout_s: 99}}", "timeout_s"),
        ("actions: {a: {do: hang_up, when: {key: '10'}}}", "when.key"),
        ("actions: {a: {do: hang_up, when: {outside: 'always'}}}", "mon-fri"),
        ("actions: {}\nzone: Mars/Base", "Mars/Base"),
    ],
)
def test_a_bad_file_is_one_line_that_names_the_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(BadInput) as error:
        read_actions(written(tmp_path, text))
    assert told in error.value.message
    assert "\n" not in error.value.message
    assert "secret" not in error.value.message.replace("the secret of", "")


def test_the_sample_file_can_be_used() -> None:
    catalogue = read_actions(Path(__file__).parents[2] / "samples" / "actions.yaml")
    assert {one.do for one in catalogue.actions.values()} == {
        "transfer", "hang_up", "say", "collect", "webhook"
    }  # fmt: skip


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        read_actions(tmp_path / "none.yaml")


@pytest.mark.parametrize("text", ["mon 9:00-25:00", "mon 10:00-09:00", "mun 9:00-10:00", ""])
def test_hours_that_cannot_be(text: str) -> None:
    with pytest.raises(ValueError, match="'"):
        Hours.parse(text)


def test_hours_over_the_end_of_the_week() -> None:
    hours = Hours.parse("fri-mon 00:00-24:00")
    found = [hours.include(datetime(2026, 11, day, 12)) for day in range(16, 23)]  # from a Monday
    assert found == [True, False, False, False, True, True, True]
