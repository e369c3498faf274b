"""Every cell of the rules for two versions of one file, on whole trees, from both sides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.files.markdown import split_lines
from pack.merge.moves import Tree, Trio
from pack.merge.tree import Aside, MachineWriter, MergeConflict, TreeMerge, merge_trees
from pack.merge.two_sides import Authority, ClashKind, TwoSides, deletion_stands
from pack.model import BlobId, CommitId, MemoryPath, Put, blob_id

pytestmark = pytest.mark.contract("C12")

PATH = MemoryPath("a/note.md")
BASE = "---\ntopic: t\nstatus: new\n---\n\n# N\n\nfirst\nsecond\n"


@dataclass(frozen=True)
class Side:
    """A version of the note; `None` where the side deleted it."""

    text: str | None
    level: int
    hour: int = 0
    name: str = "aaaaaaa"
    keys: Mapping[str, int] | None = None

    def authority(self) -> Authority:
        before = split_lines(BASE)
        lines = split_lines(self.text or "")
        levels = [1 if line in before else self.level for line in lines]
        return Authority(self.level, (self.hour, self.name), levels, self.keys or {})


Found = tuple[dict[str, str], tuple[MergeConflict, ...]]
MACHINE = MachineWriter("ai-cloud:x", CommitId("1" * 40))


def plan_of(ours: Side, theirs: Side, writer: MachineWriter | None = None) -> TreeMerge:
    """The merge of both, where machines that wrote are known or not."""
    trees, blobs = trees_of(ours, theirs)
    weighed = TwoSides(ours.authority(), theirs.authority())
    return merge_trees(*trees, blobs.__getitem__, lambda _: weighed, find_writer=lambda *_: writer)


def trees_of(ours: Side, theirs: Side) -> tuple[list[Tree], dict[BlobId, bytes]]:
    texts = [BASE, ours.text, theirs.text]
    contents = [{} if text is None else {PATH: text.encode()} for text in texts]
    trees = [{path: blob_id(content) for path, content in tree.items()} for tree in contents]
    return trees, {blob_id(content): content for tree in contents for content in tree.values()}


def merged(ours: Side, theirs: Side) -> Found:
    """Our files after the merge, and what it tells."""
    before = {PATH: ours.text.encode()} if ours.text is not None else {}
    plan = plan_of(ours, theirs)
    return applied(before, plan), plan.conflicts


def applied(ours: Mapping[MemoryPath, bytes], plan: TreeMerge) -> dict[str, str]:
    files = dict(ours)
    for change in plan.changes:
        if isinstance(change, Put):
            files[change.path] = change.content
        else:
            del files[change.path]
    return {str(path): content.decode() for path, content in files.items()}


def on_both_machines(ours: Side, theirs: Side) -> Found:
    """What the merge gives, which must be the same on either machine."""
    here, there = merged(ours, theirs), merged(theirs, ours)
    assert here[0] == there[0]
    assert {(c.kind, c.kept, c.discarded) for c in here[1]} == {
        (c.kind, c.kept, c.discarded) for c in there[1]
    }
    return here


def copy_of(text: str) -> str:
    """Where a version of the note is kept."""
    return f"a/note.conflict-{blob_id(text.encode())[:8]}.md"


def edit(line: str) -> str:
    return BASE.replace("second", line)


def key_in(text: str, value: str) -> str:
    return text.replace("new", value)


ME, OTHER = "aaaaaaa", "bbbbbbb"


@pytest.mark.contract("C1")
@pytest.mark.parametrize(
    ("one", "other", "stays"),
    [
        # level 1 against 2 to 5: the person's, however much later the machine's is
        (Side(edit("mine"), 1, 0, ME), Side(edit("its"), 2, 9, OTHER), "mine"),
        (Side(edit("mine"), 1, 0, ME), Side(edit("its"), 5, 9, OTHER), "mine"),
        # both 1: the later is in place
        (Side(edit("mine"), 1, 0, ME), Side(edit("hers"), 1, 9, OTHER), "hers"),
        (Side(edit("mine"), 1, 9, ME), Side(edit("hers"), 1, 0, OTHER), "mine"),
        # neither: the lower number, then the later
        (Side(edit("rule"), 2, 0, ME), Side(edit("model"), 5, 9, OTHER), "rule"),
        (Side(edit("here"), 3, 0, ME), Side(edit("cloud"), 5, 9, OTHER), "here"),
        (Side(edit("lan"), 4, 0, ME), Side(edit("cloud"), 5, 9, OTHER), "lan"),
        (Side(edit("early"), 5, 0, ME), Side(edit("late"), 5, 9, OTHER), "late"),
        # at the same moment: the same on both machines, whichever it is
        (Side(edit("a"), 5, 0, ME), Side(edit("b"), 5, 0, OTHER), "b"),
    ],
)
def test_two_edits_of_a_line(one: Side, other: Side, stays: str) -> None:
    files, (told,) = on_both_machines(one, other)
    (gone,) = {one, other} - {side for side in (one, other) if side.text == edit(stays)}
    copy = copy_of(gone.text or "")
    assert files[PATH] == edit(stays)
    assert files[copy].replace(f"conflict_copy_of: {PATH}\n", "") == gone.text
    both = one.level == other.level == 1
    assert told.kind is (ClashKind.CONFLICT if both else ClashKind.DISCARDED)
    assert (told.copy, told.kept) == (copy, blob_id(edit(stays).encode()))
    assert told.discarded == blob_id((gone.text or "").encode())


@pytest.mark.contract("C1")
@pytest.mark.parametrize(
    ("deleted", "edited", "is_gone"),
    [
        ((1, 9), (1, 0), False),  # an edit of the person's beats every deletion
        ((1, 0), (1, 9), False),
        ((5, 9), (1, 0), False),
        ((2, 9), (1, 0), False),
        ((1, 0), (5, 9), True),  # the person deleted it, and a machine went on writing
        ((1, 0), (2, 9), True),
        ((2, 9), (5, 0), False),  # machines may not delete what holds the person's text
        ((5, 9), (5, 0), False),
        ((5, 9), (2, 0), False),
    ],
)
def test_a_deletion_and_an_edit(
    deleted: tuple[int, int], edited: tuple[int, int], *, is_gone: bool
) -> None:
    one = Side(None, *deleted, ME)
    other = Side(edit("more"), *edited, OTHER)
    files, (told,) = on_both_machines(one, other)
    assert (PATH not in files) == is_gone
    whole = files[told.copy] if told.copy else files[PATH]
    assert "more\n" in whole
    assert (told.copy is not None) == is_gone
    assert told.kind is (
        ClashKind.CONFLICT if deleted[0] == edited[0] == 1 else ClashKind.DISCARDED
    )


OWN = edit("mine")


@pytest.mark.contract("C1")
@pytest.mark.parametrize(
    ("one", "other", "proposed"),
    [
        # the person's words against a machine's, whatever its level, and what else each changed
        *((Side(OWN, 1), Side(edit("its"), level), edit("its")) for level in (2, 3, 4, 5)),
        (
            Side(OWN.replace("# N", "# Mine"), 1),
            Side(edit("its") + "new\n", 5),
            (edit("its") + "new\n").replace("# N", "# Mine"),
        ),
        (Side(OWN.replace("new", "old"), 1), Side(edit("its"), 5), key_in(edit("its"), "old")),
        # the person deleted it, and a machine went on writing
        (Side(None, 1), Side(edit("its"), 5), edit("its")),
        # two people, or two machines: the other version is in a copy
        (Side(OWN, 1), Side(edit("hers"), 1), None),
        (Side(edit("rule"), 2), Side(edit("model"), 5), None),
        (Side(None, 2), Side(edit("model"), 5), None),
        # what gives way is in the log, or nothing does
        (Side(None, 5), Side(OWN, 1), None),
        (Side(OWN, 1), Side(BASE.replace("first", "its"), 5), None),
    ],
)
def test_a_machines_version_that_gives_way_to_the_person_waits_for_them(
    one: Side, other: Side, proposed: str | None
) -> None:
    for ours, theirs in ((one, other), (other, one)):
        plan, without = plan_of(ours, theirs, MACHINE), plan_of(ours, theirs)
        if proposed is None:
            assert (plan.withheld, plan.conflicts) == ((), without.conflicts)
            continue
        (held,) = plan.withheld
        assert (held.path, held.content.decode(), held.writer) == (PATH, proposed, MACHINE)
        assert held.blob == blob_id((other.text or "").encode())
        before = {PATH: ours.text.encode()} if ours.text is not None else {}
        assert list(applied(before, plan)) == ([PATH] if one.text is not None else [])
        (told,) = plan.conflicts
        assert (told.kind, told.copy, told.discarded) == (ClashKind.DISCARDED, None, held.blob)
        # where nobody is known to have written it, a copy has it
        assert [told.copy for told in without.conflicts] == [copy_of(other.text or "")]


@pytest.mark.parametrize(
    ("deleted", "edited", "is_gone"),
    [
        ((2, 0), (5, 9), True),  # the lower number
        ((5, 9), (2, 0), False),
        ((5, 9), (5, 0), True),  # then the later
        ((5, 0), (5, 9), False),
    ],
)
def test_machines_delete_what_only_machines_wrote(
    deleted: tuple[int, int], edited: tuple[int, int], *, is_gone: bool
) -> None:
    sides = [Authority(level, (hour, "x")) for level, hour in (deleted, edited)]
    assert deletion_stands(*sides) == is_gone


@pytest.mark.parametrize(
    ("levels", "stays"), [((5, 1), "theirs"), ((1, 5), "ours"), ((1, 1), "ours")]
)
def test_two_files_with_names_that_a_file_system_confuses(
    levels: tuple[int, int], stays: str
) -> None:
    paths = [MemoryPath("a/n.md"), MemoryPath("a/N.md")]
    texts = [b"ours\n", b"theirs\n"]
    trees = [{path: blob_id(text)} for path, text in zip(paths, texts, strict=True)]
    blobs = {blob_id(text): text for text in texts}
    asked = []

    def weigh(trio: Trio) -> TwoSides:
        asked.append((trio.ours.path, trio.theirs.path) if trio.ours and trio.theirs else ())
        return TwoSides(Authority(levels[0], (1, "")), Authority(levels[1], (0, "")))

    files = applied({paths[0]: texts[0]}, merge_trees({}, *trees, blobs.__getitem__, weigh))
    assert asked == [tuple(paths)]
    assert files.pop(paths[0]) == f"{stays}\n"
    ((_, copy),) = files.items()
    assert {stays, copy.split("---\n")[-1].strip()} == {"ours", "theirs"}


def test_both_deleted_it() -> None:
    assert on_both_machines(Side(None, 1, 0, ME), Side(None, 5, 0, OTHER)) == ({}, ())


def key(value: str) -> str:
    return key_in(BASE, value)


@pytest.mark.parametrize(
    ("one", "other", "stays", "kind"),
    [
        (Side(key("mine"), 1, 0, ME), Side(key("hers"), 1, 9, OTHER), "hers", ClashKind.VALUE),
        (Side(key("mine"), 1, 0, ME), Side(key("its"), 5, 9, OTHER), "mine", ClashKind.DISCARDED),
        (Side(key("rule"), 2, 0, ME), Side(key("its"), 5, 9, OTHER), "rule", ClashKind.DISCARDED),
        (Side(key("old"), 5, 0, ME), Side(key("late"), 5, 9, OTHER), "late", ClashKind.DISCARDED),
    ],
)
def test_a_value_of_a_key_is_one_of_both_and_the_log_has_both(
    one: Side, other: Side, stays: str, kind: ClashKind
) -> None:
    files, (told,) = on_both_machines(one, other)
    assert files == {PATH: key(stays)}  # no copy for one value
    assert (told.kind, told.kept, told.copy) == (kind, f"status: {stays}", None)
    (gone,) = {one.text, other.text} - {key(stays)}
    assert key(told.discarded.removeprefix("status: ")) == gone


@pytest.mark.parametrize(
    ("deleted", "edited", "is_gone"),
    [(1, 5, True), (1, 1, False), (5, 1, False), (5, 5, False), (2, 5, True), (5, 2, False)],
)
def test_a_key_that_one_side_deletes(deleted: int, edited: int, *, is_gone: bool) -> None:
    without = BASE.replace("status: new\n", "")
    one, other = Side(without, deleted, 9, ME), Side(key("its"), edited, 0, OTHER)
    files, told = on_both_machines(one, other)
    assert files == {PATH: without if is_gone else key("its")}
    assert [clash.discarded for clash in told] == (["status: its"] if is_gone else [])


def test_the_level_of_a_key_is_its_own() -> None:
    mine = Side(key("mine"), 1, 0, ME, {"status": 5})  # a machine set it on this side
    other = Side(key("hers"), 1, 0, OTHER, {"status": 1})
    assert on_both_machines(mine, other)[0] == {PATH: key("hers")}


def test_sides_win_line_by_line_and_whoever_loses_a_line_is_kept_whole() -> None:
    """On one side the person wrote one line and a machine another; on the other, the reverse."""
    lines = ["first", "second"]
    one = BASE.replace("first", "FIRST by me").replace("second", "SECOND by it")
    other = BASE.replace("first", "FIRST by it").replace("second", "SECOND by me")
    start = split_lines(BASE).index("first\n")
    texts = {"ours": one, "theirs": other}
    levels = {"ours": (1, 5), "theirs": (5, 1)}

    def authority(side: str) -> Authority:
        own = [1] * start + list(levels[side])
        return Authority(1, (0, side), own)

    contents = [text.encode() for text in (BASE, *texts.values())]
    trees = [{PATH: blob_id(content)} for content in contents]
    blobs = {blob_id(content): content for content in contents}
    weighed = TwoSides(authority("ours"), authority("theirs"))
    plan = merge_trees(*trees, blobs.__getitem__, lambda _: weighed)
    files = applied({PATH: contents[1]}, plan)
    assert files[PATH].endswith("FIRST by me\nSECOND by me\n")
    assert "SECOND by it" in files[copy_of(one)]
    assert "FIRST by it" in files[copy_of(other)]
    assert len(files) == 1 + len(lines)


_LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "first\n", "second\n"]), max_size=5)
_SIDES = st.tuples(_LINES, st.integers(1, 5), st.integers(0, 2))


@given(_SIDES, _SIDES)
def test_both_machines_get_the_same_and_nothing_of_the_person_is_lost(
    one: tuple[list[str], int, int], other: tuple[list[str], int, int]
) -> None:
    head = BASE[: BASE.index("first")]
    sides = [
        Side(head + "".join(lines), level, hour, name)
        for (lines, level, hour), name in ((one, ME), (other, OTHER))
    ]
    files, _ = on_both_machines(*sides)
    everything = "".join(files.values())
    for (lines, _, _), (others, _, _) in ((one, other), (other, one)):
        for line in set(lines):
            is_deleted = line in split_lines(BASE) and line not in others
            assert line in split_lines(everything) or is_deleted


# --- what was put aside ---------------------------------------------------------------------------


def with_aside(aside: Aside, files: Mapping[str, str]) -> TreeMerge:
    """The merge of a side that changed nothing with these files, and something put aside."""
    contents = {MemoryPath(path): text.encode() for path, text in files.items()}
    tree = {path: blob_id(content) for path, content in contents.items()}
    blobs = {blob_id(content): content for content in contents.values()}
    return merge_trees(tree, tree, tree, blobs.__getitem__, asides=[aside])


def test_what_a_machine_may_not_do_is_proposed_on_the_merged_file() -> None:
    """Nothing else of its version is: what the person changed since stays."""
    its = BASE.replace("first", "its")
    aside = Aside(PATH, its.encode(), "why", MACHINE, BASE.encode())
    (held,) = with_aside(aside, {PATH: BASE + "mine\n"}).withheld
    assert held.content.decode() == its + "mine\n"
    assert held.blob == blob_id(its.encode())


def test_what_is_in_place_in_other_words_needs_no_proposal() -> None:
    aside = Aside(PATH, BASE.encode(), "why", MACHINE, None)
    found = with_aside(aside, {PATH: BASE.replace("topic", "updated: 2026-01-01\ntopic")})
    assert (found.withheld, found.changes) == ((), ())


@pytest.mark.parametrize("other", ["a/note.md/x.md", "a/NOTE.md/x.md", "a", "A"])
def test_where_no_file_can_be_a_copy_has_it(other: str) -> None:
    aside = Aside(PATH, b"its\n", "why", MACHINE, None)
    found = with_aside(aside, {other: "x\n"})
    assert found.withheld == ()
    assert [change.path.rpartition("/")[2] for change in found.changes] == [
        copy_of("its\n").rpartition("/")[2]
    ]
