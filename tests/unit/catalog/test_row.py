"""One file of the memory, as its frontmatter and text describe it."""

import pytest

from pack.catalog.row import describe
from pack.files.note import Note
from pack.model import MemoryPath, blob_id
from tests.support import note


def text(file):
    file.write_text("not a database\n" * 2000)


@pytest.mark.parametrize(
    "head", ["topic: One", "topic: One\nsync: true\nttl: null", "tags: []", ""]
)
def test_what_is_described_sooner_is_described_as_ever(head, monkeypatch):
    content = f"---\n{head}\n---\n\n# Title\n\nred\n".encode()
    sooner = describe(Note.stored(MemoryPath("a/b.md"), blob_id(content), content))
    monkeypatch.setattr("pack.files.frontmatter.split_plain", lambda text: None)
    as_ever = describe(Note.stored(MemoryPath("a/b.md"), blob_id(content), content))
    assert (sooner, sooner.passages) == (as_ever, as_ever.passages)


def row(path, number=0, **fields):
    content = note(number, **fields).encode()
    made = describe(Note.stored(MemoryPath(path), blob_id(content), content))
    assert made is not None
    return made


def test_a_row_says_what_the_frontmatter_says():
    made = row("a/b-c.md", 1, topic="T", tags="[x, y, x]", updated="2026-01-02", ttl="2d")
    assert (made.topic, made.tags, made.updated) == ("T", ("x", "y"), "2026-01-02")
    assert made.expires == "2026-01-04"
    assert made.folder == "a"
    bare = row("a/b-c_d.md", updated="soon")
    assert (bare.topic, bare.updated, bare.expires) == ("Note 0", None, None)  # its heading
    plain = describe(Note.stored(MemoryPath("a/b-c_d.md"), blob_id(b"text\n"), b"text\n"))
    assert plain is not None
    assert plain.topic == "B c d"
