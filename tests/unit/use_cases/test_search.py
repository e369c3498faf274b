import dataclasses
import json
import os
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pack_servers.mcp import results as mcp_results

from pack.core.requests import InvalidCursor, count_tokens
from pack.errors import InvalidRequest
from pack.search.highlights import find_highlights
from tests.support import World


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


def test_listings_are_filtered(world):
    memory = world.init()
    memory.notes.update("a/one.md", "---\ntopic: First Thing\ntags: [Work, home]\n---\n")
    memory.notes.update("a/b/two.md", "---\ntags: [work out]\n---\n")
    memory.notes.update("ab/x.md", "x\n")

    def listed(**filters):
        return [file.path for file in memory.notes.list(**filters).files]

    assert listed(tag="WORK") == ["a/one.md"]
    assert listed(tag=" home ") == ["a/one.md"]
    assert listed(topic="thing") == ["a/one.md"]
    assert listed(dir="a") == ["a/b/two.md", "a/one.md"]
    assert listed(dir="a/b", tag="work out") == ["a/b/two.md"]
    assert listed(tag="nope") == []
    assert listed(dir="context", limit=1) == ["context/general.md"]


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


def test_changes_since_a_commit(world):
    memory = world.init()
    start = world.connector.head()
    assert memory.history.changes_since(start).changed == ()
    made = memory.notes.update("a/x.md", "x\n")
    found = memory.history.changes_since(start)
    assert (set(found.changed), found.gone, found.listing_changed) == (
        {"a/x.md", "index.md"},
        (),
        True,
    )
    memory.notes.delete("a/x.md", made.sha)
    found = memory.history.changes_since(made.commit)
    assert found.gone == ("a/x.md",)
    assert found.head == world.connector.head()
    assert memory.history.changes_since("0" * 40).listing_changed
    assert memory.history.changes_since(None).listing_changed


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


def test_files_are_narrowed_by_date_and_topic(world):
    memory = world.init()
    for day in ("2026-01-05", "2026-02-05", "2026-03-05"):
        world.commit({f"log/{day}.md": f"---\ntopic: Day {day}\nupdated: {day}\n---\nneedle\n"})
    assert search(memory, "needle", since="2026-02-01") == [
        "log/2026-02-05.md",
        "log/2026-03-05.md",
    ]
    assert search(memory, "needle", until="2026-02-05", since="2026-02-05") == ["log/2026-02-05.md"]
    assert search(memory, "needle", topic="day 2026-03") == ["log/2026-03-05.md"]
    listed = memory.notes.list(dir="log", since="2026-02-01", sort="updated").files
    assert [file.path for file in listed] == ["log/2026-03-05.md", "log/2026-02-05.md"]
    for wrong in ({"since": "soon"}, {"until": "2026-13-01"}):
        with pytest.raises(InvalidRequest, match=next(iter(wrong))):
            memory.search.find("needle", **wrong)
        with pytest.raises(InvalidRequest, match=next(iter(wrong))):
            memory.notes.list(**wrong)


def test_files_without_a_date_have_that_of_their_last_commit(git_world, monkeypatch):
    memory = git_world.init()
    for day in ("2026-01-05", "2026-02-05", "2026-03-05"):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{day}T12:00:00+0000")
        git_world.commit({"log/plain.md": f"needle {day}\n", f"log/{day}.md": "needle\n"})
    git_world.commit({"log/stated.md": "---\ntopic: S\nupdated: 2026-02-01\n---\nneedle\n"})

    def listed(**filters):
        return [
            (f.path, f.updated)
            for f in memory.notes.list(dir="log", sort="updated", **filters).files
        ]

    newest = [("log/2026-03-05.md", "2026-03-05"), ("log/plain.md", "2026-03-05")]
    february = [("log/2026-02-05.md", "2026-02-05"), ("log/stated.md", "2026-02-01")]
    oldest = [("log/2026-01-05.md", "2026-01-05")]
    assert listed() == newest + february + oldest
    assert listed(since="2026-02-02") == newest + february[:1]
    assert listed(until="2026-02-05") == february + oldest
    assert search(memory, "needle", until="2026-01-31") == ["log/2026-01-05.md"]
    assert memory.search.find("needle", until="2026-01-31").matches[0].updated == "2026-01-05"
    assert memory.notes.get("log/2026-01-05.md").updated_at.startswith("2026-01-05")
    # A later commit is heeded, and so is what is not committed yet.
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-04-05T12:00:00+0000")
    git_world.commit({"log/2026-01-05.md": "needle again\n"})
    assert listed(since="2026-04-01") == [("log/2026-01-05.md", "2026-04-05")]
    edited = {"log/2026-02-05.md", "log/new.md"}
    for path in edited:
        (git_world.folder / path).write_text("needle by hand\n")
        noon = datetime(2026, 4, 6, 12, tzinfo=UTC).timestamp()
        os.utime(git_world.folder / path, (noon, noon))
    assert {path for path, _ in listed(since="2026-04-06")} == edited
    assert set(search(memory, "needle hand", since="2026-04-06")) == edited


@pytest.mark.parametrize("place", [None, "/dev/shm"])
@pytest.mark.parametrize("second", [-(2**40), 2**40])
def test_a_file_may_be_of_any_time(tmp_path, git_identity, place, second):
    """File systems differ in what they keep: one in memory keeps years beyond 9999."""
    if place is not None and not Path(place).is_dir():
        pytest.skip(f"there is no {place}")
    with tempfile.TemporaryDirectory(dir=place or tmp_path) as folder:
        world = World(Path(folder) / "memory")
        world.init()
        world.edit("a/x.md", b"needle\n")
        os.utime(world.folder / "a/x.md", (second, second))
        assert world.memory.notes.get("a/x.md").content == "needle\n"
        assert "a/x.md" in [file.path for file in world.memory.notes.list(sort="updated").files]
        assert search(world.memory, "needle") == ["a/x.md"]
        world.memory.notes.update("a/x.md", "new\n", sha=world.memory.notes.get("a/x.md").sha)
        world.close()


@pytest.mark.parametrize("sort", ["path", "updated", "size"])
def test_every_file_is_on_one_page_of_a_listing(world, sort):
    memory = world.init()
    for number in range(7):
        memory.notes.update(f"a/{number}.md", "x" * (number % 3) + "\n")
    seen, cursor = [], None
    while cursor is not None or not seen:
        page = memory.notes.list(limit=3, cursor=cursor, sort=sort)
        assert page.total == 8
        seen += [file.path for file in page.files]
        cursor = page.next_cursor
    whole = [file.path for file in memory.notes.list(limit=100, sort=sort).files]
    assert seen == whole
    assert len(set(seen)) == 8


def test_a_cursor_of_another_order_is_refused(world):
    memory = world.init()
    memory.notes.update("a/x.md", "x\n")
    cursor = memory.notes.list(limit=1, sort="size").next_cursor
    with pytest.raises(InvalidCursor):
        memory.notes.list(limit=1, cursor=cursor)


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
    assert 5 < len(page.files) < 400
    answer = mcp_results.listing(page).model_dump_json(by_alias=True)
    assert count_tokens(answer) <= 1_500
    assert "of 401" in answer
    small = memory.search.find("needle", limit=100, max_tokens=500)
    assert 0 < len(small.matches) < 20
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


def test_a_memory_is_indexed_anew(world):
    memory = world.init()
    memory.notes.update("a/x.md", "needle\n")
    told = []
    assert memory.care.reindex(lambda done, total: told.append((done, total))) == 2
    assert told[-1] == (2, 2)
    assert search(memory, "needle") == ["a/x.md"]


@pytest.mark.parametrize(
    ("query", "line", "marked"),
    [
        ("run", "He runs, ran and will run", ["runs", "ran", "run"]),
        ('"no sugar"', "Black, no Sugar at all", ["no Sugar"]),
        ("数据", "这个数据库很大", ["数据"]),
        ("cafe", "the Café is shut", ["Café"]),
        ("a", "nothing", []),
    ],
)
def test_what_a_person_sees_marked(query, line, marked):
    assert [line[start:end] for start, end in find_highlights(query, line)] == marked
