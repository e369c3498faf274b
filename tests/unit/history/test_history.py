"""What has happened to a memory since a commit."""


def test_changes_since_a_commit(world):
    memory = world.init()
    start = world.connector.head()
    assert memory.history.changes_since(start).changed == ()
    made = memory.notes.update("a/x.md", "x\n")
    found = memory.history.changes_since(start)
    assert (set(found.changed), found.gone, found.listing_changed) == (
        {"a/x.md", "index.md"},
        (),
        True,
    )
    memory.notes.delete("a/x.md", made.sha)
    found = memory.history.changes_since(made.commit)
    assert found.gone == ("a/x.md",)
    assert found.head == world.connector.head()
    assert memory.history.changes_since("0" * 40).listing_changed
    assert memory.history.changes_since(None).listing_changed


def test_changes_of_files_that_are_left_out_are_not_told(world):
    world.init()
    world.commit({".pack.yaml": "version: 1\nexclude: [docs/]\n", "notes/b.md": "b\n"})
    before = world.connector.head()
    world.commit({"docs/a.md": "a\n", "notes/b.md": "c\n"})
    assert world.memory.history.changes_since(before).changed == ("notes/b.md",)
