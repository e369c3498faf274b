"""A database of Notion, exported as CSV, as a table in markdown."""

from __future__ import annotations

import csv
import io
from typing import Final

from pack.errors import LimitExceeded, UnusableInput
from pack.imports.records import RecordClass, SkippedRecord
from pack.limits import MAX_FILE_BYTES
from pack_connectors.import_sources.skips import BROKEN, EMPTY, NOT_UTF8, TOO_LARGE, TOO_MANY_ROWS
from pack_connectors.import_sources.source import ImportSource, SourceFile

MOST_ROWS: Final = 2_000


def read_table(source: ImportSource, file: SourceFile) -> str | SkippedRecord:
    """The table; or why it cannot be one."""
    try:
        text = source.read(file, MAX_FILE_BYTES).decode("utf-8-sig")
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if any(row)]
    except LimitExceeded:
        return SkippedRecord(file.path, TOO_LARGE, kind=RecordClass.NOTE)
    except UnicodeDecodeError:
        return SkippedRecord(file.path, NOT_UTF8, kind=RecordClass.NOTE)
    except (UnusableInput, csv.Error):
        return SkippedRecord(file.path, BROKEN, kind=RecordClass.NOTE)
    if not rows:
        return SkippedRecord(file.path, EMPTY, kind=RecordClass.NOTE)
    if len(rows) > MOST_ROWS:
        return SkippedRecord(file.path, TOO_MANY_ROWS, kind=RecordClass.NOTE)
    width = max(map(len, rows))
    head, *body = ([*row, *[""] * (width - len(row))] for row in rows)
    return "".join(map(_line, (head, ["---"] * width, *body)))


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |\n"


def _cell(text: str) -> str:
    return "<br>".join(text.replace("|", "\\|").split("\n")).replace("\r", "").strip()
