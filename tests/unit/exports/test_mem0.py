"""Memories of mem0, and back."""

import json
from dataclasses import replace

import pytest
from hypothesis import given

from pack.exports.mem0 import read_mem0, write_mem0
from tests.unit.exports.exported_notes import exported, memories


def lines(notes):
    return [json.loads(piece.content) for piece in write_mem0(notes)]


@given(memories)
def test_each_memory_gives_its_note_again(notes):
    read = [read_mem0(one["content"], one["metadata"]) for one in lines(notes)]
    assert not any(one.is_changed for one in read)
    assert [(one.path, one.content) for one in read] == [
        (one.path, one.note.content) for one in notes
    ]


def test_a_memory_has_the_keys_that_openmemory_writes():
    head = "---\ntopic: Tea\ntags: [food]\nupdated: 2026-01-02T03:04:05+01:00\n---\n"
    (one,) = lines([exported("a/tea.md", f"{head}Likes tea.\n")])
    assert (one["content"], one["state"], one["categories"]) == ("Likes tea.\n", "active", ["food"])
    assert one["updated_at"] == one["created_at"] == "2026-01-02T02:04:05Z"
    assert lines([exported("a/tea.md", "x")])[0]["id"] == one["id"]


def test_text_that_was_changed_there_comes_back_changed_below_its_frontmatter():
    (one,) = lines([exported("a/tea.md", "---\ntopic: Tea\n---\nLikes tea.\n")])
    assert read_mem0("Likes mate.\n", one["metadata"]).content == (
        b"---\ntopic: Tea\n---\nLikes mate.\n"
    )


def test_dates_that_only_the_memory_knows_come_back():
    note = replace(exported("a/tea.md", "Tea.\n"), created="2019-02-03", updated="2020-04-05")
    (one,) = lines([note])
    read = read_mem0(one["content"], one["metadata"])
    assert (read.created, read.updated) == ("2019-02-03", "2020-04-05")
    changed = read_mem0("Mate.\n", one["metadata"])
    assert (changed.created, changed.updated) == ("2019-02-03", None)


@pytest.mark.parametrize(
    "date", ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00", "some day"]
)
def test_a_date_that_is_no_moment_is_left_out(date):
    (one,) = lines([replace(exported("a/tea.md", "Tea.\n"), updated=date)])
    assert (one["created_at"], one["updated_at"]) == (None, None)
    assert read_mem0(one["content"], one["metadata"]).updated == date


@pytest.mark.parametrize("metadata", [None, [], {}, {"pack": 1}, {"pack": {"path": "a.md"}}])
def test_a_memory_of_others_is_no_note_of_ours(metadata):
    assert read_mem0("x", metadata) is None
