"""Questions about the words of a memory, and how many there are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, cast

from pack.catalog.questions import Totals
from pack_connectors.catalog.known import KnowingConnection

_LAST: Final = "\U0010ffff"
_TRIGRAM: Final = 3


def totals(db: sqlite3.Connection) -> Totals:
    """See `Catalog.totals`; within a transaction."""
    found = db.execute("SELECT passages, characters FROM head").fetchone()
    passages, characters = found or (0, 0)
    return Totals(passages, characters, _median_length(db))


def _median_length(db: sqlite3.Connection) -> int:
    """How many passages a usual file has."""
    lengths = db.execute("SELECT passages, files FROM length ORDER BY passages").fetchall()
    left = sum(files for _, files in lengths) // 2
    for passages, files in lengths:
        left -= files
        if left < 0:
            return int(passages)
    return 1


def frequencies(db: sqlite3.Connection, terms: Collection[str]) -> dict[str, int]:
    """See `Catalog.frequencies`."""
    query = "SELECT text, passages FROM term WHERE text IN (SELECT value FROM json_each(?))"

    def read(new: list[str]) -> list[tuple[str, int]]:
        return db.execute(query, (json.dumps(new),)).fetchall()

    known = cast(KnowingConnection, db).known("count", terms, read, 0)
    return {term: count for term in terms if (count := known[term])}


def prefix_frequency(db: sqlite3.Connection, prefix: str) -> int:
    """The number of passages that hold each term beginning with `prefix`, added up."""
    query = "SELECT ifnull(sum(passages), 0) FROM term WHERE text >= ? AND text < ?"
    return int(db.execute(query, (prefix, prefix + _LAST)).fetchone()[0])


def with_stems(
    db: sqlite3.Connection, wanted: Sequence[Collection[str]], limit: int
) -> list[Mapping[str, int]]:
    """See `Vocabulary.with_stems`."""
    # Known by set: hardly any of the keys of derived words are in a memory.
    sets = {" ".join(keys): keys for keys in wanted}

    def read(new: list[str]) -> Iterable[tuple[str, Mapping[str, int]]]:
        found = _by_stem(db, set[str]().union(*(sets[name] for name in new)))
        for name in new:
            group = sorted(term for key in sets[name] for term in found.get(key, ()))
            yield name, {text: -passages for passages, text in group[:limit]}

    nothing: Mapping[str, int] = {}
    known = cast(KnowingConnection, db).known(f"forms {limit}", sets, read, nothing)
    return [known[" ".join(keys)] for keys in wanted]


def _by_stem(
    db: sqlite3.Connection, keys: Collection[str]
) -> Mapping[str, Sequence[tuple[int, str]]]:
    """The terms with each of some keys, each after the number of passages that hold it, negated."""
    query = "SELECT stem, -passages, text FROM term WHERE stem IN (SELECT value FROM json_each(?))"
    found: dict[str, list[tuple[int, str]]] = {}
    counts: dict[str, int] = {}
    for stem, count, text in db.execute(query, (json.dumps(list(keys)),)):
        found.setdefault(stem, []).append((count, text))
        counts[text] = -count
    cast(KnowingConnection, db).note("count", counts)  # they are asked for next
    return found


def containing(db: sqlite3.Connection, part: str, limit: int, *, at_end: bool) -> list[str]:
    """See `Vocabulary.containing`."""
    # Terms are letters and digits, so nothing in a part means anything to GLOB or FTS5.
    pattern = f"*{part}" if at_end else f"*{part}*"
    if len(part) < _TRIGRAM:
        found = "SELECT text, passages FROM term WHERE text GLOB ?"
    else:
        found = (
            "SELECT term.text, passages FROM part JOIN term ON term.id = part.rowid "
            "WHERE part.text GLOB ?"
        )
    query = f"{found} ORDER BY passages DESC, 1 LIMIT ?"
    return [text for text, _ in db.execute(query, (pattern, limit))]
