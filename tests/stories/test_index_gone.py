"""A person removes, replaces or damages `index.md`; the next write makes it true again (C10)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder
from tests.stories.test_cli_init import new_memory
from tests.support import make_again

pytestmark = pytest.mark.contract("C10")


def delete(memory: Folder) -> None:
    (memory.path / "index.md").unlink()


def link(memory: Folder) -> None:
    delete(memory)
    (memory.path / "index.md").symlink_to("projects/one.md")


def folder(memory: Folder) -> None:
    delete(memory)
    (memory.path / "index.md").mkdir()
    (memory.path / "index.md/inside.md").write_text("# Inside\n", encoding="utf-8")
    (memory.path / "index.md/image.png").write_bytes(b"\x89PNG")


def empty(memory: Folder) -> None:
    (memory.path / "index.md").write_bytes(b"")


def damage(memory: Folder) -> None:
    text = (memory.path / "index.md").read_bytes()
    (memory.path / "index.md").write_bytes(b"\xff---\n" + text[200:])


def make_memory(folder: Path) -> None:
    made = new_memory(folder)
    for name in ("two", "one"):  # the order in which old clients read them
        made.ok("update", f"projects/{name}.md", stdin=f"# {name}\n")


@pytest.fixture
def memory(tmp_path: Path, git_identity: tuple[str, str]) -> Folder:
    make_again(make_memory, tmp_path / "memory")
    return Folder(tmp_path / "memory")


@pytest.mark.parametrize("is_committed", [False, True])
@pytest.mark.parametrize("by_hand", [delete, link, folder, empty, damage])
def test_the_next_write_makes_it_again(
    memory: Folder, by_hand: Callable[[Folder], None], is_committed: bool
) -> None:
    order = sync_order(memory)
    by_hand(memory)
    if is_committed:
        memory.git("add", "--all")
        memory.git("commit", "--quiet", "--message", "by hand")
    assert "projects/one.md" in memory.ok("list").text
    memory.ok("update", "projects/three.md", stdin="# three\n")
    assert memory.git("ls-tree", "HEAD", "index.md").startswith("100644 blob")
    assert memory.ok("validate").status == 0
    assert sync_order(memory)[: len(order)] == order
    assert memory.git("status", "--porcelain") == ""
    if by_hand is folder:
        assert memory.git("show", "HEAD:index/inside.md") == "# Inside\n"
        assert (memory.path / "index/image.png").read_bytes() == b"\x89PNG"


def sync_order(memory: Folder) -> list[str]:
    lines = memory.git("show", "HEAD:index.md").splitlines()
    return [line for line in lines if line.startswith("  - ")]


@pytest.mark.parametrize("by_hand", [delete, folder, empty, damage])
def test_reindex_makes_it_again_too(memory: Folder, by_hand: Callable[[Folder], None]) -> None:
    by_hand(memory)
    memory.ok("reindex")
    assert memory.ok("validate").status == 0


def test_what_git_did_is_corrected_in_one_commit(memory: Folder) -> None:
    (memory.path / "projects/hand.md").write_text("# Hand\n", encoding="utf-8")
    memory.git("add", "--all")
    memory.git("commit", "--quiet", "--message", "by hand")
    found = memory.pack("validate")
    assert found.status == 1
    assert "pack reindex" in found.text
    before = memory.git("rev-parse", "HEAD")
    answer = memory.json("reindex")
    assert answer["commit"] == memory.git("rev-parse", "HEAD").strip()
    assert memory.git("rev-parse", "HEAD~1") == before
    memory.ok("validate")
    assert memory.json("reindex")["commit"] is None


def test_a_repository_that_was_never_a_memory_is_not_written_to(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "code")
    folder.path.mkdir()
    folder.git("init", "--quiet")
    (folder.path / "README.md").write_text("# Code\n", encoding="utf-8")
    assert "pack init" in folder.pack("list").err
