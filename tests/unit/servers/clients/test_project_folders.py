"""One folder of the memory for each project."""

from __future__ import annotations

from pathlib import Path

import pytest
from pack_servers.clients.project_folders import ProjectFolders
from pack_servers.clients.records import Records

from pack.paths import parse_path


@pytest.fixture
def folders(tmp_path: Path) -> ProjectFolders:
    return ProjectFolders(Records(tmp_path / "setup"), Path("/memory/claude-code"))


def test_two_projects_of_one_name_have_two_folders(folders: ProjectFolders) -> None:
    one, other = Path("/a/web"), Path("/b/WEB")
    assert folders.name_for(one) == "web"
    assert folders.name_for(other) == "WEB"
    folders.remember(one, "web")
    found = folders.name_for(other)
    assert found.startswith("WEB-")
    folders.remember(other, found)
    assert (folders.name_for(one), folders.name_for(other)) == ("web", found)


def test_another_memory_has_folders_of_its_own(folders: ProjectFolders, tmp_path: Path) -> None:
    folders.remember(Path("/a/web"), "web")
    elsewhere = ProjectFolders(Records(tmp_path / "setup"), Path("/other/claude-code"))
    assert elsewhere.name_for(Path("/b/web")) == "web"


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("my project", "my-project"),
        (".dotfiles", "dotfiles"),
        ("a:b?c", "a-b-c"),
        ("--x", "x"),
        ("con", "project-"),
        ("git~1", "project-"),
        ("\u200b", "project-"),
        ("???", "project-"),
        ("\udcff", "project-"),
        ("e\u0301t", "\u00e9t"),
        ("हिन्दी", "हिन्दी"),
        ("x" * 250, "x" * 80),
        ("", "project-"),
    ],
)
def test_a_memory_can_have_the_name(folders: ProjectFolders, name: str, begins: str) -> None:
    found = folders.name_for(Path("/a") / name if name else Path("/"))
    assert found.startswith(begins)
    assert parse_path(f"claude-code/{found}").rpartition("/")[2] == found


@pytest.mark.parametrize("text", ["", "[]", "7", "{", '[["a"]]', '["ab"]'])
def test_a_file_that_somebody_has_been_at_says_nothing(
    folders: ProjectFolders, tmp_path: Path, text: str
) -> None:
    (tmp_path / "setup").mkdir()
    (tmp_path / "setup" / "project-folders.json").write_text(text)
    assert folders.name_for(Path("/a/web")) == "web"
