"""Chains of a group and of peers in a real repository, written and believed."""

from dataclasses import replace

import pytest
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.repository import create_repository
from pack_connectors.peers.chains import SignedChains
from pack_connectors.peers.signed_commits import signed

from pack.errors import BadSignature, InvalidContent, NotFound, StaleBase
from pack.mesh.announcement import Announcement, Course, course_of, write_announcement
from pack.mesh.members.agreement import agreed
from pack.mesh.members.group_chain import checked_chain, removal
from pack.mesh.store import ANNOUNCE_FILE, MESH
from tests.mesh_support import group_of, private_key, public_key
from tests.support import START, git, make_again

NOBODY = frozenset()
USER = ("-c", "user.name=x", "-c", "user.email=x@example.org")


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "memory"
    make_again(create_repository, folder)
    (folder / "a.md").write_text("a\n")
    git(folder, "add", "a.md")
    git(folder, *USER, "commit", "-q", "-m", "begin")
    return folder


@pytest.fixture
def side(repository):
    connector = LocalGit(repository, lambda: START)
    yield connector
    connector.close()


@pytest.fixture
def laptop(side):
    return SignedChains(side, private_key("laptop"))


def test_a_group_is_stored_and_believed(laptop, repository):
    assert laptop.group_heads() == []
    first = laptop.store_group(None, group_of("laptop"), NOBODY)
    second = laptop.store_group(first, group_of("laptop", "desk"), NOBODY)
    assert laptop.group_heads() == [second]
    chain = checked_chain(laptop.group_commits(second))
    assert [version.id for version in chain] == [first, second]
    assert chain[-1].group == group_of("laptop", "desk")
    group, revoked = removal(chain[-1], public_key("desk").peer)
    third = laptop.store_group(second, group, revoked)
    assert agreed([checked_chain(laptop.group_commits(third))]).version.revoked == revoked
    with pytest.raises(StaleBase):
        laptop.store_group(second, group_of("laptop"), NOBODY)
    fork = laptop.store_group(second, group_of("laptop"), revoked, is_fork=True)
    assert laptop.group_heads() == [third, fork]


def test_stock_git_checks_the_chain_with_what_is_in_it(laptop, repository):
    first = laptop.store_group(None, group_of("laptop", "desk"), NOBODY)
    (repository / "signers").write_bytes(git(repository, "show", f"{first}:allowed_signers"))
    setting = f"gpg.ssh.allowedSignersFile={repository / 'signers'}"
    shown = git(repository, "-c", setting, "log", "-1", "--format=%G? %GS", first)
    assert shown.decode().split() == ["G", public_key("laptop").peer]
    git(repository, "fsck", "--strict")


def test_a_version_by_somebody_else_is_not_believed(laptop, side):
    first = laptop.store_group(None, group_of("laptop"), NOBODY)
    stranger = SignedChains(side, private_key("stranger"))
    second = stranger.store_group(first, group_of("laptop", "stranger"), NOBODY)
    with pytest.raises(BadSignature):
        checked_chain(laptop.group_commits(second))


def said(side, name, n, head=None, **other):
    head = head or side.head()
    made = Announcement(
        head, public_key(name).peer, n, head, 1, "0" * 40, head, "2026-03-01T12:00:00Z"
    )
    return replace(made, **other)


def test_announcements_follow_each_other(laptop, side):
    first = laptop.announce(None, said(side, "laptop", 1))
    assert laptop.announced() == {public_key("laptop").peer: first}
    second = laptop.announce(first, said(side, "laptop", 2))
    chain = laptop.announcements(second, 100)
    assert [one.id for one in chain] == [second, first]
    assert laptop.announcements(second, 1) == chain[:1]
    assert course_of(chain[1], chain, {first}.__contains__) is Course.NEWER
    with pytest.raises(StaleBase):
        laptop.announce(first, said(side, "laptop", 2))


def test_nobody_speaks_for_another_peer(laptop, side):
    made = laptop.announce(None, said(side, "desk", 1))
    with pytest.raises(BadSignature):
        laptop.announcements(made, 1)


def test_an_announcement_that_nobody_could_read_is_not_made(laptop, side):
    first = laptop.announce(None, said(side, "laptop", 1))
    with pytest.raises(InvalidContent):
        laptop.announce(first, replace(said(side, "laptop", 2), endpoint=f"http://a/{'x' * 400}"))
    assert laptop.announced() == {public_key("laptop").peer: first}


def test_an_announcement_leads_to_what_it_names(laptop, side, repository):
    with pytest.raises(NotFound):
        laptop.announce(None, said(side, "laptop", 1, head="1" * 40))
    git(repository, *USER, "commit", "-q", "--allow-empty", "-m", "more")
    wrong = side.commit_files_aside(
        "peers/x",
        None,
        [side.head()],
        {ANNOUNCE_FILE: write_announcement(said(side, "laptop", 1, head="1" * 40)).encode()},
        "x",
        author=MESH,
        sign=lambda commit: signed(commit, private_key("laptop")),
    )
    with pytest.raises(InvalidContent, match="does not lead to the head"):
        laptop.announcements(wrong, 1)


@pytest.mark.parametrize("content", [None, b"", b"{}", b"\xff", b"x" * 10_000])
def test_what_is_no_announcement_is_refused(laptop, side, content):
    wrong = side.commit_files_aside(
        "peers/x",
        None,
        [side.head()],
        {} if content is None else {ANNOUNCE_FILE: content},
        "x",
        author=MESH,
        sign=lambda commit: signed(commit, private_key("laptop")),
    )
    with pytest.raises(InvalidContent):
        laptop.announcements(wrong, 1)


def test_a_commit_that_says_nothing_of_a_group_is_refused(laptop, side):
    with pytest.raises(InvalidContent, match="missing"):
        laptop.group_commits(side.head())


def test_the_branch_the_folder_and_the_index_stay_as_they_are(laptop, side, repository):
    before = side.head()
    laptop.announce(None, said(side, "laptop", 1))
    laptop.store_group(None, group_of("laptop"), NOBODY)
    assert side.head() == before
    assert git(repository, "status", "--porcelain") == b""
