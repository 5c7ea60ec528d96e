"""
Documents that rows carry when they are asked for: a page of PDF, an element of XML, in base64.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Final
from xml.sax.saxutils import quoteattr

from belvo_async.sandbox.data import ATTACHED


PAGE: Final = (
    b"<< /Type /Catalog /Pages 2 0 R >>",
    b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
)
FONT: Final = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
"""The objects of a PDF with one page; the fourth, between them, is what stands on it."""


def pdf(number: int, title: str) -> str | None:
    """
    Return a page with *title*; `None` if row *number* was asked for without documents.
    """
    return b64encode(_pdf(title)).decode() if number & ATTACHED else None


def xml(number: int, element: str, **attributes: object) -> str | None:
    """
    Return an *element*; `None` if row *number* was asked for without documents.
    """
    if not number & ATTACHED:
        return None
    inside = "".join(f" {name}={quoteattr(str(value))}" for name, value in attributes.items())
    return b64encode(f'<?xml version="1.0" encoding="UTF-8"?><{element}{inside}/>'.encode()).decode()


def _pdf(title: str) -> bytes:
    line = title.encode("latin-1", "replace")
    for special in (b"\\", b"(", b")"):
        line = line.replace(special, b"\\" + special)
    drawing = b"BT /F1 18 Tf 72 770 Td (%s) Tj ET" % line
    contents = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing)

    document = b"%PDF-1.4\n"
    places = []
    for number, thing in enumerate((*PAGE, contents, FONT), start=1):
        places.append(b"%010d 00000 n \n" % len(document))
        document += b"%d 0 obj\n%s\nendobj\n" % (number, thing)
    size = len(places) + 1
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, b"".join(places))
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(document))
    return document + table + trailer
