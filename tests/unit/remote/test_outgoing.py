"""Only plain text that a filter is to hide stops a push; what a filter made never does."""

from __future__ import annotations

import pytest

from pack.model import BlobId, CommitId, MemoryPath
from pack.remote.outgoing import refuse_plain
from pack.remote.remote import Outgoing, Stop, StopKind
from pack.rules.exclusion import Exclusion, ExclusionKind

PATH = MemoryPath("private/s.md")
BEFORE, AFTER = CommitId("a" * 40), CommitId("b" * 40)
FILES = {
    BEFORE: {PATH: BlobId("plain")},
    AFTER: {PATH: BlobId("other"), MemoryPath(".gitattributes"): BlobId("rules")},
}
CONTENTS = {
    "rules": b"private/* filter=crypt\n",
    "plain": b"plain\n",
    "cipher": b"\0GITCRYPT\0x",
    "empty": b"",
}


def sent(
    sha: str = "plain",
    commit: CommitId = BEFORE,
    rule: str = "filter=crypt",
    place: str = ".gitattributes:1",
    path: str = PATH,
) -> Outgoing:
    why = Exclusion(ExclusionKind.MANAGED, place, rule)
    return Outgoing(MemoryPath(path), BlobId(sha), commit, why)


def refused(*outgoing: Outgoing) -> Stop | None:
    return refuse_plain(outgoing, "origin/main", FILES.__getitem__, lambda sha: CONTENTS[sha])


@pytest.mark.parametrize(
    "version",
    [
        sent(),
        sent(place="private/.gitattributes:7"),
        sent(rule="filter=git-crypt"),
        sent(rule="filter=git-crypt-work", commit=AFTER),
        sent(rule="filter=git-crypt", commit=AFTER, place=".git/info/attributes:1"),
    ],
)
def test_plain_text_stops_a_push(version: Outgoing) -> None:
    stop = refused(sent("cipher", AFTER), version)
    assert stop is not None
    assert stop.kind is StopKind.PLAIN_TEXT
    for words in (PATH, version.commit[:7], version.why.place, version.why.rule, "origin/main"):
        assert words in stop.reason
    assert "git push" in stop.remedy


@pytest.mark.parametrize(
    "version",
    [
        sent(commit=AFTER),  # the filter applied, and may well make text
        sent(place=".git/info/attributes:1"),  # since when, no commit says
        sent(place="~/attributes:1"),
        sent(rule="filter=lfs"),
        sent(rule="ident"),
        sent(rule="working-tree-encoding=UTF-16"),
        sent("cipher", rule="filter=git-crypt"),
        sent("empty", rule="filter=git-crypt"),
    ],
)
def test_what_a_filter_made_or_would_not_hide_stops_nothing(version: Outgoing) -> None:
    assert refused(version) is None
    assert refused() is None


def test_many_files_are_counted() -> None:
    stop = refused(*(sent(path=f"private/{number}.md") for number in range(9)), sent())
    assert stop is not None
    assert "private/s.md, private/8.md, private/7.md and 7 more" in stop.reason
