"""A whole word ranks above letters inside other words, which are still found."""

from collections.abc import Iterator, Mapping

import pytest

from pack.memory import Memory
from tests.search.engines import memory_of

FILL = "The team met, the numbers were shown, and everyone took a copy home to read it. " * 8
WORDS = {
    # what is asked: a sentence that holds it as a word, and a word that holds its letters
    "Ana": ("Ana is my sister. Call Ana on Sundays.", "analysis"),
    "AI": ("We talk about AI at lunch.", "maintenance"),
    "UI": ("The UI is blue.", "building"),
    "Go": ("It is written in Go.", "category"),
    "R": ("Plots are made with R.", "report"),
    "art": ("She likes art.", "startup"),
    "C++": ("The engine is C++ and fast.", "objc++"),
    "gen AI": ("They call it gen AI.", "oxygen AIx"),
    "\u00c9va": ("\u00c9va rang.", "\u00c9valuation"),
    "\u0410\u043d\u043d\u0430": (
        "\u0410\u043d\u043d\u0430 \u0437\u0434\u0435\u0441\u044c.",
        "\u0421\u0430\u0432\u0430\u043d\u043d\u0430",
    ),
}
REPORTS = 60


def notes_for(word: str) -> Mapping[str, str]:
    held, around = WORDS[word]
    part = f"\n## {around} part\n\nThe {around} is late. {around} again: {around}.\n\n{FILL}\n"
    reports = {
        f"reports/{around}-{number}.md": f"# {around} {number}\n" + part * 3
        for number in range(REPORTS)
    }
    return {**reports, "a/short.md": f"# Short\n\n{held}\n", "z/long.md": f"{FILL * 5}\n\n{held}\n"}


@pytest.fixture(params=WORDS, name="case")
def _case(request: pytest.FixtureRequest) -> Iterator[tuple[str, Memory]]:
    with memory_of(notes_for(request.param)) as memory:
        yield request.param, memory


def test_whole_words_come_first_and_letters_inside_others_still_follow(
    case: tuple[str, Memory],
) -> None:
    word, memory = case
    paths = [str(match.path) for match in memory.search.find(word, limit=100).matches]
    assert set(paths[:2]) == {"a/short.md", "z/long.md"}
    assert len(paths) > 2
    following = memory.search.find(word, limit=2).next_cursor
    seen = memory.search.find(word, limit=100, cursor=following).matches
    assert len(seen) == REPORTS
    assert all(match.path.startswith("reports/") for match in seen)


def test_script_without_spaces_has_no_inside() -> None:
    notes = {"a/x.md": "\u751f\u6210AI\u306e\u8a71\n", "a/y.md": "maintenance\n"}
    with memory_of(notes) as memory:
        for query in ("AI", "\u751f\u6210AI", "\u751f\u6210"):
            assert memory.search.find(query).matches[0].path == "a/x.md"


def test_no_number_of_further_passages_outweighs_the_query_as_typed() -> None:
    part = f"\n## Part\n\nThe car is old. It is blue.\n\n{FILL}\n"
    notes = {"a/long.md": "# Long\n" + part * 30, "a/short.md": f"{FILL}\n\nA blue car.\n"}
    with memory_of(notes) as memory:
        assert memory.search.find("blue car").matches[0].path == "a/short.md"


def test_an_unfinished_word_after_whole_ones_is_met_by_what_begins_like_it() -> None:
    notes = {
        "a/x.md": "The postgres server is new.\n",
        "a/y.md": "postgres postgres postgres\n",
        "a/z.md": "My postgres\n",
    }
    with memory_of(notes) as memory:
        assert memory.search.find("postgres serv").matches[0].path == "a/x.md"
