"""Makes documents of every format, good and bad, as bytes on disk."""

import io
import zipfile
from pathlib import Path


def docx(path: Path, *paragraphs: str, heading: str = "") -> Path:
    """A DOCX as Word writes one."""
    import docx as python_docx

    document = python_docx.Document()
    if heading:
        document.add_heading(heading, level=1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    document.save(str(path))
    return path


def pdf(path: Path, *lines: str) -> Path:
    """A PDF of one page, a line of Latin text each; with none, a page without text."""
    shown = " ".join(f"({line}) Tj 0 -14 Td" for line in lines)
    content = f"BT /F1 12 Tf 72 720 Td {shown} ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    tail = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (size, len(body))
    path.write_bytes(body + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (size, table, tail))
    return path


def zip_bomb(path: Path, megabytes: int = 40) -> Path:
    """A DOCX of a few kilobytes that unpacks to `megabytes`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as container:
        container.writestr("[Content_Types].xml", "<Types/>")
        with container.open("word/document.xml", "w") as part:
            for _ in range(megabytes):
                part.write(bytes(2**20))
    return path


def declared_zip_bomb(path: Path) -> Path:
    """A DOCX that declares two gigabytes."""
    return _declaring(zip_bomb(path, 1), 2**20, 2**31)


def lying_zip_bomb(path: Path) -> Path:
    """A bomb that declares 100 bytes."""
    return _declaring(zip_bomb(path, 40), 40 * 2**20, 100)


def _declaring(path: Path, true_size: int, declared: int) -> Path:
    packed = path.read_bytes()
    path.write_bytes(
        packed.replace(true_size.to_bytes(4, "little"), declared.to_bytes(4, "little"))
    )
    return path


def crowded_zip(path: Path, entries: int = 6_000) -> Path:
    """A DOCX with far more parts than any document has."""
    with zipfile.ZipFile(path, "w") as container:
        container.writestr("word/document.xml", "<w/>")
        for number in range(entries):
            container.writestr(f"word/media/{number}", "")
    return path


def entity_bomb(path: Path) -> Path:
    """A DOCX whose XML refers to itself: a thousand million words out of a kilobyte."""
    entities = "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 10))
    xml = f'<!DOCTYPE d [<!ENTITY e0 "word ">{entities}]><d>&e9;</d>'
    with zipfile.ZipFile(path, "w") as container:
        container.writestr("[Content_Types].xml", "<Types/>")
        container.writestr("_rels/.rels", "<Relationships/>")
        container.writestr("word/document.xml", xml)
    return path


def truncated(path: Path) -> Path:
    """The first half of what the file was."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def encrypted_looking(path: Path) -> Path:
    """A DOCX whose part says that it is encrypted."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as container:
        container.writestr("word/document.xml", "<w/>")
    data = bytearray(buffer.getvalue())
    data[6] |= 1  # the local header's flags
    central = data.index(b"PK\x01\x02")
    data[central + 8] |= 1
    path.write_bytes(data)
    return path
