import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.imports.notes import plan_import
from pack.limits import MAX_FILE_BYTES
from pack.paths import fold, is_memory_file, parse_memory_path


def imported(*paths):
    """New paths of empty files by the given ones."""
    made = plan_import({path: path.encode("utf-8", "ignore") for path in paths})
    renamed = dict(made.renamed)
    assert [path for path, _ in made.skipped] == []
    return [renamed.get(path, path) for path in paths]


@pytest.mark.contract("C1")
@pytest.mark.parametrize("bank", ["project-mcp", "website-checker"])
def test_a_real_memory_bank_is_taken_over_byte_for_byte(bank, shared_data):
    folder = shared_data / "memory-bank" / bank
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    made = plan_import(files)
    assert dict(made.files) == {f"context/{name}": content for name, content in files.items()}
    assert made.skipped == []
    assert dict(made.renamed) == {name: f"context/{name}" for name in files}


def test_valid_paths_and_all_bytes_are_kept():
    content = b"\xef\xbb\xbf---\r\nkey: [broken\r\n---\r\nx  \rno newline"
    made = plan_import({"Notes/Some File.md": content, "a/b/目的.MD": b""})
    assert made.files == [("Notes/Some File.md", content), ("a/b/目的.MD", b"")]
    assert made.renamed == made.skipped == []


@pytest.mark.parametrize(
    ("given_path", "path"),
    [
        ("readme.md", "context/readme.md"),
        ("index.md", "context/index-note.md"),
        ("a/INDEX.md", "a/INDEX-note.md"),
        ("legacy/a.md", "legacy-note/a.md"),
        ("Legacy/a.md", "Legacy-note/a.md"),
        ("a/CON.md", "a/CON-note.md"),
        ("a/con.txt.md", "a/con-note.txt.md"),
        ("aux/a.md", "aux-note/a.md"),
        ("git~1/a.md", "git-1/a.md"),
        ("a/.hidden.md", "a/hidden.md"),
        ("a/.md", "a/note.md"),
        ("-a/--b.md", "a/b.md"),
        ("a/b: c?.md", "a/b- c-.md"),
        ("a\\b.md", "context/a-b.md"),
        ("a/???.md", "a/note.md"),
        ("a /b.md", "a/b.md"),
        ("a./b.md", "a/b.md"),
        ("a/e\u0301.md", "a/é.md"),
        ("a/b\u200dc.md", "a/bc.md"),
        ("a/b\nc.md", "a/bc.md"),
        ("a/\udcffb.md", "a/b.md"),
        ("../a/./b.md", "a/b.md"),
        ("/a/b.md", "a/b.md"),
        ("a/" + "x" * 300 + ".md", "a/" + "x" * 236 + ".md"),
        ("a/" + "日" * 100 + ".md", "a/" + "日" * 78 + ".md"),
    ],
)
def test_a_name_is_repaired_and_reported(given_path, path):
    made = plan_import({given_path: b"text"})
    assert made.files == [(path, b"text")]
    assert made.renamed == [(given_path, path)]
    assert parse_memory_path(path)


def test_a_path_that_is_too_long_is_shortened():
    [path] = imported("/".join(["d" * 100] * 6) + "/" + "x" * 200 + ".md")
    assert path == "/".join(["d" * 60] * 3) + "/" + "x" * 180 + ".md"


def test_who_needs_no_repair_keeps_its_name():
    assert imported("a.md", "context/a.md") == ["context/a-2.md", "context/a.md"]


def test_twins_are_numbered_and_folders_spelt_alike():
    assert imported("N/a.md", "n/A.md", "n/b.md") == ["N/a.md", "N/A-2.md", "N/b.md"]
    assert imported("é/a.md", "e\u0301/a.md") == ["é/a.md", "é/a-2.md"]


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        (".obsidian/a.md", b"", "hidden folder .obsidian"),
        ("a/.trash/b.md", b"", "hidden folder .trash"),
        (".git/a.md", b"", "hidden folder .git"),
        ("a/b.txt", b"", "not a markdown file"),
        ("a/md", b"", "not a markdown file"),
        ("a/image.png", b"\x89PNG", "not a markdown file"),
        ("a/._b.md", b"", "macOS"),
        ("a/b.md", b"ab\xff", r"not valid UTF-8 \(byte 3\)"),
        ("a/b.md", b"a" * (MAX_FILE_BYTES + 1), "2,097,152 bytes"),
    ],
)
def test_what_is_no_note_is_skipped_with_the_reason(path, content, reason):
    made = plan_import({path: content, "x/ok.md": b""})
    assert made.files == [("x/ok.md", b"")]
    [(skipped, why)] = made.skipped
    assert skipped == path
    assert re.search(reason, why)


def test_a_file_of_exactly_the_limit_is_imported():
    assert len(plan_import({"a/b.md": b"a" * MAX_FILE_BYTES}).files) == 1


COMPONENTS = st.sampled_from(
    [
        "a",
        "A",
        "é",
        "e\u0301",
        "con",
        "CON.x",
        "aux.",
        ".b",
        "-c",
        "git~1",
        "legacy",
        "index",
        "x" * 260,
        "日" * 90,
        " ",
        "..",
        "?",
        "a\u200d",
        "ß",
        "ss",
        "lpt1",
        "a.md",
        "\u0301",
        "con.-note",
        "GIT~1~",
        "con .",
    ]
) | st.text(max_size=6).map(lambda text: text.replace("/", ""))


@pytest.mark.contract("C1")
@given(st.lists(st.lists(COMPONENTS, min_size=1, max_size=6).map("/".join), max_size=12))
def test_each_file_is_imported_once_under_a_valid_name_or_skipped(stems):
    files = {f"{stem}.md": str(number).encode() for number, stem in enumerate(stems)}
    made = plan_import(files)
    assert sorted([content for _, content in made.files]) == sorted(
        content for path, content in files.items() if path not in dict(made.skipped)
    )
    for path, _ in made.files:
        assert parse_memory_path(path)
        assert is_memory_file(path)
    assert len({fold(path) for path, _ in made.files}) == len(made.files)
    by_content = {content: path for path, content in made.files}
    for old, content in files.items():
        if content in by_content:
            assert by_content[content] == dict(made.renamed).get(old, old)


def test_the_index_of_another_memory_is_not_a_note():
    root = b"---\nversion: 2\nfile_count: 1\nsync_order: []\n---\n\n# Memory index\n"
    page = b"---\npack_index: folder\nfile_count: 600\n---\n\n# a/\n"
    made = plan_import({"index.md": root, "a/index.md": page, "a/b.md": b"# B\n"})
    assert made.files == [("a/b.md", b"# B\n")]
    assert [path for path, _ in made.skipped] == ["a/index.md", "index.md"]


def test_an_index_that_somebody_wrote_is_a_note():
    made = plan_import({"index.md": b"---\nversion: 2\n---\nmine\n"})
    assert [content for _, content in made.files] == [b"---\nversion: 2\n---\nmine\n"]
