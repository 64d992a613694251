"""What must hold for every text, number, date, time and telephone."""

import datetime
import os
import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from russian.grammar.calendar import MONTHS
from russian.lemmas import lemmas
from russian.spoken import to_spoken
from russian.writing.punctuation import restore
from russian.written import to_written

pytestmark = pytest.mark.unit

# `EXAMPLES=20000 pytest ...` looks longer than a test run has time for.
few = settings(
    max_examples=int(os.environ.get("EXAMPLES", "20")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
_ALPHABET = re.compile(r"[А-Яа-яЁё .,!?;:()\"'«»…—–+\u0301-]*")
_PIECES = st.sampled_from(
    (
        *(
            "г.",
            " ул. ",
            "5",
            "12",
            "1 250 ",
            "₽",
            " руб.",
            "т. е. ",
            "и т. д. ",
            "Wi-Fi",
            "XX",
            " век",
        ),
        *(
            "+",
            "-",
            "—",
            " ",
            ".",
            ",",
            "\n",
            "👍",
            "а\u0301",
            "ё",
            "и",
            "д. ",
            "кв. ",
            "%",
            "N",
            "№",
            "§",
        ),
        *(
            "SMS",
            "@",
            "a.ru",
            "http://",
            "é",
            "ß",
            "½",
            "٣",
            "Ⅷ",
            "²",
            "$",
            "доб. ",
            "15:30",
            "1/2",
        ),
        *(
            "8-800-555-35-35",
            "21.05.2024",
            " мая",
            " год",
            "тыс. ",
            "млн",
            "км/ч",
            "*",
            "_",
            "#",
            "`",
        ),
        *(
            "[a](b)",
            "\u0301",
            "\u200b",
            "с ",
            "в ",
            "НДС",
            "=",
            "/",
            "°C",
            "В",
            "\t",
            "中",
            "ї",
            "5-го",
        ),
        *("к 2 подъезду", "пн-пт"),
    )
)
_ANY = st.text(st.characters(exclude_categories=()), max_size=12)  # lone surrogates, too
_TEXTS = st.one_of(_ANY, st.lists(_PIECES, max_size=9).map("".join))


def back(written: str) -> str:
    """To spoken and back, grouping spaces aside; "со 2 января" is as right as "с 2 января"."""
    returned = to_written(to_spoken(written).text).text
    return re.sub(r"(?<=\d) (?=\d)|(?<=\b[кс])о(?= \d)", "", returned)


@given(_TEXTS)
@few
def test_spoken_holds_the_voice_s_characters_only(text: str) -> None:
    assert _ALPHABET.fullmatch(to_spoken(text).text)


@given(_TEXTS)
@example("Форма 3-НДФЛ.")
@example("Наберите *100#.")
@few
def test_spoken_is_idempotent(text: str) -> None:
    spoken = to_spoken(text).text
    assert to_spoken(spoken).text == spoken


@given(_TEXTS)
@example("15 минус семь равно восемь")
@example("зайдите на beseda.рф")
@example("№1 250 1 250 ")
@few
def test_written_is_idempotent_and_nothing_raises(text: str) -> None:
    for source in (text, to_spoken(text).text):
        written = to_written(source).text
        assert to_written(written).text == written
        lemmas(source)
        restore(source)


@given(_TEXTS)
@few
def test_spans_rebuild_the_text(text: str) -> None:
    done = to_spoken(text)
    position = 0
    rebuilt = ""
    for span in done.spans:
        rebuilt += text[position : span.source_start] + done.text[span.start : span.end]
        position = span.source_end
    assert rebuilt + text[position:] == done.text


@given(st.one_of(st.integers(10, 10**12), st.integers(10, 3000)))
@few
def test_integers_return(number: int) -> None:
    assert back(str(number)) == str(number)


UNITS_BACK = (
    *("ГБ", "₽", "км", "кг", "$", "€", "м", "м²", "мм", "см", "л", "мл", "г", "мг", "т", "га"),
    *("Вт", "кВт", "кВт·ч", "В", "А", "Гц", "ГГц", "°C", "км/ч", "м/с", "Мбит/с", "МБ", "ТБ", "мс"),
)


@given(st.integers(0, 9), st.sampled_from(UNITS_BACK))
@few
def test_single_digits_return_with_a_unit(number: int, unit: str) -> None:
    assert back(f"{number} {unit}") == f"{number} {unit}"


@given(st.integers(0, 10**7), st.integers(0, 99))
@few
def test_money_returns(roubles: int, cents: int) -> None:
    for sign in ("₽", "$", "€"):
        written = f"{roubles},{cents:02d} {sign}" if cents else f"{roubles} {sign}"
        for before in ("", "от ", "к ", "за ", "с "):
            assert back(before + written) == before + written
    assert back(f"{roubles} руб.").rstrip(".") == f"{roubles} ₽"
    assert back(f"{roubles} рублей") in (f"{roubles} ₽", f"{roubles}-й ₽")


@given(st.dates(datetime.date(1900, 1, 1), datetime.date(2100, 12, 31)))
@few
def test_dates_return(date: datetime.date) -> None:
    written = f"{date:%d.%m.%Y}"
    month = MONTHS[date.month - 1]
    for form in (
        written,
        f"{written} г.",
        f"{date.day}.{date.month}.{date.year}",
        f"{date:%d/%m/%Y}",
        f"{date:%Y-%m-%d}",
        f"{date.day} {month} {date.year}",
        f"{date.day} {month} {date.year} г.",
        f"{date.day} {month} {date.year} года",
        f"{date.day}-го {month} {date.year} года",
    ):
        assert back(form).rstrip(".") == written
        for before in ("до", "с", "от", "к", "по", "на", "за"):
            assert back(f"{before} {form}").rstrip(".") == f"{before} {written}"


@given(st.times())
@few
def test_times_return_after_a_preposition(time: datetime.time) -> None:
    assert back(f"в {time.hour}:00") == f"в {time.hour}:00"
    assert back(f"в {time.hour}:{time:%M}") == f"в {time.hour}:{time:%M}"
    if time.minute:
        for before in ("с", "до", "к", "после"):
            written = f"{before} {time.hour}:{time:%M}"
            assert back(written) == written


@given(st.integers(2, 23), st.integers(1, 59))
@few
def test_times_return_with_their_words(hour: int, minute: int) -> None:
    written = to_written(to_spoken(f"{hour} ч. {minute} мин.").text).text
    assert re.findall(r"\d+", written) == [str(hour), str(minute)]
    assert back(written) == written


@given(st.integers(0, 1000), st.integers(1, 99))
@few
def test_percents_return(whole: int, hundredths: int) -> None:
    for before in ("", "до ", "на ", "к "):
        assert back(f"{before}{whole}%") == f"{before}{whole}%"
    written = f"{whole},{hundredths:02d}%"
    assert back(written) == written


@given(st.sampled_from("3489"), st.integers(0, 10**9 - 1))
@few
def test_telephones_return(first: str, rest: int) -> None:
    digits = f"{first}{rest:09d}"
    area, number = digits[:3], f"{digits[3:6]}-{digits[6:8]}-{digits[8:]}"
    assert back(f"+7 ({area}) {number}") == f"+7 ({area}) {number}"
    written = f"8-{area}-{number}" if area == "800" else f"8 ({area}) {number}"
    for form in (written, f"8{digits}", f"8 {area} {number}", f"8-{area}-{number}"):
        assert back(f"мой телефон {form}") == f"мой телефон {written}"
    assert back(written) == written
