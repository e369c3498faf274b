"""Which files of three trees are the same file, where one side moved it."""

from __future__ import annotations

from collections.abc import Mapping

from pack.merge.moves import find_moves
from pack.model import MemoryPath, blob_id

Files = Mapping[str, str | bytes]


def stored(files: Files) -> dict[MemoryPath, bytes]:
    return {
        MemoryPath(path): text.encode() if isinstance(text, str) else text
        for path, text in files.items()
    }


def test_what_may_be_a_move_and_may_not_is_none() -> None:
    def ids(files: Files) -> dict[MemoryPath, str]:
        return {path: blob_id(content) for path, content in stored(files).items()}

    assert find_moves(ids({"a": "1"}), ids({"b": "1"})) == {"a": "b"}
    assert find_moves(ids({"a": "1"}), ids({"a": "1", "b": "1"})) == {}
    assert find_moves(ids({"a": "1", "b": "1"}), ids({"c": "1"})) == {}
    assert find_moves(ids({"a": "1"}), ids({"b": "1", "c": "1"})) == {}
    assert find_moves(ids({"a": ""}), ids({"b": ""})) == {}
