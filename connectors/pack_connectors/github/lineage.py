"""The line of commits of a branch on GitHub, from pages of its log.

One request for each hundred commits, until the one that is known is met. Where it never is, as the
history was rewritten, both logs are read to the end: that is rare, and nothing else is exact.

Source: GitHub REST documentation, "List commits".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pack.errors import NotFound
from pack.log import CommitFacts, Lineage
from pack.model import CommitId
from pack_connectors.github.repository import CommitRecord, GithubRepository, is_id

_PAGE: Final = 100


def read_lineage(
    repository: GithubRepository, since: CommitId | None, head: CommitId
) -> Lineage | None:
    """See `Connector.lineage`."""
    if not is_id(head):
        raise NotFound(f"commit {head[:60]!r}")
    records: dict[str, CommitRecord] = {}
    log = read_log(repository, head)
    line, is_met = _line(log, since, head, records)
    if since is None or is_met:
        return _lineage(line)
    records |= {record.id: record for record in log}
    try:
        older = {record.id for record in read_log(repository, since)}
    except NotFound:
        return None
    newer = []
    for record in line:
        if record.id in older:
            break
        newer.append(record)
    return _lineage(newer, is_rewritten=since not in records)


def _line(
    log: Iterator[CommitRecord],
    since: CommitId | None,
    head: CommitId,
    records: dict[str, CommitRecord],
) -> tuple[list[CommitRecord], bool]:
    """The first parents from `head` on, and whether `since` is one of them, where they end.

    What was read is in `records`.
    """
    line: list[CommitRecord] = []
    wanted: str | None = head
    while wanted is not None and wanted != since:
        while wanted not in records:
            record = next(log, None)
            if record is None:
                return line, False  # the log ends before its own parents: shallow, or cut
            records[record.id] = record
        line.append(records[wanted])
        wanted = next(iter(records[wanted].parents), None)
    return line, wanted is not None


def read_log(repository: GithubRepository, head: CommitId) -> Iterator[CommitRecord]:
    """The commits that lead to one, the newest first; a request for each hundred.

    Raises:
        NotFound: There is no such commit.
    """
    if not is_id(head):
        raise NotFound(f"commit {head[:60]!r}")
    page = 1
    while True:
        answer, rows = repository.commits(start=head, count=_PAGE, page=page)
        if answer.status != 200:
            raise NotFound(f"commit {head}")
        yield from rows
        if len(rows) < _PAGE or 'rel="next"' not in answer.headers.get("link", ""):
            return
        page += 1


def _lineage(newest_first: list[CommitRecord], *, is_rewritten: bool = False) -> Lineage:
    facts = (
        CommitFacts(one.id, tuple(map(CommitId, one.parents)), one.message, one.at, one.url)
        for one in reversed(newest_first)
    )
    return Lineage(tuple(facts), is_rewritten)
