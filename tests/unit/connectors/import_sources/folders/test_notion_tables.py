"""Tables of Notion."""

import pytest
from pack_connectors.import_sources.folders.notion_tables import read_table
from pack_connectors.import_sources.opening import open_source

from pack.imports.records import SkippedRecord


@pytest.fixture
def table(tmp_path):
    def made(text):
        file = tmp_path / "x.csv"
        file.write_bytes(text.encode())
        with open_source(file) as source:
            return read_table(source, source.files[0])

    return made


def test_rows_of_any_length_make_a_table(table):
    assert table("a,b\r\n1\r\n\r\n1,2,3\r\n") == (
        "| a | b |  |\n| --- | --- | --- |\n| 1 |  |  |\n| 1 | 2 | 3 |\n"
    )


@pytest.mark.parametrize("text", ["", '"never closed\n', "\n\n"])
def test_what_is_no_table_is_skipped(table, text):
    assert isinstance(table(text), SkippedRecord)
