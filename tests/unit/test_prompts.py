"""The operator's sentences: each way in which their file can be wrong, and where they are said."""

import asyncio
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from api.actions.actions import ActionCatalogue
from api.actions.control import CannotDo, Dialplan
from api.actions.controller import Controller
from api.bench.load.service_client import kept_turn
from api.settings import Settings
from api.wiring import own_prompts
from asr.turns.clarification import Doubts
from dialog.content import Answer, Samples, Transcript, Word
from dialog.errors import BadInput
from dialog.messages import Inbound, Say
from dialog.prompts import PROMPTS, Prompts
from tests.calls import Assistant, Line, spoken
from tests.clock import JumpingLoop

pytestmark = pytest.mark.unit

SAMPLE = Path(__file__).parents[2] / "samples" / "prompts.yaml"


def operators(folder: Path, text: str | bytes, **settings: object) -> Prompts:
    """What is said with such a file."""
    path = folder / "prompts.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return own_prompts(Settings.model_validate({"home": folder, "prompts": path, **settings}))


def test_sentences_are_replaced_by_name_and_the_others_stay(tmp_path: Path) -> None:
    given = operators(tmp_path, "filler: >\n  Минутку,\n  ищу.\nquote: 'Статья {title}:'\n")
    assert given == replace(PROMPTS, filler="Минутку, ищу.", quote="Статья {title}:")
    assert given.urgent == ("Минутку, ищу.", *PROMPTS.urgent[1:])


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "{}"])
def test_a_file_without_sentences_replaces_none(tmp_path: Path, text: str) -> None:
    assert operators(tmp_path, text) == PROMPTS


def test_our_own_sentences_and_the_sample_pass_the_check() -> None:
    assert Prompts.replacing(asdict(PROMPTS)) == PROMPTS
    given = own_prompts(Settings(prompts=SAMPLE))
    changed = {name for name, said in asdict(given).items() if said != getattr(PROMPTS, name)}
    assert {"greeting", "not_found", "confirm_number", "transferring"} <= changed


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("greting: Привет!", "no sentence is called 'greting'; the nearest is 'greeting'"),
        ("NOT-FOUND: Нет.", "no sentence is called 'NOT-FOUND'; the nearest is"),
        ("1: Привет!", "no sentence is called 1; the nearest is"),
        ("greeting: ''", "greeting: a sentence is wanted, and it must not be empty"),
        ("greeting: ' \n '", "greeting: a sentence is wanted, and it must not be empty"),
        ("greeting: ...", "greeting: a sentence is wanted, and it must not be empty"),
        ("greeting:", "greeting: a sentence is wanted, and it must not be empty"),
        ("greeting: [Привет!]", "greeting: a sentence is wanted, and it must not be empty"),
        ("greeting: 5", "greeting: a sentence is wanted, and it must not be empty"),
        ("quote: Вот ответ.", "quote: {title} is missing"),
        ("quote: Вот {name}.", "quote: {title} is missing"),
        ("quote: Вот {title}, {name}.", "quote: {name} has no meaning here"),
        ("quote: Вот {}, {title}.", "quote: {} has no meaning here"),
        ("quote: 'Вот {title!r}.'", "quote: {title} is missing"),
        ("quote: 'Вот {title:>9} и {title}.'", "quote: {title:>9} has no meaning here"),
        ("quote: 'Вот {title} и {title.x}.'", "quote: {title.x} has no meaning here"),
        ("greeting: Привет, {name}!", "greeting: {name} has no meaning here"),
        ("greeting: Привет {", "greeting: a brace without its pair"),
        ("- Привет!", "a list of `name: sentence` is wanted"),
        ("Привет!", "a list of `name: sentence` is wanted"),
        ("unknown: Нет.\nquote: Вот: {title}", "prompts.yaml, line 2: no YAML"),
        (b"\xcf\xf0\xe8", "is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_in_one_line(
    tmp_path: Path, text: str | bytes, told: str
) -> None:
    with pytest.raises(BadInput) as caught:
        operators(tmp_path, text)
    message = caught.value.message
    assert message.startswith(f"BESEDA_PROMPTS {tmp_path / 'prompts.yaml'}")
    assert told in message
    assert "\n" not in message


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    with pytest.raises(BadInput, match=f"BESEDA_PROMPTS {path}: No such file"):
        own_prompts(Settings(prompts=path))


def test_a_greeting_and_a_notice_of_their_own_come_before_the_file(tmp_path: Path) -> None:
    text = "greeting: Из файла.\nrecord_notice: Пишем.\nfiller: Минутку."
    given = operators(tmp_path, text, greeting="", record_notice="Запись.")
    assert (given.greeting, given.record_notice) == ("", "Запись.")
    given = operators(tmp_path, text)
    assert (given.greeting, given.record_notice) == ("Из файла.", "Пишем.")
    given = own_prompts(Settings(home=tmp_path))
    assert (given.greeting, given.record_notice) == (PROMPTS.greeting, PROMPTS.record_notice)


# ---- where they are said ---------------------------------------------------------------------

OWN = Prompts(**{name: f"Своё: {said}" for name, said in asdict(PROMPTS).items()})


class Deaf:
    """Hears one doubtful word whatever is said."""

    async def push(self, samples: Samples) -> tuple[Word, ...]:
        return (Word("сколько", 0.0, 0.3, 0.2),)

    preview = push

    async def close(self) -> None: ...


class Refusing(Dialplan):
    async def transfer(self, to: str | None) -> None:
        raise CannotDo("refused")


def said(
    *script: Samples | float | Inbound,
    controller: Controller | None = None,
    hang_up: bool = True,
    **hearing: object,
) -> list[str]:
    """What an assistant with sentences of its operator says in a call."""
    line = Line(script, hang_up=hang_up)
    stages = replace(Assistant().stages(**hearing), prompts=OWN)
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        runner.run(line.run(stages, controller))
    return [answer.text for answer in line.of(Answer) if isinstance(answer, Answer)]


def test_a_caller_who_is_silent_or_unclear_hears_them() -> None:
    assert said(60.0, hang_up=False) == [OWN.are_you_there, OWN.giving_up]
    unclear = said(0.2, spoken("раз два"), 8.0, spoken("раз два"), 12.0, open=Deaf)
    assert unclear == [OWN.say_again, OWN.another_way]


def test_a_number_is_read_back_in_them() -> None:
    number = Transcript("Номер 45070", (Word("номер", 0.0, 1.0, 0.7),), 1.0)
    assert Doubts(OWN).judge(number) == Say("Своё: Вы сказали: 45, 0 7 0. Верно?")


ACTIONS: dict[str, dict[str, Any]] = {
    "operator": {"do": "transfer", "phrases": ["оператор"]},
    "bye": {"do": "hang_up", "phrases": ["до свидания"]},
    "own": {"do": "hang_up", "phrases": ["прощай"], "say": "Пока."},
    "sms": {"do": "text", "text": "Адрес офиса", "phrases": ["пришлите адрес"]},
    "contract": {"do": "collect", "say": "Номер.", "digits": "4", "then": "bye",
                 "phrases": ["договор"]},
}  # fmt: skip


def controlled() -> Controller:
    catalogue = ActionCatalogue.model_validate({"actions": ACTIONS})
    return Controller(catalogue, Refusing(), "conversation-1", prompts=OWN)


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        ("оператора", [OWN.transferring, OWN.not_connected]),
        ("до свидания", [OWN.farewell]),
        ("прощай", ["Пока."]),
        ("пришлите адрес", [OWN.action_failed]),
    ],
)
def test_an_action_without_words_says_them(words: str, answers: list[str]) -> None:
    assert said(spoken(words), 8.0 * len(answers), controller=controlled()) == answers


def test_digits_are_asked_for_in_them() -> None:
    tries: list[Any] = []
    for _ in range(3):
        tries += [spoken("раз два"), 10.0]
    answers = said(spoken("мой договор"), 5.0, *tries, controller=controlled())
    again = OWN.how_many_digits.format(digits="4")
    assert answers == ["Номер.", again, again, OWN.no_digits]


def test_a_load_test_knows_a_broken_answer_by_them() -> None:
    turn = {"question": "сколько", "words": [], "timings_ms": {}}
    assert kept_turn({**turn, "answer": OWN.broken}, OWN).broken
    assert not kept_turn({**turn, "answer": OWN.unknown}, OWN).broken
