"""PACK's own exports, and other memories in folders."""

import json

from hypothesis import given
from hypothesis import strategies as st

from pack.exports.one_text import write_markdown
from pack.exports.plain import write_jsonl
from pack.imports.records import ImportKind
from pack.model import blob_id
from tests.import_support import DAY, day, folder_of, read, zip_of
from tests.unit.exports.exported_notes import exported, memories

INDEX = "---\nversion: 2\nsync_order:\n  - a/b.md\n---\n"
MEMORY = {
    "index.md": INDEX,
    "a/b.md": b"\xff no text",
    "a/index.md": "---\npack_index: folder\n---\n",
    "a/pic.png": b"\x89PNG",
    "legacy/MEMORY.md": "old",
    ".pack.yaml": "root_notes: false\n",
    "README.md": "about",
}


def test_a_memory_in_a_zip_or_a_folder_gives_its_notes(tmp_path):
    (tmp_path / "m.zip").write_bytes(zip_of(MEMORY))
    for source in (tmp_path / "m.zip", folder_of(tmp_path / "m", MEMORY)):
        found = read(source)
        assert found.kind == ImportKind.PACK
        assert found.paths == ["a/b.md", "a/pic.png"]
        assert found.records[0].verbatim == b"\xff no text"
        assert found.records[0].updated == DAY
        assert found.reasons["a/index.md"][0] == "PACK makes it by itself"
        assert {".pack.yaml", ".md"} <= found.reasons.keys()


def test_the_record_of_dates_counts_before_those_of_files(tmp_path):
    record = json.dumps({blob_id(b"x"): "2021-02-03T00:00:00Z"})
    files = {"index.md": INDEX, "a/b.md": "x", "a/c.md": "y", ".pack-dates.json": record}
    first, second = read(folder_of(tmp_path / "m", files)).records
    assert (first.updated, second.updated) == (day("2021-02-03"), DAY)


@given(notes=memories.filter(bool), is_text=st.booleans())
def test_one_text_and_json_lines_give_the_same_notes(notes, is_text, tmp_path_factory):
    file = tmp_path_factory.mktemp("export") / "memory.out"
    write = write_markdown if is_text else write_jsonl
    file.write_bytes(b"".join(piece.content for piece in write(notes)))
    found = read(file)
    assert found.kind == ImportKind.PACK
    assert sorted(
        (f"{one.folder}/{one.name}".lstrip("/"), one.verbatim) for one in found.records
    ) == sorted((one.path, one.note.content) for one in notes)


def test_broken_lines_and_paths_that_lead_out_are_named(tmp_path):
    file = tmp_path / "x.jsonl"
    good, evil = (exported(path, "x") for path in ("a/b.md", "../../b.md"))
    lines = b"".join(piece.content for piece in write_jsonl([good, evil]))
    file.write_bytes(lines + b"{\n")
    found = read(file)
    assert found.paths == ["a/b.md"]
    assert list(found.reasons) == ["../../b.md", "x.jsonl, line 3"]
