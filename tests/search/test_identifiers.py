"""Every form of a query finds an identifier in every form it is written in."""

from collections.abc import Iterator

import pytest

from pack.memory import Memory
from tests.search import identifiers
from tests.search.engines import memory_of

PAIRS = [
    ("GitHub", "Actions"),
    ("TypeScript", "compiler"),
    ("PostgreSQL", "server"),
    ("get", "UserName"),
    ("HTTP", "Server"),
    ("v2", "iPhone"),
]


def _written(first: str, second: str) -> dict[str, str]:
    """Texts that hold the two words in a row, by how they are joined."""
    return {
        "spaced": f"{first} {second}",
        "lower": f"{first} {second}".lower(),
        "upper": f"{first} {second}".upper(),
        "snake": f"{first}_{second}".lower(),
        "kebab": f"{first}-{second}",
        "dotted": f"{first}.{second}",
        "path": f"src/{first}/{second}.py",
        "call": f"{first}.{second}()",
        "quoted": f"`{first} {second}`",
        "wrapped": f"{first}\n{second}",
    }


def _queries(first: str, second: str) -> dict[str, str]:
    """Queries that must find each of these, by form."""
    return {
        "words": f"{first} {second}",
        "phrase": f'"{first} {second}"',
        "lower phrase": f'"{first} {second}"'.lower(),
        "joined phrase": f'"{first}_{second}"',
        "snake": f"{first}_{second}",
        "kebab": f"{first}-{second}",
        "beginning": f"{first}*",
        "phrase in a question": f'what about "{first} {second}"?',
        "phrase and word": f'"{first} {second}" note',
        "first": first,
        "second": second,
    }


NOTES = {
    f"{number}/{name}.md": f"The note says that {text} is used.\n\nMore CamelCase text follows.\n"
    for number, pair in enumerate(PAIRS)
    for name, text in _written(*pair).items()
} | {"other/none.md": "A note of other things.\n"}


@pytest.fixture(scope="module", name="memory")
def _memory() -> Iterator[Memory]:
    with memory_of(NOTES) as memory:
        yield memory


def _found(memory: Memory, query: str) -> set[str]:
    return {str(match.path) for match in memory.search.find(query, limit=100).matches}


@pytest.mark.parametrize("number", range(len(PAIRS)), ids=[" ".join(pair) for pair in PAIRS])
def test_every_query_finds_every_form(memory: Memory, number: int) -> None:
    forms = {path for path in NOTES if path.startswith(f"{number}/")}
    missed = {
        name: missing
        for name, query in _queries(*PAIRS[number]).items()
        if (missing := sorted(forms - _found(memory, query)))
    }
    assert missed == {}


@pytest.mark.parametrize("number", range(len(PAIRS)), ids=[" ".join(pair) for pair in PAIRS])
def test_every_form_is_excluded(memory: Memory, number: int) -> None:
    first, second = PAIRS[number]
    forms = {path for path in NOTES if path.startswith(f"{number}/")}
    others = set(NOTES) - forms
    for minus in (f'-"{first} {second}"', f"-{first}_{second}", f"-{first}-{second}"):
        assert _found(memory, f"note {minus}") == others, minus


@pytest.fixture(scope="module", name="spelled")
def _spelled() -> Iterator[Memory]:
    with memory_of(identifiers.NOTES) as memory:
        yield memory


@pytest.mark.parametrize("words", identifiers.FORMS)
def test_a_name_is_found_in_every_spelling(spelled: Memory, words: str) -> None:
    forms = identifiers.notes_of(words)
    missed = {
        query: missing
        for query in identifiers.queries(words)
        if (missing := sorted(forms - _found(spelled, query)))
    }
    assert missed == {}


@pytest.mark.parametrize("words", identifiers.FORMS)
def test_a_name_is_left_out_in_every_spelling_and_nothing_else_is(
    spelled: Memory, words: str
) -> None:
    others = set(identifiers.NOTES) - identifiers.notes_of(words)
    for query in identifiers.wholes(words):
        assert _found(spelled, f"note -{query}") == others, query


@pytest.mark.parametrize(
    ("query", "text"),
    [("any one", "anyone"), ("may be", "maybe"), ("log in", "login"), ("maybe", "may be")],
)
def test_words_written_together_are_another_word(query: str, text: str) -> None:
    notes = {"a/x.md": f"Here is {text}.\n", "a/y.md": "Here be a log of one in any, may I say.\n"}
    with memory_of(notes) as memory:
        assert _found(memory, f'"{query}"') == set()
        assert _found(memory, f'here -"{query}"') == set(notes)
