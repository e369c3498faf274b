"""What agents and their clients send is read as it was meant, or refused by the argument's name."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_servers.mcp.arguments import ADDED_BY_CLIENTS, read_arguments
from pack_servers.mcp.server import build_server

from pack.errors import InvalidRequest
from pack.memory import Memory

SCHEMAS = {
    tool.name: tool.input_schema
    for tool in asyncio.run(build_server(Memory.__new__(Memory)).list_tools())
}
LEAST: dict[str, dict[str, Any]] = {
    "memory_list": {},
    "memory_get": {},
    "memory_history": {},
    "memory_update": {"content": "x"},
    "memory_search": {"query": "tea"},
    "memory_edit": {"path": "a/b.md", "edits": [{"op": "append", "text": "x"}]},
    "memory_delete": {"path": "a/b.md", "sha": "0" * 40},
    "memory_move": {"path": "a/b.md", "new_path": "a/c.md", "sha": "0" * 40},
    "memory_undo": {},
    "memory_proposals": {},
    "memory_kits": {},
}


def read(tool: str, **sent: Any) -> dict[str, Any]:
    return read_arguments(tool, SCHEMAS[tool], {**LEAST[tool], **sent})


def refusal(tool: str, sent: dict[str, Any]) -> str:
    with pytest.raises(InvalidRequest) as caught:
        read_arguments(tool, SCHEMAS[tool], sent)
    assert caught.value.remedy.endswith(".")
    return str(caught.value)


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tool", "name", "meant"),
    [
        ("memory_update", "file", "path"),
        ("memory_update", "file_path", "path"),
        ("memory_update", "filePath", "path"),
        ("memory_update", "Path", "path"),
        ("memory_update", "pth", "path"),
        ("memory_get", "filename", "path"),
        ("memory_get", "uri", "path"),
        ("memory_search", "tags", "tag"),
        ("memory_search", "max_results", "limit"),
        ("memory_search", "maxTokens", "max_tokens"),
        ("memory_list", "folder", "dir"),
        ("memory_list", "next_cursor", "cursor"),
        ("memory_move", "to", "new_path"),
        ("memory_delete", "reason", "message"),
    ],
)
def test_an_unknown_argument_is_refused_with_the_nearest_known(
    tool: str, name: str, meant: str
) -> None:
    sent = {key: value for key, value in LEAST[tool].items() if key != meant}
    said = refusal(tool, {**sent, name: "x"})
    assert said == f"{tool}: unknown argument `{name}`: did you mean `{meant}`?"


def test_what_is_unlike_anything_is_refused_with_all_that_there_is() -> None:
    with pytest.raises(InvalidRequest) as caught:
        read("memory_edit", dry_run=True)
    assert str(caught.value) == "memory_edit: unknown argument `dry_run`"
    assert caught.value.remedy == (
        "Nothing was done. memory_edit takes path, edits, sha, message and apply_rest."
    )


def test_an_argument_that_was_given_is_not_the_one_that_was_meant() -> None:
    said = refusal("memory_update", {"content": "x", "path": "a/b.md", "file": "a/c.md"})
    assert "`path`" not in said


def test_unknown_fields_of_an_edit_are_refused_with_its_number() -> None:
    edits = [{"op": "append", "text": "x"}, {"op": "replace", "old_string": "a", "new": "b"}]
    said = refusal("memory_edit", {"path": "a/b.md", "edits": edits})
    assert said == "edit 2: unknown argument `old_string`: did you mean `old`?"


def test_unknown_names_come_before_everything_else() -> None:
    said = refusal("memory_delete", {"file": "a/b.md", "sha": None})
    assert said == "memory_delete: unknown argument `file`: did you mean `path`?"
    edits = [{"op": "nonsense", "oldText": "x"}]
    assert "oldText" in refusal("memory_edit", {"edits": edits})
    assert "oldText" in refusal("memory_edit", {"edits": json.dumps(edits), "path": None})


def test_a_flood_of_unknown_names_is_answered_in_few_words() -> None:
    sent = {f"{number}{'x' * 1000}": 1 for number in range(1000)}
    said = refusal("memory_list", sent)
    assert said.endswith("and 995 more")
    assert len(said) < 600


@pytest.mark.parametrize("tool", LEAST)
def test_what_n8n_adds_to_every_call_is_dropped(tool: str) -> None:
    added = dict.fromkeys(ADDED_BY_CLIENTS, "call_1")
    assert set(added) == {"toolCallId", "sessionId", "chatInput", "action"}
    assert read(tool, **added) == read(tool)


def test_what_n8n_adds_has_no_place_inside_an_edit() -> None:
    edits = [{"op": "append", "text": "x", "sessionId": "s"}]
    assert "`sessionId`" in refusal("memory_edit", {"path": "a/b.md", "edits": edits})


# --- empty is absent -------------------------------------------------------------------------


@pytest.mark.parametrize("empty", [None, "", " ", [], {}], ids=repr)
@pytest.mark.parametrize("tool", LEAST)
def test_empty_values_of_optional_arguments_are_absent(tool: str, empty: object) -> None:
    schema = SCHEMAS[tool]
    optional = set(schema["properties"]) - set(schema.get("required", ()))
    sent = dict.fromkeys(optional, empty)
    assert read(tool, **sent) == read(tool)


def test_an_edit_with_every_field_filled_in_is_the_one_that_it_says() -> None:
    empty = {"old": None, "new": None, "all": None, "section": None}
    (edit,) = read("memory_edit", edits=[{"op": "append", "text": "x", **empty}])["edits"]
    assert edit == {"op": "append", "text": "x"}
    (edit,) = read("memory_edit", edits=[{"op": "replace", "old": "a", "new": "", "all": ""}])[
        "edits"
    ]
    assert edit == {"op": "replace", "old": "a", "new": ""}


def test_a_required_text_may_be_empty_but_not_null() -> None:
    assert read("memory_update", content="")["content"] == ""
    assert refusal("memory_update", {"content": None}) == "memory_update needs `content`"
    assert refusal("memory_update", {}) == "memory_update needs `content`"


# --- types -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ['{"why":"x"}', '["x"]', "null", "true", "3", '"quoted"', "  blank  "]
)
def test_a_text_that_looks_like_json_stays_the_text(text: str) -> None:
    assert read("memory_update", content=text, message=text) == {"content": text, "message": text}
    (edit,) = read("memory_edit", edits=[{"op": "append", "text": text}])["edits"]
    assert edit["text"] == text


@pytest.mark.parametrize(
    ("sent", "text"), [(7, "7"), (1.5, "1.5"), ({"a": ["é"]}, '{"a": ["é"]}'), (True, "true")]
)
def test_what_is_no_text_is_written_as_one(sent: object, text: str) -> None:
    assert read("memory_update", content=sent, message=sent) == {"content": text, "message": text}


def test_a_text_that_addresses_something_may_be_a_number_or_a_list_of_one() -> None:
    assert read("memory_list", tag=2024, dir=["notes"]) == {"tag": "2024", "dir": "notes"}
    assert read("memory_list", tag='["a"]') == {"tag": '["a"]'}
    for wrong in (["a", "b"], {"a": "b"}, [["a"]]):
        assert refusal("memory_list", {"tag": wrong}) == "memory_list: `tag` must be a text"


@pytest.mark.parametrize("word", ["null", "None", " NULL ", "undefined"])
@pytest.mark.parametrize(
    ("tool", "name"),
    [
        ("memory_get", "path"),
        ("memory_update", "path"),
        ("memory_update", "sha"),
        ("memory_move", "new_path"),
        ("memory_list", "dir"),
        ("memory_list", "tag"),
        ("memory_list", "topic"),
        ("memory_search", "since"),
        ("memory_search", "cursor"),
    ],
)
def test_the_word_null_is_no_path_and_no_filter(tool: str, name: str, word: str) -> None:
    said = refusal(tool, {**LEAST[tool], name: word})
    assert said == f"{tool}: `{name}` is the word {word.strip()!r}"


@pytest.mark.parametrize("sent", [5, 5.0, "5", " 5 ", "5.0"])
def test_a_whole_number_in_any_form(sent: object) -> None:
    assert read("memory_list", limit=sent) == {"limit": 5}


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ("many", "must be a whole number"),
        (1.5, "must be a whole number"),
        (True, "must be a whole number"),
        ([1], "must be a whole number"),
        ("1e999", "must be a whole number"),
        ("nan", "must be a whole number"),
        (0, "must be at least 1"),
        (-1, "must be at least 1"),
        ("501", "must be at most 500"),
    ],
)
def test_what_is_no_number_is_refused(sent: object, said: str) -> None:
    assert refusal("memory_list", {"limit": sent}) == f"memory_list: `limit` {said}"


def test_true_and_false_in_any_form() -> None:
    for sent, meant in ((True, True), ("true", True), (1, True), ("False", False), (0, False)):
        assert read("memory_search", explain=sent)["explain"] is meant
    said = refusal("memory_search", {"query": "x", "explain": "maybe"})
    assert said == "memory_search: `explain` must be true or false"


def test_a_choice_is_one_of_its_words() -> None:
    assert read("memory_list", sort=" Updated")["sort"] == "updated"
    for wrong in ("newest", 3, ["path"]):
        said = refusal("memory_list", {"sort": wrong})
        assert said == "memory_list: `sort` must be one of path, updated, size"


EDIT = {"op": "append", "text": "x"}


@pytest.mark.parametrize(
    "sent", [[EDIT], EDIT, json.dumps([EDIT]), json.dumps(EDIT), [json.dumps(EDIT)]], ids=str
)
def test_a_list_in_any_form(sent: object) -> None:
    assert read("memory_edit", edits=sent)["edits"] == [EDIT]


@pytest.mark.parametrize("sent", [[], "[]", {}, "{}"], ids=str)
def test_a_list_of_nothing_is_refused(sent: object) -> None:
    said = refusal("memory_edit", {"path": "a/b.md", "edits": sent})
    assert said == "memory_edit needs at least one of `edits`"


@pytest.mark.parametrize("sent", ["append this", 3, ["x"], [3], [[EDIT]], "[" * 100_000], ids=repr)
def test_what_is_no_list_of_objects_is_refused(sent: object) -> None:
    said = refusal("memory_edit", {"path": "a/b.md", "edits": sent})
    assert said == "memory_edit: `edits` must be a list of objects"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    tool=st.sampled_from(sorted(LEAST)),
    sent=st.dictionaries(
        st.sampled_from([*{name for schema in SCHEMAS.values() for name in schema["properties"]}])
        | st.text(),
        ANYTHING,
        max_size=4,
    ),
)
def test_anything_is_read_or_refused_in_our_words(tool: str, sent: dict[str, Any]) -> None:
    with suppress(InvalidRequest):
        found = read_arguments(tool, SCHEMAS[tool], sent)
        assert set(found) <= set(SCHEMAS[tool]["properties"])
