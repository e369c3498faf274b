"""Finding and making a repository, and what a token lacks, in plain words."""

import httpx
import pytest
from pack_connectors.github.commit.method import WriteMethod
from pack_connectors.github.session import GithubSession
from pack_connectors.github.setup import create_repository, find_repository

from pack.errors import (
    AuthFailed,
    ConnectorError,
    InvalidConfig,
    OutcomeUnknown,
    RefusedForSafety,
    Unavailable,
)
from pack.model import ABSENT, MemoryPath
from tests.github_support import NAME, NO_CERTIFICATES, GithubWorld, memory_of
from tests.standins.faults import FaultKind
from tests.standins.github_call import Call
from tests.standins.github_state import Permission, Token

A = MemoryPath("context/a.md")
CREATE = "repos/create-for-authenticated-user"


@pytest.fixture
def world(tmp_path):
    with GithubWorld(tmp_path, memory_of({A: b"# A\n"})) as made:
        made.service.state.add_organisation("acme", {"ada": Permission.WRITE})
        made.service.state.add_organisation("closed", {"ada": Permission.READ})
        yield made


@pytest.fixture
def session(world):
    made = GithubSession(
        world.service.url,
        lambda: world.service.token,
        clock=world.service.clock,
        sleep=world.service.clock.sleep,
        transport=httpx.HTTPTransport(verify=NO_CERTIFICATES),
    )
    yield made
    made.close()


def test_a_repository_is_found_as_it_is(world, session):
    found = find_repository(session, "ada", "memory")
    assert found is not None
    assert (found.full_name, found.default_branch) == (NAME, "main")
    assert (found.is_private, found.is_empty, found.is_archived) == (True, False, False)
    assert found.can_write is True
    assert find_repository(session, "ada", "none") is None
    world.service.add_repository("ada/open", private=False)
    public = find_repository(session, "ada", "open")
    assert public is not None
    assert (public.is_private, public.is_empty) == (False, True)


def test_a_renamed_repository_is_found_and_used_under_its_old_name(world, session):
    world.service.state.rename(world.service.repository(NAME), "notes")
    found = find_repository(session, "ada", "memory")
    assert found is not None
    assert found.full_name == "ada/notes"
    for method in (None, "git-data"):
        connector = world.connect(method=method, cache_dir=None)
        sha = connector.get_contents(A).sha
        connector.put_contents(A, f"{method}".encode(), sha, "m")
        assert world.service.files("ada/notes")[A] == f"{method}".encode()


@pytest.mark.parametrize("owner", ["ada", "ADA", "acme"])
@pytest.mark.parametrize("private", [True, False])
def test_a_repository_is_made(session, owner, private):
    made = create_repository(session, owner, "new", private=private, description="My memory")
    assert made.full_name.lower() == f"{owner}/new".lower()
    assert (made.is_private, made.is_empty) == (private, True)
    assert find_repository(session, owner, "new") == made


def test_a_new_repository_is_private_unless_asked_otherwise(session):
    assert create_repository(session, "ada", "new").is_private


def test_there_is_one_already(session):
    with pytest.raises(InvalidConfig, match="already a repository ada/memory"):
        create_repository(session, "ada", "memory")


@pytest.mark.parametrize(
    "kind", [FaultKind.CUT_AFTER, FaultKind.SERVER_ERROR_AFTER, FaultKind.GARBAGE, FaultKind.CUT]
)
def test_a_repository_is_made_once_though_the_answer_was_lost(world, session, kind):
    world.service.faults.add(kind, CREATE)
    made = create_repository(session, "ada", "new")
    assert (made.full_name, made.is_empty) == ("ada/new", True)


def test_nobody_can_say_whether_it_was_made(world, session):
    world.service.faults.add(FaultKind.CUT_AFTER, CREATE)
    world.service.faults.add(FaultKind.SERVER_ERROR, "repos/get", times=9)
    with pytest.raises(OutcomeUnknown):
        create_repository(session, "ada", "new")
    with world.service.down(), pytest.raises(Unavailable):
        create_repository(session, "ada", "newer")


@pytest.mark.parametrize(("owner", "words"), [("closed", "lacks a right"), ("nobody", "no repos")])
def test_the_owner_does_not_let_the_account_create(session, owner, words):
    with pytest.raises(AuthFailed, match=words):
        create_repository(session, owner, "new")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a b", "a?b", "a%2fb", "é"])
def test_no_repository_can_be_called_so(session, name):
    with pytest.raises(InvalidConfig):
        find_repository(session, "ada", name)
    with pytest.raises(InvalidConfig):
        create_repository(session, name, "new")


# --- what a token lacks ----------------------------------------------------------------------


def with_token(world, **options):
    token = Token("github_pat_other", "ada", **options)
    world.service.add_token(token)
    world.service.token = token.text


def test_an_unknown_token(world):
    world.service.token = "github_pat_unknown"
    with pytest.raises(AuthFailed, match="does not know the token") as caught:
        world.connect().head()
    assert "GITHUB_TOKEN" in caught.value.remedy


def test_a_repository_that_the_token_may_not_see_is_not_an_empty_memory(world):
    with_token(world, repositories=frozenset({"ada/other"}))
    connector = world.connect()
    for call in (connector.head, connector.get_tree, lambda: connector.get_contents(A)):
        with pytest.raises(AuthFailed, match="no repository ada/memory"):
            call()


@pytest.mark.parametrize("method", ["graphql", "git-data"])
def test_a_token_that_may_only_read(world, method):
    with_token(world, contents=Permission.READ)
    connector = world.connect(method=method)
    with pytest.raises(AuthFailed, match="lacks a right on ada/memory") as caught:
        connector.put_contents(MemoryPath("context/b.md"), b"b", ABSENT, "m")
    assert "Contents: read and write" in caught.value.remedy
    assert len(world.service.messages(NAME)) == 1


def test_a_token_that_may_not_create(world, session):
    with_token(world)
    with pytest.raises(AuthFailed, match="may not create") as caught:
        create_repository(session, "ada", "new")
    assert "Administration" in caught.value.remedy


@pytest.mark.parametrize("method", ["graphql", "git-data"])
def test_an_archived_repository(world, method):
    world.service.repository(NAME).archived = True
    connector = world.connect(method=method)
    assert connector.get_contents(A).content == b"# A\n"
    with pytest.raises(RefusedForSafety, match="archived"):
        connector.put_contents(MemoryPath("context/b.md"), b"b", ABSENT, "m")


def test_a_first_push_that_is_refused(world):
    world.service.add_repository("ada/empty")
    with_token(world, contents=Permission.READ)
    connector = world.connect(repo="empty")
    with pytest.raises(AuthFailed, match="lacks a right on ada/empty"):
        connector.put_contents(A, b"a", ABSENT, "m")


def test_a_branch_that_is_not_there(world):
    with pytest.raises(ConnectorError, match="no branch other"):
        world.connect(branch="other").head()


def test_a_branch_of_its_own(world):
    git = world.service.repository(NAME).git
    git.git("branch", "feature/x+y", "main")
    connector = world.connect(branch="feature/x+y", method="git-data")
    connector.put_contents(MemoryPath("context/b.md"), b"b", ABSENT, "m")
    assert connector.head() == git.ref("refs/heads/feature/x+y")
    assert world.connect().head() == git.ref("refs/heads/main") != connector.head()
    assert "feature/x+y" in connector.location


def test_a_tag_of_the_same_name_is_not_the_branch(world):
    repository = world.service.repository(NAME).git
    base = repository.ref("refs/heads/main")
    repository.git("update-ref", "refs/tags/main", base)
    connector = world.connect(branch="main")
    made = connector.put_contents(MemoryPath("context/b.md"), b"b", ABSENT, "m")
    assert connector.head() == world.connect(branch="main", cache_dir=None).head() == made.id


def test_a_server_that_takes_plain_names_only(world, monkeypatch):
    resolve = Call.resolve
    monkeypatch.setattr(
        Call,
        "resolve",
        lambda call, git, name: None if name.startswith("heads/") else resolve(call, git, name),
    )
    for connector in (world.connect(branch="main"), world.connect(method="git-data")):
        made = connector.put_contents(A, b"b", connector.get_contents(A).sha, "m")
        assert connector.head() == made.id == world.service.head(NAME)


@pytest.mark.parametrize("branch", ["", "a..b", "-x", "a b", "x.lock", "/x", "a//b", "@{u}", "é\0"])
def test_no_branch_can_be_called_so(world, branch):
    with pytest.raises(InvalidConfig):
        world.connect(branch=branch)


@pytest.mark.contract("C1")
@pytest.mark.parametrize("method", WriteMethod)
@pytest.mark.parametrize("is_renamed", [False, True])
def test_another_branch_becomes_the_default_one(world, method, is_renamed):
    b, c, d, e = (MemoryPath(f"context/{name}.md") for name in "bcde")
    connector = world.connect(method=method)
    connector.put_contents(b, b"b", ABSENT, "m")
    repository = world.service.repository(NAME)
    repository.git.git("branch", "trunk", "main")
    repository.default_branch = "trunk"
    if is_renamed:
        repository.git.git("symbolic-ref", "HEAD", "refs/heads/trunk")
        repository.git.git("branch", "-D", "main")
    world.service.commit(NAME, {c: b"c"})
    made = connector.put_contents(d, b"d", ABSENT, "m")
    # What is written is read, in whichever branch; after a day it is the new one.
    assert connector.head() == made.id
    assert connector.get_contents(d).content == b"d"
    assert (d in world.service.files(NAME)) is is_renamed
    world.service.clock.advance(25 * 3600)
    connector.put_contents(e, b"e", ABSENT, "m")
    assert {b, c, e} <= set(world.service.files(NAME))
    assert world.service.head(NAME) == connector.head() == world.connect().head()
