"""One repository on GitHub, request by request: values in, values out, nothing remembered.

Source: GitHub REST documentation, "Commits", "Git trees", "Git blobs", "Repositories".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from pack.errors import ConnectorError, LimitExceeded, NotFound, PackError
from pack.model import BlobId, CommitId, Identity, blob_id
from pack.times import format_time
from pack_connectors.github.address import RepositoryPlace, quoted
from pack_connectors.github.http import RAW, Answer, Request
from pack_connectors.github.refusals import refusal
from pack_connectors.github.session import GithubSession
from pack_connectors.github.trees import Item, Tree, read_items

_ID: Final = re.compile(r"[0-9a-f]{40}")
# Other times lead to "unexpected results" (List commits).
_FIRST_YEAR: Final = 1970
_LAST_TIME: Final = datetime(2099, 12, 31, tzinfo=UTC)
MAX_BLOB_BYTES: Final = 100 * 1024 * 1024
"""GitHub serves no larger file."""


def is_id(text: str) -> bool:
    """Whether a text is the full id of an object."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class CommitRecord:
    """A commit as GitHub describes it.

    Attributes:
        id: Its id.
        tree: Id of its tree.
        parents: The commits before it.
        message: As it is stored.
        at: When it was committed, in UTC.
        url: Its address for a browser.
        author: Who wrote it; `None` in what was kept before that was asked for.
        authored_at: When it was written, in UTC; `None` as for `author`.
        committer: Who committed it; `None` as for `author`.
    """

    id: CommitId
    tree: str
    parents: tuple[str, ...]
    message: str
    at: datetime
    url: str | None
    author: Identity | None = None
    authored_at: datetime | None = None
    committer: Identity | None = None


class GithubRepository:
    """The requests about one repository.

    Args:
        session: Sends them.
        place: The repository.
    """

    def __init__(self, session: GithubSession, place: RepositoryPlace) -> None:
        self.session = session
        self.place = place

    def commits(
        self,
        *,
        start: str | None,
        count: int,
        path: str | None = None,
        made_from: datetime | None = None,
        page: int = 1,
        etag: str | None = None,
    ) -> tuple[Answer, list[CommitRecord]]:
        """The newest commits up to a branch or commit; the answer is a 200, 304, 404, 409 or 422.

        Args:
            start: A branch (`heads/main`) or a commit; `None` for the default branch.
            count: How many, up to 100.
            path: Only those that changed this file.
            made_from: Only those made at this moment or later.
            page: Which page of the list, from 1.
            etag: That of an earlier answer; the status is 304 if nothing has changed since.
        """
        query = {"per_page": str(count)}
        query |= {"sha": start} if start else {}
        query |= {"path": path} if path else {}
        if made_from is not None and made_from.year >= _FIRST_YEAR:
            query["since"] = format_time(min(made_from, _LAST_TIME))
        query |= {"page": str(page)} if page > 1 else {}
        headers = {"if-none-match": etag} if etag else {}
        request = Request("GET", f"{self.place.path}/commits", query, headers=headers)
        answer, rows = self.session.read_json(request)
        if answer.status == 200:
            return answer, [_record(row) for row in _rows(rows)]
        if answer.status in (304, 404, 409, 422):
            return answer, []
        raise self.refused(answer)

    def compared(
        self, base: CommitId, head: CommitId, page: int
    ) -> tuple[Answer, list[CommitRecord]]:
        """The commits that one has and another has not, the oldest first; 200 or 404.

        Args:
            base: Without those that lead to this one.
            head: Those that lead to this one.
            page: Which page of them, from 1.
        """
        query = {"per_page": "100"} | ({"page": str(page)} if page > 1 else {})
        request = Request("GET", f"{self.place.path}/compare/{base}...{head}", query)
        answer, body = self.session.read_json(request)
        if answer.status == 200:
            return answer, [_record(row) for row in _rows(_member(body, "commits"))]
        if answer.status == 404:
            return answer, []
        raise self.refused(answer)

    def tree(self, name: str, *, recursive: bool) -> tuple[list[tuple[str, Item, bool]], bool]:
        """Path, item, and whether it is a folder, for everything in a commit or tree.

        Returns:
            The rows, and whether they are all.

        Raises:
            NotFound: There is no such commit or tree.
        """
        query = {"recursive": "1"} if recursive else {}
        request = Request("GET", f"{self.place.path}/git/trees/{name}", query)
        answer, body = self.session.read_json(request)
        if answer.status in (404, 409, 422):
            raise NotFound(f"commit {name}")
        if answer.status != 200:
            raise self.refused(answer)
        try:
            rows = list(read_items(_rows(_member(body, "tree"))))
        except ValueError as error:
            raise ConnectorError(f"GitHub's answer makes no sense: {error}") from error
        return rows, body.get("truncated") is not True

    def blob(self, sha: BlobId) -> bytes:
        """A file's bytes, checked against its id.

        Raises:
            NotFound: There is no such blob.
            LimitExceeded: GitHub does not serve a file as large as this.
        """
        request = Request(
            "GET", f"{self.place.path}/git/blobs/{sha}", accept=RAW, max_bytes=MAX_BLOB_BYTES
        )
        answer = self.session.read(
            request, lambda found: found.status != 200 or blob_id(found.body) == sha
        )
        if answer.status == 200:
            return answer.body
        if answer.status in (404, 409, 422):
            raise NotFound(f"object {sha}")
        if answer.status == 403 and _is_too_large(answer):
            raise LimitExceeded(f"object {sha}", MAX_BLOB_BYTES)
        raise self.refused(answer)

    @contextmanager
    def archive(self, commit: CommitId) -> Iterator[Iterator[bytes]]:
        """The compressed archive of a commit, piece by piece.

        Raises:
            NoAnswer: It cannot be downloaded, or not all of it arrives.
        """
        request = Request("GET", f"{self.place.path}/tarball/{commit}")
        with self.session.download(request) as pieces:
            yield pieces

    def default_branch(self) -> str:
        """The name of the default branch."""
        answer, body = self.session.read_json(Request("GET", self.place.path))
        if answer.status != 200:
            raise self.refused(answer)
        return str(_member(body, "default_branch"))

    def refused(self, answer: Answer) -> PackError:
        """The error for an answer that is no success."""
        return refusal(answer, self.place.full_name)

    def path(self, *parts: str) -> str:
        """A path of the REST API below the repository."""
        return "/".join((self.place.path, *map(quoted, parts)))


def whole_tree(repository: GithubRepository, name: str) -> Tree:
    """Everything in a commit or tree, in one request if possible.

    GitHub truncates a tree of more than 100,000 entries or 7 MB; it is then read folder by folder.

    Raises:
        NotFound: There is no such commit.
        LimitExceeded: A single folder has more entries than GitHub lists.
    """
    return Tree(dict(_walk(repository, name, "")))


def _walk(repository: GithubRepository, name: str, prefix: str) -> Iterator[tuple[str, Item]]:
    rows, is_whole = repository.tree(name, recursive=True)
    if is_whole:
        yield from ((prefix + path, item) for path, item, is_folder in rows if not is_folder)
        return
    rows, is_whole = repository.tree(name, recursive=False)
    if not is_whole:
        raise LimitExceeded(f"the folder {prefix or '/'}", len(rows), "entries")
    for path, item, is_folder in rows:
        if is_folder:
            yield from _walk(repository, item.sha, f"{prefix}{path}/")
        else:
            yield prefix + path, item


def _is_too_large(answer: Answer) -> bool:
    errors = answer.member("errors")
    return isinstance(errors, list) and any(
        isinstance(error, dict) and error.get("code") == "too_large" for error in errors
    )


def read_commit(row: dict[str, Any], details: dict[str, Any]) -> CommitRecord:
    """A commit as the REST API describes it.

    Args:
        row: Has the id, the parents and the address.
        details: Has the tree, the message and the committer.

    Raises:
        ConnectorError: They do not have the documented shape.
    """
    try:
        commit, tree = str(row["sha"]), str(details["tree"]["sha"])
        parents = tuple(str(parent["sha"]) for parent in row["parents"])
        at = parse_time(details["committer"]["date"])
        message = str(details["message"])
        author, committer = (
            Identity(str(details[who]["name"]), str(details[who]["email"]))
            for who in ("author", "committer")
        )
        authored_at = parse_time(details["author"]["date"])
    except (KeyError, TypeError, ValueError) as error:
        raise ConnectorError("GitHub's answer makes no sense: a commit lacks a member") from error
    if not (is_id(commit) and is_id(tree)):
        raise ConnectorError("GitHub's answer makes no sense: an id is malformed")
    url = row.get("html_url")
    return CommitRecord(
        CommitId(commit),
        tree,
        parents,
        message,
        at,
        url and str(url),
        author,
        authored_at,
        committer,
    )


def _record(row: dict[str, Any]) -> CommitRecord:
    return read_commit(row, _member(row, "commit"))


def parse_time(text: object) -> datetime:
    """A time as GitHub writes it, in UTC.

    Raises:
        ValueError: It is not one.
    """
    found = datetime.fromisoformat(str(text))
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _rows(value: object) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise ConnectorError("GitHub's answer makes no sense: it is not a list")
    return value


def _member(value: object, name: str) -> Any:
    if not isinstance(value, dict) or name not in value:
        raise ConnectorError(f"GitHub's answer makes no sense: it has no {name}")
    return value[name]
