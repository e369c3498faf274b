"""What git is given in place of a repository's configuration."""

import os
import subprocess
from pathlib import Path

import pytest
from pack_connectors.local_git.config.config_file import listed_pairs
from pack_connectors.local_git.config.own_config import OwnCommonDir, own_config
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import open_repository

from pack.errors import InvalidConfig
from tests.support import git


def listed(file: Path) -> list[tuple[str, str | None]]:
    command = ["git", "config", "--file", str(file), "--null", "--list"]
    return list(listed_pairs(subprocess.run(command, capture_output=True, check=True).stdout))


@pytest.fixture
def common_dir(tmp_path):
    git(tmp_path, "init", "--quiet", "repository")
    return tmp_path / "repository/.git"


@pytest.fixture
def own(common_dir, tmp_path):
    return OwnCommonDir(common_dir, common_dir / "pack/git", lambda: tmp_path / "else", listed)


TAKEN = {
    "core.sharedrepository": "group",
    "core.excludesfile": '/a "b"\\c # d',
    "gc.auto": "0",
    "gc.refs/heads/main.reflogexpire": "never",
    "gc.refs/heads/a.b.reflogexpire": "never\nly",
    "extensions.objectformat": "sha1",
    "http.proxy": "http://proxy.example:3128",
    "http.https://example.org/.proxy": "",
    "credential.https://example.org.username": "ada",
}
LEFT = {
    "core.fsmonitor": "x",
    "core.hookspath": "x",
    "core.worktree": "/elsewhere",
    "gc.recentobjectshook": "x",
    "gc.repackfilter": "blob:none",
    "gc.evil.recentobjectshook": "x",
    "include.path": "x",
    "http.sslverify": "false",
    "http.https://example.org/.sslcainfo": "x",
    "url.ext::x.insteadof": "https://",
    "credential.helper": "x",
    "remote.origin.url": "x",
    "filter.x.clean": "x",
    "extensions.worktreeconfig": "true",
}


def test_the_format_and_harmless_values_are_taken_over(tmp_path):
    found = tmp_path / "config"
    found.write_bytes(own_config([*TAKEN.items(), *LEFT.items()]))
    ours = {"core.repositoryformatversion": "1", "core.bare": "false"}
    assert dict(listed(found)) == ours | TAKEN


def test_a_key_that_stands_alone_does_so(tmp_path):
    theirs = tmp_path / "theirs"
    theirs.write_text("[core]\n\tignoreCase\n")
    (tmp_path / "ours").write_bytes(own_config(listed(theirs)))
    assert ("core.ignorecase", None) in list(listed(tmp_path / "ours"))


def test_housekeeping_of_a_partial_clone_is_left_to_git(tmp_path):
    theirs = {"gc.auto": "1", "maintenance.strategy": "incremental", "remote.a.b.promisor": "true"}
    (tmp_path / "config").write_bytes(own_config(theirs.items()))
    found = dict(listed(tmp_path / "config"))
    assert found["gc.auto"] == "0"
    assert "maintenance.strategy" not in found


def test_an_extension_that_pack_does_not_know_is_refused():
    with pytest.raises(InvalidConfig, match="secretsauce"):
        own_config([("extensions.secretsauce", "true")])


def test_it_is_found_again(own, common_dir):
    first = own.find()
    assert first == common_dir / "pack/git"
    assert own.is_kept()
    before = (first / "config").stat()
    assert own.find() == first
    assert (first / "config").stat() == before
    assert not (first / "hooks").exists()


def test_it_follows_the_configuration(own, common_dir):
    git(common_dir, "config", "core.sharedRepository", "group")
    assert b"group" in (own.find() / "config").read_bytes()
    git(common_dir, "config", "core.sharedRepository", "0644")
    assert b"0644" in (own.find() / "config").read_bytes()


def test_it_is_made_again_once_it_is_gone(own, common_dir):
    (own.find() / "config").unlink()
    assert (own.find() / "config").exists()
    (common_dir / "pack/git/info").unlink()
    (common_dir / "pack/git/info").symlink_to("/elsewhere")
    (common_dir / "pack/git/config").unlink()
    assert os.readlink(own.find() / "info") == "../../info"  # noqa: PTH115


def test_a_repository_without_a_configuration_has_an_empty_one(own, common_dir):
    (common_dir / "config").unlink()
    (common_dir / "pack/git").mkdir(parents=True)
    (common_dir / "pack/git/config").write_text("# 1 \n[core]\n\tfsmonitor = x\n")
    assert b"fsmonitor" not in (own.find() / "config").read_bytes()


@pytest.mark.parametrize("name", ["hooks", "config", "refs", "x"])
def test_what_is_not_ours_is_not_used(own, common_dir, tmp_path, name):
    (common_dir / "pack/git" / name).mkdir(parents=True)
    assert own.find() == tmp_path / "else"
    assert not own.is_kept()
    assert (common_dir / "pack/git" / name).is_dir()


def test_a_link_to_another_folder_is_not_used(own, common_dir, tmp_path):
    (tmp_path / "theirs").mkdir()
    (common_dir / "pack").mkdir()
    (common_dir / "pack/git").symlink_to(tmp_path / "theirs")
    assert own.find() == tmp_path / "else"
    assert list((tmp_path / "theirs").iterdir()) == []


def test_git_finds_the_repository_in_it(tmp_path):
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--allow-empty", "-mx")
    git(tmp_path, "pack-refs", "--all")
    runner = GitRunner(open_repository(tmp_path))
    head = git(tmp_path, "rev-parse", "main")
    assert runner.run(["rev-parse", "refs/heads/main"]) == head
    git(tmp_path, "config", "core.fsmonitor", "x")
    assert runner.run(["config", "core.fsmonitor"]) == b"x\n"
    assert runner.run(["rev-parse", "--git-path", "config"]).endswith(b"/pack/git/config\n")


@pytest.mark.parametrize(
    "name",
    (
        "HEAD config index shallow objects/info/alternates objects/info/commit-graph "
        "objects/pack/pack-1.idx"
    ).split(),
)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_in_gits_folder_is_not_waited_for(tmp_path, name):
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".git" / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / ".git" / name)
    with pytest.raises(InvalidConfig, match="is not a file"):
        open_repository(tmp_path)
