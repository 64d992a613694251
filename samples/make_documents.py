"""Makes the DOCX and PDF articles of the sample knowledge base from their Markdown sources.

Knows the few Markdown blocks that the sources use (headings, paragraphs, lists, tables) and how
Word and PDF show them. Knows nothing of Beseda: the results are documents like any operator's. The
same sources give the same bytes, so that a rebuild shows in a diff only what was changed.

    python samples/make_documents.py

needs python-docx, fpdf2 and markdown-it-py, and the DejaVu fonts (Debian: fonts-dejavu-core).
"""

import argparse
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import docx
from docx.oxml import OxmlElement
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

HERE = Path(__file__).parent
DATE = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
AUTHOR = "Журавлинк"


@dataclass(frozen=True, slots=True)
class Heading:
    text: str
    level: int


@dataclass(frozen=True, slots=True)
class Paragraph:
    text: str


@dataclass(frozen=True, slots=True)
class Items:
    texts: tuple[str, ...]
    numbered: bool


@dataclass(frozen=True, slots=True)
class Table:
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Items | Table


def _text(node: SyntaxTreeNode) -> str:
    inline = [child.content for child in node.walk() if child.type == "inline"]
    return " ".join(" ".join(inline).split())


def blocks(markdown: str) -> Iterator[Block]:
    """The blocks of a source in order; raises ValueError for one that the sources must not use."""
    tree = SyntaxTreeNode(MarkdownIt("commonmark").enable("table").parse(markdown))
    for node in tree.children:
        match node.type:
            case "heading":
                yield Heading(_text(node), int(node.tag[1]))
            case "paragraph":
                yield Paragraph(_text(node))
            case "bullet_list" | "ordered_list":
                numbered = node.type == "ordered_list"
                yield Items(tuple(_text(item) for item in node.children), numbered)
            case "table":
                rows = [row for part in node.children for row in part.children]
                yield Table(tuple(tuple(_text(cell) for cell in row.children) for row in rows))
            case other:
                raise ValueError(f"a source holds {other!r}, which no format here shows")


def make_docx(source: list[Block], target: Path) -> None:
    """Writes Word's own heading, list and table styles, as an editor would."""
    document = docx.Document()
    properties = document.core_properties
    properties.author, properties.language = AUTHOR, "ru-RU"
    properties.created = properties.modified = DATE.replace(tzinfo=None)
    for block in source:
        match block:
            case Heading(text, level):
                if level == 1:
                    properties.title = text
                document.add_heading(text, level)
            case Paragraph(text):
                document.add_paragraph(text)
            case Items(texts, numbered):
                for text in texts:
                    document.add_paragraph(text, "List Number" if numbered else "List Bullet")
            case Table(rows):
                table = document.add_table(0, len(rows[0]), "Table Grid")
                for row in rows:
                    for cell, text in zip(table.add_row().cells, row, strict=True):
                        cell.text = text
                # Word's "repeat as header row" is what tells a reader of the file the heading.
                table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
                document.add_paragraph()
    packed = io.BytesIO()
    document.save(packed)
    target.write_bytes(_with_fixed_dates(packed))


def _with_fixed_dates(packed: io.BytesIO) -> bytes:
    """python-docx stamps the archive's members with the clock: stamp them with DATE instead."""
    result = io.BytesIO()
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(result, "w") as new:
        for name in old.namelist():
            member = zipfile.ZipInfo(name, DATE.timetuple()[:6])
            member.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(member, old.read(name))
    return result.getvalue()


def make_pdf(source: list[Block], target: Path, fonts: Path) -> None:
    """Writes A4 pages, left aligned: justified lines come out of a PDF with torn spaces."""
    pdf = FPDF(format="A4")
    pdf.set_creation_date(DATE)
    pdf.set_author(AUTHOR)
    pdf.set_lang("ru-RU")
    pdf.add_font("DejaVu", "", fonts / "DejaVuSans.ttf")
    pdf.add_font("DejaVu", "B", fonts / "DejaVuSans-Bold.ttf")
    pdf.set_margin(20)
    pdf.set_auto_page_break(True, 20)
    pdf.add_page()
    for block in source:
        match block:
            case Heading(text, level):
                if level == 1:
                    pdf.set_title(text)
                pdf.ln(2)
                _lines(pdf, text, 15 if level == 1 else 12.5, "B")
            case Paragraph(text):
                _lines(pdf, text)
            case Items(texts, numbered):
                for number, text in enumerate(texts, 1):
                    _lines(pdf, f"{number}. {text}" if numbered else f"• {text}")
            case Table(rows):
                _table(pdf, rows)
    pdf.output(str(target))


def _lines(pdf: FPDF, text: str, size_pt: float = 10.5, style: str = "") -> None:
    pdf.set_font("DejaVu", style, size_pt)
    pdf.multi_cell(0, size_pt * 0.5, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(1.5)


def _table(pdf: FPDF, rows: tuple[tuple[str, ...], ...]) -> None:
    pdf.set_font("DejaVu", "", 10)
    bold = FontFace(emphasis="BOLD", fill_color=(235, 240, 245))
    with pdf.table(text_align="LEFT", line_height=5.5, padding=1, headings_style=bold) as table:
        for row in rows:
            table.row(row)
    pdf.ln(3)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the DOCX and PDF sample articles.")
    parser.add_argument("--fonts", type=Path, default=Path("/usr/share/fonts/truetype/dejavu"))
    parser.add_argument("--out", type=Path, default=HERE / "knowledge")
    arguments = parser.parse_args()
    for path in sorted((HERE / "sources/docx").glob("*.md")):
        made = arguments.out / f"{path.stem}.docx"
        make_docx(list(blocks(path.read_text("utf-8"))), made)
    for path in sorted((HERE / "sources/pdf").glob("*.md")):
        made = arguments.out / f"{path.stem}.pdf"
        make_pdf(list(blocks(path.read_text("utf-8"))), made, arguments.fonts)


if __name__ == "__main__":
    main()
