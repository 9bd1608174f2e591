"""别人的软件读到的，就是我们写下的：openpyxl、LibreOffice、pandas（装了就试）。"""

import csv
import io
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pandas
import pytest

from tickets.export import export_tickets
from tickets.model import NewTicket, Person, Ticket
from tickets.profiles import load_profile
from tickets.service import Desk

Make = Callable[..., NewTicket]
NASTY = [
    '=HYPERLINK("http://x","点我")',
    "=cmd|'/C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1,2)",
    "\t=1+1",
    "＝1+1",
    "\u3000=1+1",
    "#N/A",
    "他说：“没米了”，\n孩子在哭; 1,2",
    "'=1+1",
    "房子在3-2-501",
    "𠮷野家旁边",
]
NEEDS_OFFICE = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")


@pytest.fixture
def told(desk: Desk, new_ticket: Make) -> list[Ticket]:
    """Tickets whose words are traps for spreadsheets, with numbers that they like to round."""
    person = Person("李秀英", "073995551234", "430524195003120028")
    filed = desk.file(new_ticket(applicant=person))
    return [replace(filed, summary=words, description=words) for words in NASTY]


def written(tickets: list[Ticket], path: Path) -> Path:
    with path.open("wb") as file:
        export_tickets(tickets, load_profile("generic"), path.suffix[1:], file, reveal=True)
    return path


def plain(cell: str) -> str:
    """Take off the ' that keeps a spreadsheet from running or rounding a cell, as receivers do."""
    return cell[1:] if cell.startswith("'") else cell


def from_csv(content: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content, newline="")))


def from_xlsx(path: Path) -> list[list[str]]:
    rows = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    return [["" if value is None else str(value) for value in row] for row in rows]


def test_csv_and_xlsx_hold_the_same_rows(told: list[Ticket], tmp_path: Path):
    in_csv = from_csv(written(told, tmp_path / "a.csv").read_text("utf-8-sig"))
    in_xlsx = from_xlsx(written(told, tmp_path / "a.xlsx"))

    # What begins with a ' already keeps it: only what would be run gets another.
    column = in_csv[0].index("事由")
    assert [row[column] for row in in_xlsx[1:]] == NASTY
    for one, other in zip(in_csv, in_xlsx, strict=True):
        assert [plain(cell) for cell in one] == [plain(cell) for cell in other]


def test_phones_and_id_numbers_are_text_in_both(told: list[Ticket], tmp_path: Path):
    """身份证号、带区号的电话，到了表格里一位都不能变。"""
    row = dict(zip(*from_csv(written(told, tmp_path / "a.csv").read_text("utf-8-sig"))[:2], strict=True))
    sheet = openpyxl.load_workbook(written(told, tmp_path / "a.xlsx")).worksheets[0]
    headers = [cell.value for cell in sheet[1]]

    assert (row["身份证号"], row["联系电话"]) == ("'430524195003120028", "'073995551234")
    for header, value in (("身份证号", "430524195003120028"), ("联系电话", "073995551234")):
        cell = sheet.cell(2, headers.index(header) + 1)
        assert (cell.value, cell.data_type, cell.number_format) == (value, "s", "@")


@pytest.fixture(scope="module")
def office_home() -> Iterator[str]:
    import tempfile

    with tempfile.TemporaryDirectory(prefix="hotline-soffice-", ignore_cleanup_errors=True) as folder:
        yield folder


def opened_in_office(path: Path, home: str, to: str, reading: str | None = None) -> Path:
    """Let LibreOffice open a file and save it as csv or xlsx."""
    out = path.parent / f"office-{path.suffix[1:]}"
    filters = [f"--infilter={reading}"] if reading else []
    subprocess.run(
        ["soffice", f"-env:UserInstallation=file://{home}", "--headless", *filters, "--convert-to", to,
         "--outdir", str(out), str(path)],
        check=True, capture_output=True, timeout=120, env={**os.environ, "HOME": home},
    )  # fmt: skip
    return out / f"{path.stem}.{to.partition(':')[0]}"


@NEEDS_OFFICE
def test_libreoffice_reads_the_workbook_as_we_wrote_it(told: list[Ticket], tmp_path: Path, office_home: str):
    path = written(told, tmp_path / "a.xlsx")
    saved = opened_in_office(path, office_home, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true")

    rows = from_csv(saved.read_text("utf-8-sig"))

    assert [[cell.strip() for cell in row] for row in rows] == [
        [cell.strip() for cell in row] for row in from_xlsx(path)
    ]


@NEEDS_OFFICE
def test_libreoffice_runs_nothing_from_the_csv_and_rounds_nothing(
    told: list[Ticket], tmp_path: Path, office_home: str
):
    path = written(told, tmp_path / "a.csv")
    saved = opened_in_office(path, office_home, "xlsx", "CSV:44,34,76,1")
    sheet = openpyxl.load_workbook(saved).worksheets[0]

    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    headers = [cell.value for cell in sheet[1]]
    shown = {
        header: str(sheet.cell(2, headers.index(header) + 1).value) for header in ("身份证号", "联系电话")
    }
    assert {header: plain(value) for header, value in shown.items()} == {
        "身份证号": "430524195003120028",
        "联系电话": "073995551234",
    }
    column = headers.index("事由") + 1
    seen = [str(sheet.cell(row, column).value) for row in range(2, len(NASTY) + 2)]
    assert [plain(cell).strip() for cell in seen] == [plain(words).strip() for words in NASTY]


def test_pandas_reads_the_same_rows_from_both(told: list[Ticket], tmp_path: Path):
    in_csv = pandas.read_csv(written(told, tmp_path / "a.csv"), dtype=str, keep_default_na=False)
    in_xlsx = pandas.read_excel(written(told, tmp_path / "a.xlsx"), dtype=str, keep_default_na=False)

    assert list(in_csv.columns) == list(in_xlsx.columns)
    assert in_csv.map(plain).to_numpy().tolist() == in_xlsx.map(plain).to_numpy().tolist()
