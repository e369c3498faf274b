"""What is in a downstream at one commit: regular files, each read once."""

from pack.distribution.ports import DownstreamEntry
from pack.distribution.running.view import DownstreamView
from pack.model import blob_id
from tests.distribution_support import MemoryDownstream


def test_only_regular_files_are_read():
    down = MemoryDownstream()
    link = DownstreamEntry("120000", blob_id(b"a.md"))
    head = down.commit({"docs/a.md": b"A\n", "docs/b.md": b"B\n", "docs/link": link})
    view = DownstreamView(down, head)
    assert view.below("docs/") == ["docs/a.md", "docs/b.md"]
    assert view.read("docs/a.md") == b"A\n"
    assert view.read("docs/link") is None
    assert view.read_all(["docs/a.md", "docs/b.md", "gone"]).keys() == {"docs/a.md", "docs/b.md"}
    del down.blobs[blob_id(b"A\n")]
    assert view.read("docs/a.md") == b"A\n"


def test_an_empty_repository_has_nothing():
    view = DownstreamView(MemoryDownstream(), None)
    assert (view.files, view.read("a"), view.below("")) == ({}, None, [])
