"""Who the person is for git: asked once with the other settings, and again once it has changed."""

import subprocess
from pathlib import Path

import pytest
from pack_connectors.local_git.repository import Repository, create_repository, open_repository
from pack_connectors.local_git.rules.person import STAND_IN, PersonalSettings

from pack.errors import Unavailable
from pack.model import Identity
from tests.support import git

USER = Identity("Test User", "user@example.org")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    create_repository(tmp_path / "memory")
    return open_repository(tmp_path / "memory")


def test_the_rules_and_the_user_are_one_question(
    repository: Repository, git_identity: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = PersonalSettings(repository)
    assert settings.read().autocrlf == "false"
    monkeypatch.setattr(subprocess, "run", None)
    assert settings.user() == USER
    assert settings.user_remedy() == ""


def test_a_changed_file_is_noticed(
    repository: Repository, home: Path, git_identity: object
) -> None:
    settings = PersonalSettings(repository)
    assert settings.user() == USER
    git(repository.work_tree, "config", "user.email", "ada@example.org")
    assert settings.user() == Identity(USER.name, "ada@example.org")
    git(home, "config", "--global", "user.name", "Ada")
    assert settings.user() == Identity("Ada", "ada@example.org")


def test_where_git_knows_nobody_it_says_how_to_tell_it(repository: Repository) -> None:
    settings = PersonalSettings(repository)
    assert settings.user() == STAND_IN
    name = '`git config --global user.name "Your Name"`'
    email = "`git config --global user.email you@example.org`"
    assert settings.user_remedy() == f"Run {name} and {email}."
    git(repository.work_tree, "config", "user.name", "Ada")
    assert settings.user() == Identity("Ada", STAND_IN.email)
    assert settings.user_remedy() == f"Run {email}."
    git(repository.work_tree, "config", "user.email", "")
    assert settings.user_remedy() == f"Run {email}."


def test_the_user_of_an_included_file_counts(repository: Repository, home: Path) -> None:
    (home / "work").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    git(home, "config", "--global", f"includeIf.gitdir:{repository.git_dir}.path", "~/work")
    assert PersonalSettings(repository).user() == Identity("Ada", "ada@example.org")


def test_a_configuration_that_git_cannot_read_is_an_error(
    repository: Repository, home: Path
) -> None:
    (home / ".gitconfig").write_text("[user\n")
    with pytest.raises(Unavailable, match="bad config line 1"):
        PersonalSettings(repository).user()
