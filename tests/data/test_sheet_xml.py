"""Small files that would take the whole memory, or all the time, if they were laid out."""

from __future__ import annotations

import io
import zipfile

import pytest

from data.cells import Refused
from data.sources import workbook_sheets
from data.submitted import CSV, JSON, MOST_ROWS, XLSX, read_submitted
from workforce.faults import Unusable

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SPACE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TEXT = '<c r="A{n}" t="s"><v>0</v></c>'
_LONG = f"<sst {_MAIN}><si><t>{'甲' * 30_000}</t></si><si><t>x</t></si></sst>"


def book(rows: str, behind: str = "", shared: str = "", sheets: int = 1, title: str = "S{n}") -> bytes:
    """A workbook whose sheets all have these rows."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        top = f'<Relationship Id="r" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{_SPACE}">{top}</Relationships>')
        names = [(n, title.format(n=n)) for n in range(1, sheets + 1)]
        listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in names)
        archive.writestr(
            "xl/workbook.xml", f'<workbook {_MAIN} xmlns:r="{_LINKS}"><sheets>{listed}</sheets></workbook>'
        )
        links = "".join(
            f'<Relationship Id="r{n}" Type="{_LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n, _ in names
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_SPACE}">{links}</Relationships>'
        )
        if shared:
            archive.writestr("xl/sharedStrings.xml", shared)
        for n, _ in names:
            sheet = f"<worksheet {_MAIN}><sheetData>{rows}</sheetData>{behind}</worksheet>"
            archive.writestr(f"xl/worksheets/sheet{n}.xml", sheet)
    return target.getvalue()


def down(cell: str, rows: int) -> str:
    return "".join(f'<row r="{n}">{cell.format(n=n)}</row>' for n in range(1, rows + 1))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (book(down(_TEXT, 10_000), shared=_LONG), "sheet_text_too_long"),
        (book(down(_TEXT, 6_000), shared=_LONG, sheets=2), "sheet_text_too_long"),
        (book(down(_TEXT, 10_000), shared=_LONG.replace("<si>", "<si/><si>", 1)), "sheet_text_too_long"),
        (
            book(
                down("<c/>", 5_000),
                "<mergeCells>{}</mergeCells>".format('<mergeCell ref="A1:A5000"/>' * 5_000),
            ),
            "sheet_too_large",
        ),
        (book('<row><c x="&gt;>" r="XFD1048576"/></row>'), "sheet_too_large"),
        (book("<row/>" * 9_999 + f"<row>{'<c/>' * 9_999}</row>"), "sheet_too_large"),
        (book('<row r="15000"><c r="ALL15000"/></row>', sheets=2), "sheet_too_large"),
        (book("<row/>", sheets=2, title="S"), "workbook_damaged"),
    ],
    ids=[
        "texts",
        "texts of two sheets",
        "shifted texts",
        "merged",
        "hidden",
        "unnumbered",
        "two sheets",
        "one title twice",
    ],
)
def test_a_small_workbook_that_would_take_the_whole_memory(raw: bytes, code: str) -> None:
    assert len(raw) < 100_000
    with pytest.raises(Refused) as refused:
        workbook_sheets(raw, "s.xlsx")
    assert refused.value.code == code


def test_a_long_text_that_few_cells_show_is_read() -> None:
    rows = down('<c r="A{n}" t="s"><v>1</v></c>', 10_000).replace("<v>1</v>", "<v>0</v>", 1)
    (sheet,) = workbook_sheets(book(rows, shared=_LONG), "s.xlsx").values()
    assert (len(sheet[0][0]), sheet[1], len(sheet)) == (30_000, ["x"], 10_000)


def test_errors_of_cells_are_told_by_their_places() -> None:
    rows = '<row><c t="e"><v>#N/A</v></c><c><v>1</v></c></row>\n'
    rows += '<row r="3"><c r="B3" t="e"><f>A1</f><v>#REF!</v></c></row>'
    (sheet,) = workbook_sheets(book(rows), "s.xlsx").values()
    assert sheet == [["#N/A", 1.0], ["", ""], ["", "#REF!"]]


def test_tags_that_never_end_are_looked_at_once() -> None:
    with pytest.raises(Refused) as refused:
        workbook_sheets(book('<c t="e">' * 40_000), "s.xlsx")
    assert refused.value.code == "workbook_damaged"


@pytest.mark.parametrize(
    ("media", "content", "code"),
    [
        (JSON, [{f"k{n}": 1} for n in range(9_000)], "sheet_too_large"),
        (JSON, [{"姓名": "王"}] * (MOST_ROWS + 1), "rows_too_many"),
        (
            CSV,
            ",".join(["姓名", *(f"k{n}" for n in range(9_000)), *["\n王"] * 9_000]).encode(),
            "sheet_too_large",
        ),
        (CSV, f"{',' * 200_000}姓名\n".encode(), "sheet_too_large"),
        (CSV, ("姓名" + ",x" * 900 + "\n王" * 30_000).encode(), "sheet_too_large"),
        (CSV, b"x\n" * (10 * MOST_ROWS), "rows_too_many"),
        (XLSX, book(down("<c><v>1</v></c>", MOST_ROWS + 11)), "rows_too_many"),
    ],
)
def test_more_cells_than_were_sent_are_not_made(media: str, content: bytes, code: str) -> None:
    with pytest.raises(Unusable) as refused:
        read_submitted("workers", media, content)
    assert [fault.code for fault in refused.value.faults] == [code]
