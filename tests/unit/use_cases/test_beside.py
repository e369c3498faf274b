"""What lies beside a v1 file when it is migrated."""

import pytest

from pack.catalog.scope import PROJECT_FILE
from pack.errors import InvalidPlan, RefusedForSafety
from tests.support import World, assert_true_index

V1 = "# Memory\n\n## 2024-05-02 Zebra\n\nx\n\n## 2024-05-01 Ant\n\ny\n"


def migrated(world, **how):
    lifecycle = world.memory.lifecycle
    return lifecycle.migrate(lifecycle.plan_migration(), **how)


def test_other_documents_stay_outside_and_the_order_is_kept(world):
    others = {"docs/a.md": "a\n", "README.md": "r\n", "context/keep.md": "k\n", "x/y.txt": "t\n"}
    world.commit({"MEMORY.md": V1, **others})
    beside = world.memory.lifecycle.beside_v1()
    assert beside.joining == (("context/keep.md", 2),)
    assert beside.outside == (("README.md", 2), ("docs/a.md", 2))
    migrated(world)
    made = [
        *("context/general.md", "context/2024-05-02-zebra.md", "context/2024-05-01-ant.md"),
        "context/keep.md",
    ]
    assert sorted(world.listed()) == sorted(made)
    whole = world.memory.whole.get().content
    assert [whole.index(f"<!-- {path} -->") for path in made] == sorted(
        whole.index(f"<!-- {path} -->") for path in made
    )
    assert b"- /docs/\n" in world.files()[PROJECT_FILE]
    assert {path: world.files()[path].decode() for path in others} == others
    assert world.memory.care.validate() == []


def test_others_join_if_that_is_asked_for(world):
    world.commit({"MEMORY.md": V1, "docs/a.md": "a\n"})
    assert world.memory.lifecycle.beside_v1(with_others=True).joining == (("docs/a.md", 2),)
    migrated(world, with_others=True)
    assert "docs/a.md" in world.listed()
    assert PROJECT_FILE not in world.files()
    assert_true_index(world)


def test_somebodys_own_rules_are_kept_to(world):
    own = "version: 1\nexclude: [docs/]\n"
    world.commit({"MEMORY.md": V1, "docs/a.md": "a\n", "more/b.md": "b\n", PROJECT_FILE: own})
    migrated(world)
    assert "more/b.md" in world.listed()
    assert "docs/a.md" not in world.listed()
    assert world.files()[PROJECT_FILE].decode() == own


def test_rules_that_leave_the_new_files_out_are_refused(world):
    world.commit({"MEMORY.md": V1, PROJECT_FILE: "version: 1\ninclude: [notes/]\n"})
    with pytest.raises(InvalidPlan, match=r"leaves context/general\.md out"):
        migrated(world)


@pytest.mark.parametrize("path", ["memory.md", "Memory.MD"])
def test_the_v1_file_is_found_in_any_case(path):
    world = World(None)
    world.commit({path: V1})
    assert world.memory.whole.get().content == V1
    migrated(world)
    assert world.files()[f"legacy/{path}"].decode() == V1
    world.close()


def test_the_original_in_a_folder_counts_once():
    world = World(None, v1_path="notes/MEMORY.md")
    world.commit({"notes/MEMORY.md": V1, "notes/other.md": "o\n"})
    migrated(world)
    assert "notes/MEMORY.md" not in world.listed()
    assert world.memory.whole.get().content.count("## 2024-05-01 Ant") == 1
    assert world.files()["notes/MEMORY.md"].decode() == V1
    world.close()


def test_a_link_is_named_as_one(git_world):
    git_world.edit("real.md", V1)
    (git_world.folder / "MEMORY.md").symlink_to("real.md")
    with pytest.raises(RefusedForSafety, match="symbolic link"):
        git_world.memory.lifecycle.plan_migration()
    made = git_world.memory.lifecycle.init({})
    assert [one.path for one in made.left] == ["MEMORY.md"]
    assert made.outside == ("real.md",)
