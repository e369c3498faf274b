"""A catalog that was filled by code that reads notes differently is rebuilt (C6)."""

import subprocess
import sys

import pytest
from pack_connectors.catalog import fingerprint, schema
from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.catalog.check import CatalogState, check_catalog

from pack.catalog import row
from pack.files import note
from pack.files.note import Note
from pack.files.passages import Passage
from pack.index import format as index_format
from pack.model import CommitId, MemoryPath
from pack.search import words

pytestmark = pytest.mark.contract("C6")


def other_row(monkeypatch):
    """A row of `index.md` that looks different."""
    monkeypatch.setattr(row, "render_row", lambda one: f"| {one.path} | {one.topic} |\n")


def other_title(monkeypatch):
    monkeypatch.setattr(note, "title_from_path", str)


def other_passages(monkeypatch):
    monkeypatch.setattr(note, "split_passages", lambda body, line: [Passage(line, "", body)])


def other_words(monkeypatch):
    monkeypatch.setattr(words, "_CAMEL_PART", words._WORD)


def other_pages(monkeypatch):
    monkeypatch.setattr(index_format, "_PAGE_MASK", 0)


def other_stems(monkeypatch):
    monkeypatch.setattr(fingerprint, "stem_keys", list)


def other_unicode(monkeypatch):
    monkeypatch.setattr(fingerprint.unicodedata, "unidata_version", "99.0.0")


CHANGES = [
    other_row,
    other_title,
    other_passages,
    other_words,
    other_pages,
    other_stems,
    other_unicode,
]


def described(path, text):
    made = row.describe(Note(MemoryPath(path), text.encode()))
    assert made is not None
    return made


def test_the_number_is_that_of_this_code():
    assert (
        fingerprint.reading() == fingerprint.READING
    )  # else put the former in place of the latter


@pytest.mark.parametrize("change", CHANGES)
def test_code_that_reads_notes_differently_rebuilds_the_catalog(tmp_path, monkeypatch, change):
    file = tmp_path / "catalog.sqlite"
    catalog = SqliteCatalog(file)
    catalog.replace(CommitId("1"), [described("a/x.md", "a zebra\n")])
    catalog.close()
    assert check_catalog(file).state is CatalogState.SOUND

    change(monkeypatch)
    monkeypatch.setattr(fingerprint, "READING", fingerprint.reading())
    stamp = schema.stamp()
    assert stamp != schema.STAMP
    monkeypatch.setattr(schema, "STAMP", stamp)
    again = SqliteCatalog(file)
    assert again.commit() is None
    again.replace(CommitId("1"), [described("a/x.md", "a zebra\n")])
    assert [found.path for found in again.rows()] == ["a/x.md"]
    again.close()


def test_a_catalog_of_other_code_is_reported_as_old(tmp_path, monkeypatch):
    file = tmp_path / "catalog.sqlite"
    catalog = SqliteCatalog(file)
    catalog.replace(CommitId("1"), [])
    catalog.close()
    monkeypatch.setattr(schema, "STAMP", schema.STAMP + 1)
    assert check_catalog(file).state is CatalogState.OLD


def test_the_stamp_is_the_same_in_every_process():
    code = "from pack_connectors.catalog.schema import STAMP; print(STAMP)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert int(found.stdout) == schema.STAMP == schema.stamp()
