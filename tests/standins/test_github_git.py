"""The real `git` against the GitHub stand-in, beside the API on the same repositories."""

import os
import subprocess

import pytest

from tests.standins.faults import FaultKind
from tests.standins.github import GithubStandIn
from tests.standins.github_state import Permission, Token

PUT = "repos/create-or-update-file-contents"


@pytest.fixture
def github(tmp_path):
    with GithubStandIn(tmp_path / "github") as standin:
        standin.add_repository("ada/memory", {"context/a.md": b"one"})
        standin.add_repository("ada/empty")
        yield standin


def run(folder, *args: str) -> subprocess.CompletedProcess[bytes]:
    """git as a user runs it, but for the protocol that the test environment forbids."""
    who = {"GIT_AUTHOR_NAME": "U", "GIT_AUTHOR_EMAIL": "u@example.org"}
    who |= {"GIT_COMMITTER_NAME": "U", "GIT_COMMITTER_EMAIL": "u@example.org"}
    environment = os.environ | who | {"GIT_ALLOW_PROTOCOL": "http"}
    return subprocess.run(
        ["git", *args], cwd=folder, env=environment, capture_output=True, check=False
    )


def ok(folder, *args: str) -> str:
    done = run(folder, *args)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def clone(github, folder, full_name="ada/memory", token=None, *options: str):
    ok(folder, "clone", "--quiet", *options, github.clone_url(full_name, token), "work")
    return folder / "work"


def write(work, name: str, content: bytes = b"by git\n") -> None:
    (work / name).write_bytes(content)
    ok(work, "add", "--", name)
    ok(work, "commit", "--quiet", "--message", f"add {name}")


def test_clone_fetch_and_push_meet_the_api(github, tmp_path):
    client = github.client()
    work = clone(github, tmp_path)
    assert (work / "context/a.md").read_bytes() == b"one"
    write(work, "pushed.md")
    ok(work, "push", "--quiet", "origin", "HEAD:main")
    assert github.files("ada/memory")["pushed.md"] == b"by git\n"
    ref = client.get("/repos/ada/memory/git/ref/heads/main").json()
    assert ref["object"]["sha"] == ok(work, "rev-parse", "HEAD").strip()
    body = {"message": "by api", "content": "eA=="}
    assert client.put("/repos/ada/memory/contents/api.md", json=body).status_code == 201
    ok(work, "pull", "--quiet", "--ff-only")
    assert (work / "api.md").read_bytes() == b"x"
    ok(work, "fsck", "--strict")
    operations = github.log.operations()
    assert operations["git-http/push"] == 1
    assert operations["git-http/fetch"] > 0
    assert github.log.paid == operations["git/get-ref"] + operations[PUT] == 2


def test_an_empty_repository_is_cloned_and_takes_the_first_push(github, tmp_path):
    work = clone(github, tmp_path, "ada/empty")
    write(work, "first.md")
    ok(work, "push", "--quiet", "origin", "HEAD:main")
    assert github.files("ada/empty") == {"first.md": b"by git\n"}


def test_a_large_push_comes_in_pieces(github, tmp_path):
    work = clone(github, tmp_path)
    content = os.urandom(3_000_000)
    write(work, "large.bin", content)
    ok(work, "push", "--quiet", "origin", "HEAD:main")
    assert github.files("ada/memory")["large.bin"] == content


def test_shallow_and_partial_clones(github, tmp_path):
    github.commit("ada/memory", {"context/b.md": b"two"})
    work = clone(github, tmp_path, "ada/memory", None, "--depth=1", "--filter=blob:none")
    assert ok(work, "rev-list", "--count", "HEAD").strip() == "1"
    assert (work / "context/b.md").read_bytes() == b"two"


def test_a_push_from_behind_is_rejected_and_a_forced_one_is_not(github, tmp_path):
    work = clone(github, tmp_path)
    github.commit("ada/memory", {"other.md": b"other"})
    write(work, "mine.md")
    rejected = run(work, "push", "origin", "HEAD:main")
    assert rejected.returncode != 0
    assert b"fetch first" in rejected.stderr
    assert "mine.md" not in github.files("ada/memory")
    ok(work, "push", "--quiet", "--force", "origin", "HEAD:main")
    assert "other.md" not in github.files("ada/memory")
    stale = github.client().get("/repos/ada/memory/git/ref/heads/main")
    assert stale.json()["object"]["sha"] == ok(work, "rev-parse", "HEAD").strip()


def test_git_needs_a_token_with_the_right(github, tmp_path):
    github.state.add_user("bob")
    github.add_token(Token("bob", "bob"))
    github.add_token(Token("reader", "ada", contents=Permission.READ))
    for token, reason in (("unknown", b"Authentication failed"), ("bob", b"not found")):
        refused = run(tmp_path, "clone", github.clone_url("ada/memory", token), token)
        assert refused.returncode != 0
        assert reason in refused.stderr
    work = clone(github, tmp_path, "ada/memory", "reader")
    write(work, "mine.md")
    refused = run(work, "push", "origin", "HEAD:main")
    assert refused.returncode != 0
    assert b"403" in refused.stderr
    assert list(github.files("ada/memory")) == ["context/a.md"]


def test_a_renamed_repository_is_followed(github, tmp_path):
    github.state.rename(github.repository("ada/memory"), "notes")
    work = clone(github, tmp_path)
    assert (work / "context/a.md").read_bytes() == b"one"


def test_a_push_whose_answer_is_lost_has_happened(github, tmp_path):
    work = clone(github, tmp_path)
    write(work, "mine.md")
    github.faults.add(FaultKind.CUT_AFTER, "git-http/push")
    assert run(work, "push", "origin", "HEAD:main").returncode != 0
    assert "mine.md" in github.files("ada/memory")
    assert github.faults.struck == [(FaultKind.CUT_AFTER, "git-http/push")]
