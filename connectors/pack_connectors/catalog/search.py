"""Finding passages by their words: the first stage of a search.

FTS5 reads every entry in the list of a word, and reads it twice to rank by it, so the cost of a
search grows with the length of these lists. Therefore the rarest clauses, up to `_RANKED` entries
altogether, are looked for first and ranked by BM25; behind a filter, which few passages pass, these
are more clauses, as only what it lets pass is ranked. Derived words are looked for only if all
clauses fit in with them. Only if this does not find enough, the common clauses are looked for, and
not ranked: phrases; passages with all of them; those with one in path, topic, tags or heading; then
any. Of each kind the ones indexed last come first, and reading ends when there are enough, or after
about `_READ` entries. If nothing was found by then, it goes on to the end, so something that is
there is never missed altogether.

Words are excluded and required by file: a file that holds an excluded word in any passage is not
found, and one that holds two required phrases in different passages is.
"""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import partial
from itertools import accumulate, chain
from operator import itemgetter
from typing import Final, NamedTuple

from pack.catalog.questions import Filter
from pack.search.candidate import Candidate
from pack.search.query import Alternative, Clause
from pack.search.words import index_terms
from pack_connectors.catalog.listing import Where, condition, has_edits
from pack_connectors.catalog.vocabulary import frequencies, prefix_frequency

_RANKED: Final = 2000
_READ: Final = 15_000
_AHEAD: Final = 20
"""How many of the best passages more than wanted are looked at, for those that are not shown."""
_COMMON_WAYS: Final = 4
"""How many alternatives of a phrase of common words are looked for; the typed one is first."""
# `ORDER BY rank` gives the same, but there FTS5 sorts all entries, while SQLite keeps the best.
_RANK: Final = "-bm25(words, 2.0, 4.0, 3.0, 2.0, 1.0)"
_HEADS: Final = "{path topic tags heading} : "
_HELD: Final = (
    "EXISTS (SELECT 1 FROM place AS one WHERE one.file = place.file "
    "AND +one.id IN (SELECT rowid FROM words WHERE words MATCH ?))"
)
"""Whether a file has a passage that meets an expression. SQLite finds these passages only once;
without the plus it would look up each of them for each file."""
_HELD_ELSEWHERE: Final = _HELD.replace("WHERE one", "WHERE one.id <> place.id AND one", 1)
"""The same for its other passages; costs nothing for a file of one passage."""
_COLUMNS: Final = (
    "file.path, topic, tags, created, ifnull(updated, changed), passage.line, heading, text, "
    "file.passages, says_shared"
)


class _Search(NamedTuple):
    """What FTS5 is asked.

    Attributes:
        match: An FTS5 expression.
        read: How many entries it reads; 0 if the passages are to be ranked.
        held: Expressions, each of which some passage of the file must meet.
    """

    match: str
    read: int
    held: tuple[str, ...] = ()


def candidates(
    db: sqlite3.Connection,
    clauses: Sequence[Clause],
    excluded: Sequence[Clause],
    which: Filter,
    limit: int,
    known: Container[int] = (),
) -> list[Candidate]:
    """See `Catalog.candidates`; within a transaction."""
    scores: dict[int, float] = {}
    visible = _Visible(db, which, excluded)
    searches = list(_searches(db, clauses, visible.share))
    for search in searches:
        if len(scores) >= limit:
            break
        for number, score in visible.search(search, limit):
            scores.setdefault(number, score)
    if not scores and any(search.read > _READ for search in searches):
        scores = dict(visible.search(searches[-1]._replace(read=1), limit))
    best = list(scores.items())[:limit]
    return read_candidates(db, {number: score for number, score in best if number not in known})


# --- what is looked for ------------------------------------------------------------------------


def _searches(db: sqlite3.Connection, clauses: Sequence[Clause], share: float) -> Iterator[_Search]:
    """The searches to make, the best first.

    Args:
        db: The catalog.
        clauses: What to look for.
        share: Of the entries that are read, how many are ranked at most.
    """
    most = int(min(_RANKED / share, max(_READ, _RANKED)))
    costs = _costs(db, clauses)
    if sum(costs) > _RANKED:
        clauses = [_as_typed(clause) for clause in clauses]
        costs = _costs(db, clauses)
    rarest = sorted(zip(costs, clauses, strict=True), key=itemgetter(0))
    optional = [clause for _, clause in rarest if not clause.required]
    required = [clause for clause in clauses if clause.required]
    total = sum(costs)
    if required:
        cost = sum(cost for cost, clause in rarest if clause.required)
        yield from _required(required, optional, total, is_ranked=cost <= most)
        return
    rare = optional[: _affordable([cost for cost, _ in rarest], most)]
    if rare:
        yield _Search(_or(rare), 0)
    yield from (_Search(match, total) for match in _common(optional[len(rare) :]))


def _as_typed(clause: Clause) -> Clause:
    """A word in its own forms only, as words derived from it must not make it a common one."""
    first, *_ = clause.alternatives
    if len(first.terms) > 1:
        return clause
    ways = tuple(way for way in clause.alternatives if way.weight >= first.weight)
    return clause.with_alternatives(ways)


def _required(
    required: Sequence[Clause], optional: Sequence[Clause], total: int, *, is_ranked: bool
) -> Iterator[_Search]:
    """With required phrases: passages that hold all of them, then those that hold any."""
    held = tuple(_any(clause.alternatives) for clause in required) if len(required) > 1 else ()
    if is_ranked:
        yield _Search(_or(required), 0, held)
        return
    if optional:
        yield _Search(f"{_all(required)} AND {_or(optional)}", total)
    yield _Search(_all(required), total)
    if held:
        yield _Search(_or(required), total, held)


def _affordable(costs: Sequence[int], most: int) -> int:
    """How many of the rarest clauses can be ranked together; the argument is sorted."""
    return bisect_right(list(accumulate(costs)), most)


def _common(clauses: Sequence[Clause]) -> Iterator[str]:
    phrases = [clause for clause in clauses if len(clause.alternatives[0].terms) > 1]
    words = [clause for clause in clauses if clause not in phrases]
    for clause in phrases:
        yield _any(clause.alternatives[:_COMMON_WAYS])
    if len(words) > 1:
        yield _all(words)
    for clause in words:
        yield _HEADS + _any(clause.alternatives)
    if clauses:
        yield _or(words or phrases)


def _costs(db: sqlite3.Connection, clauses: Sequence[Clause]) -> list[int]:
    """The length of the lists that each clause reads."""
    ways = [way for clause in clauses for way in clause.alternatives]
    known = frequencies(db, {term for way in ways for term in way.terms})
    return [sum(_cost(db, way, known) for way in clause.alternatives) for clause in clauses]


def _cost(db: sqlite3.Connection, way: Alternative, known: dict[str, int]) -> int:
    lengths = [known.get(term, 0) for term in way.terms]
    if way.prefix:
        lengths[-1] = prefix_frequency(db, way.terms[-1])
    return sum(lengths) if all(lengths) else 0


def _phrase(way: Alternative) -> str:
    # Index terms are letters and digits; the quotes keep AND, OR, NOT and NEAR words.
    return f'"{" ".join(way.terms)}"{" *" if way.prefix else ""}'


def _any(ways: Sequence[Alternative]) -> str:
    return f"({' OR '.join(map(_phrase, ways))})"


def _or(clauses: Sequence[Clause]) -> str:
    return f"({' OR '.join(_any(clause.alternatives) for clause in clauses)})"


def _all(clauses: Sequence[Clause]) -> str:
    return f"({' AND '.join(_any(clause.alternatives) for clause in clauses)})"


def _demanded(db: sqlite3.Connection, which: Filter) -> tuple[str, float]:
    """What an expression may demand on top: it finds at least everything that a filter lets pass.

    Words that most passages hold are not looked for, as their lists take longer to read. The other
    result is the share of all passages that meet it, at most.
    """
    demands = {"tags": index_terms(which.tag or ""), "path": index_terms(which.folder or "")}
    if not any(demands.values()):
        return "", 1.0
    known = frequencies(db, {term for terms in demands.values() for term in terms})
    (passages,) = db.execute("SELECT max(passages) FROM head").fetchone()
    demanded, share = "", 1.0
    for column, terms in demands.items():
        telling = [
            term for term in dict.fromkeys(terms) if known.get(term, 0) * 2 <= (passages or 0)
        ]
        if telling:
            quoted = " AND ".join(f'"{term}"' for term in telling)
            demanded += f" AND {{{column}}} : ({quoted})"
            rarest = min(known.get(term, 0) for term in telling)
            share = min(share, max(rarest, 1) / max(passages, 1))
    return demanded, share


# --- where it is looked for --------------------------------------------------------------------


class _Visible:
    """The passages of files that a reader sees, a filter lets pass, and nothing excludes."""

    def __init__(self, db: sqlite3.Connection, which: Filter, excluded: Sequence[Clause]) -> None:
        self._db = db
        self._edited = has_edits(db)
        self._condition = condition(which)
        self._is_filtered = not which.is_empty
        self._demanded, self.share = _demanded(db, which)
        self._excluded = _or(excluded) if excluded else ""
        by_words = Filter(tag=which.tag, folder=which.folder)
        self._shows_most = which.is_empty or (bool(self._demanded) and which == by_words)

    def search(self, search: _Search, limit: int) -> list[tuple[int, float]]:
        """Ids and scores of at most `limit` passages, by rank or beginning with the latest."""
        limits = self._limits(search.held)
        is_by_file_alone = limits and not (search.read or search.held or self._excluded)
        best = None
        if is_by_file_alone and self._shows_most:
            best = self._first_shown(search, limits[0], limit)
        return self._run(search, limits, limit) if best is None else best

    def _first_shown(
        self, search: _Search, shown: Where, limit: int
    ) -> list[tuple[int, float]] | None:
        """The best passages that are shown, if they are found among the best of all passages.

        To look up the file of every passage takes a third of a search, and nearly all are shown.
        `None` if too few of the best are.
        """
        ahead = limit + _AHEAD
        best = self._run(search, [], ahead)
        query = f"SELECT id FROM place WHERE id IN (SELECT value FROM json_each(?)) AND {shown.sql}"  # noqa: S608
        numbers = json.dumps([number for number, _ in best])
        passing = {number for (number,) in self._db.execute(query, (numbers, *shown.values))}
        found = [one for one in best if one[0] in passing]
        return found[:limit] if len(found) >= limit or len(best) < ahead else None

    def _run(self, search: _Search, limits: Sequence[Where], limit: int) -> list[tuple[int, float]]:
        """What is found by an expression within limits."""
        read = search.read
        score, order = ("0.0", "words.rowid DESC") if read else (_RANK, "2 DESC, 1")
        join = "JOIN place ON place.id = words.rowid" if limits else ""
        if read > _READ:
            (last,) = self._db.execute("SELECT max(id) FROM place").fetchone()
            # FTS5 takes whole numbers only.
            limits = [*limits, Where("words.rowid > ?", (last - last * _READ // read,))]
        where = "".join(f" AND {one.sql}" for one in limits)
        query = (
            f"SELECT words.rowid, {score} FROM words {join} "  # noqa: S608 - ours
            f"WHERE words MATCH ? {where} ORDER BY {order} LIMIT ?"
        )
        match = search.match + self._demanded
        if self._excluded:
            match = f"({match}) NOT {self._excluded}"
        values = chain.from_iterable(one.values for one in limits)
        return self._db.execute(query, (match, *values, limit)).fetchall()

    def _limits(self, held: tuple[str, ...]) -> list[Where]:
        """The conditions for the file of a passage."""
        limits = [self._is_shown()] if self._edited or self._is_filtered else []
        limits += [Where(_HELD, (match,)) for match in held]
        if self._excluded:
            limits.append(Where(f"NOT {_HELD_ELSEWHERE}", (self._excluded,)))
        return limits

    def _is_shown(self) -> Where:
        sql, values = self._condition.sql, self._condition.values
        hidden = "AND path NOT IN (SELECT path FROM edited)" if self._edited else ""
        where = f"EXISTS (SELECT 1 FROM file WHERE id = place.file AND {sql} {hidden})"  # noqa: S608
        if not self._edited:
            return Where(where, values)
        shown = f"SELECT 1 FROM edited WHERE id = place.file AND is_shown AND {sql}"  # noqa: S608
        return Where(f"({where} OR EXISTS ({shown}))", values * 2)


_as_candidate = partial(tuple.__new__, Candidate)
"""As `Candidate._make`, of values that are known to be complete."""


def _tags(kept: str) -> tuple[str, ...]:
    """The tags in what is kept of them: JSON, which has escapes in few cases."""
    if "\\" in kept or kept == "[]":
        return tuple(json.loads(kept))
    return tuple(kept[2:-2].split('", "'))


def read_candidates(db: sqlite3.Connection, scores: Mapping[int, float]) -> list[Candidate]:
    """The passages with these ids as candidates, in this order, with their scores."""
    found: dict[int, Candidate] = {}
    tables = [("file", ">"), ("edited", "<")] if has_edits(db) else [("file", ">")]
    for table, sign in tables:
        query = (
            f"SELECT place.id, {_COLUMNS} FROM json_each(?) AS wanted "  # noqa: S608 - ours
            "JOIN place ON place.id = wanted.value JOIN passage ON passage.id = place.id "
            f"JOIN {table} AS file ON file.id = place.file WHERE place.file {sign} 0"
        )
        for row in db.execute(query, (json.dumps(list(scores)),)):
            number, path, topic, tags, *about, passages, says_shared = row
            own = (scores[number], None, None, passages, says_shared == 1)
            found[number] = _as_candidate((number, path, topic, _tags(tags), *about, *own))
    return [found[number] for number in scores if number in found]
