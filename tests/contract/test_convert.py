"""Good files of every format, to Markdown with a title."""

from pathlib import Path

import pytest

from rag.ingestion.convert import convert
from tests import documents

pytestmark = pytest.mark.contract

KNOWLEDGE = Path(__file__).parents[2] / "samples" / "knowledge"


def write(folder: Path, name: str, content: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return path


def test_markdown_has_its_first_heading_for_a_title(tmp_path: Path) -> None:
    path = write(tmp_path, "a.md", "---\nlayout: page\n---\n# Тарифы #\n\nТекст.")
    converted = convert(path, ".md")
    assert converted.title == "Тарифы"
    assert "layout" not in converted.markdown


def test_html_loses_scripts_and_navigation(tmp_path: Path) -> None:
    page = """<html><head><title>Помощь</title><script>alert(1)</script><style>p{}</style></head>
    <body><nav><a href="/">Главная</a></nav><header>Шапка сайта</header>
    <main><article><header><h1>Возврат</h1></header><p>Вернём <b>деньги</b>.</p>
    <aside>Реклама</aside><table><tr><th>Срок</th><th>Дни</th></tr><tr><td>Карта</td><td>10</td>
    </tr></table></article></main><footer>Подвал</footer></body></html>"""
    converted = convert(write(tmp_path, "a.html", page), ".html")
    assert converted.title == "Помощь"
    assert "# Возврат" in converted.markdown
    assert "**деньги**" in converted.markdown
    assert "| Карта | 10 |" in converted.markdown
    for noise in ("alert", "p{}", "Главная", "Шапка", "Реклама", "Подвал"):
        assert noise not in converted.markdown


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "koi8-r", "cp866", "utf-16"])
def test_text_is_read_in_the_encodings_that_are_met(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "a.txt", "Счёт оплачивают до 20-го числа.", encoding)
    assert convert(path, ".txt").markdown == "Счёт оплачивают до 20-го числа."


def test_a_number_sign_in_plain_text_is_no_heading(tmp_path: Path) -> None:
    assert convert(write(tmp_path, "a.txt", "# первый\nвторой"), ".txt").markdown[0] == "\\"


def test_docx_keeps_headings(tmp_path: Path) -> None:
    path = documents.docx(tmp_path / "a.docx", "Первый абзац.", heading="Договор")
    converted = convert(path, ".docx")
    assert converted.title == "Договор"
    assert "Первый абзац." in converted.markdown


def test_pdf_text_and_wrapped_lines(tmp_path: Path) -> None:
    path = documents.pdf(tmp_path / "a.pdf", "Our support answers", "around the clock.")
    assert convert(path, ".pdf").markdown == "Our support answers around the clock."


def test_pdf_keeps_headings_lists_and_tables() -> None:
    markdown = convert(KNOWLEDGE / "antivirus.pdf", ".pdf").markdown
    assert "# Антивирус по подписке\n" in markdown
    assert "\n## Цена\n" in markdown
    assert "| «Семья» | 3 | 120 рублей |" in markdown
    assert "\n- Проверяет файлы и вложения писем.\n" in markdown


def test_csv_becomes_a_table(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", "Услуга;Цена\nЗамена;200 рублей\n;\nРемонт;400\n")
    assert convert(path, ".csv").markdown == (
        "| Услуга | Цена |\n|---|---|\n| Замена | 200 рублей |\n| Ремонт | 400 |"
    )


def test_a_cell_of_a_csv_holds_what_it_holds(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", 'Тариф|план,Цена\n"Дом\nили офис",5|6\n')
    assert convert(path, ".csv").markdown == (
        "| Тариф\\|план | Цена |\n|---|---|\n| Дом или офис | 5\\|6 |"
    )


def test_xlsx_becomes_tables(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "Цены"
    book.active.append(["Услуга", "Цена"])
    book.active.append(["Замена разъёма", 200])
    book.save(tmp_path / "a.xlsx")
    markdown = convert(tmp_path / "a.xlsx", ".xlsx").markdown
    assert "## Цены" in markdown
    assert "| Замена разъёма | 200 |" in markdown
