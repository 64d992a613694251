"""How long to wait, what interrupts, and what to do about bad hearing: words in, decisions out."""

from dataclasses import replace

import pytest

from asr.turns.barge_in import verdict
from asr.turns.clarification import Doubts, spaced
from asr.turns.endpointing import DICTATING_S, FINISHED_S, HANGING_S, PLAIN_S, UNKNOWN_S, pause_s
from asr.turns.turn_detector import (
    VAD_FRAME_S,
    Assistant,
    DuckAssistant,
    End,
    Open,
    Preview,
    Started,
    Stop,
    TurnRules,
    Turns,
    UnduckAssistant,
    ruled,
)
from dialog.content import Transcript, Word
from dialog.messages import CallSettings, Say
from dialog.prompts import PROMPTS

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("words", "pause"),
    [
        ("", UNKNOWN_S),
        ("сколько стоит доставка роутера", FINISHED_S),
        ("когда вы работаете", FINISHED_S),
        ("да", FINISHED_S),
        ("спасибо", FINISHED_S),
        ("я хочу подключить интернет", PLAIN_S),
        ("сколько стоит тариф домашний двести", FINISHED_S),
        ("сколько стоит доставка и", HANGING_S),
        ("не работает потому что", HANGING_S),
        ("доставка в", HANGING_S),
        ("я звоню насчёт", HANGING_S),
        ("ну э", HANGING_S),
        ("мой номер", HANGING_S),
        ("как подключить статический айпи адрес", FINISHED_S),
        ("восемь девятьсот шестнадцать сто двадцать три", DICTATING_S),
        ("восемь девятьсот шестнадцать сто двадцать три сорок пять шестьдесят семь", FINISHED_S),
        ("мой телефон девятьсот шестнадцать", DICTATING_S),
        ("номер договора сорок пять двенадцать", DICTATING_S),
    ],
)
def test_the_pause_fits_what_was_said(words: str, pause: float) -> None:
    assert pause_s(words.split()) == pause


def said(text: str, confidence: float = 0.9) -> list[Word]:
    return [Word(word, 0.0, 0.3, confidence) for word in text.split()]


def test_a_doubtful_word_of_a_short_sound_does_not_interrupt() -> None:
    assert verdict(said("обра", 0.5), "", settled=True) == "nothing"
    assert verdict(said("обра", 0.9), "", settled=True) == "interruption"
    assert verdict(said("соедините с оператаром", 0.5), "", settled=False) == "interruption"


@pytest.mark.parametrize(
    ("words", "settled", "expected"),
    [
        ("ага", True, "nothing"),
        ("угу", False, "undecided"),
        ("поня", False, "undecided"),
        ("да понятно", True, "nothing"),
        ("да понятно хорошо", False, "undecided"),
        ("", True, "nothing"),
        ("стоп", False, "interruption"),
        ("нет", False, "interruption"),
        ("подожд", False, "interruption"),
        ("да а сколько стоит", False, "interruption"),
        ("сколько", False, "interruption"),
        ("ско", False, "undecided"),
        ("оператор", True, "interruption"),
        ("доставка стоит триста", False, "undecided"),
        ("доставка стоит триста", True, "nothing"),
        ("доставку мне не надо", False, "interruption"),
    ],
)
def test_what_interrupts(words: str, settled: bool, expected: str) -> None:
    spoken = "Доставка роутера стоит триста рублей."
    assert verdict(said(words), spoken, settled=settled) == expected


@pytest.mark.parametrize("said_as", ["а да", "апя", "а пя пя", "кубу", "затода", "хорош поня"])
def test_a_backchannel_is_known_by_its_sound(said_as: str) -> None:
    assert verdict(said(said_as, 0.8), "", settled=True, voiced_s=0.5) == "nothing"


def test_a_word_that_means_stop_is_nearer_to_it_than_to_a_backchannel() -> None:
    for heard_as in ("сток", "хватет", "алё", "не надо"):
        assert verdict(said(heard_as), "", settled=True, voiced_s=0.4) == "interruption"


def test_nothing_is_made_of_a_doubtful_beginning() -> None:
    assert verdict(said("проста", 0.8), "", settled=False, voiced_s=0.3) == "undecided"
    assert verdict(said("проста", 0.8), "", settled=False, voiced_s=0.6) == "interruption"
    assert verdict(said("сколько"), "", settled=False, voiced_s=0.6) == "interruption"


def test_certain_words_count_unless_too_early_or_all_of_them_sound_like_a_backchannel() -> None:
    assert verdict(said("план", 0.95), "", settled=False, voiced_s=0.2) == "undecided"
    assert verdict(said("план", 0.95), "", settled=False, voiced_s=0.32) == "interruption"
    assert verdict(said("план", 0.9), "", settled=False, voiced_s=0.32) == "undecided"
    assert verdict(said("да по ним"), "", settled=False, voiced_s=0.5) == "undecided"
    assert verdict(said("я не об"), "", settled=False, voiced_s=0.5) == "interruption"


def test_settings_change_the_rules() -> None:
    settings = CallSettings(silence_s=0.7, patience=2.0, idle_s=6.0, threshold=0.8, before_s=0.64)
    rules = ruled(TurnRules(), settings)
    assert (rules.pause_s, rules.patience, rules.silence_s) == (0.7, 2.0, 6.0)
    assert rules.threshold == 0.8
    assert rules.quiet == pytest.approx(0.65)
    assert rules.before == 20 + rules.onset
    assert ruled(TurnRules(), CallSettings()) == TurnRules()
    strict = Turns(ruled(TurnRules(), CallSettings(threshold=0.95)))
    assert run(strict, 0.9, 1.0, Assistant()) == []


def run(turns: Turns, probability: float, seconds: float, assistant: Assistant) -> list[object]:
    return [
        step
        for _ in range(round(seconds / VAD_FRAME_S))
        for step in turns.frame(probability, assistant)
    ]


def test_a_click_is_no_speech() -> None:
    turns = Turns()
    assert run(turns, 0.9, VAD_FRAME_S * 2, Assistant()) == []
    assert run(turns, 0.0, 1.0, Assistant()) == []


def test_a_turn_from_onset_to_end() -> None:
    turns, quiet = Turns(), Assistant()
    run(turns, 0.0, 0.5, quiet)
    opened = run(turns, 0.9, 1.0, quiet)
    assert [type(step) for step in opened] == [Open, Started]
    assert run(turns, 0.0, 0.2, quiet) == [Preview()]
    turns.heard(said("когда вы работаете"), quiet, up_to_frame=turns.now)
    (end,) = run(turns, 0.0, 1.0, quiet)
    assert isinstance(end, End)
    assert end.at * VAD_FRAME_S == pytest.approx(1.5, abs=0.07)
    assert not turns.open


def test_over_the_assistant_it_ducks_first_and_then_decides() -> None:
    speaking = Assistant(responding=True, audible=True, spoken="доставка стоит триста")
    turns = Turns()
    assert run(turns, 0.9, 0.13, speaking) == [Open(12), DuckAssistant()]
    assert turns.heard(said("ага"), speaking) == []
    assert run(turns, 0.0, 0.3, speaking) == [Preview()]
    assert turns.heard(said("ага"), speaking, up_to_frame=turns.now) == []
    assert run(turns, 0.0, 0.3, speaking) == [UnduckAssistant()]
    run(turns, 0.9, 0.2, speaking)
    steps = turns.heard(said("подождите"), speaking)
    assert [type(step) for step in steps] == [Stop, Started]


def test_an_answer_from_before_the_last_speech_settles_nothing() -> None:
    turns, quiet = Turns(), Assistant()
    run(turns, 0.9, 0.5, quiet)
    early = turns.now
    run(turns, 0.9, 0.5, quiet)
    assert run(turns, 0.0, 0.2, quiet) == [Preview()]
    turns.heard(said("когда вы работаете"), quiet, up_to_frame=early)
    assert not turns.settled
    turns.heard(said("когда вы работаете в субботу"), quiet, up_to_frame=turns.now)
    assert turns.settled


def test_what_is_said_before_an_echo_would_be_known_is_kept() -> None:
    known = Assistant(responding=True, audible=True)
    unsure = replace(known, unsure=True)
    turns = Turns()
    assert run(turns, 0.9, 1.0, unsure) == []
    opened, ducked = turns.frame(0.9, known)
    assert isinstance(opened, Open)
    assert opened.before * VAD_FRAME_S == pytest.approx(
        1.0 + TurnRules().before * VAD_FRAME_S, abs=0.2
    )
    assert ducked == DuckAssistant()
    short = Turns()
    assert run(short, 0.9, 0.4, unsure) + run(short, 0.0, 0.3, unsure) == []
    assert [type(step) for step in short.frame(0.0, known)] == [Open, DuckAssistant]


def test_what_was_an_echo_is_not_opened_later() -> None:
    known = Assistant(responding=True, audible=True, echo=True)
    turns = Turns()
    run(turns, 0.9, 0.5, replace(known, unsure=True))
    assert run(turns, 0.0, 1.0, known) == []
    assert run(turns, 0.0, 1.0, replace(known, echo=False)) == []


def test_a_sound_of_a_silent_line_is_not_opened_late() -> None:
    turns = Turns()
    run(turns, 0.9, 0.4, Assistant(responding=True, audible=True, unsure=True))
    run(turns, 0.0, 0.4, Assistant(responding=True, audible=True, unsure=True))
    assert run(turns, 0.0, 1.0, Assistant()) == []


def test_speech_without_a_known_word_interrupts_when_it_lasts() -> None:
    speaking = Assistant(responding=True, audible=True)
    turns = Turns()
    assert Stop() in run(turns, 0.9, 2.0, speaking)


def heard(text: str, confidence: float, words: str = "") -> Transcript:
    said = (words or text.lower()).split()
    return Transcript(text, tuple(Word(w, 0.0, 1.0, confidence) for w in said), 1.0)


def test_doubtful_hearing_is_asked_again_and_then_another_way_is_offered() -> None:
    doubts = Doubts(PROMPTS)
    assert doubts.judge(heard("сколько", 0.2)) == Say(PROMPTS.say_again, outcome="unclear")
    assert doubts.judge(heard("сколько", 0.2)) == Say(PROMPTS.another_way, outcome="unclear")
    clear = heard("сколько стоит", 0.9)
    assert doubts.judge(clear) is clear
    assert doubts.judge(heard("сколько", 0.2)) == Say(PROMPTS.say_again, outcome="unclear")


def test_a_doubtful_number_is_read_back_and_counts_once_confirmed() -> None:
    doubts = Doubts(PROMPTS)
    number = heard("Мой номер 89161234567", 0.7, "мой номер восемь")
    assert doubts.judge(number) == Say("Вы сказали: 89, 161, 234, 567. Верно?")
    accepted = doubts.judge(heard("да", 0.9))
    assert isinstance(accepted, Transcript)
    assert accepted.text == number.text
    assert isinstance(doubts.judge(number), Say)
    assert doubts.judge(heard("нет", 0.9)) == Say(PROMPTS.say_again, outcome="unclear")


def test_numbers_are_read_back_in_groups() -> None:
    assert spaced("4507 01") == "450, 701"
    assert spaced("1007") == "1, 0 0 7"
