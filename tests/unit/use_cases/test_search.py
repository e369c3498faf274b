import dataclasses
import json

import pytest
from pack_servers.mcp import results as mcp_results

from pack.core.requests import count_tokens
from pack.errors import InvalidRequest


def test_a_search_gives_filters_pages_and_places(world):
    memory = world.init()
    memory.notes.update("a/one.md", "---\ntags: [X]\n---\nneedle\n")
    memory.notes.update("a/b/two.md", "# Needle\n")
    memory.notes.update("ab/three.md", "nothing\nneedle here\n")
    found = memory.search.find("needle")
    assert {match.path for match in found.matches} == {"a/b/two.md", "a/one.md", "ab/three.md"}
    (three,) = memory.search.find("needle", dir="ab").matches
    assert (three.line, three.snippet) == (7, "needle here")
    assert [m.path for m in memory.search.find("needle", tag="x").matches] == ["a/one.md"]
    for folder in ("a", "a/", "/a"):
        assert memory.search.find("needle", dir=folder).total == 2
    assert memory.search.find("needle", dir="").total == 3
    assert memory.search.find("nowhere").matches == ()


def test_a_reader_sees_hand_edits_at_once(git_world):
    memory = git_world.init()
    memory.notes.update("a/x.md", "old\n")
    git_world.edit("a/x.md", "---\ntags: [new]\n---\nfresh needle\n")
    git_world.edit("a/new.md", "another needle\n")
    assert memory.search.find("needle").total == 2
    assert memory.search.find("old").total == 0
    assert [file.path for file in memory.notes.list(tag="new").files] == ["a/x.md"]
    assert "fresh needle" in memory.whole.get().content
    git_world.edit("a/x.md", None)
    assert [file.path for file in memory.notes.list(dir="a").files] == ["a/new.md"]
    assert set(memory.care.status().uncommitted) == {"a/new.md", "a/x.md"}


def search(memory, query, **options):
    return [match.path for match in memory.search.find(query, **options).matches]


def test_a_match_names_the_section_and_the_line_in_the_file(world):
    memory = world.init()
    text = "# Kitchen\n\n## Oven\n\nhot\n\n## Fridge\n\ncold and humming\n"
    memory.notes.update("home/kitchen.md", text)
    (found,) = memory.search.find("humming").matches
    lines = memory.notes.get("home/kitchen.md").content.splitlines()
    assert lines[found.line - 1] == found.snippet == "cold and humming"
    assert found.section.endswith("Fridge")
    assert "Kitchen" in found.section


def test_a_long_file_stands_where_its_best_passage_does(world):
    memory = world.init()
    filler = "".join(f"## Part {n}\n\n{'nothing of interest ' * 40}\n\n" for n in range(30))
    memory.notes.update("a/long.md", f"{filler}## Zebra\n\nThe zebra crossing is broken.\n")
    memory.notes.update("a/short.md", f"{'zebra '}{'nothing of interest ' * 40}\n")
    first, _ = memory.search.find("broken zebra crossing").matches
    assert first.path == "a/long.md"
    assert first.snippet == "The zebra crossing is broken."


def test_files_are_found_by_any_text_that_stands_in_them(world):
    """What a search for `query.lower() in text.lower()` finds is found (v2)."""
    memory = world.init()
    memory.notes.update(
        "a/x.md", "We run PostgreSQL -> on port 5432; C++ too. 100% sure! 🎉 done\n"
    )
    for query in (
        "ostgre",
        "sql -> on",
        "543",
        "c++",
        "100%",
        "🎉",
        "->",
        "! 🎉 d",
        "RUN POSTGRES",
    ):
        assert search(memory, query)[:1] == ["a/x.md"], query
    assert search(memory, "=>") == []
    assert search(memory, "🎃") == []


def test_the_exact_phrase_comes_first(world):
    memory = world.init()
    for number in range(5):
        memory.notes.update(
            f"a/{number}.md", "plan of plan for the release, release plan-b, plan\n" * 3
        )
    memory.notes.update("a/exact.md", f"{'long text ' * 50}\nhere is the release plan of ours\n")
    assert search(memory, "the release plan of ours")[0] == "a/exact.md"
    assert search(memory, '"release plan of"') == ["a/exact.md"]


LONG = "".join(f"## Part {n}\n\n{'nothing of interest ' * 40}\n\n" for n in range(5))


def test_a_file_that_holds_an_excluded_word_anywhere_is_not_found(world):
    memory = world.init()
    memory.notes.update("a/clean.md", "a car\n")
    memory.notes.update("a/body.md", f"a car\n{LONG}## End\n\nred, it was\n")
    memory.notes.update("a/heading.md", f"a car\n{LONG}## The reds\n\nx\n")
    memory.notes.update("a/topic.md", f"---\ntopic: Red\n---\na car\n{LONG}")
    memory.notes.update("a/tags.md", f"---\ntags: [red]\n---\na car\n{LONG}")
    memory.notes.update("a/red.md", f"a car\n{LONG}")
    memory.notes.update("a/other.md", f"---\ncolour: red\n---\na car\n{LONG}")
    assert search(memory, "car -red") == ["a/clean.md"]
    assert search(memory, 'car -"it was"', limit=50) == [
        path for path in search(memory, "car", limit=50) if path != "a/body.md"
    ]
    assert search(memory, "car -red -car") == []


def test_a_neighbour_of_what_is_found_is_not_found_for_it(world):
    memory = world.init()
    memory.notes.update("a/1.md", "a blue car of a car\n")
    memory.notes.update("a/2.md", "a red car\n")
    assert search(memory, "car -red") == ["a/1.md"]
    assert search(memory, '"blue car" red') == ["a/1.md"]


def test_what_holds_the_query_as_it_was_typed_is_meant(world):
    memory = world.init()
    memory.notes.update("a/x.md", f"run git status -s first\n{LONG}## s\n\ns\n")
    memory.notes.update("a/y.md", f"git status\n{LONG}## s\n\ns\n")
    memory.notes.update("a/z.md", "git status\n")
    assert search(memory, "git status -s") == ["a/x.md", "a/z.md"]


def test_phrases_of_two_passages_are_found_in_one_file(world):
    memory = world.init()
    memory.notes.update("a/both.md", f"## One\n\nthe blue car\n\n{LONG}## Two\n\nan old house\n")
    memory.notes.update("a/one.md", "the blue car, a house that is old\n")
    assert search(memory, '"blue car" "old house"') == ["a/both.md"]
    assert search(memory, '"blue car" "old house" interest') == ["a/both.md"]
    assert search(memory, '"blue car" "old house" "new house"') == []
    assert search(memory, '"blue car" "old house" -two') == []


def test_frontmatter_of_ones_own_is_found_where_it_stands(world):
    memory = world.init()
    text = (
        "---\ntopic: Plan\ntier: foundation\nupdated: 2026-01-01\nsource_of_truth: false\n"
        "owners:\n  - Ann Lee\ntags:\n- secret\n---\n\nbody\n"
    )
    world.commit({"a/plan.md": text, "a/plain.md": "---\ntopic: foundation\n---\ntier\n"})
    for query, line in (
        ("tier: foundation", 3),
        ("source_of_truth: false", 5),
        ("source_of_truth", 5),
        ("ann lee", 7),
    ):
        found = memory.search.find(query).matches[0]
        assert (found.path, found.line, found.snippet) == (
            "a/plan.md",
            line,
            text.splitlines()[line - 1].strip(),
        )
    assert memory.search.find("secret").matches[0].line > 10


def test_frontmatter_that_cannot_be_read_is_found(world):
    memory = world.init()
    world.commit({"a/x.md": "---\ntopic: [open\nnote: needle here\n---\nbody\n"})
    (found,) = memory.search.find("needle here").matches
    assert (found.path, found.line) == ("a/x.md", 3)


def test_every_match_is_on_one_page(world):
    memory = world.init()
    changes = {f"a/{n:03}.md": f"needle {'hay ' * (n % 7)}\n".encode() for n in range(230)}
    memory.lifecycle.init({}, changes)
    whole = search(memory, "needle", limit=500)
    seen, cursor = [], None
    while cursor is not None or not seen:
        found = memory.search.find("needle", limit=60, cursor=cursor)
        seen += [match.path for match in found.matches]
        cursor = found.next_cursor
    assert len(seen) == len(set(seen)) == 230
    assert set(seen) == set(whole)
    assert found.total == 230
    assert found.is_total_exact


def test_an_answer_keeps_to_its_budget(world):
    memory = world.init()
    notes = {
        f"a/{n:04}.md": f"---\ntopic: Topic {n}\ntags: [one, two]\n---\nneedle\n".encode()
        for n in range(400)
    }
    memory.lifecycle.init({}, notes)
    page = memory.notes.list()
    assert page.total == 401
    assert 40 < len(page.files) < 400
    answer = mcp_results.listing(page)
    for form in (answer.content[0].text, json.dumps(answer.structured_content)):
        assert 700 < count_tokens(form) <= 1_500
    assert "of 401" in answer.content[0].text
    small = memory.search.find("needle", limit=100, max_tokens=500)
    assert 10 < len(small.matches) < 30
    assert small.next_cursor
    assert len(memory.search.find("needle", limit=100, max_tokens=1).matches) == 1


def test_a_result_says_why_it_stands_there(world):
    memory = world.init()
    memory.notes.update("a/x.md", "the needle in the haystack\n")
    (plain,) = memory.search.find("needle haystack").matches
    (told,) = memory.search.find("needle haystack", explain=True).matches
    assert plain.explanation is None
    assert set(told.explanation.terms) == {"needle", "haystack"}
    points = [*told.explanation.terms.values(), *told.explanation.boosts.values()]
    assert sum(points) == pytest.approx(told.score)
    assert told.explanation.columns == {"needle": ("body",), "haystack": ("body",)}
    json.dumps(dataclasses.asdict(told))
    answer = mcp_results.matches(memory.search.find("needle haystack", explain=True))
    (result,) = answer.structured_content["results"]
    assert set(result["why"]) >= {"needle", "haystack"}
    assert result["columns"]["needle"] == ["body"]


def test_lines_are_found_by_a_pattern(world):
    memory = world.init()
    memory.notes.update("a/x.md", "v1.2\nnone\nv3.4 here\n")
    found = [(line.path, line.text) for line in memory.search.lines(r"^v\d\.\d")]
    assert found == [("a/x.md", "v1.2"), ("a/x.md", "v3.4 here")]
    assert list(memory.search.lines("v1", dir="b")) == []
    for wrong in ("(", "*", "a{99999999999}"):
        with pytest.raises(InvalidRequest):
            list(memory.search.lines(wrong))


def test_a_v1_memory_is_searched_too(world):
    world.commit({"MEMORY.md": "# Me\n\n## Coffee\n\nblack, no sugar\n"})
    memory = world.memory
    (found,) = memory.search.find("sugar").matches
    assert (found.path, found.line, found.section) == ("MEMORY.md", 5, "Me > Coffee")
    assert memory.notes.list().total == 1
    assert [line.number for line in memory.search.lines("black")] == [5]


_ANNA = '---\ntags: "#work, home"\naliases: [Ann]\n---\n# Anna\ncalls on Monday #urgent\n'


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("urgent", (6, "Anna", "calls on Monday #urgent")),
        ("rgent", (6, "Anna", "calls on Monday #urgent")),
        ("anna", (5, "Anna", "# Anna")),
        ("work", (5, "Anna", "# Anna")),  # only the tags hold it
        ("ork", (5, "Anna", "# Anna")),
        ("n/x.md", (5, "Anna", "# Anna")),
        ("Ann", (3, "", "aliases: [Ann]")),  # a name is not a section
    ],
)
def test_the_passage_whose_own_text_holds_the_word_is_shown(world, query, shown):
    memory = world.init()
    world.commit({"n/x.md": _ANNA})
    (match,) = memory.search.find(query).matches
    assert (match.line, match.section, match.snippet) == shown


def test_a_section_called_like_another_name_of_the_note_is_not_that_of_the_name(world):
    memory = world.init()
    text = f"---\naliases: [Bea]\n---\n{'first line ' * 300}\n\n# Bea\n\n{'last line ' * 300}\n"
    world.commit({"n/y.md": text})
    (match,) = memory.search.find("aliases").matches
    assert (match.line, match.section) == (2, "")
