"""What a model is told: structured content, and a text that is short, exact and unambiguous."""

from __future__ import annotations

from typing import Any

import pytest
from mcp.types import CallToolResult
from pack_servers.mcp import results as answers
from pack_servers.mcp.wording import worded
from pydantic import TypeAdapter

from pack import errors
from pack.model import BlobId, CommitId, MemoryPath
from pack.results import Document, FileListing, Match, Matches, NoteSummary, WholeMemory, Written

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


def test_a_listing_is_a_line_a_file() -> None:
    page = FileListing(
        (listed("a/1.md"), listed("a/2.md", expired=True, updated=None, tags=())), 9, "a/2"
    )
    result = answers.listing(page)
    assert blocks(result) == [
        "files: 2 of 9; for more, call again with cursor a/2\n"
        "a/1.md | T | x, y | 2026-01-02\n"
        "a/2.md | T |  |  [expired]"
    ]
    assert content(result, answers.ListResult) == {
        "files": [
            {"path": "a/1.md", "topic": "T", "tags": ["x", "y"], "updated": "2026-01-02"},
            {"path": "a/2.md", "topic": "T", "tags": [], "expired": True},
        ],
        "total": 9,
        "next_cursor": "a/2",
    }


def test_nothing_found_is_said_in_words() -> None:
    assert blocks(answers.listing(FileListing((), 0, None))) == ["no files"]
    assert blocks(answers.matches(Matches((), 0, None))) == ["no matches"]


def test_a_match_names_its_line() -> None:
    match = Match(PATH, "T", ("x",), "Food > Fish", "… the fish …", 7, 1.23456, None)
    result = answers.matches(Matches((match,), 1, None))
    assert blocks(result) == ["matches: 1 of 1\ncontext/a.md:7 | Food > Fish | … the fish …"]
    (found,) = content(result, answers.SearchResult)["results"]
    assert (found["line"], found["score"], found["tags"]) == (7, 1.235, ["x"])


def test_a_file_is_its_facts_and_then_its_exact_text() -> None:
    text = '---\n"\\\r\n\ttab'
    result = answers.document(Document(PATH, text, SHA, "2026-01-02", ("careful", "twice")))
    head, body = blocks(result)
    assert body == text
    assert head == (
        f"path: context/a.md\nsha: {SHA}\nupdated_at: 2026-01-02\nwarning: careful; twice"
    )
    assert content(result, answers.GetResult)["content"] == text


def test_the_whole_memory_is_its_text_and_nothing_else() -> None:
    result = answers.whole_memory(WholeMemory("# All\n", 3, None))
    assert blocks(result) == ["# All\n"]
    assert content(result, answers.GetResult) == {"content": "# All\n", "files": 3}


def test_a_write_names_what_is_stored_now() -> None:
    result = answers.written(Written(PATH, SHA, COMMIT, "https://e.x/c", True, ("look",)))
    expected = {
        "path": PATH,
        "sha": SHA,
        "commit": COMMIT,
        "commit_url": "https://e.x/c",
        "index_updated": True,
        "warning": "look",
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
@pytest.mark.parametrize("shown", [b"\xff\xfe no text", b"x" * (64 * 1024 + 1), None])
def test_a_conflict_never_shows_an_approximation(shown: bytes | None) -> None:
    result = answers.failed(errors.BlobChanged(PATH, SHA, OTHER, shown))
    assert "content" not in content(result)
    assert content(result)["sha"] == OTHER
    assert blocks(result)[1:] == [
        "The current content of context/a.md is not shown here: call memory_get for it."
    ]


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
    assert found["remedy"] == worded(error.remedy)
    assert found["retryable"] is error.retryable
    assert blocks(result)[0] == f"{error.code}: {error}\n{worded(error.remedy)}"
