"""Who and what is on the service: accounts, tokens, repositories, and who may do what."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING

from tests.standins.git_edits import edit_tree, write_blobs, write_commit
from tests.standins.git_objects import CommitData, Signature, TreeItem
from tests.standins.github_http import NO_PERMISSION, NOT_FOUND, Refusal, invalid
from tests.standins.github_store import GitRepository
from tests.standins.github_tracker import Issue, Pull, Tracker

if TYPE_CHECKING:
    from tests.standins.github_protection import BranchRule


class Permission(IntEnum):
    """How far somebody, or a token, may go."""

    NONE = 0
    READ = 1
    WRITE = 2
    ADMIN = 3


@dataclass(slots=True)
class Account:
    """A user or an organisation; members of an organisation with their permission."""

    login: str
    id: int
    is_organisation: bool = False
    members: dict[str, Permission] = field(default_factory=dict)

    def signature(self, when: datetime) -> Signature:
        address = f"{self.id}+{self.login}@users.noreply.github.com"
        return Signature(self.login, address, when)


@dataclass(frozen=True, slots=True)
class Token:
    """A fine-grained personal access token.

    Attributes:
        contents: Permission on files, commits and refs.
        administration: WRITE lets it create and change repositories.
        repositories: Full names it reaches; `None` for all of its user.
        pull_requests: Permission on pull requests, their comments and labels.
        issues: The same on issues.
        expires_at: From then on it is unknown.
    """

    text: str
    login: str
    contents: Permission = Permission.WRITE
    administration: Permission = Permission.NONE
    repositories: frozenset[str] | None = None
    pull_requests: Permission = Permission.WRITE
    issues: Permission = Permission.WRITE
    expires_at: datetime | None = None

    def is_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def reaches(self, full_name: str) -> bool:
        return self.repositories is None or full_name in self.repositories


@dataclass(slots=True)
class Repository:
    """A repository and its settings; the contents are in `git`.

    Attributes:
        rules: What is asked of branches.
        passed: Checks that have succeeded: commit and name.
        teams: Slugs of the teams that may review.
        merge_methods: How pull requests may be merged.
        deletes_merged: Whether a branch goes when its pull request is merged.
        parent: What it is a fork of.
        coming: How often a fork is still seen without its commits.
        unseen: How often a branch cannot be offered yet, as it is new.
    """

    owner: Account
    name: str
    id: int
    git: GitRepository
    created_at: datetime
    private: bool = True
    archived: bool = False
    description: str | None = None
    default_branch: str = "main"
    collaborators: dict[str, Permission] = field(default_factory=dict)
    tracker: Tracker = field(default_factory=Tracker)
    rules: list[BranchRule] = field(default_factory=list)
    passed: set[tuple[str, str]] = field(default_factory=set)
    teams: set[str] = field(default_factory=set)
    merge_methods: set[str] = field(default_factory=lambda: {"merge", "squash", "rebase"})
    deletes_merged: bool = False
    allows_auto_merge: bool = False
    parent: Repository | None = None
    coming: int = 0
    unseen: dict[str, int] = field(default_factory=dict)

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"

    def permission_of(self, login: str) -> Permission:
        """What a user may do here, whatever the token."""
        if login == self.owner.login:
            return Permission.ADMIN
        public = Permission.NONE if self.private else Permission.READ
        member = self.owner.members.get(login, Permission.NONE)
        return max(public, member, self.collaborators.get(login, Permission.NONE))

    def collaborates(self, login: str) -> bool:
        """Whether somebody may be asked for a review: to see what is public is not enough."""
        is_named = login in self.collaborators or login in self.owner.members
        return login == self.owner.login or is_named


class GithubState:
    """All of it; made and changed by tests and by handlers."""

    def __init__(self, folder: Path, clock: Callable[[], datetime]) -> None:
        self.folder = folder
        self.clock = clock
        self.accounts: dict[str, Account] = {}
        self.tokens: dict[str, Token] = {}
        self.repositories: dict[str, Repository] = {}
        self.renamed: dict[str, Repository] = {}
        self._ids = itertools.count(1001)
        self._lock = threading.Lock()

    def close(self) -> None:
        for repository in self.repositories.values():
            repository.git.close()

    def add_user(self, login: str) -> Account:
        account = Account(login, next(self._ids))
        self.accounts[login] = account
        return account

    def add_organisation(self, login: str, members: Mapping[str, Permission]) -> Account:
        account = Account(login, next(self._ids), is_organisation=True, members=dict(members))
        self.accounts[login] = account
        return account

    def add_token(self, token: Token) -> Token:
        self.tokens[token.text] = token
        return token

    def create_repository(self, full_name: str, *, private: bool = True) -> Repository:
        """A new empty repository.

        Raises:
            Refusal: 422, the owner has one of that name.
        """
        login, _, name = full_name.partition("/")
        with self._lock:
            if full_name.lower() in self.repositories:
                taken = "name already exists on this account"
                raise invalid("Repository", "name", "custom", taken)
            number = next(self._ids)
            git = GitRepository(self.folder / f"{number}.git")
            made = Repository(
                self.accounts[login], name, number, git, self.clock(), private=private
            )
            self.repositories[full_name.lower()] = made
        return made

    def rename(self, repository: Repository, name: str) -> None:
        """Give it a new name; the old one redirects."""
        old = repository.full_name.lower()
        del self.repositories[old]
        repository.name = name
        self.repositories[repository.full_name.lower()] = repository
        self.renamed[old] = repository

    def delete(self, repository: Repository) -> None:
        del self.repositories[repository.full_name.lower()]
        repository.git.close()

    def visible(self, token: Token, full_name: str) -> Repository:
        """The repository, if the token's user may see it.

        Raises:
            Refusal: 404; whether it exists is not told.
        """
        repository = self.repositories.get(full_name.lower())
        if repository is None:
            raise Refusal(404, NOT_FOUND)
        hidden = repository.private and not token.reaches(repository.full_name)
        if hidden or repository.permission_of(token.login) == Permission.NONE:
            raise Refusal(404, NOT_FOUND)
        self._let_come(repository)
        return repository

    def require(self, token: Token, repository: Repository, wanted: Permission) -> None:
        """Make sure that the token may read or write contents.

        Raises:
            Refusal: 403; 404 for a reader who wants to write to somebody's private repository.
        """
        if repository.private and repository.permission_of(token.login) < wanted:
            raise Refusal(404, NOT_FOUND)
        # Anybody may read what is public.
        free = wanted == Permission.READ and not repository.private
        reached = token.contents if token.reaches(repository.full_name) else Permission.NONE
        if repository.permission_of(token.login) < wanted:
            raise Refusal(403, "Must have push access to the repository")
        if reached < wanted and not free:
            raise Refusal(403, NO_PERMISSION)
        if wanted > Permission.READ and repository.archived:
            raise Refusal(403, "Repository was archived so is read-only.")

    # --- forks, issues, pull requests ----------------------------------------------------------

    def fork(self, parent: Repository, full_name: str, delay: int = 1) -> Repository:
        """A fork; its commits come after it was looked at `delay` times."""
        made = self.create_repository(full_name, private=parent.private)
        made.parent, made.coming, made.default_branch = parent, delay, parent.default_branch
        if delay == 0:
            self.bring(parent, made, None)
        return made

    def _let_come(self, repository: Repository) -> None:
        if repository.coming > 0 and repository.parent is not None:
            repository.coming -= 1
            if repository.coming == 0:
                self.bring(repository.parent, repository, None)

    def bring(self, source: Repository, target: Repository, commit: str | None) -> None:
        """Have a commit of one repository in another one; with `None`, all branches."""
        if source is not target:
            what = commit or "+refs/heads/*:refs/heads/*"
            with target.git.lock:
                target.git.git(
                    "fetch", "--quiet", "--no-write-fetch-head", str(source.git.folder), what
                )

    def new_issue(self, repository: Repository, login: str, title: str, body: str | None) -> Issue:
        """An issue, or what a pull request has in common with one."""
        number = repository.tracker.next_number()
        made = Issue(number, next(self._ids), login, title, body, self.clock())
        repository.tracker.issues[number] = made
        return made

    def look_at_head(self, repository: Repository, pull: Pull) -> None:
        """Bring an open pull request up to its branch; without the branch it is closed."""
        head = pull.head_repository.git.ref(f"refs/heads/{pull.head_branch}")
        if head is None:
            pull.issue.set_state("closed", pull.head_repository.owner.login, self.clock())
            return
        self.bring(pull.head_repository, repository, head)
        pull.head = head
        name = f"refs/pull/{pull.issue.number}/head"
        before = repository.git.ref(name)
        if before != head:
            repository.git.swap(name, head, before)

    # --- acting as somebody else ---------------------------------------------------------------

    def commit(
        self,
        full_name: str,
        files: Mapping[str, bytes | None],
        message: str = "by another writer",
        *,
        branch: str | None = None,
        parents: Iterable[str] | None = None,
    ) -> str:
        """A commit made behind the API's back; `None` deletes a file. Returns its id.

        With `parents` the branch is forced there and the commit holds only `files` where there is
        no parent: unrelated or rewritten history.
        """
        repository = self.repositories[full_name.lower()]
        git, ref = repository.git, f"refs/heads/{branch or repository.default_branch}"
        with git.lock:
            head = git.ref(ref)
            given = [head] if parents is None else list(parents)
            chain = tuple(parent for parent in given if parent)
            first = git.commit_data(chain[0]) if chain else None
            blobs = write_blobs(git, {p: c for p, c in files.items() if c is not None})
            changes: dict[str, TreeItem | None] = {path: blobs.get(path) for path in files}
            tree, made = edit_tree(git, first.tree if first else None, changes)
            git.add(made)
            who = repository.owner.signature(self.clock())
            oid = write_commit(git, CommitData(tree, chain, who, who, message))
            assert git.swap(ref, oid, head)
        return oid
