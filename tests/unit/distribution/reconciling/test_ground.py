"""What is there downstream, and what is in the way."""

import pytest

from pack.distribution.ports import DownstreamEntry
from pack.distribution.reconciling.ground import Ground
from pack.model import BlobId, blob_id

FILE = DownstreamEntry("100644", blob_id(b"x"))
LINK = DownstreamEntry("120000", BlobId("1" * 40))


def ground(paths, wanted=()):
    return Ground(paths, lambda blobs: ((blob, b"x") for blob in blobs), wanted)


def test_only_what_is_wanted_is_read_and_links_never():
    found = ground({"a": FILE, "b": FILE, "l": LINK}, ["a", "l", "missing"])
    assert [found.content(path) for path in ("a", "l", "missing")] == [b"x", None, None]
    assert [found.is_file(path) for path in ("a", "b", "l", "missing")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("there", "what"),
    [
        ([], None),
        (["docs/a.md"], None),
        (["docs/b.md"], None),
        (["docs/A.md"], "docs/A.md is there"),
        (["docs/A.md", "docs/a.md"], None),
        (["Docs/b.md"], "spelt Docs"),
        (["Docs/b.md", "docs/c.md"], None),
        (["docs/a.md/b"], "a folder is there"),
        (["docs"], "docs is a file"),
        (["docs/\u00c4.md"], None),
    ],
)
def test_what_is_in_the_way_is_told(there, what):
    found = ground(dict.fromkeys(there, FILE)).obstacle("docs/a.md")
    assert found == what or what in (found or "")


def test_what_goes_in_the_same_commit_is_not_in_the_way():
    found = ground({"docs/A.md": FILE, "Docs/b.md": FILE})
    found.leave("docs/A.md")
    found.leave("Docs/b.md")
    assert found.obstacle("docs/a.md") is None
