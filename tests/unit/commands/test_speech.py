"""Commands that hear and speak: what they print and write, and how they end."""

import io
import json
from pathlib import Path

import numpy as np
import pytest

from api.wiring import Services
from dialog.audio.decoding import decode
from dialog.errors import BadInput, Unavailable
from tests.unit.commands.conftest import QUESTION, Ear, Run, Voice, carried_out, opened

pytestmark = pytest.mark.unit

ROOT = Path(__file__).parents[3]
SPOKEN = ROOT / "samples" / "questions" / "q3.wav"


# ---- talk and ask


def test_talk_answers_a_recording_in_print_and_in_sound(
    run: Run, voice: Voice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = tmp_path / "reply.wav"
    assert run("talk", SPOKEN, "-o", reply, "--voice", "boris", "--speed", "1.5") == 0
    asked, answer, source, quote, spent, sound = capsys.readouterr().out.splitlines()
    assert asked == "Вопрос:    Сколько стоит доставка роутера?"
    assert answer.startswith("Ответ:     ") and "300" in answer
    assert source.startswith("Источник 1: Доставка [")
    assert "Доставка роутера стоит 300 рублей." in quote
    assert spent.startswith("Время:     загрузка моделей ")
    assert "до первого звука" in spent and "всего" in spent
    assert sound == f"Звук:      {reply}"
    assert {(who, speed) for _, who, speed in voice.asked} == {("boris", 1.5)}
    heard = np.concatenate(list(decode(reply, 8000)))
    assert len(heard) / 8000 >= sum(len(text) for text, _, _ in voice.asked) / 80


def test_talk_without_an_output_speaks_nothing(
    run: Run, voice: Voice, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("talk", SPOKEN, "--json") == 0
    reply = json.loads(capsys.readouterr().out)
    assert set(reply) == {"transcript", "answer", "source", "sources", "timings_ms"}
    assert reply["source"] == "extractive"
    assert {"load", "listen", "respond", "total"} <= set(reply["timings_ms"])
    assert "first_audio" not in reply["timings_ms"]
    assert voice.asked == []


def test_talk_says_when_nothing_was_heard(
    run: Run, ear: Ear, capsys: pytest.CaptureFixture[str]
) -> None:
    ear.hears = ""
    assert run("talk", SPOKEN) == 0
    assert "Вопрос:    (ничего не слышно)" in capsys.readouterr().out


def test_talk_without_a_voice_still_answers_and_is_a_fault(
    tmp_path: Path, ear: Ear, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> Voice:
        raise Unavailable("no such voice")

    reply = tmp_path / "reply.wav"
    with opened(tmp_path, ear, missing) as services:
        assert carried_out(services, "talk", SPOKEN, "-o", reply) == 1
    told = capsys.readouterr()
    assert "Ответ:" in told.out
    assert told.err == f"beseda: no voice could be had, so {reply} is not written\n"
    assert not reply.exists()


def test_talk_refuses_what_is_no_recording_before_it_loads_anything(
    run: Run, services: Services
) -> None:
    with pytest.raises(BadInput, match="not a usable audio recording"):
        run("talk", ROOT / "README.md")
    assert services.models.states()["asr"] == "idle"


def test_what_was_asked_is_kept(run: Run, services: Services) -> None:
    run("ask", "Сколько стоит доставка роутера?")
    run("talk", SPOKEN)
    kept = services.conversations.latest(10)
    assert [one.title for one in kept] == ["Сколько стоит доставка роутера?"] * 2


# ---- transcribe and say


def test_transcribe_goes_on_after_a_bad_file_and_says_so(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("transcribe", ROOT / "README.md", SPOKEN) == 2
    told = capsys.readouterr()
    assert told.out == "Сколько стоит доставка роутера?\n"
    (line,) = told.err.splitlines()
    assert line.startswith(f"beseda: {ROOT / 'README.md'}: not a usable audio recording")


def test_transcribe_as_json_has_a_line_for_each_file_in_order(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("transcribe", SPOKEN, ROOT / "README.md", "--json") == 2
    good, bad = map(json.loads, capsys.readouterr().out.splitlines())
    assert good["file"] == str(SPOKEN)
    assert [word["word"] for word in good["words"]] == QUESTION.split()
    assert bad == {"file": str(ROOT / "README.md"), "error": bad["error"]}


@pytest.mark.parametrize(
    ("form", "first"), [("srt", "1"), ("vtt", "WEBVTT"), ("words", "0."), ("json", "{")]
)
def test_transcribe_in_every_format(
    run: Run, capsys: pytest.CaptureFixture[str], form: str, first: str
) -> None:
    assert run("transcribe", SPOKEN, "--format", form) == 0
    told = capsys.readouterr().out
    assert told.startswith(first)
    assert "доставка" in told


def test_say_writes_all_phrases_into_one_file(
    run: Run, voice: Voice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "said.wav"
    assert run("say", "Добрый день. Слушаю вас.", "-o", out, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert {who for _, who, _ in voice.asked} == {"anna"}, "the first is the default"
    heard = np.concatenate(list(decode(out, 8000)))
    assert told == {"file": str(out), "duration_s": pytest.approx(len(heard) / 8000, abs=0.002)}
    assert told["duration_s"] >= sum(len(text) for text, _, _ in voice.asked) / 80


def test_say_reads_standard_input(
    run: Run, voice: Voice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("До свидания."))
    assert run("say", "-", "-o", tmp_path / "said.wav") == 0
    assert " ".join(text for text, _, _ in voice.asked).startswith("до свидания")


def test_say_refuses_an_unknown_voice_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="'nobody'"):
        run("say", "да", "-o", tmp_path / "said.wav", "--voice", "nobody")
    assert not (tmp_path / "said.wav").exists()


@pytest.mark.parametrize(
    ("options", "told"), [([], "anna\nboris\n"), (["--json"], '{"voices": ["anna", "boris"]}\n')]
)
def test_voices_are_listed_the_default_first(
    run: Run, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    assert run("say", "--list-voices", *options) == 0
    assert capsys.readouterr().out == told
