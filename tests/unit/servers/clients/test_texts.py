"""Editing settings as text: what is meant is said, everything else stays, and it can be undone."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pack_servers.clients import texts
from pack_servers.clients.table import Syntax
from pack_servers.clients.unusable import Unusable

from tests import clients_support as files

PATHS = {
    Syntax.JSON: ("servers", "pack"),
    Syntax.TOML: ("mcp_servers", "pack"),
    Syntax.YAML: ("extensions", "pack"),
}
ENTRY = {
    "command": 'C:\\pack "x" é\u2028',
    "args": ["serve", "--local", "/a b"],
    "env": {"A.b": "1"},
}
EACH = pytest.mark.parametrize("syntax", Syntax)


@EACH
def test_an_entry_is_added_replaced_and_removed(syntax: Syntax) -> None:
    path = PATHS[syntax]
    shapes = files.shapes(syntax, path[0])
    plain = files.plain(syntax, path[0])
    for text in ("", plain, plain.replace("\n", "\r\n"), *shapes.values()):
        made = texts.missing_above(text, syntax, path)
        once = texts.with_value(text, syntax, path, ENTRY)
        assert texts.value_at(once, syntax, path) == ENTRY
        assert texts.with_value(once, syntax, path, ENTRY) == once
        other = texts.with_value(once, syntax, path, {"command": "other"})
        assert texts.value_at(other, syntax, path) == {"command": "other"}
        back = texts.without(other, syntax, path, made)
        assert texts.says_the_same(back, text, syntax)
        assert texts.without(back, syntax, path, made) == back


@EACH
def test_a_file_with_comments_comes_back_byte_for_byte_without_a_copy(syntax: Syntax) -> None:
    path = PATHS[syntax]
    for line_end in ("\n", "\r\n"):
        text = files.plain(syntax, path[0]).replace("\n", line_end)
        assert texts.without(texts.with_value(text, syntax, path, ENTRY), syntax, path) == text


_KEYS = st.sampled_from(["servers", "pack", "a", "b é", 'q"'])
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=8,
)
_TRIVIA = st.sampled_from(["", " ", "\n", "\r\n  ", "\t", "/* c, } */", "// c {\n"])


@st.composite
def _jsonc(draw: st.DrawFn, value: object) -> str:
    """JSON with spaces and comments wherever they may be."""
    gap = draw(_TRIVIA)
    if isinstance(value, dict):
        parts = [
            f"{draw(_TRIVIA)}{json.dumps(key)}{draw(_TRIVIA)}:{draw(_jsonc(each))}"
            for key, each in value.items()
        ]
        return f"{gap}{{{_listed(draw, parts)}}}{draw(_TRIVIA)}"
    if isinstance(value, list):
        return f"{gap}[{_listed(draw, [draw(_jsonc(each)) for each in value])}]{draw(_TRIVIA)}"
    return f"{gap}{json.dumps(value)}{draw(_TRIVIA)}"


def _listed(draw: st.DrawFn, parts: Sequence[str]) -> str:
    last = draw(st.sampled_from(["", ","])) if parts else ""
    return ",".join(parts) + last + draw(_TRIVIA)


@given(st.data())
def test_any_json_with_comments_keeps_what_it_says(data: st.DataObject) -> None:
    servers = st.dictionaries(_KEYS, _VALUES, max_size=3)
    value = data.draw(st.dictionaries(_KEYS, _VALUES, max_size=3))
    if "servers" in value:
        value["servers"] = data.draw(servers)
    text, path = data.draw(_jsonc(value)), PATHS[Syntax.JSON]
    assert texts.value_at(text, Syntax.JSON, ()) == value
    changed = texts.with_value(text, Syntax.JSON, path, ENTRY)
    kept = texts.without(changed, Syntax.JSON, path, 1)
    held = {**value, "servers": {**value.get("servers", {}), "pack": ENTRY}}
    assert texts.value_at(changed, Syntax.JSON, ()) == held
    assert changed.count("/* c, } */") == text.count("/* c, } */")
    assert kept.count("// c {\n") == text.count("// c {\n")


@EACH
@pytest.mark.parametrize("text", ["{", "[[", '"', "\x00"])
def test_what_cannot_be_read_is_refused(syntax: Syntax, text: str) -> None:
    path = PATHS[syntax]
    with pytest.raises(Unusable):
        texts.with_value(text, syntax, path, ENTRY)


@pytest.mark.parametrize(
    ("syntax", "text"),
    [
        (Syntax.JSON, '{"servers": 7}'),
        (Syntax.JSON, "null"),
        (Syntax.JSON, "7"),
        (Syntax.TOML, "mcp_servers = 7"),
        (Syntax.YAML, "extensions: [1]"),
        (Syntax.YAML, "extensions: 7"),
        (Syntax.YAML, "- 1"),
        (Syntax.YAML, "a: 1\n---\nb: 2"),
    ],
)
def test_what_is_no_table_of_servers_is_left_alone(syntax: Syntax, text: str) -> None:
    with pytest.raises(Unusable):
        texts.with_value(text, syntax, PATHS[syntax], ENTRY)


def test_the_last_of_two_members_counts_as_it_does_for_the_client() -> None:
    text = '{"servers": {"pack": {"command": "a"}}, "servers": {"pack": {"command": "b"}}}'
    changed = texts.with_value(text, Syntax.JSON, PATHS[Syntax.JSON], ENTRY)
    assert json.loads(changed)["servers"]["pack"] == ENTRY
    assert '{"command": "a"}' in changed


def test_yaml_is_read_by_other_programs_too() -> None:
    text = texts.with_value(files.YAML, Syntax.YAML, PATHS[Syntax.YAML], ENTRY)
    assert yaml.safe_load(text)["extensions"]["pack"] == ENTRY


def test_a_comment_above_the_only_entry_stays() -> None:
    path = PATHS[Syntax.YAML]
    text = texts.with_value("", Syntax.YAML, path, ENTRY)
    noted = text.replace("extensions:\n", "extensions:\n  # mine\n")
    assert texts.without(noted, Syntax.YAML, path, 1) == "extensions: {}\n  # mine\n"
    assert texts.without(text, Syntax.YAML, path, 1) == ""
