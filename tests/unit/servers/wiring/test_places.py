"""Which place is used: what an option, a setting, or nobody names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from pack_servers.config.settings import load_settings
from pack_servers.wiring.github import GithubPlace
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.place import Place
from pack_servers.wiring.places import choose_place, refuse_copies

from pack.errors import InvalidConfig


def chosen(local: Path | None = None, github: str | None = None) -> Place:
    return choose_place(load_settings(), local, github)


@pytest.fixture
def _github_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_OWNER", "ada")
    monkeypatch.setenv("GITHUB_REPO", "memory")


def test_nobody_names_one(home: Path) -> None:
    assert chosen() == LocalPlace(home / ".pack" / "memory", "the default")


def test_a_relative_folder_is_one_of_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    place = chosen(local=Path("notes"))
    assert place == LocalPlace(tmp_path / "notes", "--local")
    assert place.arguments == ["--local", str(tmp_path / "notes")]


@pytest.mark.usefixtures("_github_set")
def test_an_option_outranks_every_setting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACK_DIR", str(tmp_path / "set"))
    assert chosen(local=tmp_path) == LocalPlace(tmp_path, "--local")
    assert chosen(github="bob/notes") == GithubPlace("bob", "notes", "--github")


@pytest.mark.usefixtures("_github_set")
def test_a_folder_that_is_set_outranks_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = chosen()
    assert (str(place), place.name) == ("github:ada/memory", "ada/memory")
    monkeypatch.setenv("PACK_DIR", str(tmp_path))
    assert str(chosen()) == str(tmp_path)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, in what passes for a memory."""
    (tmp_path / "here" / ".git").mkdir(parents=True)
    head = "---\nversion: 2\nsync_order: []\n---\n"
    (tmp_path / "here" / "index.md").write_text(head, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.mark.usefixtures("_github_set")
def test_the_memory_one_stands_in_is_used_and_said(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    place = choose_place(load_settings(), None, None, said.append)
    assert place == LocalPlace(here, "the current directory")
    assert said == [f"using the memory in {here}, which the current directory is in"]
    for local, github in ((here / "other", None), (None, "bob/notes")):
        named = choose_place(load_settings(), local, github, said.append)
        assert named.chosen_by in ("--local", "--github")
    monkeypatch.setenv("PACK_DIR", str(here / "set"))
    assert str(choose_place(load_settings(), None, None, said.append)) == str(here / "set")
    assert len(said) == 1


@pytest.mark.usefixtures("here")
def test_who_cannot_be_told_does_not_get_it(home: Path) -> None:
    assert chosen() == LocalPlace(home / ".pack" / "memory", "the default")


def test_in_the_default_memory_there_is_nothing_to_say(
    home: Path, monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    (home / ".pack").mkdir()
    here.rename(home / ".pack" / "memory")
    monkeypatch.chdir(home / ".pack" / "memory")
    said: list[str] = []
    place = choose_place(load_settings(), None, None, said.append)
    assert (place.chosen_by, said) == ("the default", [])


def test_a_memory_that_nobody_named_is_not_copied_to_the_services_of_the_user(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = choose_place(load_settings(), None, None, lambda _: None)
    refuse_copies(load_settings(), place)
    monkeypatch.setenv("GOOGLE_DOC_ID", "x")
    with pytest.raises(InvalidConfig) as refused:
        refuse_copies(load_settings(), place)
    assert f"--local {here}" in refused.value.remedy
    refuse_copies(load_settings(), chosen(local=here))


@pytest.mark.parametrize("name", ["ada", "ada/", "/memory", "ada/me/mory", ""])
def test_a_repository_has_an_owner_and_a_name(name: str) -> None:
    with pytest.raises(InvalidConfig, match="--github: write it as OWNER/REPO"):
        chosen(github=name)


def test_half_of_a_name_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_OWNER", "ada")
    with pytest.raises(InvalidConfig, match="GITHUB_REPO"):
        chosen()


def test_both_options_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="given twice"):
        chosen(tmp_path, "ada/memory")


def test_what_talks_to_github_is_imported_for_github_only() -> None:
    program = """
import sys
from pathlib import Path
from pack_servers.config.settings import load_settings
from pack_servers.wiring.places import choose_place
import pack_servers.wiring.memory

def loaded():
    return any(name.startswith("pack_connectors.github") for name in sys.modules)

choose_place(load_settings(), Path("notes"), None)
assert not loaded()
choose_place(load_settings(), None, "ada/memory")
assert loaded()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
