"""Documents as PDF, with fonts of their own so that every name can be read on any machine."""

from __future__ import annotations

import io
from functools import cache

from fpdf import FPDF
from fpdf.enums import TableCellFillMode
from fpdf.fonts import FontFace
from pylopdf_fonts_zh_cn import sans_path

from api.server.documents import Document, Grid, both, qr_png

_FONT = "Noto"
_GREY, _PALE = (90, 90, 90), (232, 238, 244)
_QR_MM = 32.0


class _Paper(FPDF):
    """An A4 page with the document's title and the page's number below."""

    def __init__(self, document: Document) -> None:
        wide = any(len(grid.columns) > 7 for grid in document.grids)
        super().__init__(orientation="landscape" if wide else "portrait", format="A4")
        self.document = document
        self.add_font(_FONT, "", _font())
        self.set_auto_page_break(auto=True, margin=16)
        self.set_title(both(document.title))

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font(_FONT, size=8)
        self.set_text_color(*_GREY)
        self.cell(0, 6, f"{both(self.document.title)} · {self.page_no()}/{{nb}}", align="C")


@cache
def _font() -> str:
    return str(sans_path())


def pdf_of(document: Document) -> bytes:
    """The document on A4 paper; a wide table lies across."""
    paper = _Paper(document)
    paper.add_page()
    top = paper.get_y()
    if document.code is not None:
        paper.image(io.BytesIO(qr_png(document.code)), x=paper.w - paper.r_margin - _QR_MM, y=top, w=_QR_MM)
    paper.set_font(_FONT, size=17)
    paper.multi_cell(paper.epw - _QR_MM, 9, document.title.zh, align="L", new_x="LMARGIN", new_y="NEXT")
    paper.set_font(_FONT, size=11)
    paper.set_text_color(*_GREY)
    paper.cell(0, 6, document.title.en, new_x="LMARGIN", new_y="NEXT")
    if document.mark is not None:
        paper.set_text_color(176, 0, 32)
        paper.set_font(_FONT, size=14)
        paper.multi_cell(paper.epw - _QR_MM, 8, both(document.mark), new_x="LMARGIN", new_y="NEXT")
    paper.set_text_color(0, 0, 0)
    paper.ln(2)
    _facts(paper, document)
    if document.code is not None:
        paper.set_y(max(paper.get_y(), top + _QR_MM + 2))
    for grid in document.grids:
        _grid(paper, grid)
    paper.set_font(_FONT, size=9)
    for note in document.notes:
        paper.ln(2)
        paper.multi_cell(0, 5, both(note), new_x="LMARGIN", new_y="NEXT")
    _signatures(paper, document)
    return bytes(paper.output())


def _facts(paper: FPDF, document: Document) -> None:
    beside = _QR_MM + 4 if document.code is not None else 0
    for label, value in document.facts:
        paper.set_font(_FONT, size=9)
        paper.set_text_color(*_GREY)
        paper.cell(52, 6, both(label))
        paper.set_text_color(0, 0, 0)
        paper.set_font(_FONT, size=10)
        paper.multi_cell(paper.epw - 52 - beside, 6, value or "—", new_x="LMARGIN", new_y="NEXT")


def _grid(paper: FPDF, grid: Grid) -> None:
    paper.ln(3)
    paper.set_font(_FONT, size=11)
    paper.cell(0, 7, both(grid.title), new_x="LMARGIN", new_y="NEXT")
    paper.set_font(_FONT, size=8)
    aligned = tuple("RIGHT" if i in grid.right else "LEFT" for i in range(len(grid.columns)))
    with paper.table(
        headings_style=FontFace(emphasis="", fill_color=_PALE),
        cell_fill_mode=TableCellFillMode.NONE,
        text_align=aligned,
        col_widths=grid.widths or None,
        line_height=5,
        padding=0.8,
    ) as table:
        for cells in ([f"{c.zh}\n{c.en}" for c in grid.columns], *grid.rows):
            row = table.row()
            for cell in cells:
                row.cell(cell)


def _signatures(paper: FPDF, document: Document) -> None:
    if not document.signs:
        return
    paper.ln(10)
    paper.set_font(_FONT, size=9)
    for who in document.signs:
        paper.cell(
            0, 12, f"{both(who)}: ______________________    ____-__-__ __:__", new_x="LMARGIN", new_y="NEXT"
        )
