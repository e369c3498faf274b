"""What stands before and after a passage: in its file, else in the files beside it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final

from pack.search.candidate import Candidate
from pack_connectors.catalog.listing import has_edits
from pack_connectors.catalog.search import Links, read_candidates

_IN_FILE: Final = """
SELECT here.id, here.file,
    (SELECT max(id) FROM place WHERE file = here.file AND id < here.id),
    (SELECT min(id) FROM place WHERE file = here.file AND id > here.id)
FROM json_each(?) AS wanted JOIN place AS here ON here.id = wanted.value
"""
_BESIDE: Final = """
SELECT here.id,
    (SELECT max(id) FROM place WHERE file = (
        SELECT id FROM file WHERE folder = here.folder AND path < here.path
        ORDER BY path DESC LIMIT 1)),
    (SELECT min(id) FROM place WHERE file = (
        SELECT id FROM file WHERE folder = here.folder AND path > here.path
        ORDER BY path LIMIT 1))
FROM json_each(?) AS wanted JOIN file AS here ON here.id = wanted.value
"""
_SHOWN: Final = """
SELECT id FROM (
    SELECT id, path FROM file WHERE folder = {folder} AND path {sign} {path}
        AND path NOT IN (SELECT path FROM edited)
    UNION ALL
    SELECT id, path FROM edited WHERE is_shown AND folder = {folder} AND path {sign} {path}
) ORDER BY path {order} LIMIT 1
"""
_BEFORE: Final = _SHOWN.format(folder="here.folder", path="here.path", sign="<", order="DESC")
_AFTER: Final = _SHOWN.format(folder="here.folder", path="here.path", sign=">", order="ASC")
_BESIDE_SHOWN: Final = f"""
SELECT here.id,
    (SELECT max(id) FROM place WHERE file = ({_BEFORE})),
    (SELECT min(id) FROM place WHERE file = ({_AFTER}))
FROM (SELECT id, path, folder FROM file UNION ALL SELECT id, path, folder FROM edited) AS here
WHERE here.id IN (SELECT value FROM json_each(?))
"""  # noqa: S608 - constants


def with_neighbours(
    db: sqlite3.Connection, found: Sequence[Candidate], reach: int
) -> list[Candidate]:
    """See `Catalog.with_neighbours`; within a transaction."""
    links: dict[int, Links] = {}
    edge = [candidate.id for candidate in found]
    known = dict.fromkeys(edge)
    for _ in range(reach + 1):
        links |= (new := _links(db, edge))
        edge = [end for ends in new.values() for end in ends if end is not None]
        edge = [end for end in dict.fromkeys(edge) if end not in links]
        known |= dict.fromkeys(edge)
    scores = {candidate.id: candidate.score for candidate in found}
    return read_candidates(db, {n: scores.get(n, 0.0) for n in known if n in links}, links)


def _links(db: sqlite3.Connection, passages: Iterable[int]) -> dict[int, Links]:
    inside = db.execute(_IN_FILE, (_json(passages),)).fetchall()
    at_ends = {file for _, file, before, after in inside if before is None or after is None}
    query = _BESIDE_SHOWN if has_edits(db) else _BESIDE
    beside = {file: ends for file, *ends in db.execute(query, (_json(at_ends),))}
    return {
        number: (
            beside[file][0] if before is None else before,
            beside[file][1] if after is None else after,
        )
        for number, file, before, after in inside
    }


def _json(numbers: Iterable[int]) -> str:
    return json.dumps(list(numbers))
