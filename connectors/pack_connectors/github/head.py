"""The current commit of the branch: asked for conditionally, once in a view, never going back.

GitHub is many machines, and one of them may answer as things were before the last write. Such an
answer names a commit older than one already seen; it is asked for again, and believed only if it
stays (then somebody has moved the branch back).

Source: GitHub REST documentation, "Best practices" (conditional requests).
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Final, NamedTuple

from pack.errors import ConnectorError, StaleBase
from pack.model import CommitId
from pack_connectors.github.cache import GithubCache
from pack_connectors.github.http import Answer
from pack_connectors.github.repository import CommitRecord, GithubRepository

_ATTEMPTS: Final = 6
_REMEMBERED: Final = 100
_EMPTY: Final = CommitId("")
_DEFAULT: Final = "default branch"
_UNKNOWN: Final = ("", 0.0)
_VALID_SECONDS: Final = 24 * 3600.0


class _Seen(NamedTuple):
    """The current commit, and the ETag of the answer that named it; `None` for our own commit."""

    etag: str | None
    head: CommitRecord | None


class _View(threading.local):
    """What a thread sees inside a view."""

    def __init__(self) -> None:
        self.depth = 0
        self.is_loaded = False
        self.head: CommitRecord | None = None


class GithubHead:
    """The current commit of one branch.

    Args:
        repository: Is asked.
        branch: Its name; `None` for the default branch, whichever that is.
        cache: Keeps the last answer between two runs.
    """

    def __init__(
        self, repository: GithubRepository, branch: str | None, cache: GithubCache
    ) -> None:
        self._repository = repository
        self._branch = branch
        self._cache = cache
        self._fact = f"head {branch or ''}"
        self._default = _read_default(cache.fact(_DEFAULT))
        self._prefix = "heads/"  # a branch, where a tag has the same name
        self._lock = threading.Lock()
        self._view = _View()
        self._older: OrderedDict[CommitId, None] = OrderedDict()
        self._kept = cache.fact(self._fact)
        self._seen = _read_seen(self._kept)
        self._age_parents()

    @property
    def start(self) -> str | None:
        """The branch as the start of a list of commits; `None` for the default one."""
        return f"{self._prefix}{self._name}" if self._name else None

    @property
    def _name(self) -> str:
        return self._branch or self._default[0]

    @property
    def known(self) -> CommitRecord | None:
        """The current commit as far as it is known without a request."""
        return self._seen.head

    @contextmanager
    def view(self) -> Iterator[None]:
        """See `Connector.view`."""
        view = self._view
        if view.depth == 0:
            view.is_loaded = False
        view.depth += 1
        try:
            yield
        finally:
            view.depth -= 1

    def current(self) -> CommitRecord | None:
        """The current commit, inside a view that of its first read; `None` if there are no commits.

        Raises:
            ConnectorError: GitHub cannot be asked.
        """
        view = self._view
        if view.depth and view.is_loaded:
            return view.head
        head = self._fetch()
        view.head, view.is_loaded = head, True
        return head

    def refresh(self) -> CommitRecord | None:
        """The current commit, asked for now; a view continues with it."""
        self._view.is_loaded = False
        return self.current()

    def forget_view(self) -> None:
        """Let the next read of this thread ask again."""
        self._view.is_loaded = False

    def moved(self, base: CommitRecord | None, made: CommitRecord) -> None:
        """Note our own commit on `base`."""
        with self._lock:
            if _id(self.known) == _id(base):
                self._become(_Seen(None, made))
            elif _id(self.known) != made.id:
                self._age(made.id)  # another thread has already seen a later one
        self._view.head, self._view.is_loaded = made, True

    def branch_of(self, base: CommitRecord | None) -> str:
        """The name of the branch that `base` was read from, for a write on it.

        A repository can change its default branch, so its name is asked for once a day; reads then
        follow that branch too, so that nothing is read from one branch and written to another.

        Raises:
            StaleBase: The default branch is another one now, and not at `base`.
            ConnectorError: GitHub cannot be asked.
        """
        if self._branch:
            return self._branch
        now = self._repository.session.clock().timestamp()
        known, asked_at = self._default
        if known and 0 <= now - asked_at < _VALID_SECONDS:
            return known
        name = self._repository.default_branch()
        self._default = (name, now)
        self._cache.keep_fact(_DEFAULT, json.dumps(self._default))
        if name != known and base is not None:
            head = self.refresh()
            if _id(head) != base.id:
                raise StaleBase(base.id, head.id if head else None)
        return name

    # --- asking --------------------------------------------------------------------------------

    def _fetch(self) -> CommitRecord | None:
        seen = self._seen
        for number in self._repository.session.retry.attempts(_ATTEMPTS):
            seen = self._ask(seen if number == 1 else _Seen(None, None))
            if self._accept(seen, is_last=number == _ATTEMPTS):
                break
        return seen.head

    def _accept(self, seen: _Seen, *, is_last: bool) -> bool:
        """Whether an answer is believed, and known from then on. The last one always is."""
        with self._lock:
            was_emptied = seen.head is None and self.known is not None
            if (was_emptied or _id(seen.head) in self._older) and not is_last:
                return False
            self._become(seen)
            return True

    def _ask(self, seen: _Seen) -> _Seen:
        answer, rows = self._newest(seen.etag)
        if answer.status == 304 and seen.etag:
            return seen
        if answer.status == 409:
            return _Seen(None, None)
        if answer.status != 200 or not rows:
            raise self._missing()
        return _Seen(answer.headers.get("etag"), rows[0])

    def _newest(self, etag: str | None) -> tuple[Answer, list[CommitRecord]]:
        """The newest commit of the branch, under whichever name the server accepts."""
        answer, rows = self._repository.commits(start=self.start, count=1, etag=etag)
        if answer.status == 404 and self._name and self._prefix:
            # GitHub documents only the plain name for a list of commits.
            answer, rows = self._repository.commits(start=self._name, count=1)
            self._prefix = "" if answer.status == 200 else self._prefix
        if answer.status == 404 and self._default[0]:
            self._default = _UNKNOWN  # it was renamed: ask for whichever is the default now
            answer, rows = self._repository.commits(start=self.start, count=1)
        return answer, rows

    def _missing(self) -> ConnectorError:
        """The error for a missing branch, or, raised here, for a missing repository."""
        default = self._repository.default_branch()
        name = self._repository.place.full_name
        return ConnectorError(f"{name} on GitHub has no branch {self._branch or default}")

    def _become(self, seen: _Seen) -> None:
        """Make a commit the known one; the lock is held."""
        before, self._seen = self.known, seen
        if _id(before) != _id(seen.head):
            self._age(_id(before))
            self._age_parents()
        self._older.pop(_id(seen.head), None)
        text = _write_seen(seen)
        if text != self._kept:
            self._kept = text
            self._cache.keep_fact(self._fact, text)

    def _age_parents(self) -> None:
        for parent in self.known.parents if self.known else ():
            self._age(CommitId(parent))

    def _age(self, commit: CommitId) -> None:
        if commit:
            self._older[commit] = None
            while len(self._older) > _REMEMBERED:
                self._older.popitem(last=False)


def _id(head: CommitRecord | None) -> CommitId:
    return head.id if head else _EMPTY


def _write_seen(seen: _Seen) -> str:
    head, row = seen.head, None
    if head is not None:
        plain = replace(head, message="", author=None, authored_at=None, committer=None)
        row = {**asdict(plain), "at": head.at.isoformat()}
    return json.dumps([seen.etag, row])


def _read_seen(text: str | None) -> _Seen:
    """What `_write_seen` wrote, if the cache still holds it whole."""
    try:
        etag, row = json.loads(text or "")
        at = datetime.fromisoformat(row["at"]).astimezone(UTC)
        head = CommitRecord(**{**row, "at": at, "parents": tuple(row["parents"])})
        return _Seen(str(etag) if etag else None, head)
    except (ValueError, TypeError, KeyError):
        return _Seen(None, None)


def _read_default(text: str | None) -> tuple[str, float]:
    try:
        name, asked_at = json.loads(text or "")
        return str(name), float(asked_at)
    except (ValueError, TypeError):
        return _UNKNOWN
