"""A thousand calls that end in every state leave no task, no speech and no utterance behind."""

import asyncio

import pytest

from dialog.content import Samples
from dialog.messages import CallEnded
from tests.calls import Assistant, Line, spoken
from tests.clock import JumpingLoop

pytestmark = [pytest.mark.contract, pytest.mark.anyio]

QUESTION = "сколько стоит доставка роутера"
LONG = "Доставка роутера по городу стоит триста рублей, а за городом пятьсот рублей."


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": JumpingLoop}


async def test_a_thousand_calls_leave_nothing_behind() -> None:
    assistant = Assistant({QUESTION: LONG})
    scripts: list[list[Samples | float]] = [
        [0.1, spoken("ага")],
        [0.1, spoken(QUESTION)[:9000]],
        [0.1, spoken(QUESTION), 0.3],
        [0.1, spoken(QUESTION), 0.6],
        [0.1, spoken(QUESTION), 1.2, spoken("стоп")[:3000]],
    ]
    before = len(asyncio.all_tasks())
    for number in range(1000):
        line = Line(scripts[number % len(scripts)], hang_up=number % 2 == 0)
        await line.run(assistant.stages())
        assert isinstance(line.log[-1][1], CallEnded)
    assert len(asyncio.all_tasks()) == before
    assert assistant.speaking == 0
    assert not assistant.open_ears
