"""Text to phrases to speech, with a scripted synthesiser."""

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialog.content import Samples, Speech
from dialog.errors import BadInput, Unavailable
from models.catalogue import ModelEntry, resolve
from models.runtime import ModelThread
from russian.spoken import to_spoken
from russian.voice import VOICE_TEXT_VERSION, in_alphabet
from tts.cache import PhraseCache
from tts.nemo import check_alphabet
from tts.phrasing import MAX_CHARS, Phrase, phrases, spoken_phrases
from tts.speech import MAX_TEXT_CHARS, SENTENCE_PAUSE_S, speak
from tts.synthesiser import ENGINES, Synthesiser, load_synthesiser
from tts.voices import named
from tts.word_timings import word_marks

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

RATE_HZ = 1000
LONG = (
    "Тариф «Домашний» стоит шестьсот рублей в месяц, в него входит скорость сто мегабит, "
    "аренда роутера, и если вы подключитесь до конца года, первый месяц будет бесплатным."
)


class Scripted:
    """Ten milliseconds of sound for each letter; remembers what it was asked to say."""

    rate_hz = RATE_HZ
    voices: tuple[str, ...] = ("anna", "boris")

    def __init__(self) -> None:
        self.said: list[tuple[str, str, float]] = []

    def synthesise(self, text: str, voice: str, speed: float) -> Samples:
        assert threading.current_thread() is not threading.main_thread()
        self.said.append((text, voice, speed))
        return np.full(len(text) * 10, 0.5, np.float32)


def reading(text: str) -> str:
    """`voice_text` without its stress model, which takes seconds to load."""
    return in_alphabet(to_spoken(text).text)


async def spoken(
    text: AsyncIterator[str] | str, voice: str | None = None, speed: float = 1.0
) -> tuple[list[Speech], Scripted]:
    synthesiser = Scripted()
    thread: ModelThread[Synthesiser] = ModelThread("tts", lambda: synthesiser)
    try:
        return [s async for s in speak(text, thread, voice, speed, reading)], synthesiser
    finally:
        thread.close()


@dataclass
class Voice:
    """What a checkpoint says of itself."""

    cfg: dict[str, int]


async def pieces(*texts: str) -> AsyncIterator[str]:
    for text in texts:
        yield text


def test_long_sentences_are_cut_at_clauses() -> None:
    found = list(phrases(LONG))
    assert [p.ends_sentence for p in found] == [False] * (len(found) - 1) + [True]
    assert all(len(p.text) <= MAX_CHARS for p in found)
    assert all(p.text.endswith(",") for p in found[:-1])
    assert " ".join(p.text for p in found) == LONG


def test_short_sentences_stay_whole() -> None:
    found = list(phrases("Добрый день, Анна. Чем помочь?"))
    assert [p.text for p in found] == ["Добрый день, Анна.", "Чем помочь?"]


@given(st.text(alphabet="абв ,.-!", max_size=400))
def test_no_phrase_is_too_long_and_no_letter_is_lost(text: str) -> None:
    found = list(phrases(text, max_chars=30))
    assert all(0 < len(p.text) <= 30 for p in found)
    assert "".join("".join(p.text for p in found).split()) == "".join(text.split())


async def test_streamed_sentences_come_as_soon_as_the_next_one_begins() -> None:
    given_out: list[str] = []

    async def source() -> AsyncIterator[str]:
        for piece in ("Добрый", " день. ", "Счёт", " готов. До"):
            given_out.append(piece)
            yield piece
        given_out.append("end")

    found = spoken_phrases(source())
    assert (await anext(found)).text == "Добрый день."
    assert given_out[-1] == "Счёт"
    assert [phrase.text async for phrase in found] == ["Счёт готов.", "До"]


async def test_a_stream_is_first_heard_at_its_first_clause() -> None:
    found = [p async for p in spoken_phrases(pieces("В статье «Тарифы» сказано: ", LONG, " Да."))]
    assert found[0] == Phrase("В статье «Тарифы» сказано:", False)
    assert " ".join(p.text for p in found[1:]) == f"{LONG} Да."
    short = [p.text async for p in spoken_phrases(pieces("Да, конечно. Сейчас."))]
    assert short == ["Да, конечно.", "Сейчас."]


async def test_a_phrase_said_before_comes_from_the_cache() -> None:
    synthesiser = Scripted()
    thread: ModelThread[Synthesiser] = ModelThread("tts", lambda: synthesiser)
    cache = PhraseCache(most_s=1.0)
    first, _ = [s async for s in speak("Раз. Два.", thread, read=reading, cache=cache)]
    again, _ = [s async for s in speak("Раз. Три.", thread, read=reading, cache=cache)]
    assert [said[0] for said in synthesiser.said] == ["раз.", "два.", "три."]
    assert np.array_equal(first.samples, again.samples)
    thread.close()


def test_marks_follow_the_spoken_length_of_each_word() -> None:
    text = "Цена 650 ₽ в месяц."
    marks = word_marks(text, 1000)
    assert text[: marks[0].char] == "Цена"
    samples = [mark.sample for mark in marks]
    assert samples == sorted(samples)
    assert samples[-1] == 1000
    assert samples[1] - samples[0] > 3 * samples[0]


async def test_each_phrase_is_read_in_the_voice_alphabet_with_a_pause_after_it() -> None:
    speech, synthesiser = await spoken("Тариф стоит 600 рублей. Подключить?")
    first, second = synthesiser.said
    assert "шестьс" in first[0].replace("+", "")
    assert not any(char.isdigit() for char in first[0])
    assert first[1:] == ("anna", 1.0)
    assert second[0].replace("+", "").startswith("подключить")
    pause = round(SENTENCE_PAUSE_S * RATE_HZ)
    assert [len(s.samples) for s in speech] == [
        len(first[0]) * 10 + pause,
        len(second[0]) * 10 + pause,
    ]
    assert not speech[0].samples[-pause:].any()
    assert speech[0].rate_hz == RATE_HZ


async def test_the_first_phrase_is_heard_before_the_second_is_asked_for() -> None:
    synthesiser = Scripted()
    thread: ModelThread[Synthesiser] = ModelThread("tts", lambda: synthesiser)
    stream = speak("Раз. Два. Три.", thread, read=reading)
    await anext(stream)
    assert len(synthesiser.said) == 1
    await anext(stream)
    assert len(synthesiser.said) == 2
    thread.close()


async def test_a_stream_of_pieces_is_spoken_like_its_text() -> None:
    streamed, _ = await spoken(pieces("До", "брый день", ". Как ", "дела?"))
    whole, _ = await spoken("Добрый день. Как дела?")
    assert [len(s.samples) for s in streamed] == [len(s.samples) for s in whole]


async def test_an_empty_stream_is_silence() -> None:
    speech, synthesiser = await spoken(pieces())
    assert speech == []
    assert synthesiser.said == []


async def test_voice_and_speed_are_passed_on() -> None:
    _, synthesiser = await spoken("Раз.", "boris", 2.0)
    assert synthesiser.said[0][1:] == ("boris", 2.0)


@pytest.mark.parametrize(
    ("wanted", "speaks"),
    [(None, "anna"), ("boris", "boris"), ("alloy", "anna"), ("shimmer", "anna"), ("onyx", "boris")],
)
async def test_openais_names_mean_a_voice_of_about_that_pitch(
    wanted: str | None, speaks: str
) -> None:
    _, synthesiser = await spoken("Раз.", wanted)
    assert synthesiser.said[0][1] == speaks


def test_a_voice_may_have_one_of_openais_names_and_one_may_do_for_all() -> None:
    assert named("echo", ("alloy", "echo")) == "echo"
    assert named("onyx", ("anna",)) == "anna"
    with pytest.raises(BadInput, match="no voice 'nobody': there is anna, boris"):
        named("nobody", ("anna", "boris"))


@pytest.mark.parametrize(
    ("text", "voice", "speed", "code", "status"),
    [
        ("", None, 1.0, "empty_text", 400),
        (" \n ", None, 1.0, "empty_text", 400),
        ("а" * (MAX_TEXT_CHARS + 1), None, 1.0, "text_too_long", 413),
        ("а" * 100_000, None, 1.0, "text_too_long", 413),
        ("Да.", "nobody", 1.0, "unknown_voice", 400),
        ("Да.", None, 9.0, "invalid_speed", 400),
        ("Да.", None, float("nan"), "invalid_speed", 400),
        ("🎉🎉", None, 1.0, "nothing_to_speak", 400),
        ("...", None, 1.0, "nothing_to_speak", 400),
    ],
)
async def test_what_cannot_be_spoken_is_one_clear_line(
    text: str, voice: str | None, speed: float, code: str, status: int
) -> None:
    with pytest.raises(BadInput) as caught:
        await spoken(text, voice, speed)
    assert (caught.value.code, caught.value.status) == (code, status)
    assert "\n" not in caught.value.message


async def test_a_listener_who_leaves_stops_the_speech() -> None:
    synthesiser = Scripted()
    thread: ModelThread[Synthesiser] = ModelThread("tts", lambda: synthesiser)
    stream = speak("Раз. Два. Три. Четыре.", thread, read=reading)
    await anext(stream)
    await stream.aclose()  # type: ignore[attr-defined]
    await asyncio.sleep(0)
    assert len(synthesiser.said) == 1
    thread.close()


def test_a_voice_of_another_alphabet_is_refused() -> None:
    check_alphabet(Voice({"voice_text_version": VOICE_TEXT_VERSION}), "anna")
    with pytest.raises(Unavailable, match="voice anna reads voice text version"):
        check_alphabet(Voice({"voice_text_version": VOICE_TEXT_VERSION + 1}), "anna")
    with pytest.raises(Unavailable, match="version None"):
        check_alphabet(Voice({}), "anna")


def test_engines_are_pluggable() -> None:

    def scripted(entry: ModelEntry, device: str) -> Synthesiser:
        return Scripted()

    engines = {**ENGINES, "other": scripted}
    assert load_synthesiser("other:some/voice", "cpu", engines).rate_hz == RATE_HZ
    assert resolve("other:some/voice").engine == "other"
    with pytest.raises(Unavailable, match="no synthesis engine 'other'"):
        load_synthesiser("other:some/voice", "cpu")
