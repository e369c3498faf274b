from pack.model import MemoryPath
from pack.proposals.folding import fingerprint, fold

A, B = MemoryPath("a.md"), MemoryPath("b.md")
BASE = b"---\nupdated: 2026-01-01\ntopic: x\n---\none\ntwo\nthree\nfour\n"


def changed(old, new, updated=b"2026-02-02"):
    return {A: BASE.replace(b"2026-01-01", updated).replace(old, new)}


def test_the_same_lines_are_the_same_whenever_and_wherever_they_are_written():
    before = {A: BASE}
    first = fingerprint(before, changed(b"two", b"2"))
    assert fingerprint(before, changed(b"two", b"2", b"2027-07-07")) == first
    assert fingerprint({A: b"more\n" + BASE}, {A: b"more\n" + BASE.replace(b"two", b"2")}) == first
    assert fingerprint(before, changed(b"two", b"II")) != first
    assert fingerprint({B: BASE}, {B: changed(b"two", b"2")[A]}) != first
    assert fingerprint(before, {A: None}) != fingerprint(before, {A: b""})


def test_what_overlaps_becomes_one_in_which_the_newer_wins():
    older = changed(b"two\nthree\nfour", b"2\nthree\n4")
    newer = changed(b"two", b"II", b"2026-03-03")
    both = fold({A: BASE}, older, newer)
    assert both == {A: BASE.replace(b"2026-01-01", b"2026-03-03").replace(b"two", b"II").replace(b"four", b"4")}  # fmt: skip  # noqa: E501


def test_what_does_not_overlap_stays_apart():
    assert fold({A: BASE}, changed(b"one", b"1"), changed(b"four", b"4")) is None
    assert fold({A: BASE, B: BASE}, changed(b"one", b"1"), {B: None}) is None


def test_a_removal_overlaps_with_whatever_is_proposed_for_the_file():
    assert fold({A: BASE}, changed(b"one", b"1"), {A: None}) == {A: None}
    assert fold({A: BASE}, {A: None, B: b"x"}, changed(b"one", b"1")) == {
        **changed(b"one", b"1"),
        B: b"x",
    }


def test_insertions_at_one_place_overlap():
    older, newer = changed(b"one\n", b"one\nmore\n"), changed(b"one\n", b"one\nother\n")
    assert fold({A: BASE}, older, newer) is not None
    assert fold({A: BASE}, older, changed(b"two\n", b"two\nother\n")) is None
