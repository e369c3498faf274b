"""Finds what comes before and after a passage: in its file, or else in the files next to it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from pack.search.candidate import Candidate, PassageStart
from pack_connectors.catalog.listing import has_edits
from pack_connectors.catalog.search import read_candidates


class Links(NamedTuple):
    """The ids of the passages before and after one."""

    previous: int | None
    next: int | None


_NEAREST: Final = """
SELECT id FROM file WHERE folder = here.folder AND path {sign} here.path
ORDER BY path {order} LIMIT 1
"""
"""The file next to one."""
_NEAREST_SHOWN: Final = """
SELECT id FROM (
    SELECT * FROM (
        SELECT id, path FROM file WHERE folder = here.folder AND path {sign} here.path
            AND path NOT IN (SELECT path FROM edited) ORDER BY path {order} LIMIT 1)
    UNION ALL SELECT * FROM (
        SELECT id, path FROM edited WHERE is_shown AND folder = here.folder
            AND path {sign} here.path ORDER BY path {order} LIMIT 1)
) ORDER BY path {order} LIMIT 1
"""
"""The same where some files are edited; the inner limits save sorting all of the folder."""


def _links_by(nearest: str, path: str, folder: str, files: str) -> str:
    return f"""
SELECT here.id,
    coalesce((SELECT max(id) FROM place WHERE file = here.file AND id < here.id),
        (SELECT max(id) FROM place WHERE file = ({nearest.format(sign="<", order="DESC")}))),
    coalesce((SELECT min(id) FROM place WHERE file = here.file AND id > here.id),
        (SELECT min(id) FROM place WHERE file = ({nearest.format(sign=">", order="ASC")})))
FROM (SELECT place.id, place.file, {path} AS path, {folder} AS folder
    FROM json_each(?) AS wanted JOIN place ON place.id = wanted.value {files}) AS here
"""  # noqa: S608 - constants


_LINKS: Final = _links_by(_NEAREST, "file.path", "file.folder", "JOIN file ON file.id = place.file")
_LINKS_SHOWN: Final = _links_by(
    _NEAREST_SHOWN,
    "ifnull(file.path, edited.path)",
    "ifnull(file.folder, edited.folder)",
    "LEFT JOIN file ON file.id = place.file LEFT JOIN edited ON edited.id = place.file",
)
"""The same where some files are edited, which takes twice as long."""
_ALIKE: Final = """
SELECT here.id, passage.line, passage.heading, substr(passage.text, 1, 300)
FROM json_each(?) AS wanted JOIN place AS here ON here.id = wanted.value
    JOIN passage AS own ON own.id = here.id
    JOIN place ON place.file = here.file JOIN passage ON passage.id = place.id
WHERE own.heading <> '' AND (passage.heading = own.heading
    OR substr(passage.heading, -length(own.heading) - 3) = ' > ' || own.heading)
ORDER BY here.id, place.id
"""


def called_alike(db: sqlite3.Connection, found: Iterable[int]) -> dict[int, list[PassageStart]]:
    """See `Catalog.called_alike`; within a transaction."""
    alike: dict[int, list[PassageStart]] = {}
    for number, *beginning in db.execute(_ALIKE, (_json(found),)):
        alike.setdefault(number, []).append(PassageStart(*beginning))
    return alike


def with_neighbours(
    db: sqlite3.Connection, found: Sequence[Candidate], reach: int
) -> list[Candidate]:
    """See `Catalog.with_neighbours`; within a transaction."""
    if not found:
        return []
    query = _LINKS_SHOWN if has_edits(db) else _LINKS
    links: dict[int, Links] = {}
    edge = [candidate.id for candidate in found]
    known = dict.fromkeys(edge)
    for _ in range(reach + 1):
        new = {number: Links(*ends) for number, *ends in db.execute(query, (_json(edge),))}
        links |= new
        edge = [end for ends in new.values() for end in ends if end is not None]
        edge = [end for end in dict.fromkeys(edge) if end not in links]
        known |= dict.fromkeys(edge)
    held = {candidate.id: candidate for candidate in found}
    added = read_candidates(db, {n: 0.0 for n in known if n in links and n not in held})
    held |= {candidate.id: candidate for candidate in added}
    return [
        held[number]._replace(previous=links[number].previous, next=links[number].next)
        for number in known
        if number in links and number in held
    ]


def _json(numbers: Iterable[int]) -> str:
    return json.dumps(list(numbers))
