"""The index of a large memory, with limits lowered so that a few files make one."""

from __future__ import annotations

import posixpath
import re
from datetime import UTC, datetime
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.in_memory import InMemoryConnector

from pack.core import index_update as index_plan
from pack.index import format as index
from pack.memory import Memory
from pack.model import CommitId
from pack.provenance import Origin, Source
from tests.support import examples

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
pytestmark = pytest.mark.contract("C10")


def open_memory(connector: InMemoryConnector) -> Memory:
    numbers = count()
    return Memory.over(
        connector,
        SqliteCatalog(None),
        clock=lambda: NOW,
        origin=Origin(Source.USER, "test"),
        new_request=lambda: f"request-{next(numbers)}",
    )


def index_files(connector: InMemoryConnector, at: CommitId | None) -> dict[str, bytes]:
    entries = [entry for entry in connector.get_tree(at) if entry.path.endswith(".md")]
    found = dict(connector.read_blobs(entry.sha for entry in entries))
    return {
        entry.path: found[entry.sha]
        for entry in entries
        if entry.path == "index.md" or b"pack_index:" in found[entry.sha]
    }


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, str]]:
    names = st.sampled_from([f"{folder}/n{n}.md" for folder in ("a", "b/c") for n in range(40)])
    step = st.tuples(st.sampled_from(["put", "put", "put", "delete", "touch"]), names)
    return draw(st.lists(step, min_size=10, max_size=60))


@settings(max_examples=examples(8))
@given(histories())
def test_the_index_of_every_commit_is_what_a_rebuild_of_that_commit_gives(
    history: list[tuple[str, str]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "SHARD_INDEX_ABOVE", 6)
        patch.setattr(index_plan, "SHARD_INDEX_ABOVE", 6)
        patch.setattr(index, "_PAGE_MASK", 3)
        connector = InMemoryConnector(lambda: NOW)
        memory = open_memory(connector)
        memory.lifecycle.init({"a/first.md": "# First\n"})
        stored: dict[str, str] = {}
        for number, (verb, path) in enumerate(history):
            if verb == "delete" and path in stored:
                memory.notes.delete(path, stored.pop(path))
            elif verb != "delete":
                text = f"---\ntopic: T{number % 3}\nupdated: 2026-01-0{number % 9 + 1}\n---\n"
                sha = memory.notes.update(path, text, stored.get(path)).sha
                assert sha is not None
                stored[path] = sha
            assert_index_is_true(connector)


def assert_index_is_true(connector: InMemoryConnector) -> None:
    assert open_memory(connector).care.validate() == []
    files = index_files(connector, connector.head())
    listed = [target for path, text in files.items() for target in targets(path, text.decode())]
    present = [entry.path for entry in connector.get_tree(connector.head())]
    assert sorted(listed) == sorted({path for path in present if path != "index.md"})


def targets(path: str, text: str) -> list[str]:
    """What the links of an index file lead to, as paths of the memory."""
    folder = posixpath.dirname(path)
    links = re.findall(r"^\| \[[^|]*\]\(([^)]*)\) \|", text, re.MULTILINE)
    return [posixpath.normpath(posixpath.join(folder, link)) for link in links]
