"""Contents by id, in as few requests as there are ways to ask for many.

What the cache holds costs nothing. Of the rest, many come with the archive of the current commit,
some by GraphQL, as text, and what neither gives one by one. Whatever comes is believed when it has
the hash that it was asked for by, so that no way can bring wrong bytes.

Sources: GitHub REST documentation, "Download a repository archive (tar)", "Get a blob"; GitHub
GraphQL reference, "Blob".
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pack.errors import ConnectorError, NotFound
from pack.model import BlobId, blob_id
from pack_connectors.github.archive import BadArchive, read_archive
from pack_connectors.github.cache import GithubCache
from pack_connectors.github.commit.method import GithubMethod
from pack_connectors.github.head import GithubHead
from pack_connectors.github.repository import GithubRepository, is_id
from pack_connectors.github.snapshots import GithubSnapshots
from pack_connectors.github.trees import Item
from pack_connectors.system.retry import NoAnswer

_BY_QUERIES: Final = 200
"""More missing files than this come with the archive."""
_BY_REQUESTS: Final = 3
"""The same where there is no GraphQL."""
_IN_ONE_QUERY: Final = 100
_QUERY_BYTES: Final = 4 * 1024 * 1024
_TEXT_BYTES: Final = 400_000
"""GraphQL cuts longer texts."""
_BATCH_BYTES: Final = 1024 * 1024
_ARCHIVE_BYTES: Final = 32 * 1024 * 1024
"""An archive is not too large for what is wanted of it up to here."""
_DOWNLOADS: Final = 2

_Batch = dict[BlobId, bytes]


class GithubBlobs:
    """The files of one repository, by id."""

    def __init__(
        self,
        repository: GithubRepository,
        cache: GithubCache,
        head: GithubHead,
        snapshots: GithubSnapshots,
        method: GithubMethod,
    ) -> None:
        self._repository = repository
        self._cache = cache
        self._head = head
        self._snapshots = snapshots
        self._method = method
        self._lock = threading.Lock()
        self._may_fill = True

    def read(self, sha: BlobId) -> bytes:
        """One file's bytes.

        Raises:
            NotFound: There is no such blob.
            LimitExceeded: It is larger than 100 MiB.
            ConnectorError: It cannot be asked for, or other bytes come.
        """
        if not is_id(sha):
            raise NotFound(f"object {sha[:60]!r}")
        found = self._cache.blob(sha)
        if found is None and self._fill():
            found = self._cache.blob(sha)
        if found is None:
            found = self._repository.blob(sha)
            self._cache.keep_blobs([found])
        return found

    def _fill(self) -> bool:
        """Whether the cache was filled, as it held none of the current files.

        Whoever reads one file of a memory that is new to this machine will ask for all of them: the
        catalog is made of them. Done once, whatever comes of it.
        """
        with self._lock:
            may_fill, self._may_fill = self._may_fill, False
            items = self._items() if may_fill else {}
            missing = {BlobId(sha) for sha in items}
            if not self._is_small(missing, items) or self._cache.held(missing):
                return False
            for batch in self._from_archives(missing):
                self._cache.keep_blobs(batch.values())
                missing -= batch.keys()
            return True

    def read_many(self, shas: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """See `Connector.read_blobs`: each as soon as it has come."""
        wanted = list(shas)
        missing = {sha for sha in wanted if is_id(sha)}
        missing -= self._cache.held(missing)
        coming, batch = self._coming(missing), _Batch()
        for sha in wanted:
            content = batch.get(sha)
            if content is None and sha not in missing:
                content = self._cache.blob(sha) if is_id(sha) else None
            while content is None and sha in missing:
                arrived = next(coming, None)
                if arrived is None:
                    break
                self._cache.keep_blobs(arrived.values())
                missing -= arrived.keys()
                batch, content = arrived, arrived.get(sha)
            yield sha, self.read(sha) if content is None else content

    # --- many at once --------------------------------------------------------------------------

    def _coming(self, missing: set[BlobId]) -> Iterator[_Batch]:
        """What is missing, in batches, as far as it can be had otherwise than one by one.

        `missing` loses, between two batches, what has come.
        """
        if len(missing) <= 1:
            return
        items = self._items()
        if self._is_archive_worth(missing, items):
            yield from self._from_archives(missing)
        if self._method.has_graphql:
            yield from self._from_queries(missing, items)

    def _items(self) -> Mapping[str, Item]:
        """The files of the current commit by id, as far as they are known."""
        head = self._head.known
        tree = self._snapshots.known(head.id) if head else None
        return {item.sha: item for item in tree.items.values()} if tree else {}

    def _is_archive_worth(self, missing: set[BlobId], items: Mapping[str, Item]) -> bool:
        inside = [items[sha] for sha in missing if sha in items]
        most = _BY_QUERIES if self._method.has_graphql else _BY_REQUESTS
        whole = sum(item.size or 0 for item in items.values())
        part = sum(item.size or 0 for item in inside)
        return len(inside) > most and whole <= _ARCHIVE_BYTES + 10 * part

    def _is_small(self, missing: set[BlobId], items: Mapping[str, Item]) -> bool:
        whole = sum(item.size or 0 for item in items.values())
        return whole <= _ARCHIVE_BYTES and self._is_archive_worth(missing, items)

    def _from_archives(self, missing: set[BlobId]) -> Iterator[_Batch]:
        head = self._head.known
        for _ in range(_DOWNLOADS if head else 0):
            try:
                yield from self._from_archive(missing)
                return
            except (NoAnswer, BadArchive):
                continue  # what has come is kept; the rest comes again, or one by one
            except ConnectorError:
                return  # likewise, with an error of its own where it stays

    def _from_archive(self, missing: set[BlobId]) -> Iterator[_Batch]:
        head = self._head.known
        if head is None:
            return
        tree = self._snapshots.at_head(head)
        most = _ARCHIVE_BYTES + 4 * sum((item.size or 0) + 2048 for item in tree.items.values())
        batch: _Batch = {}
        size = 0
        with self._repository.archive(head.id) as pieces:
            for sha, content in read_archive(pieces, frozenset(missing), most):
                batch[sha] = content
                size += len(content)
                if size > _BATCH_BYTES or len(batch) >= _IN_ONE_QUERY:
                    yield batch
                    batch, size = {}, 0
        if batch:
            yield batch

    def _from_queries(self, missing: set[BlobId], items: Mapping[str, Item]) -> Iterator[_Batch]:
        short = sorted(sha for sha in missing if _size(items, sha) <= _TEXT_BYTES)
        for part in _parts(short, items):
            try:
                found = self._query(part)
            except ConnectorError:
                return  # one by one then, with an error of its own where it stays
            if found is None:
                return
            yield found

    def _query(self, shas: Sequence[BlobId]) -> _Batch | None:
        """Those of some files that GraphQL gives as they are; `None` where it gives nothing."""
        fields = " ".join(f'b{n}: object(oid: "{sha}") {{ ...text }}' for n, sha in enumerate(shas))
        place = self._repository.place
        answer, body = self._repository.graphql(
            _QUERY.replace("FIELDS", fields), {"owner": place.owner, "name": place.name}
        )
        self._method.note(answer)
        data = body.get("data")
        repository = data.get("repository") if isinstance(data, dict) else None
        if not isinstance(repository, dict):
            return None
        texts = [(sha, _text(repository.get(f"b{n}"))) for n, sha in enumerate(shas)]
        return {sha: text for sha, text in texts if text is not None and blob_id(text) == sha}


_QUERY: Final = """
query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { FIELDS } }
fragment text on Blob { text isBinary isTruncated }
"""


def _text(node: Any) -> bytes | None:
    """The bytes of a blob that GraphQL shows whole; its text is that of UTF-8 only where it is."""
    if not isinstance(node, dict) or node.get("isBinary") or node.get("isTruncated"):
        return None
    text = node.get("text")
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else None


def _size(items: Mapping[str, Item], sha: str) -> int:
    item = items.get(sha)
    return (item.size or 0) if item else 0


def _parts(shas: Sequence[BlobId], items: Mapping[str, Item]) -> Iterator[list[BlobId]]:
    part: list[BlobId] = []
    size = 0
    for sha in shas:
        if part and (len(part) == _IN_ONE_QUERY or size > _QUERY_BYTES):
            yield part
            part, size = [], 0
        part.append(sha)
        size += _size(items, sha)
    if part:
        yield part
