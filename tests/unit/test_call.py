"""A whole call under a clock that jumps: turns, interruption, silence, bad luck."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import numpy as np
import pytest

from asr.turns.turn_detector import TurnRules
from dialog.content import Answer, AnswerDelta, Samples, Speech, Transcript, Word
from dialog.errors import Unavailable
from dialog.messages import (
    CallEnded,
    CallerAudio,
    CallSettings,
    Cancel,
    Commit,
    DeleteFromHistory,
    Duck,
    Inbound,
    Interrupted,
    KeyPressed,
    Outbound,
    PartFailed,
    Partial,
    Respond,
    ResponseEnded,
    ResponseStarted,
    Say,
    SilenceTimeout,
    SpeechStopped,
    TextInput,
)
from dialog.messages import TurnTrace as Trace
from dialog.prompts import PROMPTS
from rag.answering.llm import ChatMessage
from tests.calls import Assistant, Line, ScriptedEar, silence, spoken
from tests.clock import JumpingLoop

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

QUESTION = "сколько стоит доставка роутера"
Script = list[Samples | float | Inbound]
LONG = "Доставка роутера по городу стоит триста рублей, а за городом пятьсот рублей."


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    return "asyncio", {"loop_factory": JumpingLoop}


def names(messages: Sequence[Outbound]) -> list[str]:
    return [type(message).__name__ for message in messages]


def transcripts(line: Line) -> list[str]:
    return [m.text for m in line.of(Transcript) if isinstance(m, Transcript)]


def traces(line: Line) -> list[Trace]:
    return [m for m in line.of(Trace) if isinstance(m, Trace)]


async def test_a_question_is_heard_while_spoken_and_answered_within_a_breath() -> None:
    line = await Line([0.5, spoken(QUESTION), 8.0]).run(Assistant().stages())
    order = names([m for _, m in line.log if not isinstance(m, Partial)])
    assert order == [
        "SpeechStarted", "SpeechStopped", "Transcript", "ResponseStarted", "AnswerDelta",
        "Answer", "Speech", "ResponseEnded", "TurnTrace", "CallEnded",
    ]  # fmt: skip
    assert transcripts(line) == [QUESTION]
    partials = [m.text for m in line.of(Partial) if isinstance(m, Partial)]
    assert partials[0] == "сколько"
    assert partials[-1] == QUESTION
    stopped = 0.5 + 4 * 0.3
    assert line.at(Speech) - stopped < 0.6
    (trace,) = traces(line)
    assert list(trace.timings_ms)[-2:] == ["first_audio", "total"]
    assert trace.heard == f"Ответ на {QUESTION}."


@pytest.mark.parametrize("late_s", [0.0, 0.06, 0.12, 0.18, 0.24, 0.3])
async def test_the_pause_does_not_depend_on_where_a_chunk_ends(late_s: float) -> None:
    line = await Line([0.2 + late_s, spoken(QUESTION), 4.0]).run(Assistant().stages())
    assert line.at(SpeechStopped) - (1.4 + late_s) < 0.45


async def test_after_a_hanging_word_it_waits_longer() -> None:
    whole = await Line([0.2, spoken(QUESTION), 5.0]).run(Assistant().stages())
    hanging = await Line([0.2, spoken("сколько стоит доставка в"), 5.0]).run(Assistant().stages())
    assert hanging.at(SpeechStopped) - whole.at(SpeechStopped) > 0.7


async def test_a_pause_within_a_question_does_not_end_it() -> None:
    assistant = Assistant()
    said = spoken("сколько стоит"), 0.3, spoken("доставка")
    line = await Line([0.2, *said, 5.0]).run(assistant.stages())
    assert transcripts(line) == ["сколько стоит доставка"]
    assert names(line.of(ResponseStarted)) == ["ResponseStarted"]


async def test_a_guess_that_was_wrong_is_never_let_out() -> None:
    assistant = Assistant()
    said = spoken("сколько стоит тариф домашний"), 0.32, spoken("двести")
    line = await Line([0.2, *said, 5.0]).run(assistant.stages())
    assert [question for question, _ in assistant.asked] == [
        "сколько стоит тариф домашний", "сколько стоит тариф домашний двести",
    ]  # fmt: skip
    assert transcripts(line) == ["сколько стоит тариф домашний двести"]
    assert not line.of(Interrupted)
    assert len(line.of(ResponseStarted)) == 1
    assert len(traces(line)) == 1


async def test_real_speech_stops_the_assistant_and_history_holds_what_was_heard() -> None:
    assistant = Assistant({QUESTION: LONG})
    script: Script = [0.2, spoken(QUESTION), 2.5, spoken("подождите а завтра привезут"), 6.0]
    line = await Line(script).run(assistant.stages())
    onset = 0.2 + 1.2 + 2.5
    assert line.at(Duck) - onset < 0.2
    assert line.at(Interrupted) - onset < 0.8
    first, second = traces(line)
    assert first.interrupted
    assert 10 < len(first.heard) < len(LONG)
    assert LONG.startswith(first.heard)
    assert second.question.text == "подождите а завтра привезут"
    question, history = assistant.asked[-1]
    assert question == "подождите а завтра привезут"
    assert history == [ChatMessage("user", QUESTION), ChatMessage("assistant", first.heard)]


@pytest.mark.parametrize("late_s", [0.5, 1.0, 2.0])
async def test_the_words_are_whole_though_recognition_is_late(late_s: float) -> None:
    """What was asked while the caller still spoke is answered after he has finished."""

    class Late(ScriptedEar):
        async def preview(self, samples: Samples) -> tuple[Word, ...]:
            words = await super().preview(samples)
            await asyncio.sleep(late_s)
            return words

    assistant = Assistant({QUESTION: LONG})
    over = "подождите а если я живу за городом когда его привезут"
    script: Script = [0.2, spoken(QUESTION), 4.0, spoken(over), 8.0]
    line = await Line(script).run(assistant.stages(open=lambda: Late(assistant.open_ears)))
    assert transcripts(line) == [QUESTION, over]


async def test_two_questions_in_one_burst_are_both_heard() -> None:
    """As a client sends a recording: all at once, before anything of it is recognised."""
    sound = np.concatenate([spoken(QUESTION), silence(1.5), spoken("за городом"), silence(1.5)])
    burst = [CallerAudio(piece, 16_000) for piece in np.array_split(sound, 200)]
    assistant = Assistant()
    await Line([0.2, *burst, 8.0]).run(assistant.stages())
    assert [question for question, _ in assistant.asked][-1] == f"{QUESTION} за городом"


async def test_a_question_over_the_first_words_of_an_answer_is_whole() -> None:
    assistant = Assistant({QUESTION: LONG})
    over = "подождите а завтра привезут"
    for pause_s in (0.5, 0.6, 0.7, 0.8, 0.9):
        line = Line([0.2, spoken(QUESTION), pause_s, spoken(over), 8.0])
        assert transcripts(await line.run(assistant.stages()))[-1].endswith(over)


@pytest.mark.parametrize("said", ["ага", "угу", "да да", "понятно", "да понятно"])
async def test_a_backchannel_only_ducks(said: str) -> None:
    assistant = Assistant({QUESTION: LONG})
    line = await Line([0.2, spoken(QUESTION), 2.0, spoken(said), 7.0]).run(assistant.stages())
    after = names([m for at_s, m in line.log if at_s > 3.2 and not isinstance(m, Partial)])
    assert after == ["Duck", "Unduck", "TurnTrace", "CallEnded"]
    assert traces(line)[0].heard == LONG


async def test_the_assistants_own_echo_does_not_interrupt() -> None:
    assistant = Assistant({QUESTION: LONG})
    echo = spoken("доставка роутера по городу стоит")
    line = await Line([0.2, spoken(QUESTION), 1.5, echo, 7.0]).run(assistant.stages())
    assert not line.of(Interrupted)
    assert traces(line)[0].heard == LONG


async def test_speech_before_the_first_sound_continues_the_question() -> None:
    assistant = Assistant(delay_s=1.0)
    script: Script = [0.2, spoken(QUESTION), 0.7, spoken("за городом"), 6.0]
    line = await Line(script).run(assistant.stages())
    assert transcripts(line)[-1] == f"{QUESTION} за городом"
    assert assistant.asked[-1][0] == f"{QUESTION} за городом"


async def test_silence_is_remarked_upon_and_then_ends_the_call() -> None:
    line = await Line([60.0], hang_up=False).run(Assistant().stages())
    assert line.of(AnswerDelta)[0] == AnswerDelta(PROMPTS.are_you_there)
    assert line.log[-1][1] == CallEnded("silence")
    assert line.log[-1][0] < 60


async def test_no_audio_at_all_ends_the_call() -> None:
    async def mute() -> None:
        await asyncio.sleep(1000)

    line = Line([CallSettings(), 0.2])

    async def inbound(_: object) -> AsyncIterator[CallSettings]:
        yield CallSettings()
        await mute()

    line._inbound = inbound  # type: ignore[method-assign, assignment]
    await line.run(Assistant().stages())
    assert [message for _, message in line.log] == [CallEnded("no_audio")]
    assert line.at(CallEnded) == pytest.approx(60.0)


async def test_a_turn_has_a_longest() -> None:
    stages = Assistant().stages(rules=TurnRules(max_turn_s=5.0))
    line = await Line([0.2, spoken("да " * 30), 3.0]).run(stages)
    assert line.at(SpeechStopped) < 5.5


async def test_garbage_and_wrong_rates_are_told_once_and_the_call_goes_on() -> None:
    nonsense = [
        CallerAudio(np.full(320, np.nan, np.float32), 16_000),
        CallerAudio(np.zeros(320, np.float32), 7),
        CallerAudio(np.zeros((2, 160), np.float32), 16_000),
        CallerAudio(np.zeros(320, np.int16), 16_000),
        CallerAudio(np.zeros(0, np.float32), 16_000),
    ]
    line = await Line([*nonsense, *nonsense, spoken(QUESTION), 6.0]).run(Assistant().stages())
    assert len(line.of(PartFailed)) == 3
    assert transcripts(line) == [QUESTION]


async def test_recognition_that_dies_is_told_in_words() -> None:
    class Dead:
        async def push(self, samples: Samples) -> tuple[()]:
            raise Unavailable("the recognition process died")

        async def preview(self, samples: Samples) -> tuple[()]:
            raise Unavailable("the recognition process died")

        async def close(self) -> None: ...

    line = await Line([0.2, spoken(QUESTION), 5.0]).run(Assistant().stages(open=Dead))
    assert [m.part for m in line.of(PartFailed) if isinstance(m, PartFailed)] == ["asr"]
    assert Answer(PROMPTS.cannot_hear, "none", outcome="unavailable") in line.of(Answer)
    assert line.of(Speech)


async def test_an_answer_that_breaks_and_a_voice_that_breaks() -> None:
    class Broken(Assistant):
        async def respond(
            self, question: str, history: Sequence[ChatMessage]
        ) -> AsyncIterator[AnswerDelta | Answer]:
            raise ValueError("secret")
            yield AnswerDelta("")

        async def speak(  # type: ignore[override]
            self, text: AsyncIterator[str], voice: str | None, speed: float
        ) -> AsyncIterator[Speech]:
            raise ValueError("secret")
            yield Speech(np.zeros(0, np.float32), 1)

    line = await Line([0.2, spoken(QUESTION), 3.0]).run(Broken().stages())
    assert line.of(Answer) == [Answer(PROMPTS.broken, "none", outcome="broken")]
    assert line.of(PartFailed) == [PartFailed("tts", "synthesis failed")]
    assert line.of(ResponseEnded) == [ResponseEnded(1)]


async def test_turns_by_hand() -> None:
    manual = CallSettings(turn_detection=False, auto_respond=False)
    script: Script = [manual, spoken(QUESTION), 0.5, Commit(), 0.5, Respond(), 5.0]
    line = await Line(script).run(Assistant().stages())
    assert transcripts(line) == [QUESTION]
    assert line.at(ResponseStarted) - line.at(Transcript) > 0.4
    assert line.of(ResponseEnded) == [ResponseEnded(1)]


async def test_typing_keys_greeting_and_cancel() -> None:
    script: Script = [
        Say("Здравствуйте!"), 2.0, TextInput("сколько стоит"), 3.0,
        KeyPressed("1"), KeyPressed("2"), KeyPressed("#"), 0.6, Cancel(), 2.0,
    ]  # fmt: skip
    line = await Line(script).run(Assistant().stages())
    assert transcripts(line) == ["сколько стоит", "12"]
    greeting, typed, keys = traces(line)
    assert (greeting.heard, greeting.question.text) == ("Здравствуйте!", "")
    assert typed.heard == "Ответ на сколько стоит."
    assert keys.interrupted
    assert len(line.of(Interrupted)) == 1


async def test_a_minute_of_conversation() -> None:
    """Ten turns in 60 seconds, two of them interruptions, under a clock that jumps."""
    assistant = Assistant({QUESTION: LONG})
    script: list[Samples | float] = []
    for _ in range(2):
        script += [0.5, spoken(QUESTION), 2.5, spoken("нет подождите"), 4.0]
        script += [spoken("какой тариф лучше"), 6.0, spoken("спасибо"), 4.0]
        script += [spoken("а где ваш офис"), 7.0]
    line = await Line(script).run(assistant.stages())
    assert len(line.of(Transcript)) == 10
    assert len(line.of(Interrupted)) == 2
    assert line.log[-1][0] > 55


async def test_what_is_to_be_forgotten_is_not_told_the_next_answer() -> None:
    assistant = Assistant({QUESTION: "Триста."})
    script: Script = [
        0.2,
        spoken(QUESTION),
        4.0,
        DeleteFromHistory(1),
        spoken("когда вы работаете"),
        4.0,
    ]
    await Line(script).run(assistant.stages())
    assert assistant.asked[-1] == ("когда вы работаете", [ChatMessage("assistant", "Триста.")])
    script = [
        TextInput("забудь", answer=False),
        DeleteFromHistory(0),
        TextInput("сколько", answer=False),
        Respond(),
    ]
    await Line([*script, 2.0]).run(assistant.stages())
    assert assistant.asked[-1] == ("сколько", [])


async def test_the_idle_time_is_the_transports_to_choose() -> None:
    line = await Line([CallSettings(idle_s=6.0), 8.0]).run(Assistant().stages())
    (waited,) = line.of(SilenceTimeout)
    assert isinstance(waited, SilenceTimeout)
    assert waited.until_s - waited.since_s == 6.0
    assert 6.0 < line.at(Speech) < 6.5


async def test_an_echo_neither_ducks_nor_interrupts_once_it_is_known() -> None:
    """The assistant's sound comes back 0.2 s late, with words in it that are none of its own."""
    rng = np.random.default_rng(3)
    levels = np.repeat(10 ** (rng.uniform(-40, -8, 50) / 20), 2048)
    sound = (levels * rng.normal(0, 1, len(levels))).clip(-1, 1).astype(np.float32)

    async def speak(
        text: AsyncIterator[str], voice: str | None, speed: float
    ) -> AsyncIterator[Speech]:
        async for piece in text:
            yield Speech(sound, 16_000, piece)

    back = np.concatenate((silence(0.2), sound * 0.5))
    line = Line([Say(LONG), back, 2.0])
    await line.run(replace(Assistant().stages(), speak=speak))
    assert not line.of(Interrupted)
    assert not [one for at_s, one in line.log if isinstance(one, Duck) and at_s > 1.5]
