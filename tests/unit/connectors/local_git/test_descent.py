"""Walks through deep folders open each of them about once, with few files open at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pack_connectors.local_git.changes.scan import scan
from pack_connectors.local_git.descent import HAS_DIR_FD, descending
from pack_connectors.local_git.worktree import Worktree

pytestmark = pytest.mark.skipif(not HAS_DIR_FD, reason="folders are opened by their paths here")
DEEPEST = 1_500


class Opened:
    """Counts what is opened. A hook cannot be taken away, so there is one for all tests."""

    def __init__(self) -> None:
        self.count = 0
        sys.addaudithook(self._hook)

    def _hook(self, event: str, _arguments: object) -> None:
        self.count += event in ("open", "os.scandir")

    @contextmanager
    def counted(self) -> Iterator[list[int]]:
        before, found = self.count, list[int]()
        yield found
        found.append(self.count - before)


OPENED = Opened()


def dig(root: Path, depth: int, *, wide: bool = False) -> str:
    """Make folders in folders, the last with a note; the path of the note."""
    at = os.open(root, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=at)
        if wide:
            os.mkdir("e", dir_fd=at)
        inner = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(os.open("x.md", os.O_CREAT | os.O_WRONLY, dir_fd=at))
    os.close(at)
    return "d/" * depth + "x.md"


def scanned(root: Path) -> list[str]:
    return [f"{folder.path}/{file.name}" for folder in scan(root) for file in folder.files()]


def walked(root: Path) -> list[str]:
    return [found.path for found in Worktree(root).scan()]


@pytest.mark.parametrize("walk", [scanned, walked])
@pytest.mark.parametrize("wide", [False, True])
def test_twice_as_deep_is_twice_the_work(
    walk: Callable[[Path], list[str]], wide: bool, tmp_path: Path
) -> None:
    work = []
    for depth in (150, 300):
        root = tmp_path / str(depth)
        root.mkdir()
        path = dig(root, depth, wide=wide)
        with OPENED.counted() as found:
            assert walk(root) == [path]
        work += found
    # Where there is a way aside at each depth, what was closed is opened again now and then.
    assert work[1] <= (3 if wide else 2.1) * work[0]


@pytest.mark.parametrize("walk", [scanned, walked])
def test_folders_may_be_deeper_than_files_may_be_open(
    walk: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    root = tmp_path / "deep"
    root.mkdir()
    path = dig(root, DEEPEST)
    assert walk(root) == [path]
    subprocess.run(["rm", "-rf", root], check=True)  # which Python does not manage


def test_a_link_is_not_followed_and_what_is_gone_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/link").symlink_to("b")
    with descending(tmp_path) as descent:
        assert descent.open("a/b") is not None
        assert descent.open("a/link") is None
        assert descent.open("a/b/c") is None
        assert descent.open("ab") is None
        assert descent.open("") is not None
