"""Which files are memory, by `.pack.yaml`."""

import pytest

from pack.catalog.scope import PROJECT_FILE, ScopeRule, VaultMode, read_scope, write_scope
from pack.errors import InvalidConfig, InvalidPath
from tests.support import assert_true_index


@pytest.mark.parametrize(
    ("pattern", "held", "free"),
    [
        ("docs/", ["docs/a.md", "x/docs/y/a.md"], ["docs.md", "x/docs", "adocs/a.md"]),
        ("/docs/", ["docs/a.md"], ["x/docs/a.md"]),
        ("docs/**", ["docs/a.md", "docs/b/c.md"], ["x/docs/a.md"]),
        ("*.draft.md", ["a/b.draft.md", "c.draft.md"], ["a/draft.md"]),
        ("a/*/c.md", ["a/b/c.md"], ["a/c.md", "a/b/d/c.md"]),
        ("a/**/c.md", ["a/c.md", "a/b/c.md", "a/b/d/c.md"], ["b/c.md"]),
        ("a/b.md", ["a/b.md"], ["x/a/b.md"]),
        ("n[ab]", ["x/na/y.md"], ["nc/y.md"]),
        ("**", ["a/b.md"], []),
    ],
)
def test_a_pattern_holds_as_git_would_have_it(pattern, held, free):
    made = ScopeRule.of(pattern)
    assert [path for path in held if not made.holds(path)] == []
    assert [path for path in free if made.holds(path)] == []


def test_many_stars_take_no_time():
    assert not ScopeRule.of("a/" + "*a" * 190).holds("a/" + "a" * 380 + "b")
    assert not ScopeRule.of("**/a/" * 70 + "b").holds("a/" * 190 + "c")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\nexlude: [a]\n", "did you mean `exclude`"),
        ("version: 1\nroot_notes: [a]\n", "must be true or false"),
        ("version: 1\nfoo: [a]\n", "known are version, include, exclude"),
        ("exclude: [a]\n", "`version` must be 1"),
        ("version: 2\n", "`version` must be 1"),
        ("version: 1\nexclude: {a: b}\n", "list of patterns"),
        ("version: 1\nexclude: [1]\n", "list of patterns"),
        ("version: 1\nexclude: [\n", "line 3"),
        ("version: 1\nversion: 1\n", "line 2"),
        ("- a\n", "not a mapping"),
        ("version: 1\nexclude: &a [x]\ninclude: *a\n", "aliases"),
        ("version: 1\nexclude: [" + "x" * 500 + "]\n", "too long"),
    ],
)
def test_a_file_that_cannot_be_used_says_why_and_leaves_nothing_out(text, said):
    scope = read_scope(text.encode())
    assert said in (scope.problem or "")
    assert scope.holds("a/x.md")
    with pytest.raises(InvalidConfig, match=PROJECT_FILE):
        scope.require()
    assert read_scope(b"\xff").problem is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("truth: {drafts/: off}", "must be enforce or record"),
        ("truth: maybe", "must be enforce or record"),
        ("truth: [drafts/]", "must be enforce or record"),
        ("truth: {'': record}", "list of patterns"),
        ("vault_mode: cloud", "must be local_first or cloud_first"),
        ("vault_mode: [local_first]", "must be local_first or cloud_first"),
        ("vault_mod: local_first", "did you mean `vault_mode`"),
    ],
)
def test_modes_that_there_are_not(text, said):
    assert said in (read_scope(f"version: 1\n{text}\n".encode()).problem or "")


def test_modes_of_folders_and_of_the_memory():
    silent = read_scope(b"version: 1\n")
    assert (silent.vault_mode, silent.truth_at("a/b.md")) == (VaultMode.LOCAL_FIRST, None)
    text = "version: 1\nvault_mode: cloud_first\ntruth: {a/: record, a/b/: enforce}\n"
    scope = read_scope(text.encode())
    assert scope.vault_mode is VaultMode.CLOUD_FIRST
    assert read_scope(b"version: [\n").vault_mode is VaultMode.LOCAL_FIRST
    assert [scope.truth_at(path) for path in ("a/x.md", "a/b/x.md", "c/x.md", "x.md")] == [
        "record",
        "enforce",
        None,
        None,
    ]
    whole = read_scope(b"version: 1\ntruth: record\n")
    assert [whole.truth_at(path) for path in ("a/x.md", "x.md")] == ["record", "record"]


def test_patterns_are_added_to_what_is_there():
    first = write_scope(["/docs/"])
    assert read_scope(first).left_out_by("docs/a.md") == "exclude: /docs/"
    mine = b"# mine\nversion: 1\ninclude: [a/, docs/]\n"
    more = write_scope(["a/x.md"], mine)
    assert more.startswith(mine)
    scope = read_scope(more)
    assert [p for p in ("a/x.md", "a/y.md", "b/z.md", "docs/q.md") if scope.holds(p)] == [
        "a/y.md",
        "docs/q.md",
    ]


def test_the_choice_for_the_root_is_added_and_kept():
    assert read_scope(write_scope((), root_notes=True)).root_notes is True
    mine = b"# mine\nversion: 1\nexclude: [a/]\n"
    more = write_scope((), mine, root_notes=True)
    assert more.startswith(mine)
    scope = read_scope(write_scope(["/b.md"], more))
    assert [path for path in ("a.md", "b.md", "a/c.md", "README.md") if scope.holds(path)] == [
        "a.md"
    ]
    assert read_scope(mine).root_notes is None
    assert read_scope(b"version: 1\nroot_notes: false\n").root_notes is False


def test_what_is_left_out_cannot_be_read(world):
    memory = world.init()
    world.commit({"docs/a.md": "needle\n", PROJECT_FILE: "version: 1\nexclude: [docs/]\n"})
    with pytest.raises(InvalidPath, match="exclude: docs/"):
        memory.notes.get("docs/a.md")


def test_what_is_left_out_is_nowhere_listed_and_not_written(world):
    memory = world.init()
    world.commit({"docs/a.md": "needle\n", "notes/b.md": "needle\n"})
    assert len(world.listed()) == 3
    world.commit({PROJECT_FILE: "version: 1\nexclude: [docs/]\n"})
    assert world.listed() == ["context/general.md", "notes/b.md"]
    assert memory.search.find("needle").total == 1
    assert "docs/a.md" not in memory.whole.get().content
    with pytest.raises(InvalidPath, match="exclude: docs/"):
        memory.notes.update("docs/new.md", "x\n")
    sha = memory.notes.get("notes/b.md").sha
    with pytest.raises(InvalidPath, match="exclude: docs/"):
        memory.notes.move("notes/b.md", "docs/b.md", sha)
    memory.notes.update("notes/c.md", "x\n")
    assert b"docs/a.md" not in world.files()["index.md"]
    assert drift_codes(memory) == []
    world.open()
    assert world.listed() == ["context/general.md", "notes/b.md", "notes/c.md"]


def drift_codes(memory):
    return [found.code for found in memory.care.validate() if found.code != "broken_link"]


def test_a_broken_file_is_said_and_stops_writes_only(world):
    memory = world.init()
    world.commit({PROJECT_FILE: "version: 1\nexlude: [docs/]\n"})
    assert world.listed() == ["context/general.md"]
    assert any("did you mean `exclude`" in said for said in memory.notes.list().notices)
    with pytest.raises(InvalidConfig):
        memory.notes.update("notes/c.md", "x\n")
    assert drift_codes(memory) == ["project_file"]
    world.commit({PROJECT_FILE: None})
    memory.notes.update("notes/c.md", "x\n")
    assert_true_index(world)
