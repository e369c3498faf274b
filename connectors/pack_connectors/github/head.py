"""What is current on the branch: asked for conditionally, once in a view, never going back.

A server that is many machines may answer a read as it was before the last write. Such an answer is
known by its age: a commit that was current before one we have seen is asked for again, and only
believed when it stays (somebody has then moved the branch back).

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
from typing import Any, Final

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


class _View(threading.local):
    """What a thread sees inside a view."""

    def __init__(self) -> None:
        self.depth = 0
        self.is_loaded = False
        self.head: CommitRecord | None = None


class GithubHead:
    """The current commit of one branch.

    Args:
        repository: Asked for it.
        branch: Its name; `None` for the default branch, whichever that is.
        cache: Where the last answer is kept between two runs.
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
        self._tagged, self._known = _read_kept(self._kept)
        self._age_parents()

    @property
    def start(self) -> str | None:
        """The branch, as a list of commits begins at it; `None` for the default one."""
        return f"{self._prefix}{self._name}" if self._name else None

    @property
    def _name(self) -> str:
        return self._branch or self._default[0]

    @property
    def known(self) -> CommitRecord | None:
        """What was current when it was last asked for."""
        return self._known

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
        """The current commit, in a view that of its first read; `None` for an empty repository.

        Raises:
            ConnectorError: It cannot be asked for.
        """
        view = self._view
        if view.depth and view.is_loaded:
            return view.head
        head = self._fetch()
        view.head, view.is_loaded = head, True
        return head

    def refresh(self) -> CommitRecord | None:
        """The current commit, asked for now; a view goes on from there."""
        self._view.is_loaded = False
        return self.current()

    def forget_view(self) -> None:
        """Let the next read of this thread ask anew."""
        self._view.is_loaded = False

    def moved(self, base: CommitRecord | None, made: CommitRecord) -> None:
        """Note our own commit on `base`."""
        with self._lock:
            if _id(self._known) == _id(base):
                self._become(made)
            elif _id(self._known) != made.id:
                self._age(made.id)  # somebody has seen a later one already
        self._view.head, self._view.is_loaded = made, True

    def branch_of(self, base: CommitRecord | None) -> str:
        """The name of the branch that `base` was read from, for a write on it.

        The default branch may become another one: its name is asked for once a day, and from then
        on what is current is that of this branch, so that nothing is read from one branch and
        written to another.

        Raises:
            StaleBase: The default branch is another one now, and not at `base`.
            ConnectorError: The repository cannot be asked.
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
        head = None
        for number in self._repository.session.retry.attempts(_ATTEMPTS):
            head = self._ask(self._tagged if number == 1 else None)
            if self._accept(head, is_last=number == _ATTEMPTS):
                break
        return head

    def _accept(self, head: CommitRecord | None, *, is_last: bool) -> bool:
        """Whether an answer is believed; it is known from then on. The last one always is."""
        with self._lock:
            was_emptied = head is None and self._known is not None
            if (was_emptied or _id(head) in self._older) and not is_last:
                return False
            self._become(head)
            return True

    def _ask(self, tagged: _Tagged | None) -> CommitRecord | None:
        answer, rows = self._newest(tagged[0] if tagged else None)
        if answer.status == 304 and tagged:
            return tagged[1]
        if answer.status == 409:
            return None
        if answer.status != 200 or not rows:
            raise self._missing()
        if new := answer.headers.get("etag"):
            self._tagged = (new, rows[0])
        return rows[0]

    def _newest(self, etag: str | None) -> tuple[Answer, list[CommitRecord]]:
        """The newest commit of the branch, however the server wants it to be named."""
        answer, rows = self._repository.commits(start=self.start, count=1, etag=etag)
        if answer.status == 404 and self._name and self._prefix:
            # For a list of commits, only the plain name is documented.
            answer, rows = self._repository.commits(start=self._name, count=1)
            self._prefix = "" if answer.status == 200 else self._prefix
        if answer.status == 404 and self._default[0]:
            self._default = _UNKNOWN  # it was renamed: whichever is the default now
            answer, rows = self._repository.commits(start=self.start, count=1)
        return answer, rows

    def _missing(self) -> ConnectorError:
        """What is not there: the repository (raised then), or the branch in it."""
        default = self._repository.default_branch()
        name = self._repository.place.full_name
        return ConnectorError(f"{name} on GitHub has no branch {self._branch or default}")

    def _become(self, head: CommitRecord | None) -> None:
        """Make a commit the known one; the lock is held."""
        if _id(self._known) != _id(head):
            self._age(_id(self._known))
            self._known = head
            self._age_parents()
        self._older.pop(_id(head), None)
        text = _write_kept(self._tagged, head)
        if text != self._kept:
            self._kept = text
            self._cache.keep_fact(self._fact, text)

    def _age_parents(self) -> None:
        for parent in self._known.parents if self._known else ():
            self._age(CommitId(parent))

    def _age(self, commit: CommitId) -> None:
        if commit:
            self._older[commit] = None
            while len(self._older) > _REMEMBERED:
                self._older.popitem(last=False)


def _id(head: CommitRecord | None) -> CommitId:
    return head.id if head else _EMPTY


_Tagged = tuple[str, CommitRecord]
"""An ETag, and the commit it stands for."""


def _write_kept(tagged: _Tagged | None, known: CommitRecord | None) -> str:
    etag, commit = tagged or (None, None)
    return json.dumps([etag, _row(commit), _row(known)])


def _read_kept(text: str | None) -> tuple[_Tagged | None, CommitRecord | None]:
    """What `_write_kept` wrote, if the cache holds it as it was."""
    try:
        etag, commit, known = json.loads(text or "")
        tagged = (str(etag), _record(commit)) if etag and commit else None
        return tagged, _record(known) if known else None
    except (ValueError, TypeError, KeyError):
        return None, None


def _row(commit: CommitRecord | None) -> dict[str, Any] | None:
    if commit is None:
        return None
    plain = replace(commit, message="", author=None, authored_at=None)
    return {**asdict(plain), "at": commit.at.isoformat()}


def _record(row: dict[str, Any]) -> CommitRecord:
    at = datetime.fromisoformat(row["at"]).astimezone(UTC)
    return CommitRecord(**{**row, "at": at, "parents": tuple(row["parents"])})


def _read_default(text: str | None) -> tuple[str, float]:
    try:
        name, asked_at = json.loads(text or "")
        return str(name), float(asked_at)
    except (ValueError, TypeError):
        return _UNKNOWN
