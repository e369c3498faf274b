"""What was asked for is found: queries by hand over notes of our own and over real memories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from pack.memory import Memory
from tests.search import own_notes, shared_queries
from tests.search.engines import memory_of
from tests.search.query_set import Query, QuerySet, complaint, fuzzy, holding, is_plain, strict

SHARE: Final = 0.9
"""Of the questions, what must be answered; more was when the sets were made."""

ALL: Final = 1000


@pytest.fixture(scope="module")
def own() -> Iterator[Memory]:
    with memory_of(own_notes.NOTES) as memory:
        yield memory


@pytest.fixture(scope="module")
def real_notes(shared_data: Path) -> Mapping[str, bytes]:
    return shared_queries.read_notes(shared_data)


@pytest.fixture(scope="module")
def real(real_notes: Mapping[str, bytes]) -> Iterator[Memory]:
    with memory_of(real_notes) as memory:
        yield memory


def find(memory: Memory, query: str) -> list[str]:
    return [str(match.path) for match in memory.search.find(query, limit=ALL).matches]


def failures(memory: Memory, queries: Sequence[Query]) -> list[str]:
    """The queries that do not give what they should, and what they give."""
    complaints = ((query, complaint(query, find(memory, query.text))) for query in queries)
    return [f"{query.text}: {wrong}" for query, wrong in complaints if wrong is not None]


def names(queries: QuerySet) -> list[str]:
    return [query.text for query in strict(queries)]


@pytest.mark.parametrize("query", strict(own_notes.QUERIES), ids=names(own_notes.QUERIES))
def test_of_our_own_notes_the_right_one_is_found(own: Memory, query: Query) -> None:
    assert not failures(own, [query])


def test_questions_about_our_own_notes_are_answered(own: Memory) -> None:
    asked = fuzzy(own_notes.QUERIES)
    failed = failures(own, asked)
    assert len(failed) <= (1 - SHARE) * len(asked), "\n".join(failed)


def test_what_stands_in_our_own_notes_as_typed_is_found(own: Memory) -> None:
    check_holding(own, own_notes.NOTES, own_notes.QUERIES)


@pytest.mark.parametrize("query", strict(shared_queries.QUERIES), ids=names(shared_queries.QUERIES))
def test_of_real_notes_the_right_one_is_found(real: Memory, query: Query) -> None:
    assert not failures(real, [query])


def test_questions_about_real_notes_are_answered(real: Memory) -> None:
    asked = fuzzy(shared_queries.QUERIES)
    failed = failures(real, asked)
    assert len(failed) <= (1 - SHARE) * len(asked), "\n".join(failed)


def test_what_stands_in_real_notes_as_typed_is_found(
    real: Memory, real_notes: Mapping[str, bytes]
) -> None:
    texts = {path: content.decode() for path, content in real_notes.items()}
    check_holding(real, texts, shared_queries.QUERIES)


def check_holding(memory: Memory, notes: Mapping[str, str], queries: QuerySet) -> None:
    """What v2 found is found, and what holds the whole query comes first."""
    wrong = []
    for query in filter(is_plain, strict(queries)):
        held, found = holding(query.text, notes), find(memory, query.text)
        if held and found[:1] and found[0] not in held:
            wrong.append(f"{query.text}: {found[0]} before {sorted(held)}")
        wrong += [f"{query.text}: {path} is not found" for path in sorted(held - set(found))]
    assert not wrong, "\n".join(wrong)
