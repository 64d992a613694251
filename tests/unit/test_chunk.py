"""Markdown cut into passages: headings kept, tables as rows, sentences whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.ingestion.chunk import (
    LONGEST_CHARS,
    SHORTEST_CHARS,
    TAIL_CHARS,
    passages,
    plain,
    plain_passages,
)
from store.documents import NewPassage

pytestmark = pytest.mark.unit


def test_headings_are_the_context_and_never_mix() -> None:
    markdown = (
        "# Тарифы\n\nВступление.\n\n## Дом\n\nПро дом.\n\n### Цена\n\n500 рублей.\n\n"
        "## Офис\n\nПро офис."
    )
    assert passages(markdown, "Тарифы") == [
        NewPassage("", "Вступление."),
        NewPassage("Дом", "Про дом."),
        NewPassage("Дом › Цена", "500 рублей."),
        NewPassage("Офис", "Про офис."),
    ]


def test_a_table_becomes_a_line_for_each_row() -> None:
    markdown = (
        "| Тариф | Скорость | Wi-Fi |\n|---|:--|--:|\n| Дом | 100 Мбит/с | да |\n| Игра | | нет |\n"
    )
    (passage,) = passages(markdown)
    assert passage.text == "Дом: скорость — 100 Мбит/с; Wi-Fi — да.\nИгра: Wi-Fi — нет."


def test_a_table_of_two_columns_needs_no_column_names() -> None:
    (passage,) = passages("| Услуга | Цена |\n|---|---|\n| Замена | 200 рублей |\n")
    assert passage.text == "Замена: 200 рублей."


def test_list_items_are_lines_and_a_paragraph_after_them_is_its_own() -> None:
    (passage,) = passages("Возьмите:\n\n1. паспорт;\n2. договор,\n   если есть.\n\nПриходите.")
    assert passage.text == "Возьмите:\nпаспорт;\nдоговор, если есть.\nПриходите."


def test_inline_marks_leave_their_words() -> None:
    assert plain("**Жирный** и _курсив_, `код`, [ссылка](http://x)![схема](y.png)") == (
        "Жирный и курсив, код, ссылкасхема"
    )
    assert plain(r"наберите \*21\* и 2 * 3 * 4, snake_case_name") == (
        "наберите *21* и 2 * 3 * 4, snake_case_name"
    )


def test_what_no_database_can_hold_is_left_out() -> None:
    assert plain("цена\x00 650\ud800 рублей\x1f") == "цена 650 рублей"


def test_code_fences_and_rules_are_no_text_and_code_has_no_headings() -> None:
    found = passages("```sh\n# не заголовок\n```\n\n---\n\nПосле.")
    assert found == [NewPassage("", "# не заголовок"), NewPassage("", "После.")]


def test_a_rule_and_code_are_passages_of_their_own() -> None:
    found = [passage.text for passage in passages("До.\n***\nПосле.\n~~~\nкод\n\nещё\n~~~\nКонец.")]
    assert found == ["До.", "После.", "код\nещё", "Конец."]


def test_code_that_never_ends_loses_nothing() -> None:
    (passage,) = passages("```\nКод.\n\n# Заголовок в нём\n\nДальше.")
    assert passage == NewPassage("", "Код.\n# Заголовок в нём\nДальше.")


def test_lists_are_read_as_people_write_them() -> None:
    (passage,) = passages("Возьмите:\n• паспорт;\n•\tдоговор,\n  если есть.")
    assert passage.text == "Возьмите:\nпаспорт;\nдоговор, если есть."
    (passage,) = passages("Потом\n2) второе\n3) третье\n    - вложено\n        * глубже")
    assert passage.text == "Потом\nвторое\nтретье\nвложено\nглубже"


def test_a_year_at_the_start_of_a_line_is_no_item() -> None:
    (passage,) = passages("2024. Так начинается строка.\n\n1917) И так.\n\n100. А это пункт.")
    assert passage.text == "2024. Так начинается строка.\n1917) И так.\nА это пункт."


def test_a_quotation_leaves_its_marks_behind() -> None:
    (passage,) = passages("> Первая\n> строка.\n>\n> - пункт\n>> # глубже\n\nПосле.")
    assert passage.text == "Первая строка.\nпункт\nглубже\nПосле."


def test_an_underline_is_no_text_and_makes_no_heading() -> None:
    found = passages("Название\n========\nТекст\nдальше.\n\n====\n\nИ ещё\n-----\nПосле.")
    assert found == [NewPassage("", "Название Текст дальше.\nИ ещё"), NewPassage("", "После.")]


def test_indented_text_is_no_code_and_its_number_sign_no_heading() -> None:
    (passage,) = passages("    Красная строка\nпродолжена.\n\n\tsudo\n\n    # от имени root")
    assert passage == NewPassage("", "Красная строка продолжена.\nsudo\nот имени root")


def test_headings_of_the_same_depth_or_deeper_end() -> None:
    markdown = "# А\n\n### Б\n\nраз\n\n## В ##\n\nдва\n\n# Г\n\nтри"
    headings = [passage.heading for passage in passages(markdown)]
    assert headings == ["А › Б", "А › В", "Г"]


def test_a_table_may_follow_a_paragraph_and_lack_cells() -> None:
    markdown = "Цены\nа | б | в\n-|-|-\n1 | 2\n| 3 \\| 4 | | **5** |\n\nПосле."
    (passage,) = passages(markdown)
    assert passage.text == "Цены\n1: б — 2.\n3 | 4: в — 5.\nПосле."


def test_every_end_of_a_line_ends_it() -> None:
    (passage,) = passages("раз\x0cдва\u2028три\r\nчетыре\rпять")
    assert passage.text == "раз два три четыре пять"


def test_what_only_looks_like_markup_stays() -> None:
    for text in ("[1] и [см. пункт](раздел 3)", "<http://x> и a_b_c", "&nbsp; 5 < 6", "<b>нет</b>"):
        assert plain(text) == text


def test_marks_inside_marks_and_beside_punctuation_go() -> None:
    assert plain("**Цена:**650, «**Дом**»-й, **`код`** и `__init__`") == (
        "Цена:650, «Дом»-й, код и __init__"
    )
    assert plain("строка\\\nещё<BR/>конец ~~старый~~ [![знак](a.svg)](b)") == (
        "строка ещё конец старый знак"
    )


def test_a_long_section_is_cut_between_sentences() -> None:
    sentence = "Это предложение номер {} про скорость интернета в большой квартире."
    text = " ".join(sentence.format(number) for number in range(40))
    found = [passage.text for passage in passages(text)]
    assert " ".join(found) == text
    assert all(SHORTEST_CHARS <= len(one) <= LONGEST_CHARS for one in found[:-1])
    assert all(one.endswith(".") for one in found)


def test_a_short_rest_joins_the_passage_before_it() -> None:
    text = "Слово " * 100 + "конец.\n\nКороткий хвост."
    (passage,) = passages(text)
    assert passage.text.endswith("конец.\nКороткий хвост.")


def test_text_without_a_full_stop_is_cut_between_words() -> None:
    found = [passage.text for passage in passages("слово " * 500)]
    assert all(len(text) <= LONGEST_CHARS + TAIL_CHARS for text in found)
    assert " ".join(" ".join(found).split()) == ("слово " * 500).strip()


def test_a_record_is_a_passage_unless_it_is_long() -> None:
    sentence = "Это предложение о том, как устроена большая энциклопедия."
    (whole,) = plain_passages(" ".join([sentence] * 20))
    assert len(whole.text) > LONGEST_CHARS
    assert len(plain_passages(" ".join([sentence] * 60))) == 3


def test_nothing_gives_nothing() -> None:
    assert passages("") == passages("# Заголовок\n\n## Ещё\n") == plain_passages(" \n\n ") == []


@given(st.text(alphabet="аб .!?\n-*#|1", max_size=300))
def test_any_markdown_gives_short_lines_of_text(markdown: str) -> None:
    for passage in passages(markdown):
        assert passage.text.strip() == passage.text != ""
        assert len(passage.text) <= LONGEST_CHARS + TAIL_CHARS
