"""The memory that a folder is in: found as git finds a repository, and only if it is a memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pack_servers.config.settings import Settings
from pack_servers.wiring.here import memory_around, memory_here
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import init_memory

HEAD = "---\nversion: 2\nfile_count: 0\nsync_order: []\n---\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What passes for a memory, without asking git for it."""
    (tmp_path / "memory" / ".git").mkdir(parents=True)
    (tmp_path / "memory" / "index.md").write_text(HEAD, encoding="utf-8")
    return tmp_path / "memory"


def test_a_memory_is_found_from_its_root_and_from_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = LocalPlace(tmp_path / "memory")
    assert place.begin_on_use(create=True)
    init_memory(Settings(), place)
    below = place.folder / "projects" / "deep"
    below.mkdir(parents=True)
    for here in (place.folder, below):
        monkeypatch.chdir(here)
        assert memory_here() == place.folder
    monkeypatch.chdir(tmp_path)
    assert memory_here() is None


def test_the_closest_repository_decides(folder: Path) -> None:
    (folder / "code" / ".git").mkdir(parents=True)
    assert memory_around(folder / "code") is None
    assert memory_around(folder / "notes") == folder


@pytest.mark.parametrize(
    "index",
    [
        "# Home\n",
        "---\ntitle: Home\n---\n",
        "---\nversion: 2\n---\n\nof a documentation\n",
        "---\nversion: 2.1\nfile_count: 0\n---\n",
        "version: 2\nfile_count: 0\n",
        "---\ntitle: x\n---\nversion: 2\nfile_count: 0\n",
        "",
        "---",
    ],
)
def test_another_project_is_no_memory(folder: Path, index: str) -> None:
    (folder / "index.md").write_text(index, encoding="utf-8")
    assert memory_around(folder) is None


@pytest.mark.parametrize("index", [HEAD.replace("\n", "\r\n"), f"{HEAD}{'x' * 200_000}"])
def test_an_index_in_other_forms_is_one(folder: Path, index: str) -> None:
    (folder / "index.md").write_bytes(index.encode())
    assert memory_around(folder) == folder


def test_without_an_index_or_with_a_strange_one_it_is_no_memory(folder: Path) -> None:
    (folder / "index.md").unlink()
    assert memory_around(folder) is None
    (folder / "index.md").mkdir()
    assert memory_around(folder) is None
    if os.name == "posix":
        (folder / "index.md").rmdir()
        os.mkfifo(folder / "index.md")  # to open it would wait for ever
        assert memory_around(folder) is None
        (folder / "index.md").unlink()
        (folder / "index.md").symlink_to("/dev/zero")
        assert memory_around(folder) is None


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("name", ["", ".git"])
def test_the_memory_of_another_user_is_not_used(folder: Path, name: str) -> None:
    os.chown(folder / name, 12345, 12345)
    assert memory_around(folder) is None


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps the directory")
def test_a_deleted_directory_is_in_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert memory_here() is None
