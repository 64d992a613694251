"""Names in documents, as a recogniser should expect to hear them."""

from pathlib import Path

import pytest

from rag.vocabulary import phrases, write

pytestmark = pytest.mark.unit


def test_names_are_said_in_words() -> None:
    texts = [
        "Тариф «Домашний 200» стоит 650 рублей. Офис на улице Лесной открыт.",
        "Смените тариф «Домашний 200» на «Максимум 1000».",
        "Наш адрес — help@zhuravlink.example, сеть Wi-Fi есть.",
    ]
    found = phrases(texts)
    assert found[0] == "домашний двести"  # in two texts
    assert {"максимум тысяча", "лесной"} <= set(found)
    assert not any(character.isdigit() for phrase in found for character in phrase)
    assert "экзампл" not in found


def test_what_is_no_name_is_left_out() -> None:
    assert phrases(["Обычный текст без имён. И ещё предложение.", "«200»", ""]) == []


def test_names_as_common_stand_in_the_order_of_the_texts() -> None:
    names = ["Игра", "Двор", "Берег", "Закат", "Восход"]
    quoted = " и ".join(f"«{name}»" for name in names)
    assert phrases([quoted]) == [name.lower() for name in names]


def test_the_file_is_replaced_whole(tmp_path: Path) -> None:
    write(tmp_path / "phrases.txt", ["раз", "два"])
    write(tmp_path / "phrases.txt", ["три"])
    assert (tmp_path / "phrases.txt").read_text(encoding="utf-8") == "три\n"
    assert [path.name for path in tmp_path.iterdir()] == ["phrases.txt"]
