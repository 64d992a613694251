"""Actions in a call: begun by words, keys, functions and rules, and done when they were heard."""

import asyncio
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from api.actions.actions import ActionCatalogue
from api.actions.control import CannotDo
from api.actions.controller import Controller, digits_of
from api.actions.selector import Selector
from api.actions.webhooks import Hooks
from dialog.content import Answer, Samples, Speech
from dialog.messages import CallEnded, Inbound, KeyPressed, Say
from dialog.prompts import PROMPTS
from tests.calls import LETTERS_PER_S, Assistant, Line, spoken
from tests.clock import JumpingLoop

pytestmark = pytest.mark.unit

ACTIONS: dict[str, dict[str, Any]] = {
    "operator": {"do": "transfer", "say": "Соединяю.", "to": "101", "phrases": ["оператор"],
                 "description": "Соединить", "when": {"failures": 2, "key": "0"}},
    "bye": {"do": "hang_up", "say": "Всего доброго.", "phrases": ["до свидания"]},
    "contract": {"do": "collect", "say": "Назовите номер.", "digits": "4", "then": "status",
                 "otherwise": "operator", "phrases": ["договор"]},
    "status": {"do": "webhook", "url": "https://crm.example.ru/", "say": "Принято.",
               "parameters": {"number": {"description": "Номер"}}, "description": "Узнать"},
    "sms": {"do": "text", "text": "Адрес офиса", "phrases": ["пришлите адрес"]},
}  # fmt: skip
MIDDAY = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Exchange:
    """Notes what it is asked to do; `refuses` all of it where told."""

    def __init__(self, *, refuses: bool = False) -> None:
        self.done: list[str] = []
        self._refuses = refuses

    async def caller(self) -> str | None:
        return "+79161234567"

    async def transfer(self, to: str | None) -> None:
        self._do(f"transfer {to}")

    async def hang_up(self) -> None:
        self._do("hang up")

    async def text(self, text: str) -> None:
        self._do(f"text {text}")

    def _do(self, what: str) -> None:
        if self._refuses:
            raise CannotDo("refused")
        self.done.append(what)


class Service:
    """The operator's own service, scripted."""

    def __init__(self, answer: Callable[[], httpx.Response]) -> None:
        self.asked: list[dict[str, Any]] = []
        self._answer = answer

    def hooks(self) -> Hooks:
        def handle(request: httpx.Request) -> httpx.Response:
            self.asked.append(json.loads(request.content))
            return self._answer()

        return Hooks(httpx.MockTransport(handle))


def call(
    *script: Samples | float | Inbound,
    control: Exchange | None = None,
    hooks: Hooks | None = None,
    selector: Callable[[ActionCatalogue], Selector] | None = None,
    answers: dict[str, str | Answer] | None = None,
    moment: datetime = MIDDAY,
    actions: dict[str, Any] = ACTIONS,
    delay_s: float = 0.05,
) -> Line:
    catalogue = ActionCatalogue.model_validate({"actions": actions})
    controller = Controller(
        catalogue, control or Exchange(), "conversation-1", hooks=hooks,
        selector=selector(catalogue) if selector else None, clock=lambda: moment,
    )  # fmt: skip
    assistant = Assistant(answers or {}, delay_s=delay_s)
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(Line(script).run(assistant.stages(), controller))


def said(line: Line) -> list[str]:
    return [one.text for one in line.of(Answer) if isinstance(one, Answer)]


def ended(line: Line) -> str:
    last = line.log[-1][1]
    assert isinstance(last, CallEnded)
    return last.reason


def test_a_phrase_transfers_once_the_words_were_heard() -> None:
    exchange = Exchange()
    line = call(spoken("оператора пожалуйста"), 8.0, control=exchange)
    assert said(line) == ["Соединяю."]
    assert exchange.done == ["transfer 101"]
    assert ended(line) == "transfer"


def test_who_speaks_over_the_announcement_stays() -> None:
    exchange = Exchange()
    actions = {"operator": {**ACTIONS["operator"], "say": "Соединяю " * 12}}
    line = call(
        spoken("оператора пожалуйста"), 2.5, spoken("нет подождите сколько стоит доставка"), 8.0,
        control=exchange, actions=actions,
    )  # fmt: skip
    assert exchange.done == []
    assert ended(line) == "caller"


def test_a_transfer_that_fails_is_owned_up_to() -> None:
    line = call(spoken("оператора пожалуйста"), 12.0, control=Exchange(refuses=True))
    assert said(line) == ["Соединяю.", PROMPTS.not_connected]
    assert ended(line) == "caller"


def test_what_follows_a_failed_answer_is_done_once_it_was_heard() -> None:
    exchange = Exchange()
    unknown = Answer("Не знаю, что вам на это ответить.", "none", outcome="unknown")
    bye = {**ACTIONS["bye"], "when": {"failures": 1}}
    line = call(
        spoken("раз два"), 12.0,
        control=exchange, answers={"раз два": unknown}, actions={"bye": bye}, delay_s=0.3,
    )  # fmt: skip
    assert said(line) == [unknown.text, "Всего доброго."]
    words_s = (len(unknown.text) + len("Всего доброго.")) / LETTERS_PER_S
    assert line.at(CallEnded) - line.at(Speech) > words_s
    assert (exchange.done, ended(line)) == (["hang up"], "hang_up")


def test_a_farewell_hangs_up() -> None:
    exchange = Exchange()
    line = call(spoken("до свидания"), 8.0, control=exchange)
    assert (exchange.done, ended(line)) == (["hang up"], "hang_up")


def test_a_key_is_as_good_as_words_and_stops_the_assistant() -> None:
    exchange = Exchange()
    line = call(Say("Здравствуйте " * 10), 2.0, KeyPressed("0"), 8.0, control=exchange)
    assert exchange.done == ["transfer 101"]
    assert said(line)[-1] == "Соединяю."


def test_a_key_within_a_number_is_a_digit() -> None:
    exchange = Exchange()
    keys = [KeyPressed(key) for key in "4071"]
    line = call(*keys, 8.0, control=exchange)
    assert (exchange.done, said(line)) == ([], ["Ответ на 4071."])


def test_after_failed_turns_in_a_row_a_person() -> None:
    exchange = Exchange()
    unknown = Answer(PROMPTS.unknown, "none", outcome="unknown")
    answers: dict[str, str | Answer] = {"раз": unknown, "два": unknown}
    line = call(spoken("раз"), 8.0, spoken("два"), 14.0, control=exchange, answers=answers)
    assert said(line) == [PROMPTS.unknown, PROMPTS.unknown, "Соединяю."]
    assert exchange.done == ["transfer 101"]


def test_outside_of_hours_the_notice_comes_first() -> None:
    closed = {"do": "say", "say": "Мы не работаем.", "when": {"outside": "mon-thu 09:00-18:00"}}
    assert said(call(6.0, actions={"closed": closed})) == ["Мы не работаем."]


@pytest.mark.parametrize("how", ["spoken", "keyed"])
def test_digits_are_the_same_spoken_or_keyed(how: str) -> None:
    service = Service(lambda: httpx.Response(200, json={"say": "Заявка выполнена."}))
    # Four keys are enough: no pause, no # is needed.
    digits: list[Any] = [KeyPressed(key) for key in "4271"]
    given = digits if how == "keyed" else [spoken("четыре два семь один")]
    line = call(spoken("мой договор"), 5.0, *given, 8.0, hooks=service.hooks())
    assert said(line) == ["Назовите номер.", "Заявка выполнена."]
    (asked,) = service.asked
    assert asked == {
        "action": "status",
        "conversation": "conversation-1",
        "caller": "+79161234567",
        "arguments": {"digits": "4271"},
    }


def test_wrong_digits_are_asked_for_again_and_then_given_up() -> None:
    exchange = Exchange()
    tries: list[Any] = []
    for _ in range(3):
        tries += [spoken("раз два"), 10.0]
    line = call(spoken("мой договор"), 5.0, *tries, 5.0, control=exchange)
    assert [text.startswith("Мне нужно цифр: 4") for text in said(line)[1:3]] == [True, True]
    assert said(line)[3] == f"{PROMPTS.no_digits} Соединяю."
    assert exchange.done == ["transfer 101"]


def failing(kind: str) -> httpx.Response:
    if kind == "timeout":
        raise httpx.ReadTimeout("too late")
    return {"500": httpx.Response(500, text="trace with +79161234567"),
            "junk": httpx.Response(200, text="{"),
            "list": httpx.Response(200, json=[1])}[kind]  # fmt: skip


@pytest.mark.parametrize("kind", ["timeout", "500", "junk", "list"])
def test_a_webhook_that_fails_is_an_honest_sentence(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    service = Service(lambda: failing(kind))
    with caplog.at_level(logging.INFO):
        line = call(spoken("мой договор"), 5.0, spoken("четыре два семь один"), 8.0,
                    hooks=service.hooks())  # fmt: skip
    assert said(line)[-1] == "Извините, сейчас это не получилось."
    assert "action status: the webhook" in caplog.text
    assert "7916" not in caplog.text
    assert "4271" not in caplog.text


def test_a_reply_may_name_what_follows() -> None:
    exchange = Exchange()
    service = Service(lambda: httpx.Response(200, json={"say": "Сложно.", "then": "operator"}))
    line = call(spoken("мой договор"), 5.0, spoken("четыре два семь один"), 9.0,
                control=exchange, hooks=service.hooks())  # fmt: skip
    assert said(line)[-1] == "Сложно. Соединяю."
    assert exchange.done == ["transfer 101"]


def test_a_text_goes_out_by_the_carrier() -> None:
    exchange = Exchange()
    line = call(spoken("пришлите адрес"), 6.0, control=exchange)
    assert (said(line), exchange.done) == (["Я отправил вам сообщение."], ["text Адрес офиса"])
    refused = call(spoken("пришлите адрес"), 6.0, control=Exchange(refuses=True))
    assert said(refused) == ["Извините, сейчас это не получилось."]


class Model:
    """Calls the function it is told to, and notes with what it was asked."""

    def __init__(self, name: str, arguments: str = "{}", delay_s: float = 0.1) -> None:
        self.asked: list[tuple[list[dict[str, Any]], object]] = []
        self._call = {"function": {"name": name, "arguments": arguments}}
        self._delay_s = delay_s

    async def decide(
        self, messages: list[dict[str, Any]], tools: list[dict[str, Any]], choice: object
    ) -> dict[str, Any]:
        self.asked.append((tools, choice))
        await asyncio.sleep(self._delay_s)
        return {"tool_calls": [self._call]}


def test_the_model_s_function_call_is_carried_out() -> None:
    service = Service(lambda: httpx.Response(200))
    model = Model("status", '{"number": "17"}')
    line = call(spoken("как там дела"), 6.0, hooks=service.hooks(),
                selector=lambda catalogue: Selector(catalogue, model, 1.0))  # fmt: skip
    assert said(line) == ["Принято."]
    assert [one["arguments"] for one in service.asked] == [{"number": "17"}]
    tools, choice = model.asked[0]
    assert {one["function"]["name"] for one in tools} == {
        "operator", "status", "answer_from_documents"
    }  # fmt: skip
    assert choice == "required"


@pytest.mark.parametrize(
    "model",
    [
        Model("answer_from_documents"),
        Model("rm_rf"),
        Model("bye"),
        Model("status", "{}"),
        Model("status", '{"number": 5}'),
        Model("status", "{"),
        Model("operator", delay_s=30.0),
    ],
)
def test_everything_else_is_answered_from_the_documents(model: Model) -> None:
    line = call(spoken("как дела"), 6.0, selector=lambda catalogue: Selector(catalogue, model, 1.0))
    assert said(line) == ["Ответ на как дела."]


def test_digits_in_words_figures_and_pieces() -> None:
    assert digits_of("номер четыре двадцать один, ноль семь") == "42107"
    assert digits_of("42 71") == digits_of("4271") == "4271"
    assert digits_of("не помню") == ""
