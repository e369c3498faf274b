"""Which paths are not memory; pack.testing has the promises of connectors."""

from __future__ import annotations

from pack.model import BlobId, Entry, EntryType, MemoryPath
from pack.rules.exclusion import CommittedRules, ExclusionKind, OuterRules, Rules
from pack.rules.patterns import RuleFile

A, B = MemoryPath("notes/a.md"), MemoryPath("notes/b.md")
GITATTRIBUTES = MemoryPath(".gitattributes")


def nothing(_: MemoryPath) -> None:
    return None


def test_rules_outside_of_the_folders_count() -> None:
    ignores = (RuleFile(".git/info/exclude", "", b"x\n"), RuleFile("~/ignore", "", b"b.md\n"))
    rules = Rules(nothing, OuterRules(ignores, weaker=(RuleFile("~/attr", "", b"a.md ident\n"),)))
    found = rules.exclusion(B, lambda: False)
    assert found is not None
    assert (found.kind, found.place) == (ExclusionKind.IGNORED, "~/ignore:1")
    assert rules.exclusion(B, lambda: True) is None
    found = rules.exclusion(A, lambda: True)
    assert found is not None
    assert (found.kind, found.place) == (ExclusionKind.MANAGED, "~/attr:1")


def test_stronger_attributes_outrank_those_of_folders_which_outrank_weaker_ones() -> None:
    filtered, plain = RuleFile("f", "", b"* filter=x\n"), RuleFile("p", "", b"* -filter\n")
    in_folder = {MemoryPath("notes/.gitattributes"): b"a.md -filter\n"}
    assert Rules(in_folder.get, OuterRules(weaker=(filtered,))).conversion(A) is None
    assert Rules(in_folder.get, OuterRules(stronger=(filtered,))).conversion(A) is not None
    assert Rules(in_folder.get, OuterRules((), (plain,), (filtered,))).conversion(B) is None


def test_each_file_is_read_once() -> None:
    asked: list[MemoryPath] = []

    def read(path: MemoryPath) -> None:
        asked.append(path)

    rules = Rules(read)
    for _ in range(2):
        for path in (A, B):
            assert rules.exclusion(path, lambda: False) is None
    assert len(asked) == len(set(asked)) == 4


def test_a_commit_says_what_it_holds_in_another_form() -> None:
    blobs = {GITATTRIBUTES: BlobId("1"), A: BlobId("2"), B: BlobId("3")}
    rules = CommittedRules(blobs.get, lambda _: b"a.md filter=x\n")
    assert rules.edits({}, [A, B], blobs) == {A: None}
    assert rules.edits({A: BlobId("2"), B: BlobId("4")}, [], blobs) == {B: BlobId("4")}
    entries = [Entry("a.md", A, EntryType.FILE, BlobId("2"))]
    assert [entry.sha for entry in rules.shown(entries)] == [""]
