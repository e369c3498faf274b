"""The files of a memory's repository that are no memory, because a git filter manages them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from pack.catalog.scope import EVERYTHING, scope_of
from pack.connector import Connector
from pack.model import BlobId, MemoryPath
from pack.rules.exclusion import Exclusion, ExclusionKind

Edits = Mapping[MemoryPath, BlobId | None]


def find_managed(
    connector: Connector, edits: Edits | None = None
) -> Iterator[tuple[MemoryPath, Exclusion]]:
    """Each of these files with what makes it one, sorted by path.

    Args:
        connector: Has the files.
        edits: What `Connector.edits` says of the current commit, if that is known already.
    """
    if edits is None:
        edits = connector.edits(connector.head())
    scope = scope_of(connector) if edits else EVERYTHING
    gone = sorted(path for path, blob in edits.items() if blob is None and scope.holds(path))
    for path in gone:
        why = connector.exclusion(path)
        if why is not None and why.kind is ExclusionKind.MANAGED:
            yield path, why


IsShared = Callable[[MemoryPath], bool]
"""Whether a file of the memory may leave it, for a target."""


def sharing(connector: Connector) -> IsShared:
    """The rule for which files targets may get at this moment, however old the commit.

    Raises:
        InvalidConfig: It is not certain, because `.pack.yaml` cannot be used.
        ConnectorError: The store cannot be read.
    """
    scope, managed = scope_of(connector).require(), managed_paths(connector)
    return lambda path: scope.holds(path) and path not in managed


def managed_paths(connector: Connector) -> frozenset[MemoryPath]:
    """Their paths."""
    return frozenset(path for path, _ in find_managed(connector))
