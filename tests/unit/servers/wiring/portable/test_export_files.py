"""Writing exports to files and folders."""

import zipfile

import pytest
from pack_servers.wiring.portable.export_files import is_taken, write_export

from pack.errors import InvalidContent, InvalidRequest, UnusableInput
from pack.exports.values import ExportedPiece, ExportKind

PIECES = [
    ExportedPiece("a/é.md", b"one\n", "2026-01-02T03:04:06Z"),
    ExportedPiece("b.md", b"two\n", None),
]


def test_an_archive_has_the_same_bytes_whenever_it_is_written(tmp_path):
    for name in ("1.zip", "2.zip"):
        done = write_export(ExportKind.ZIP, PIECES, tmp_path / name)
        assert (done.files, done.size) == (2, (tmp_path / name).stat().st_size)
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        first, second = archive.infolist()
        assert archive.read(first) == b"one\n"
    assert (first.filename, first.date_time) == ("a/é.md", (2026, 1, 2, 3, 4, 6))
    assert second.date_time == (1980, 1, 1, 0, 0, 0)


def test_a_block_leaves_the_rest_of_its_file_alone(tmp_path):
    file, link = tmp_path / "CLAUDE.md", tmp_path / "AGENTS.md"
    file.write_text("# Mine\n", encoding="utf-8")
    link.symlink_to(file.name)
    begin, end = b"<!-- BEGIN PACK MEMORY -->\n", b"<!-- END PACK MEMORY -->\n"
    for text in (b"one\n", b"two\n"):
        assert not is_taken(ExportKind.AGENTS, link)
        write_export(ExportKind.AGENTS, [ExportedPiece("", begin + text + end)], link)
    assert link.is_symlink()
    assert file.read_bytes() == b"# Mine\n\n" + begin + b"two\n" + end
    file.write_bytes(begin)
    with pytest.raises(UnusableInput):
        write_export(ExportKind.AGENTS, [ExportedPiece("", begin + end)], file)
    file.write_bytes(b"\xff")
    with pytest.raises(InvalidContent):
        write_export(ExportKind.AGENTS, [ExportedPiece("", begin + end)], file)
    assert file.read_bytes() == b"\xff"


def test_what_is_there_is_known_before_anything_is_written(tmp_path):
    file, folder = tmp_path / "x.jsonl", tmp_path / "memory"
    assert not is_taken(ExportKind.JSONL, file)
    assert not is_taken(ExportKind.CLAUDE_MEMORY, folder)
    file.touch()
    folder.mkdir()
    assert is_taken(ExportKind.JSONL, file)
    assert not is_taken(ExportKind.CLAUDE_MEMORY, folder)
    (folder / "MEMORY.md").touch()
    assert is_taken(ExportKind.CLAUDE_MEMORY, folder)
    for kind, output in ((ExportKind.CLAUDE_MEMORY, file), (ExportKind.ZIP, folder)):
        with pytest.raises(InvalidRequest):
            is_taken(kind, output)


def test_an_export_that_fails_leaves_what_was_there(tmp_path):
    file = tmp_path / "x.jsonl"
    file.write_bytes(b"old\n")

    def failing():
        yield ExportedPiece("", b"new\n")
        raise UnusableInput("it cannot be read")

    with pytest.raises(UnusableInput):
        write_export(ExportKind.JSONL, failing(), file)
    assert [one.name for one in tmp_path.iterdir()] == ["x.jsonl"]
    assert file.read_bytes() == b"old\n"
    with pytest.raises(InvalidRequest):
        write_export(ExportKind.JSONL, PIECES, tmp_path / "none" / "x.jsonl")


def test_a_folder_keeps_the_files_of_others(tmp_path):
    (tmp_path / "mine.md").write_bytes(b"mine\n")
    pieces = [ExportedPiece("a.md", b"1\n"), ExportedPiece("MEMORY.md", b"2\n")]
    assert write_export(ExportKind.CLAUDE_MEMORY, pieces, tmp_path).files == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["MEMORY.md", "a.md", "mine.md"]
