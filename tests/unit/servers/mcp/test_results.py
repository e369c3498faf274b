"""What a model is told: structured content, and a text that is short, exact and unambiguous."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from mcp.types import CallToolResult
from pack_connectors.in_memory import InMemoryConnector
from pack_servers.mcp import results as answers
from pack_servers.mcp.wording import worded
from pydantic import TypeAdapter

from pack import errors
from pack.core.past import Past
from pack.model import BlobId, CommitId, MemoryPath
from pack.results import (
    Document,
    Excerpt,
    FileListing,
    Match,
    Matches,
    NoteSummary,
    ProtectedLine,
    WholeMemory,
    WriteStatus,
    Written,
)
from pack.search.ranking import Explanation

PATH = MemoryPath("context/a.md")
SHA = BlobId("a" * 40)
OTHER = BlobId("b" * 40)
COMMIT = CommitId("c" * 40)


def blocks(result: CallToolResult) -> list[str]:
    return [block.text for block in result.content]  # type: ignore[union-attr]


def content(result: CallToolResult, shape: type | None = None) -> dict[str, Any]:
    assert result.structured_content is not None
    if shape is not None:
        TypeAdapter(shape).validate_python(result.structured_content, strict=True)
    return result.structured_content


def listed(path: str, **more: Any) -> NoteSummary:
    fields = {"topic": "T", "tags": ("x", "y"), "created": None, "updated": "2026-01-02"}
    fields |= {"expired": False, "sync": True}
    return NoteSummary(MemoryPath(path), **(fields | more))


def test_a_search_of_a_part_says_so_in_both_forms() -> None:
    result = answers.matches(Matches((), 0, None, is_total_exact=False, notice="Only a part."))
    assert blocks(result) == ["Only a part.\nno matches"]
    assert content(result)["notice"] == "Only a part."


def test_a_listing_is_a_line_a_file() -> None:
    page = FileListing(
        (listed("a/1.md"), listed("a/2.md", expired=True, updated=None, tags=())), 9, "a/2"
    )
    result = answers.listing(page)
    assert blocks(result) == [
        "files: 2 of 9; for more, call again with cursor a/2\n"
        "- a/1.md: T (tags: x, y; updated 2026-01-02)\n"
        "- a/2.md: T (expired)"
    ]
    assert content(result, answers.ListResult) == {
        "files": [
            {"path": "a/1.md", "topic": "T", "tags": ["x", "y"], "updated": "2026-01-02"},
            {"path": "a/2.md", "topic": "T", "expired": True},
        ],
        "total": 9,
        "next_cursor": "a/2",
    }


def test_a_listing_by_trust_says_level_and_origin() -> None:
    file = replace(listed("a/1.md"), level=5, origin="ai-cloud:x")
    result = answers.listing(FileListing((file,), 1, None))
    assert blocks(result)[0].endswith("updated 2026-01-02; level 5; ai-cloud:x)")
    (found,) = content(result, answers.ListResult)["files"]
    assert (found["level"], found["origin"]) == (5, "ai-cloud:x")


def test_nothing_found_is_said_in_words() -> None:
    assert blocks(answers.listing(FileListing((), 0, None))) == ["no files"]
    assert blocks(answers.matches(Matches((), 0, None))) == ["no matches"]


def test_a_match_names_its_place_and_nothing_that_was_not_asked_for() -> None:
    match = Match(PATH, "T", ("x",), "Food > Fish", "… the fish …", 7, 1.23456, "2026-01-02")
    result = answers.matches(Matches((match, replace(match, section="")), 2, None))
    assert blocks(result) == [
        "matches: 2 of 2\n"
        "- context/a.md, line 7, section Food > Fish: … the fish …\n"
        "- context/a.md, line 7, topic T: … the fish …"
    ]
    assert content(result, answers.SearchResult)["results"] == [
        {"path": PATH, "line": 7, "section": "Food > Fish", "snippet": "… the fish …"},
        {"path": PATH, "line": 7, "topic": "T", "snippet": "… the fish …"},
    ]


def test_an_explained_match_is_explained_in_both_forms() -> None:
    why = Explanation({"fish": 1.23456}, {"title": 0.5}, {"fish": ("body", "topic")})
    match = Match(PATH, "T", (), "Food", "fish", 7, 1.73456, "2026-01-02", why)
    result = answers.matches(Matches((match,), 1, None))
    assert blocks(result)[0].splitlines()[2] == (
        "  score 1.735: fish 1.235, (title) 0.5; fish in body and topic; updated 2026-01-02"
    )
    (found,) = content(result, answers.SearchResult)["results"]
    assert found["score"] == 1.735
    assert found["updated"] == "2026-01-02"
    assert found["why"] == {"fish": 1.235, "(title)": 0.5}
    assert found["columns"] == {"fish": ["body", "topic"]}


def test_a_file_is_its_facts_and_then_its_exact_text() -> None:
    text = '---\n"\\\r\n\ttab'
    result = answers.document(Document(PATH, text, SHA, "2026-01-02", ("careful", "twice")))
    head, body = blocks(result)
    assert body == text
    assert head == (
        f"path: context/a.md\nsha: {SHA}\nupdated_at: 2026-01-02\nwarning: careful; twice"
    )
    assert content(result, answers.GetResult)["content"] == text


def test_a_part_of_a_file_says_which_part_and_how_to_go_on() -> None:
    document = Document(PATH, "text\n", SHA, "2026-01-02", (), Excerpt(3, 40, 600, 900, 600))
    result = answers.document(document)
    assert blocks(result)[0] == (
        f"path: context/a.md\nsha: {SHA}\nupdated_at: 2026-01-02\n"
        "lines: 3-40 of 600\ntokens: 900\nnext_lines: 41-600"
    )
    found = content(result, answers.GetResult)
    assert (found["lines"], found["tokens"], found["next_lines"]) == ("3-40 of 600", 900, "41-600")
    large = answers.document(replace(document, excerpt=Excerpt(1, 600, 600, 9_000)))
    assert content(large, answers.GetResult)["lines"] == "600"
    short = answers.document(replace(document, excerpt=Excerpt(1, 6, 6)))
    assert "lines" not in content(short, answers.GetResult)
    cut = answers.document(replace(document, excerpt=Excerpt(6, 6, 7, 9, 7, is_cut=True)))
    head, _, said = blocks(cut)
    assert "warning" not in head
    assert said == content(cut, answers.GetResult)["warning"]
    assert "line 6 is cut" in said
    assert "lines=7-7" in said
    both = answers.document(replace(document, warnings=("careful",)))
    assert content(both, answers.GetResult)["warning"] == f"careful\n{blocks(both)[2]}"
    assert blocks(both)[0].endswith("\nwarning: careful")


def test_the_whole_memory_is_its_text_and_nothing_else() -> None:
    whole = WholeMemory("# All\n", 3, None)
    result = answers.whole_memory(whole, answers.whole_text(whole))
    assert blocks(result) == ["# All\n"]
    assert content(result, answers.GetResult) == {"content": "# All\n", "files": 3}


def test_a_part_of_the_memory_ends_with_the_notice_in_both_forms() -> None:
    part = WholeMemory("# All\n", 3, None, None, "abc", "[PACK: more, <<read>> with cursor abc]")
    text = answers.whole_text(part)
    result = answers.whole_memory(part, text)
    assert blocks(result) == [text] == ["# All\n\n[PACK: more, call memory_get with cursor abc]\n"]
    found = content(result, answers.GetResult)
    assert (found["content"], found["next_cursor"]) == (text, "abc")


def test_a_write_names_what_is_stored_now() -> None:
    result = answers.written(Written(PATH, SHA, COMMIT, "https://e.x/c", True, ("look",)))
    expected = {
        "path": PATH,
        "sha": SHA,
        "commit": COMMIT,
        "commit_url": "https://e.x/c",
        "index_updated": True,
        "warning": "look",
        "status": "written",
    }
    assert content(result, answers.WriteResult) == expected
    assert TypeAdapter(dict[str, Any]).validate_json(blocks(result)[0]) == expected
    assert not result.is_error
    removed = content(answers.written(Written(PATH, None, COMMIT)), answers.WriteResult)
    assert "sha" not in removed


@pytest.mark.contract("C2")
def test_what_a_client_without_paths_is_told_is_no_error_but_clear() -> None:
    result = answers.not_written(errors.Unavailable("no space left"))
    assert not result.is_error
    (text,) = blocks(result)
    assert text.startswith("NOT STORED: no space left.")
    assert content(result, answers.WriteResult) == {"warning": text, "index_updated": False}


def test_a_conflict_shows_what_is_there_now() -> None:
    result = answers.failed(errors.BlobChanged(PATH, SHA, OTHER, b"now\n"))
    assert result.is_error
    refusal, head, body = blocks(result)
    assert refusal.startswith("conflict: conflict on context/a.md: it was changed")
    assert head == f"path: context/a.md\nsha: {OTHER}"
    assert body == "now\n"
    found = content(result)
    assert (found["path"], found["sha"], found["content"]) == (PATH, OTHER, "now\n")


@pytest.mark.contract("C1")
@pytest.mark.parametrize("shown", [b"now\n", b"\xff\xfe no text", b"x" * (64 * 1024 + 1), None])
@pytest.mark.parametrize("error", [errors.BlobChanged, errors.AlreadyExists])
def test_the_first_text_of_a_conflict_is_enough_to_go_on(
    error: type[errors.BlobChanged], shown: bytes | None
) -> None:
    for expected in (SHA, None):
        first = blocks(answers.failed(error(PATH, expected, OTHER, shown)))[0]
        assert f"The current sha is {OTHER}." in first
        assert "call memory_get" in first
        assert PATH in first


@pytest.mark.contract("C1")
@pytest.mark.parametrize("shown", [b"\xff\xfe no text", b"x" * (64 * 1024 + 1), None])
def test_a_conflict_never_shows_an_approximation(shown: bytes | None) -> None:
    result = answers.failed(errors.BlobChanged(PATH, SHA, OTHER, shown))
    assert "content" not in content(result)
    assert content(result)["sha"] == OTHER
    (text,) = blocks(result)
    unseen = "The current content is not shown here: call memory_get for it."
    assert text.endswith(unseen)
    assert content(result)["remedy"].endswith(unseen)


def test_a_conflict_with_nothing_shows_nothing() -> None:
    result = answers.failed(errors.BlobChanged(PATH, SHA, None))
    assert len(blocks(result)) == 1
    assert "sha" not in content(result)


REFUSALS = [
    errors.NotFound("context/a.md"),
    errors.InvalidPath("x", "it is wrong"),
    errors.InvalidContent("bad", 3, 4),
    errors.LimitExceeded("the file", 10),
    errors.EditFailed(2, "old text not found"),
    errors.StaleBase(None, COMMIT),
    errors.AlreadyExists(PATH, None, SHA),
    errors.PartlyRead(PATH, 400, 600),
    errors.StagedChange("context/a.md"),
    errors.UncommittedEdit("context/a.md"),
    errors.Unavailable("no answer"),
    errors.OutcomeUnknown("no answer"),
    errors.ConfirmationNeeded("deleting", "--yes"),
    errors.NotInitialised("/somewhere"),
    errors.MigrationNeeded("MEMORY.md", "a path"),
]


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: type(error).__name__)
def test_every_refusal_has_code_message_and_remedy(error: errors.PackError) -> None:
    result = answers.failed(error)
    assert result.is_error
    found = content(result)
    assert found["code"] == error.code
    assert found["message"] == str(error)
    assert found["remedy"].startswith(worded(error.remedy))
    assert found.get("retryable", False) is error.retryable
    (text,) = blocks(result)[:1]
    assert text.startswith(f"{error.code}: {error}\n{worded(error.remedy)}")
    assert ("may succeed later" in text) is error.retryable


FILES = [
    listed(f"projects/some-{n}.md", topic=f"Some topic {n}", tags=("a", "b")[: n % 3])
    for n in range(40)
]
FOUND = [
    Match(
        MemoryPath(f"projects/some-{n}.md"),
        f"Some topic {n}",
        ("a",),
        f"Plan > May {n}" if n % 2 else "",
        f"…what was said about it on day {n}, in about as many words as a snippet holds…",
        n,
        1.0,
        "2026-01-02",
    )
    for n in range(10)
]


def tokens(text: str) -> int:
    """The pieces that cl100k cuts a text into before it looks for tokens; most are one token."""
    return len(re.findall(r" ?[^\W\d_]+|\d{1,3}| ?[^\s\w]+|\s+|_", text))


@pytest.mark.parametrize(
    "result",
    [
        answers.listing(FileListing(tuple(FILES), 303, "cursor")),
        answers.matches(Matches(tuple(FOUND), 10, None)),
        answers.matches(Matches(tuple(FOUND), 40, "cursor", is_total_exact=False)),
        answers.written(Written(PATH, SHA, COMMIT, "https://e.x/c", True, ("look",))),
        answers.document(Document(PATH, "Some text.\n" * 50, SHA, "2026-01-02")),
    ],
    ids=["listing", "matches", "more", "written", "document"],
)
def test_both_forms_say_the_same_at_about_the_same_cost(result: CallToolResult) -> None:
    text = "\n".join(blocks(result))
    structured = json.dumps(content(result), ensure_ascii=False, separators=(",", ":"))
    assert tokens(structured) <= 1.15 * tokens(text)

    def values(value: object) -> Iterator[str]:
        if isinstance(value, dict):
            for each in value.values():
                yield from values(each)
        elif isinstance(value, list):
            for each in value:
                yield from values(each)
        elif not isinstance(value, bool):
            yield str(value)

    for value in values(content(result)):
        assert value
        assert value in text


CONFLICTS = [
    errors.BlobChanged(PATH, SHA, OTHER, b"now\n"),
    errors.BlobChanged(PATH, SHA, OTHER, b"now\n" * 300),
    errors.BlobChanged(PATH, SHA, OTHER),
    errors.BlobChanged(PATH, SHA, None),
]


@pytest.mark.parametrize("error", [*REFUSALS, *CONFLICTS], ids=lambda error: type(error).__name__)
def test_a_refusal_costs_no_more_than_json_itself_does(error: errors.PackError) -> None:
    text = "\n".join(blocks(answers.failed(error)))
    found = content(answers.failed(error))
    structured = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    bare = json.dumps(dict.fromkeys(found, "x"), separators=(",", ":"))
    needed = tokens(bare) - len(found) + tokens(found.get("path", ""))  # a path to go on with
    assert tokens(structured) <= max(1.15 * tokens(text), tokens(text) + needed)
    assert all(found.values())
    for field in found.values():
        assert field is True or all(each in text for each in str(field).split(". "))


# --- of the past ------------------------------------------------------------------------------


def test_an_answer_of_the_past_names_its_commit_and_time() -> None:
    past = Past(COMMIT, datetime(2026, 1, 31, 9, 30, tzinfo=UTC), InMemoryConnector(_now))
    state = {"commit": COMMIT, "as_of": "2026-01-31T09:30:00Z"}
    head = f"as of 2026-01-31T09:30:00Z, commit {COMMIT}\n"
    page, found = FileListing((listed("a/1.md"),), 1, None), Matches((), 0, None)
    whole = WholeMemory("# All\n", 3, None)
    for result, present, shape in (
        (answers.listing(page, past), answers.listing(page), answers.ListResult),
        (answers.matches(found, past), answers.matches(found), answers.SearchResult),
        (
            answers.whole_memory(whole, "# All\n", past),
            answers.whole_memory(whole, "# All\n"),
            answers.GetResult,
        ),
    ):
        assert content(result, shape) == content(present) | state
        assert blocks(result) == [head + block for block in blocks(present)]
    note = Document(PATH, "x\n", SHA, "2026-01-02")
    result = answers.document(note, past)
    assert content(result, answers.GetResult) == content(answers.document(note)) | state
    assert blocks(result)[0].endswith(f"commit: {COMMIT}\nas_of: 2026-01-31T09:30:00Z")


def _now() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


def test_what_waits_for_the_person_is_no_error() -> None:
    held = Written(
        PATH,
        SHA,
        None,
        status=WriteStatus.PROPOSED,
        proposal="0000000abc",
        protected=(ProtectedLine(3, "Never."), ProtectedLine(1, "x", MemoryPath("b/b.md"))),
        diff="-Never.\n",
        tell="It waits.",
    )
    result = answers.written(held)
    assert not result.is_error
    assert content(result, answers.WriteResult) == {
        "path": PATH,
        "sha": SHA,
        "index_updated": False,
        "status": "proposed",
        "proposal": "0000000abc",
        "protected": [
            {"line": 3, "text": "Never."},
            {"line": 1, "text": "x", "path": "b/b.md"},
        ],
        "diff": "-Never.\n",
        "tell": "It waits.",
    }
