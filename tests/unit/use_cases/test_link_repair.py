"""Links into a v1 file, once it was divided."""

import pytest

from tests.support import assert_true_index

V1 = "# M\n\n- [w](#web-site)\n\n## Web site\n\nx\n"


@pytest.mark.contract("C1", "C9", "C10")
def test_notes_beside_it_are_repaired_in_the_same_commit_and_other_files_are_not(world):
    outside = {
        "README.md": "[w](MEMORY.md#web-site)\n",
        "docs/a.md": "[w](../MEMORY.md#web-site)\n",
    }
    notes = {"context/k.md": "[w](../MEMORY.md#web-site)\n[m](../MEMORY.md)\n"}
    world.commit({"MEMORY.md": V1, **notes, **outside})
    lifecycle = world.memory.lifecycle
    plan = lifecycle.plan_migration()
    expected = lifecycle.check_links(plan)
    assert expected.repaired == 2
    assert [(one.path, one.target, one.now) for one in expected.kept] == [
        ("README.md", "MEMORY.md#web-site", "context/web-site.md#web-site"),
        ("context/k.md", "../MEMORY.md", None),
        ("docs/a.md", "../MEMORY.md#web-site", "../context/web-site.md#web-site"),
    ]
    lifecycle.migrate(plan)
    before = len(world.messages())
    lifecycle.fix_links(plan)
    assert len(world.messages()) == before + 1
    files = world.files()
    assert files["context/k.md"] == b"[w](web-site.md#web-site)\n[m](../MEMORY.md)\n"
    assert {path: files[path].decode() for path in outside} == outside
    assert files["MEMORY.md"].decode() == files["legacy/MEMORY.md"].decode() == V1
    assert_true_index(world)
    assert [one.code for one in world.memory.care.validate()] == []


def test_with_all_notes_taken_in_all_of_them_are_repaired(world):
    world.commit(
        {"MEMORY.md": V1, "docs/a.md": "[w](../MEMORY.md#web-site)\n", "docs/b.md": b"\xff"}
    )
    lifecycle = world.memory.lifecycle
    plan = lifecycle.plan_migration()
    assert lifecycle.check_links(plan, with_others=True).kept == ()
    lifecycle.migrate(plan, with_others=True)
    lifecycle.fix_links(plan)
    assert world.files()["docs/a.md"] == b"[w](../context/web-site.md#web-site)\n"
    assert world.files()["docs/b.md"] == b"\xff"
