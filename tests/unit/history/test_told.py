"""Which changes history tells of."""

from pack.history.told import Told
from pack.log import LogQuery


def test_what_is_memory_is_told(world):
    world.init()
    world.commit(
        {
            ".pack.yaml": "version: 1\nexclude: [private/]\n",
            ".gitattributes": "locked/* filter=lock\n",
            "private/a.md": "a\n",
            "locked/b.md": "b\n",
            "notes/c.md": "c\n",
            "docs/index.md": "# By hand\n",
            "made/index.md": "---\npack_index: folder\n---\n",
            "picture.png": "p",
            "private/picture.png": "p",
            "README.md": "r\n",
        }
    )
    head = world.connector.head()
    (commit,) = world.connector.log(LogQuery(head, limit=1, with_files=True))
    told = Told(world.memory._session.core)
    assert [change.path for change in told.changes(commit)] == ["docs/index.md", "notes/c.md"]
    everything = [change.path for change in told.changes(commit, everything=True)]
    assert {"README.md", "index.md", "picture.png", "made/index.md"} <= {*everything, "index.md"}
    assert not [path for path in everything if path.startswith(("private/", "locked/"))]
    found = told.notes((change.path, change.sha) for change in commit.files)
    assert sorted(found) == ["docs/index.md", "notes/c.md"]


def test_a_generated_file_that_is_gone_is_not_told(world):
    world.init()
    world.commit({"made/index.md": "---\npack_index: folder\n---\n"})
    world.commit({"made/index.md": None, "context/general.md": None})
    head = world.connector.head()
    (commit,) = world.connector.log(LogQuery(head, limit=1, with_files=True))
    told = Told(world.memory._session.core)
    assert [change.path for change in told.changes(commit)] == ["context/general.md"]
