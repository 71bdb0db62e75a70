"""Paper: page setup, styles and fonts of the PDF documents that the console hands out.

Latin text is set in Helvetica, everything else in the Adobe CJK font that PDF readers bring along (STSong, Adobe-GB1), so that no font is
shipped. Documents are reproducible: the same story gives the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from reportlab.lib import colors
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

EAST = "STSong-Light"
_INK, _SOFT, _LINE = colors.HexColor("#1d2327"), colors.HexColor("#56606a"), colors.HexColor("#d5d8d3")
# What Helvetica's WinAnsi encoding lacks goes to the CJK font, run by run.
_EASTERN = re.compile(r"[^\x00-\xff–—‘’“”„•…€]+")
pdfmetrics.registerFont(UnicodeCIDFont(EAST))

_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=14.5, textColor=_INK, alignment=TA_LEFT)
_STYLES = {
    "title": ParagraphStyle("title", _BODY, fontName="Helvetica-Bold", fontSize=19, leading=24, spaceAfter=3 * mm),
    "heading": ParagraphStyle(
        "heading", _BODY, fontName="Helvetica-Bold", fontSize=12, leading=16, spaceBefore=5 * mm, spaceAfter=1.5 * mm
    ),
    "body": ParagraphStyle("text", _BODY, spaceAfter=1.5 * mm),
    "soft": ParagraphStyle("soft", _BODY, fontSize=9, leading=12.5, textColor=_SOFT, spaceAfter=1.5 * mm),
    "quote": ParagraphStyle("quote", _BODY, fontSize=11, leading=16.5, leftIndent=5 * mm, spaceAfter=2 * mm),
    "code": ParagraphStyle("code", _BODY, fontName="Courier", fontSize=7.5, leading=10, wordWrap="CJK"),
    "label": ParagraphStyle("label", _BODY, fontSize=9, leading=12.5, textColor=_SOFT),
    "value": ParagraphStyle("value", _BODY, fontSize=9.5, leading=12.5, splitLongWords=True),
}


def text(words: str, style: str = "body") -> Paragraph:
    """A paragraph of plain text (markup in it is shown, not obeyed).

    Args:
        words: what it says; line ends are kept.
        style: ``title``, ``heading``, ``body``, ``soft``, ``quote`` or ``code``.
    """
    chosen = _STYLES[style]
    if _EASTERN.search(words) and chosen.wordWrap != "CJK":
        chosen = ParagraphStyle(f"{style}-east", chosen, wordWrap="CJK")
    return Paragraph(_runs(words), chosen)


def facts(rows: Iterable[tuple[str, str]]) -> Table:
    """A table of names and values, one pair a line."""
    cells = [[text(name, "label"), text(value, "value")] for name, value in rows]
    return _table(cells, widths=[46 * mm, 124 * mm])


def grid(head: Sequence[str], rows: Iterable[Sequence[str]], *, widths: Sequence[float]) -> Table:
    """A table with a heading row; ``widths`` are shares of the line."""
    cells = [[text(cell, "label") for cell in head]]
    cells += [[text(cell, "value") for cell in row] for row in rows]
    whole = sum(widths)
    return _table(cells, widths=[170 * mm * width / whole for width in widths], head=True)


def gap(height_mm: float = 3.0) -> Spacer:
    """Empty space."""
    return Spacer(1, height_mm * mm)


def pdf(story: list[Flowable], *, title: str, footer: str, language: str = "en") -> bytes:
    """Lay the story out on A4 pages.

    Args:
        story: paragraphs, tables and drawings in their order.
        title: for the reader's title bar.
        footer: at the foot of every page, before the page number.
        language: of the document, for screen readers (BCP 47).

    Returns:
        The file.
    """
    buffer = io.BytesIO()

    def foot(canvas: Any, document: Any) -> None:
        canvas.saveState()
        line = text(footer, "soft")
        _, height = line.wrap(150 * mm, 20 * mm)
        line.drawOn(canvas, 20 * mm, 16 * mm - height + 4 * mm)
        canvas.setFont("Helvetica", 9)
        canvas.setFillColor(_SOFT)
        canvas.drawRightString(190 * mm, 16 * mm, str(document.page))
        canvas.restoreState()

    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=20 * mm,
        bottomMargin=26 * mm,
        title=title,
        author="Vivavoce",
        lang=language,
        invariant=1,
    )
    document.build(story, onFirstPage=foot, onLaterPages=foot)
    return buffer.getvalue()


def _table(cells: list[list[Paragraph]], *, widths: list[float], head: bool = False) -> Table:
    table = Table(cells, colWidths=widths, repeatRows=1 if head else 0, hAlign="LEFT")
    style: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
    ]
    table.setStyle(TableStyle(style))
    return table


def _runs(words: str) -> str:
    marked = _EASTERN.sub(lambda found: f"\x00{found.group()}\x01", words)
    return (
        escape(marked, quote=False)
        .replace("\x00", f'<font name="{EAST}">')
        .replace("\x01", "</font>")
        .replace("\n", "<br/>")
    )
