"""A clone without some of the bytes: what is there is read, and nothing is made up for the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder, new_memory


@pytest.fixture
def whole(tmp_path: Path) -> Folder:
    memory = new_memory(tmp_path / "whole")
    for path in ("projects/one.md", "context/two.md", "docs/three.md"):
        memory.ok("update", path, stdin=f"# Title of {path}\n\napple\n")
    memory.git("config", "uploadpack.allowFilter", "true")
    memory.git("config", "uploadpack.allowAnySHA1InWant", "true")
    return memory


@pytest.fixture
def sparse(whole: Folder, tmp_path: Path) -> Folder:
    """A clone with the files of `projects/` only, and no bytes of the others."""
    folder = str(tmp_path / "sparse")
    whole.git("clone", "--quiet", "--filter=blob:none", "--sparse", f"file://{whole.path}", folder)
    clone = Folder(tmp_path / "sparse")
    clone.git("sparse-checkout", "set", "projects")
    return clone


def test_what_is_there_is_read(sparse: Folder) -> None:
    for command in (("list",), ("search", "apple"), ("get",), ("get", "projects/one.md")):
        shown = sparse.ok(*command).text
        assert "one" in shown
        assert "three" not in shown
    for command in (("status",), ("doctor",), ("validate",)):
        assert "dubious" not in (ended := sparse.pack(*command)).text + ended.err
        assert "does not exist" not in ended.text + ended.err


@pytest.mark.contract("C10")
def test_a_write_waits_for_the_rest_and_then_knows_it(sparse: Folder, whole: Folder) -> None:
    sparse.ok("list")  # what is missing is in the catalog now
    before = sparse.head()
    ended = sparse.pack("update", "projects/new.md", stdin="# New\n")
    assert ended.status == 1
    assert "git sparse-checkout disable" in ended.err
    assert sparse.head() == before
    sparse.git("sparse-checkout", "disable")
    sparse.ok("update", "projects/new.md", stdin="# New\n")
    assert sparse.ok("validate")
    assert "Title of docs/three.md" in sparse.ok("list").text
    assert "docs/three.md" in sparse.ok("search", "apple").text
    assert "Title of docs/three.md" in (sparse.path / "index.md").read_text(encoding="utf-8")


def test_bytes_that_git_has_lost_are_read_from_the_folder(whole: Folder) -> None:
    name = whole.git("rev-parse", "HEAD:docs/three.md").strip()
    (whole.path / f".git/objects/{name[:2]}/{name[2:]}").unlink()
    for file in (whole.path / ".git/pack").glob("catalog*"):
        file.unlink()
    for command in (("list",), ("search", "apple"), ("get",)):
        assert "Title of docs/three.md" in whole.ok(*command).text
    assert whole.pack("doctor").status == 1
    whole.ok("update", "docs/four.md", stdin="# Four\n")
    assert "Title of docs/three.md" in (whole.path / "index.md").read_text(encoding="utf-8")
