"""Contents by id, in as few requests as possible.

What the cache holds costs nothing. Of the rest, many files come with the archive of the current
commit, some by GraphQL as text, and whatever neither brings is asked for one by one. Content is
believed only if it has the hash it was asked for by, so no way can bring wrong bytes.

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
from pack_connectors.github.trees import EMPTY, Tree
from pack_connectors.system.retry import NoAnswer

_BY_QUERIES: Final = 200
_BY_REQUESTS: Final = 3
"""From how many on the archive is worth it on a server without GraphQL."""
_IN_ONE_QUERY: Final = 100
_QUERY_BYTES: Final = 4 * 1024 * 1024
_TEXT_BYTES: Final = 400_000
"""GraphQL cuts longer texts."""
_BATCH_BYTES: Final = 1024 * 1024
_ARCHIVE_BYTES: Final = 32 * 1024 * 1024
"""Up to this size an archive is worth it, however little of it is wanted."""
_MEMBER_OVERHEAD: Final = 2048
_DOWNLOADS: Final = 2
_QUERY: Final = """
query($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { FIELDS } }
fragment text on Blob { text isBinary isTruncated }
"""

_Batch = dict[BlobId, bytes]


class GithubBlobs:
    """The files of one repository, by id.

    Args:
        repository: The repository.
        cache: What is known of it.
        head: Its current commit.
        snapshots: The trees of its commits.
        method: Whether the server has GraphQL.
        by_queries: If more files than this are missing, the archive is worth it.
    """

    def __init__(
        self,
        repository: GithubRepository,
        cache: GithubCache,
        head: GithubHead,
        snapshots: GithubSnapshots,
        method: GithubMethod,
        by_queries: int = _BY_QUERIES,
    ) -> None:
        self._repository = repository
        self._cache = cache
        self._head = head
        self._snapshots = snapshots
        self._method = method
        self._by_queries = by_queries
        self._lock = threading.Lock()
        self._may_fill = True

    def read(self, sha: BlobId) -> bytes:
        """One file's bytes.

        Raises:
            NotFound: There is no such blob.
            LimitExceeded: It is larger than 100 MiB.
            ConnectorError: GitHub cannot be asked, or sends other bytes.
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
        """Whether the cache was filled, because it held none of the current files.

        Whoever reads one file of a memory that is new to this machine will ask for all of them: the
        catalog is made of them. Tried once only.
        """
        with self._lock:
            may_fill, self._may_fill = self._may_fill, False
            tree = self._known_tree() if may_fill else EMPTY
            sizes = _sizes(tree)
            missing = set(sizes)
            is_small = sum(sizes.values()) <= _ARCHIVE_BYTES
            if not (is_small and self._is_archive_worth(missing, sizes)):
                return False
            if self._cache.held(missing):
                return False
            for batch in self._from_archive(missing, tree):
                self._cache.keep_blobs(batch.values())
                missing -= batch.keys()
            return True

    def read_many(self, shas: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """See `Connector.read_blobs`: each as soon as it has arrived."""
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
        """What is missing, in batches, as far as it need not be asked for one by one.

        Between two batches, the caller takes out of `missing` what has arrived.
        """
        if len(missing) <= 1:
            return
        tree = self._known_tree()
        sizes = _sizes(tree)
        if self._is_archive_worth(missing, sizes):
            yield from self._from_archive(missing, tree)
        if self._method.has_graphql:
            yield from self._from_queries(missing, sizes)

    def _known_tree(self) -> Tree:
        """The tree of the current commit if it is known, else an empty one."""
        head = self._head.known
        return (self._snapshots.known(head.id) if head else None) or EMPTY

    def _is_archive_worth(self, missing: set[BlobId], sizes: Mapping[BlobId, int]) -> bool:
        inside = missing & sizes.keys()
        most = self._by_queries if self._method.has_graphql else _BY_REQUESTS
        part = sum(sizes[sha] for sha in inside)
        return len(inside) > most and sum(sizes.values()) <= _ARCHIVE_BYTES + 10 * part

    def _from_archive(self, missing: set[BlobId], tree: Tree) -> Iterator[_Batch]:
        head = self._head.known
        if head is None:
            return
        whole = sum((item.size or 0) + _MEMBER_OVERHEAD for item in tree.items.values())
        for _ in range(_DOWNLOADS):
            try:
                with self._repository.archive(head.id) as pieces:
                    found = read_archive(pieces, frozenset(missing), _ARCHIVE_BYTES + 4 * whole)
                    yield from _batches(found)
                return
            except (NoAnswer, BadArchive):
                continue  # what has arrived is kept; the rest comes again, or one by one
            except ConnectorError:
                return  # one by one then; that raises an error of its own if it fails too

    def _from_queries(self, missing: set[BlobId], sizes: Mapping[BlobId, int]) -> Iterator[_Batch]:
        short = sorted(sha for sha in missing if sizes.get(sha, 0) <= _TEXT_BYTES)
        for part in _parts(short, sizes):
            try:
                found = self._query(part)
            except ConnectorError:
                return  # as above
            if found is None:
                return
            yield found

    def _query(self, shas: Sequence[BlobId]) -> _Batch | None:
        """Those of some files that GraphQL gives unchanged; `None` if it gives nothing."""
        fields = " ".join(f'b{n}: object(oid: "{sha}") {{ ...text }}' for n, sha in enumerate(shas))
        place = self._repository.place
        answer, body = self._repository.session.query(
            _QUERY.replace("FIELDS", fields), {"owner": place.owner, "name": place.name}
        )
        self._method.note(answer)
        data = body.get("data")
        repository = data.get("repository") if isinstance(data, dict) else None
        if not isinstance(repository, dict):
            return None
        texts = [(sha, _text(repository.get(f"b{n}"))) for n, sha in enumerate(shas)]
        return {sha: text for sha, text in texts if text is not None and blob_id(text) == sha}


def _text(node: Any) -> bytes | None:
    """The bytes of a blob that GraphQL shows whole; they are its own only if it is UTF-8."""
    if not isinstance(node, dict) or node.get("isBinary") or node.get("isTruncated"):
        return None
    text = node.get("text")
    return text.encode("utf-8", "surrogatepass") if isinstance(text, str) else None


def _sizes(tree: Tree) -> dict[BlobId, int]:
    return {BlobId(item.sha): item.size or 0 for item in tree.items.values()}


def _batches(files: Iterable[tuple[BlobId, bytes]]) -> Iterator[_Batch]:
    batch, size = _Batch(), 0
    for sha, content in files:
        batch[sha] = content
        size += len(content)
        if size > _BATCH_BYTES or len(batch) >= _IN_ONE_QUERY:
            yield batch
            batch, size = _Batch(), 0
    if batch:
        yield batch


def _parts(shas: Sequence[BlobId], sizes: Mapping[BlobId, int]) -> Iterator[list[BlobId]]:
    part: list[BlobId] = []
    size = 0
    for sha in shas:
        if part and (len(part) == _IN_ONE_QUERY or size > _QUERY_BYTES):
            yield part
            part, size = [], 0
        part.append(sha)
        size += sizes.get(sha, 0)
    if part:
        yield part
