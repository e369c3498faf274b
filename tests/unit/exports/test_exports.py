"""Exporting a memory."""

import pytest

from pack.errors import InvalidRequest, NotInitialised
from pack.exports.exports import ExportTally, LeftNote
from pack.exports.plain import read_jsonl_line
from pack.exports.values import ExportKind
from pack.model import ABSENT, MemoryPath, Put

SECRET = "password: Xy7-not-a-real-one\n"
BINARY = b"\xff\xfe no text\n"


@pytest.fixture
def filled(world):
    """A memory with notes, a note that is no text, and a picture."""
    world.init()
    notes = world.memory.notes
    notes.update("projects/site.md", "---\ntags: [web]\nsync: false\n---\nGoes live in May.\n")
    notes.update("context/keys.md", SECRET)
    changes = [
        Put(MemoryPath("context/odd.md"), BINARY, ABSENT),
        Put(MemoryPath("files/pic.png"), b"\x89PNG", ABSENT),
    ]
    world.connector.commit(world.connector.head(), changes, "files")
    return world


def export(world, kind, **choice):
    tally = ExportTally()
    return list(world.memory.exports.pieces(kind, tally, **choice)), tally


def test_a_zip_is_everything_as_it_is(filled):
    pieces, tally = export(filled, ExportKind.ZIP)
    files = {piece.name: piece.content for piece in pieces}
    assert files["context/odd.md"] == BINARY
    assert files["files/pic.png"] == b"\x89PNG"
    assert "index.md" in files
    got = filled.memory.notes.get("projects/site.md").content
    assert files["projects/site.md"] == got.encode()
    assert (tally.notes, tally.attachments) == (4, 2)
    assert next(one for one in pieces if one.name == "projects/site.md").changed == "2026-03-01"


@pytest.mark.parametrize("kind", ExportKind)
def test_the_same_memory_gives_the_same_bytes(filled, kind):
    assert export(filled, kind) == export(filled, kind)


@pytest.mark.parametrize("kind", sorted(set(ExportKind) - {ExportKind.ZIP, ExportKind.JSONL}))
def test_what_is_no_text_is_named_where_only_text_can_go(filled, kind):
    _, tally = export(filled, kind)
    assert tally.skipped == [
        LeftNote("context/odd.md", "it is not UTF-8 text"),
        LeftNote("other files", "pictures and the like are only in a zip", 1),
    ]
    assert tally.notes == 3


def test_secrets_are_counted_and_what_copies_do_not_get_is_named(filled):
    _, tally = export(filled, ExportKind.MARKDOWN)
    assert tally.secrets == {"context/keys.md": 1}
    assert tally.unshared == ["projects/site.md"]


def test_a_choice_of_notes(filled):
    def paths(**choice):
        pieces, _ = export(filled, ExportKind.JSONL, **choice)
        return [read_jsonl_line(piece.content.decode()).path for piece in pieces]

    assert paths(folder="projects") == ["projects/site.md"]
    assert paths(tag="web") == ["projects/site.md"]
    assert paths(folder="/") == paths()
    with pytest.raises(InvalidRequest):
        paths(tag="none")
    pieces, _ = export(filled, ExportKind.ZIP, tag="web")
    assert [piece.name for piece in pieces] == ["projects/site.md"]


def test_a_memory_as_it_was(filled):
    before = filled.connector.head()
    filled.memory.notes.update("projects/new.md", "new\n")
    pieces, _ = export(filled, ExportKind.ZIP)
    old = list(filled.memory.as_of(before).exports.pieces(ExportKind.ZIP, ExportTally()))
    assert {one.name for one in pieces} - {one.name for one in old} == {"projects/new.md"}


def test_a_store_without_a_memory_has_nothing_to_export(world):
    with pytest.raises(NotInitialised):
        export(world, ExportKind.ZIP)


def test_what_was_changed_by_hand_is_exported_as_it_is_now(git_world):
    git_world.init()
    (git_world.folder / "context/mine.md").write_bytes(b"by hand\n")
    (git_world.folder / "context/general.md").unlink()
    names = {one.name for one in export(git_world, ExportKind.ZIP)[0]}
    assert "context/mine.md" in names
    assert "context/general.md" not in names


def test_imported_conversations_are_in_a_zip_or_asked_for(world):
    world.init()
    path = MemoryPath("archive/chatgpt/2025/trip.md")
    world.connector.commit(world.connector.head(), [Put(path, b"trip\n", ABSENT)], "import")
    pieces, _ = export(world, ExportKind.ZIP)
    assert path in {piece.name for piece in pieces}
    pieces, tally = export(world, ExportKind.JSONL)
    assert len(pieces) == tally.notes
    assert [(one.path, one.count) for one in tally.skipped] == [("archive/", 1)]
    pieces, tally = export(world, ExportKind.JSONL, folder="archive/chatgpt")
    assert [read_jsonl_line(piece.content.decode()).path for piece in pieces] == [path]
    assert tally.skipped == []


def test_a_memory_that_is_one_file_is_exported_as_one_note(world):
    changes = [Put(MemoryPath("MEMORY.md"), b"# Mine\n\nfact\n", ABSENT)]
    world.connector.commit(None, changes, "v1")
    for kind in (ExportKind.ZIP, ExportKind.JSONL):
        pieces, tally = export(world, kind)
        assert (len(pieces), tally.notes, tally.attachments) == (1, 1, 0)
