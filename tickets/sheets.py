"""Writes rows as csv, xlsx or jsonl, one at a time, so that an export of any size needs little memory."""

import csv
import io
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import Enum
from typing import Any, BinaryIO, Protocol

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from tickets.model import Status
from tickets.numbering import BEIJING
from tickets.record import nested
from tickets.texts import desk_texts

# A cell that starts like this is run as a formula by spreadsheets (OWASP, CSV Injection), full-width too.
_FORMULA = re.compile(r"^\s*[=+\-@\t\r\n＝＋－＠]")
# What a spreadsheet would take for a number and round or strip: ID numbers, phones, also with area code.
_DIGITS = re.compile(r"0[0-9]{6,}|[0-9]{11,}")
_TIME_FORMAT, _TEXT_FORMAT = "yyyy-mm-dd hh:mm:ss", "@"
_ROWS_PER_SHEET = 1_000_000  # Excel holds 1,048,576


class RowWriter(Protocol):
    """Takes the values of one ticket after another, in column order."""

    def write(self, values: Sequence[Any]) -> None:
        """Append one row."""
        ...


@contextmanager
def csv_rows(out: BinaryIO, names: Sequence[str], headers: Sequence[str]) -> Iterator[RowWriter]:
    """CSV in UTF-8 with a byte order mark, so that Excel shows Chinese.

    A ' is put before what a spreadsheet would run as a formula, and before digits that it would round.
    """
    text = io.TextIOWrapper(out, encoding="utf-8-sig", newline="", write_through=True)
    writer = _CsvRows(csv.writer(text))
    writer.write(headers)
    yield writer
    text.flush()
    text.detach()


@contextmanager
def xlsx_rows(out: BinaryIO, names: Sequence[str], headers: Sequence[str]) -> Iterator[RowWriter]:
    """An Excel workbook: text stays text, times are times, the heading row stays in view.

    Rows wait in temporary files of their owner's alone until the workbook is written at the end.
    """
    book = Workbook(write_only=True)
    try:
        yield _XlsxRows(book, headers)
    except BaseException:
        with suppress(Exception), open(os.devnull, "wb") as nowhere:
            book.save(nowhere)  # openpyxl removes its temporary files only when it saves
        raise
    book.save(out)


@contextmanager
def jsonl_rows(out: BinaryIO, names: Sequence[str], headers: Sequence[str]) -> Iterator[RowWriter]:
    """One JSON object per line under the names of the columns, UTF-8; dots in a name nest."""
    yield _JsonlRows(out, names)


FORMATS = {"csv": csv_rows, "xlsx": xlsx_rows, "jsonl": jsonl_rows}


class _CsvRows:
    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, values: Sequence[Any]) -> None:
        self._writer.writerow([_harmless(words_of(value)) for value in values])


class _XlsxRows:
    def __init__(self, book: Workbook, headers: Sequence[str]) -> None:
        self._book = book
        self._headers = headers
        self._rows = 0
        self._sheet = self._new_sheet()

    def write(self, values: Sequence[Any]) -> None:
        if self._rows and self._rows % _ROWS_PER_SHEET == 0:
            self._sheet = self._new_sheet()
        self._rows += 1
        # A generator: each cell is written before the next is made, so one of each kind is enough.
        self._sheet.append(self._cell(value) for value in values)

    def _new_sheet(self) -> Any:
        sheet = self._book.create_sheet(f"{desk_texts()['sheet']}{len(self._book.worksheets) + 1}")
        sheet.freeze_panes = "A2"
        self._time, self._digits, self._text = (WriteOnlyCell(sheet) for _ in range(3))
        self._time.number_format = _TIME_FORMAT
        self._digits.number_format = _TEXT_FORMAT
        self._text.quotePrefix = True  # it stays text when somebody edits the cell
        sheet.append(self._cell(header) for header in self._headers)
        return sheet

    def _cell(self, value: Any) -> Any:
        if isinstance(value, datetime):
            self._time.value = value.astimezone(BEIJING).replace(tzinfo=None, microsecond=0)
            return self._time
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        words = ILLEGAL_CHARACTERS_RE.sub("", words_of(value))
        if _DIGITS.fullmatch(words):
            self._digits.value = words
            return self._digits
        if not words.startswith("#") and not _FORMULA.match(words):
            return words or None
        self._text.value = words
        self._text.data_type = "s"  # openpyxl takes = for a formula and # for an error; this is text
        return self._text


class _JsonlRows:
    def __init__(self, out: BinaryIO, names: Sequence[str]) -> None:
        self._out = out
        self._names = names

    def write(self, values: Sequence[Any]) -> None:
        record = nested(list(zip(self._names, values, strict=True)))
        self._out.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")


def words_of(value: Any) -> str:
    """Say a value as the desk reads it: Beijing time, Chinese states, 是 and 否."""
    texts = desk_texts()
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Status):
        return texts["status"][value.value]
    if isinstance(value, bool):
        return texts["boolean"][value]
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, list | tuple):
        return "、".join(words_of(item) for item in value)
    return str(value)


def _harmless(text: str) -> str:
    return "'" + text if _FORMULA.match(text) or _DIGITS.fullmatch(text) else text
