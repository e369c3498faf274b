"""Searching a memory: the catalog proposes passages for a query, and `ranking` puts them in order.

The catalog goes by words alone; `ranking` reads the texts. A query without letters and digits has
no words, so the texts themselves are searched for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pack.catalog.catalog import Catalog
from pack.catalog.questions import EVERYTHING, Filter
from pack.catalog.row import Row
from pack.core.core import Core
from pack.core.labels import PERSONS
from pack.core.requests import (
    SEARCH_LIMIT,
    check_limit,
    check_query,
    cut_to_budget,
    make_filter,
    page,
)
from pack.core.session import Session
from pack.errors import InvalidRequest
from pack.files.markdown import split_lines
from pack.files.passages import HeadingPath, heading_above, heading_paths
from pack.model import MemoryPath
from pack.results import Line, Match, Matches
from pack.search.candidate import Candidate, PassageStart
from pack.search.forms import expand, inside_words
from pack.search.matches import NOTHING
from pack.search.query import MOST_INSIDE, Alternative, Clause, Query, parse_query
from pack.search.ranking import (
    PROPOSED,
    REACH,
    Explanation,
    Ranked,
    Statistics,
    rank,
    to_be_ranked,
    wants_neighbours,
)
from pack.search.section_names import section_name
from pack.search.snippets import find_lines
from pack.search.words import fold_text
from pack.use_cases.imports.archive import ask_archive
from pack.use_cases.trusted_matches import (
    check_level,
    is_wanted,
    label_at,
    labelled,
    shared_among,
)

_DEEP = 20_000
"""The number of passages considered for every page after the first."""
_MOST_TERMS = 100
_UNTOLD = Explanation({}, {})


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """What a caller wants from a search.

    Attributes:
        query: As typed.
        which: Which files may be found.
        limit: How many results at most.
        cursor: Where an earlier answer left off.
        budget: About how many tokens the results may take; `None` for any number.
        explain: Whether each result says why it has its rank.
        max_level: Only passages that are trusted at least this far: no level above it.
        origin: Only passages of this writer: the beginning of an origin.
    """

    query: str
    which: Filter = EVERYTHING
    limit: int = 10
    cursor: str | None = None
    budget: int | None = None
    explain: bool = False
    max_level: int | None = None
    origin: str | None = None


class _Hit(NamedTuple):
    """A result and its sort key: ranked results come first, then those that were only found.

    Those with letters of the query inside other words only come after all others.
    """

    candidate: Candidate
    score: float
    ranked: Ranked | None = None
    is_inside: bool = False

    def key(self) -> list[str | float]:
        tier = (1 if self.ranked is None else 0) + 2 * self.is_inside
        return [tier, -round(self.score, 6), self.candidate.path]

    def explanation(self) -> Explanation:
        return self.ranked.explanation if self.ranked else _UNTOLD


class _Answer(NamedTuple):
    """Results, and those files among them that say they are not wholly the person's."""

    found: Matches
    said: frozenset[MemoryPath]


def search(core: Core, request: SearchRequest) -> Matches:
    """See `Search.find`."""
    parsed = parse_query(check_query(request.query))
    check_limit(request.limit)
    if not parsed.clauses:
        hits = _trusted(core, request, _look_through(core, parsed, request.which))
        return _labelled(core, _answer(parsed, request, hits, True))

    def question(view: Catalog) -> _Answer:
        return _ask(core, view, parsed, request)

    archived = ask_archive(core, request.which, question, parsed)
    if archived is not None:
        return _labelled(core, archived)
    found, so_far = core.ask_so_far(question, by_date=True)
    labels = _labelled(core, found)
    if so_far is None:
        return labels
    return replace(labels, is_total_exact=False, notice=str(so_far))


def _labelled(core: Core, answer: _Answer) -> Matches:
    found, said = answer
    return replace(found, matches=labelled(core, found.matches, said))


def _trusted(core: Core, request: SearchRequest, hits: Iterable[_Hit]) -> list[_Hit]:
    """The results that are trusted as far as is wanted."""
    found = list(hits)
    if core.truths is None or (request.max_level is None and request.origin is None):
        return found
    paths = {MemoryPath(hit.candidate.path) for hit in found}
    said = {MemoryPath(hit.candidate.path) for hit in found if hit.candidate.says_shared}
    # By which way the person wrote a note is in its history too.
    looked_at = paths if request.origin is not None else shared_among(core, paths, said)

    def is_good(hit: _Hit) -> bool:
        path, line = MemoryPath(hit.candidate.path), hit.candidate.line
        label = label_at(core, path, line) if path in looked_at else PERSONS
        return is_wanted(label, request.max_level, request.origin)

    return list(filter(is_good, found))


def _ask(core: Core, view: Catalog, parsed: Query, request: SearchRequest) -> _Answer:
    with view.snapshot():
        query = expand(parsed, view)
        most = PROPOSED if request.cursor is None else _DEEP
        found, is_all = _find(view, query, request, most)
        places = _trusted(core, request, found)
        if not is_all and len(places) < request.limit:
            found, is_all = _find(view, query, request, _DEEP)
            places = _trusted(core, request, found)
        return _answer(query, request, places, is_all, view)


def _answer(
    query: Query,
    request: SearchRequest,
    places: Sequence[_Hit],
    is_all: bool,
    view: Catalog | None = None,
) -> _Answer:
    places = sorted(places, key=_Hit.key)
    chosen, following = page(
        places,
        request.cursor,
        request.limit,
        key=_Hit.key,
        choose=lambda part: cut_to_budget(part, request.budget, _cost),
        has_more=not is_all,
    )
    parts = [one.candidate.id for one in chosen if one.candidate.passages > 1]
    alike = view.called_alike(parts) if view and parts else {}
    texts = [(one.candidate.text, one.candidate.line) for one in chosen]
    known = [one.ranked.points.body if one.ranked else NOTHING for one in chosen]
    lines = find_lines(query, texts, known)
    matches = tuple(
        _match(place, *line, alike.get(place.candidate.id, ()), explain=request.explain)
        for place, line in zip(chosen, lines, strict=True)
    )
    said = (place.candidate.path for place in chosen if place.candidate.says_shared)
    found = Matches(matches, len(places), following, is_total_exact=is_all)
    return _Answer(found, frozenset(map(MemoryPath, said)))


def _cost(place: _Hit) -> str:
    found = place.candidate
    return f"{found.path}{found.heading or found.topic}{found.text[:160]}"


def _match(
    place: _Hit, line: int, snippet: str, alike: Sequence[PassageStart], *, explain: bool
) -> Match:
    found = place.candidate
    headings = heading_paths(found.text)
    section = _section(found, headings, line)
    return Match(
        MemoryPath(found.path),
        found.topic,
        found.tags,
        section_name(section, line, found, headings, alike),
        snippet,
        line,
        place.score,
        found.updated,
        place.explanation() if explain else None,
    )


def _section(found: Candidate, headings: Sequence[HeadingPath], line: int) -> str:
    """The headings above a line; a short file is a single passage that may contain several."""
    inner = heading_above(headings, line - found.line + 1)
    return inner if inner.startswith(found.heading) else found.heading


# --- by words ------------------------------------------------------------------------------------


def _find(
    view: Catalog, query: Query, request: SearchRequest, most: int
) -> tuple[list[_Hit], bool]:
    """The files that answer the query, and whether these are all of them."""
    found = _candidates(view, query, request.which, most)
    inside = _candidates_inside(view, query, request.which, most, found)
    best = to_be_ranked([*found, *inside])
    near = view.with_neighbours(wants_neighbours(best), REACH)
    seen = {candidate.id for candidate in near}
    rest = [candidate for candidate in best if candidate.id not in seen]
    narrow = _is_narrow(query, request.which)
    eligible = {candidate.path for candidate in (*found, *inside)} if narrow else None
    ranked = rank(query, [*near, *rest], _statistics(view, query), view.frequencies, eligible)
    places = {
        one.candidate.path: _Hit(one.candidate, one.score, one, one.is_inside) for one in ranked
    }
    is_all = len(found) + len(inside) < most
    if most > PROPOSED or is_all:  # else there are more, in no comparable order
        compared = {candidate.id for candidate in best}
        for part, is_inside in ((found, False), (inside, True)):
            for candidate in part:
                if candidate.id not in compared:
                    hit = _Hit(candidate, candidate.score, None, is_inside)
                    places.setdefault(candidate.path, hit)
    return list(places.values()), is_all


def _is_narrow(query: Query, which: Filter) -> bool:
    """Whether a file may meet a clause and still not be wanted."""
    required = any(clause.required for clause in query.clauses)
    return not which.is_empty or required or bool(query.excluded)


def _candidates(view: Catalog, query: Query, which: Filter, most: int) -> list[Candidate]:
    """The passages that may answer, ordered by their words alone."""
    typed = [query.typed] if query.typed is not None else []
    found = view.candidates([*query.clauses, *typed], query.excluded, which, most)
    if not (query.excluded and query.containing):
        return found
    # A text that holds the query exactly as typed is wanted, even if the query excludes its words.
    literal = view.candidates([inside_words(query, view)], (), which, most)
    held = {candidate.id for candidate in found}
    meant = [
        candidate
        for candidate in literal
        if candidate.id not in held and query.phrase in fold_text(candidate.text)
    ]
    return [*meant, *found]


def _candidates_inside(
    view: Catalog, query: Query, which: Filter, most: int, found: Sequence[Candidate]
) -> list[Candidate]:
    """If whole words found too little: more passages, with the query inside other words."""
    if len(found) >= most or not 0 < len(query.containing) <= MOST_INSIDE:
        return []
    required = [clause for clause in query.clauses if clause.required]
    inside = inside_words(query, view)
    if {*inside.alternatives} <= {way for one in query.clauses for way in one.alternatives}:
        return []  # these words were looked for already
    held = {candidate.id for candidate in found}
    more = view.candidates([*required, inside], query.excluded, which, most, held)
    return more[: most - len(found)]


def _statistics(view: Catalog, query: Query) -> Statistics:
    totals = view.totals()
    ways = [alternative for clause in query.clauses for alternative in clause.alternatives]
    frequencies = view.frequencies({term for way in ways for term in way.terms})
    return Statistics(
        totals.passages,
        totals.characters / max(totals.passages, 1),
        tuple(_frequency(view, clause, frequencies) for clause in query.clauses),
        totals.usual,
    )


def _frequency(view: Catalog, clause: Clause, frequencies: dict[str, int]) -> int:
    def of_way(way: Alternative) -> int:
        if way.prefix and len(way.terms) == 1:
            (start,) = way.terms
            longer = [t for t in view.containing(start, _MOST_TERMS) if t.startswith(start)]
            return sum(view.frequencies(longer).values())
        terms = way.terms[:-1] if way.prefix else way.terms
        return min(frequencies.get(term, 0) for term in terms)

    return sum(of_way(way) for way in clause.alternatives)


# --- without words -------------------------------------------------------------------------------


def _look_through(core: Core, query: Query, which: Filter) -> Iterator[_Hit]:
    """The files that hold the query as typed, in their text or path."""
    if not query.phrase:
        return
    for row, note in core.reader.texts(_listed(core, which)):
        folded = " ".join(fold_text(note.text).split())
        if query.phrase in folded or query.phrase in fold_text(row.path):
            yield _Hit(_whole_file(row, note.text), 1.0)


def _listed(core: Core, which: Filter) -> Sequence[Row]:
    def question(view: Catalog) -> Sequence[Row]:
        return view.list_rows(which).rows

    archived = ask_archive(core, which, question)
    return archived if archived is not None else core.ask(question, by_date=True)


def _whole_file(row: Row, text: str) -> Candidate:
    about = (row.path, row.topic, row.tags, row.created, row.updated or row.changed)
    body = "\n".join(split_lines(text))
    return Candidate(0, *about, 1, "", body, says_shared=row.says_shared)


# --- by a pattern --------------------------------------------------------------------------------


def find_pattern(core: Core, pattern: str, which: Filter) -> Iterator[Line]:
    """See `Search.lines`."""
    try:
        expression = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise InvalidRequest(f"the pattern cannot be used: {error}") from error
    return _lines(core, expression, _listed(core, which))


def _lines(core: Core, expression: re.Pattern[str], rows: Sequence[Row]) -> Iterator[Line]:
    for row, note in core.reader.texts(rows):
        for number, line in enumerate(split_lines(note.text), start=1):
            if expression.search(line):
                yield Line(row.path, number, line.rstrip("\r\n"))


class Search:
    """Finding notes by their content. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._core = session.core

    def find(
        self,
        query: str,
        *,
        tag: str | None = None,
        topic: str | None = None,
        dir: str | None = None,  # noqa: A002 - the word of the tool and the command
        since: str | None = None,
        until: str | None = None,
        limit: int = SEARCH_LIMIT,
        cursor: str | None = None,
        max_tokens: int | None = None,
        explain: bool = False,
        max_level: int | None = None,
        origin: str | None = None,
    ) -> Matches:
        """The files that answer a query, best first; see `pack.search.query` for the syntax.

        Args:
            query: Words, a sentence, "a phrase", beginnin*, -without.
            tag: As in `Notes.list`.
            topic: As in `Notes.list`.
            dir: As in `Notes.list`.
            since: As in `Notes.list`.
            until: As in `Notes.list`.
            limit: How many to return at most.
            cursor: Where an earlier answer left off.
            max_tokens: About how many tokens the results may take; there is always at least one
                result.
            explain: Whether each result says why it has its rank.
            max_level: Only passages that are trusted at least this far, from 1 (the person) to 5.
            origin: Only passages of this writer: the beginning of an origin, such as `user`.

        Raises:
            NotInitialised: There is no memory.
            InvalidRequest: The query is empty, the cursor is not from an earlier answer, a date is
                not valid, or there is no such level.
            LimitExceeded: The query is longer than 1,000 bytes.
        """
        which = make_filter(tag, topic, dir, since, until)
        check_level(max_level)
        request = SearchRequest(query, which, limit, cursor, max_tokens, explain, max_level, origin)
        with self._core.view():
            return search(self._core, request)

    def lines(self, pattern: str, *, dir: str | None = None) -> Iterator[Line]:  # noqa: A002
        """The lines of the memory files in which a regular expression matches.

        Args:
            pattern: In the syntax of Python's `re`.
            dir: A folder the files are in, at any depth.

        Raises:
            NotInitialised: There is no memory.
            InvalidRequest: The pattern is not a regular expression.
        """
        with self._core.view():
            return find_pattern(self._core, pattern, make_filter(folder=dir))
