"""What a handler is given, and what all handlers need: the repository, a revision, a page."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.standins.github_http import EMPTY_REPOSITORY, Refusal, Request, Response
from tests.standins.github_limits import RateLimiter
from tests.standins.github_state import GithubState, Permission, Repository, Token
from tests.standins.github_store import GitRepository

OID = re.compile(r"[0-9a-f]{40}")
_T = TypeVar("_T")


@dataclass(slots=True)
class Sizes:
    """Where the service stops; a test makes them small to reach them.

    Source: GitHub REST documentation, "Get repository content", "Get a tree", "Get a blob".
    """

    json_content: int = 1024 * 1024
    blob: int = 100 * 1024 * 1024
    directory_entries: int = 1000
    tree_entries: int = 100_000
    tree_bytes: int = 7 * 1024 * 1024
    compared_files: int = 300
    graphql_text: int = 512_000


@dataclass(frozen=True, slots=True)
class Call:
    """A request that was let in, with everything its handler may look at.

    Attributes:
        params: Path parameters, decoded.
        stale: Answer a read as a replica does that has not seen the last write yet.
        api_url: Where the API is, without a slash at the end.
        archive_url: Where archives are downloaded: another host.
    """

    request: Request
    params: Mapping[str, str]
    token: Token
    state: GithubState
    limiter: RateLimiter
    sizes: Sizes
    api_url: str
    archive_url: str
    stale: bool = False

    def repository(self, wanted: Permission = Permission.READ) -> Repository:
        """The repository of the path, which the token may read or write.

        Raises:
            Refusal: 301 or 307 where it was renamed; 403 or 404.
        """
        repository = self.visible_repository()
        self.state.require(self.token, repository, wanted)
        return repository

    def visible_repository(self) -> Repository:
        """The repository of the path, which the token's user may see."""
        full_name = f"{self.params['owner']}/{self.params['repo']}"
        if (moved := self.state.renamed.get(full_name.lower())) is not None:
            self.state.visible(self.token, moved.full_name)
            raise self._redirect(full_name, moved.full_name)
        return self.state.visible(self.token, full_name)

    def _redirect(self, old: str, new: str) -> Refusal:
        path = self.request.path.replace(f"/repos/{old}", f"/repos/{new}", 1)
        query = f"?{urlencode(self.request.query)}" if self.request.query else ""
        is_read = self.request.method == "GET"
        where = {"location": f"{self.api_url}{path}{query}"}
        return Refusal(
            301 if is_read else 307,
            "Moved Permanently" if is_read else "Temporary Redirect",
            headers=where,
        )

    def git(self, wanted: Permission = Permission.READ) -> GitRepository:
        """The repository's objects for the Git Data API.

        Raises:
            Refusal: As `repository`; 409 for an empty one.
        """
        git = self.repository(wanted).git
        if git.is_empty(stale=self.stale):
            raise Refusal(409, EMPTY_REPOSITORY)
        return git

    def repo_url(self, repository: Repository) -> str:
        return f"{self.api_url}/repos/{repository.full_name}"

    def resolve(self, git: GitRepository, revision: str) -> str | None:
        """The commit a branch, a tag, an id or `HEAD` means; the current one, or the stale one."""
        if revision == "HEAD":
            revision = self.visible_repository().default_branch
        for name in (f"refs/heads/{revision}", f"refs/tags/{revision}", f"refs/{revision}"):
            if (oid := git.ref(name, stale=self.stale)) is not None:
                return oid
        return revision if git.get(revision, "commit") is not None else None

    def number(self, name: str, default: int, largest: int | None = None) -> int:
        """A query parameter that is a positive number; nonsense is the default, as there."""
        text = self.request.query.get(name, "")
        value = int(text) if text.isdecimal() and int(text) > 0 else default
        return min(value, largest) if largest is not None else value

    def page(self, items: Sequence[_T]) -> tuple[Sequence[_T], dict[str, str]]:
        """The page that was asked for, and the `Link` header of it.

        Source: GitHub REST documentation, "Using pagination in the REST API".
        """
        size, number = self.number("per_page", 30, 100), self.number("page", 1)
        last = max(1, -(-len(items) // size))
        targets = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
        wrong = {"prev", "first"} if number == 1 else set()
        wrong |= {"next", "last"} if number >= last else set()
        links = [
            f'<{self._page_url(target)}>; rel="{relation}"'
            for relation, target in targets.items()
            if relation not in wrong
        ]
        return items[(number - 1) * size : number * size], {
            "link": ", ".join(links)
        } if links else {}

    def _page_url(self, number: int) -> str:
        query = urlencode({**self.request.query, "page": str(number)})
        return f"{self.api_url}{self.request.path}?{query}"

    def listing(self, items: Sequence[dict[str, Any]]) -> Response:
        """A page of JSON objects."""
        shown, headers = self.page(items)
        answer = Response.of(list(shown))
        answer.headers |= headers
        return answer


def wrapped_base64(content: bytes) -> str:
    """Base64 in lines of 60 characters, each with its newline, as GitHub answers it."""
    text = base64.b64encode(content).decode()
    return "".join(f"{text[at : at + 60]}\n" for at in range(0, len(text), 60))


def decoded_base64(text: str, refusal: Refusal) -> bytes:
    """The bytes; newlines are allowed.

    Raises:
        Refusal: The one given, where it is not base64.
    """
    try:
        return base64.b64decode(text.replace("\n", ""), validate=True)
    except ValueError as error:
        raise refusal from error


def is_bad_path(path: str) -> bool:
    """Whether git would not take a path: empty, `.`, `..` or `.git` components."""
    parts = path.split("/")
    return any(part in ("", ".", "..") or part.lower() == ".git" for part in parts) or "\0" in path
