"""Editing settings as text: what is meant is said, everything else stays, and it can be undone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pack_servers.clients.editing import texts, yaml_steps
from pack_servers.clients.editing.syntax import Syntax
from pack_servers.clients.editing.unusable import Unusable

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


# --- where an entry stands, only what differs changes ---------------------------------------------

JSON = """\
{
  "servers": {
    // my memory
    "pack": { // the one from pipx
      "timeout": 60, // it is slow here
      /* where it is */
      "command": "/old/pack", // pipx
      "args": [
        "serve", // never `mcp`
        "--local",
        "/srv/me/notes" /* all of it */
      ],
      // quiet
      "env": {
        "PACK_TRUTH": "enforce" // always
      },
      "alwaysAllow": ["memory_get"]
      // the end
    },
    "other": {"command": "x"} // not mine
  }
}
"""
TOML = """\
[mcp_servers.pack] # my memory
startup_timeout_sec = 60 # it is slow here
# where it is
command = '/old/pack' # pipx
args = [
  "serve", # never mcp
  "--local",
  "/srv/me/notes" # all of it
]
# the end

# quiet
[mcp_servers.pack.env]
PACK_TRUTH = "enforce" # always

[mcp_servers.other] # not mine
command = "x"
"""
YAML = """\
extensions:
  # my memory
  pack: # the one from pipx
    timeout: 60   # it is slow here
    # where it is
    cmd: /old/pack # pipx
    args:
    - serve # never mcp
    - --local
    - /srv/me/notes   # all of it
    # quiet
    envs:
      PACK_TRUTH: enforce # always
    enabled: true
    # the end
  other: {cmd: x} # not mine
"""


def changed(text: str, syntax: Syntax, **more: Any) -> str:
    """A text whose entry has other values; `None` takes one out."""
    held = texts.value_at(text, syntax, PATHS[syntax])
    assert isinstance(held, Mapping)
    value = {key: each for key, each in {**held, **more}.items() if each is not None}
    return texts.with_value(text, syntax, PATHS[syntax], value)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_another_path_of_pack_changes_that_alone(end: str) -> None:
    for text, syntax, key, old in (
        (JSON, Syntax.JSON, "command", '"/old/pack"'),
        (TOML, Syntax.TOML, "command", "'/old/pack'"),
        (YAML, Syntax.YAML, "cmd", "/old/pack"),
    ):
        before = text.replace("\n", end)
        after = changed(before, syntax, **{key: "/new/pack"})
        assert after == before.replace(old, '"/new/pack"')


def test_another_memory_changes_one_argument() -> None:
    for text, syntax, old in (
        (JSON, Syntax.JSON, '"/srv/me/notes"'),
        (TOML, Syntax.TOML, '"/srv/me/notes"'),
        (YAML, Syntax.YAML, "/srv/me/notes"),
    ):
        after = changed(text, syntax, args=["serve", "--local", "/work"])
        assert after == text.replace(old, '"/work"')


def test_arguments_that_go_and_come_leave_the_others_and_all_comments() -> None:
    assert changed(JSON, Syntax.JSON, args=["serve"]) == JSON.replace(
        '"serve", // never `mcp`\n        "--local",\n        "/srv/me/notes" /* all of it */\n',
        '"serve" // never `mcp`\n        /* all of it */\n',
    )
    assert changed(TOML, Syntax.TOML, args=["serve"]) == TOML.replace(
        '"serve", # never mcp\n  "--local",\n  "/srv/me/notes" # all of it\n',
        '"serve" # never mcp\n  # all of it\n',
    )
    assert changed(YAML, Syntax.YAML, args=["serve"]) == YAML.replace(
        "    - --local\n    - /srv/me/notes   # all of it\n", "    # all of it\n"
    )
    more = ["serve", "--local", "/srv/me/notes", "-v"]
    assert changed(JSON, Syntax.JSON, args=more) == JSON.replace(
        '"/srv/me/notes" /* all of it */', '"/srv/me/notes", /* all of it */\n        "-v"'
    )
    assert changed(TOML, Syntax.TOML, args=more) == TOML.replace(
        '"/srv/me/notes" # all of it', '"/srv/me/notes", # all of it\n  "-v"'
    )
    assert changed(YAML, Syntax.YAML, args=more) == YAML.replace(
        "# all of it\n", '# all of it\n    - "-v"\n'
    )


def test_a_variable_is_added_and_taken_out_where_the_others_are() -> None:
    for text, syntax, key, line, new in (
        (JSON, Syntax.JSON, "env", '"PACK_TRUTH": "enforce"', ',#\n        "A": "b"'),
        (TOML, Syntax.TOML, "env", 'PACK_TRUTH = "enforce"', '#\nA = "b"'),
        (YAML, Syntax.YAML, "envs", "PACK_TRUTH: enforce", '#\n      A: "b"'),
    ):
        more = changed(text, syntax, **{key: {"PACK_TRUTH": "enforce", "A": "b"}})
        comment = " // always" if syntax is Syntax.JSON else " # always"
        assert more == text.replace(line + comment, line + new.replace("#", comment, 1))
        assert changed(more, syntax, **{key: {"PACK_TRUTH": "enforce"}}) == text


def test_from_a_program_to_an_address_only_what_was_said_of_the_program_goes() -> None:
    gone: dict[str, Any] = {"args": None, "env": None, "envs": None}
    after = changed(JSON, Syntax.JSON, **gone, command=None, url="http://127.0.0.1:3005/mcp")
    assert after == (
        '{\n  "servers": {\n    // my memory\n    "pack": { // the one from pipx\n'
        '      "timeout": 60, // it is slow here\n      /* where it is */\n      // pipx\n'
        '      // quiet\n      "alwaysAllow": ["memory_get"],\n'
        '      "url": "http://127.0.0.1:3005/mcp"\n      // the end\n    },\n'
        '    "other": {"command": "x"} // not mine\n  }\n}\n'
    )
    after = changed(TOML, Syntax.TOML, **gone, command=None, url="http://127.0.0.1:3005/mcp")
    assert after == (
        "[mcp_servers.pack] # my memory\nstartup_timeout_sec = 60 # it is slow here\n"
        '# where it is\n# pipx\nurl = "http://127.0.0.1:3005/mcp"\n# the end\n\n# quiet\n\n'
        '[mcp_servers.other] # not mine\ncommand = "x"\n'
    )
    after = changed(YAML, Syntax.YAML, **gone, cmd=None, uri="http://127.0.0.1:3005/mcp")
    assert after == (
        "extensions:\n  # my memory\n  pack: # the one from pipx\n"
        "    timeout: 60   # it is slow here\n    # where it is\n    # pipx\n    # quiet\n"
        '    enabled: true\n    uri: "http://127.0.0.1:3005/mcp"\n    # the end\n'
        "  other: {cmd: x} # not mine\n"
    )
    assert changed(YAML, Syntax.YAML, envs={}) == YAML.replace(
        "envs:\n      PACK_TRUTH: enforce # always\n", "envs: {}\n"
    )


@pytest.mark.parametrize(
    ("syntax", "text", "expected"),
    [
        (
            Syntax.JSON,
            '{"servers":{"pack":{"a":1,"b":2}}}',
            '{"servers":{"pack":{"a":1,"c":3}}}',
        ),
        (
            Syntax.TOML,
            "[mcp_servers]\npack = { a = 1, b = 2 } # in one line\n",
            "[mcp_servers]\npack = { a = 1, c = 3 } # in one line\n",
        ),
        (
            Syntax.TOML,
            "[mcp_servers]\n# mine\npack.a = 1 # a\npack.b = 2\n# end\nx.y = 1\n",
            "[mcp_servers]\n# mine\npack.a = 1 # a\npack.c = 3\n# end\nx.y = 1\n",
        ),
        (
            Syntax.TOML,
            "mcp_servers.pack.a = 1 # a\nmcp_servers.pack.b = 2",
            "mcp_servers.pack.a = 1 # a\nmcp_servers.pack.c = 3\n",
        ),
        (
            Syntax.TOML,
            "[mcp_servers.pack.t]\nx = 1 # x\n[mcp_servers.pack]\n  a = 1\n  b = 2\n",
            "[mcp_servers.pack.t]\nx = 1 # x\n[mcp_servers.pack]\n  a = 1\n  c = 3\n",
        ),
        (
            Syntax.YAML,
            "extensions: {pack: {a: 1, b: 2}} # in one line\n",
            "extensions: {pack: {a: 1, c: 3}} # in one line\n",
        ),
        (
            Syntax.YAML,
            "extensions:\n    pack:\n        b: |\n            two\n        a: 1",
            "extensions:\n    pack:\n        a: 1\n        c: 3\n",
        ),
    ],
)
def test_whatever_form_it_is_written_in(syntax: Syntax, text: str, expected: str) -> None:
    after = changed(text, syntax, b=None, c=3)
    assert _tight(after) == _tight(expected)


def _tight(text: str) -> str:
    """A text without the spaces that JSON may have behind its signs."""
    return text.replace(", ", ",").replace(": ", ":")


def test_a_form_that_cannot_be_changed_in_place_is_replaced_whole() -> None:
    text = "base: &b {cmd: x, t: 1}\nextensions:\n  pack:\n    <<: *b\n    args: []\n"
    after = texts.with_value(text, Syntax.YAML, PATHS[Syntax.YAML], {"cmd": "y"})
    assert texts.value_at(after, Syntax.YAML, PATHS[Syntax.YAML]) == {"cmd": "y"}
    assert after.startswith("base: &b {cmd: x, t: 1}\n")
    twice = '{"servers": {"pack": {"a": 1, "b": 2, "b": 3}}}'
    assert changed(twice, Syntax.JSON, b=None) == '{"servers": {"pack": {"a": 1}}}'


_NAMES = ["command", "args", "env", "A.b", "é"]
_SCALARS = st.booleans() | st.integers(0, 9) | st.text("aé\"\\' #", max_size=4)
_SAID = (
    _SCALARS
    | st.lists(_SCALARS, max_size=3)
    | st.dictionaries(st.sampled_from(_NAMES), _SCALARS, max_size=2)
)
_ENTRIES = st.dictionaries(st.sampled_from(_NAMES), _SAID, min_size=1, max_size=4)


@st.composite
def _written(draw: st.DrawFn, syntax: Syntax, entry: Mapping[str, Any]) -> tuple[str, list[str]]:
    """An entry as a person may write it, and the comments that nobody may lose."""
    lines, comments = [], []
    for number, (key, value) in enumerate(entry.items()):
        above, beside = draw(st.booleans()), draw(st.booleans())
        mark = "//" if syntax is Syntax.JSON else "#"
        name = f'"{key}"'
        if above:
            lines.append(f"{mark} above {number}")
            comments.append(f"above {number}")
        comma = "," if syntax is Syntax.JSON and number < len(entry) - 1 else ""
        form = {Syntax.JSON: _json, Syntax.YAML: _json, Syntax.TOML: _toml}[syntax]
        sign = " = " if syntax is Syntax.TOML else ": "
        lines.append(f"{name}{sign}{form(value)}{comma}" + (f" {mark} beside {number}" * beside))
        comments += [f"beside {number}"] * beside
    return "\n".join(lines), comments


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_json(each)}' for key, each in value.items()) + "}"
    return _json(value)


def _file(syntax: Syntax, lines: str) -> str:
    if syntax is Syntax.JSON:
        inner = lines.replace("\n", "\n  ")
        return f'{{\n"servers": {{\n"pack": {{\n  {inner}\n}}, // end\n"z": 1}}\n}}\n'
    if syntax is Syntax.TOML:
        return f"[mcp_servers.pack]\n{lines}\n# end\n[z]\nx = 1\n"
    inner = lines.replace("\n", "\n    ")
    return f"extensions:\n  pack:\n    {inner}\n  # end\n  z: 1\n"


@pytest.mark.parametrize("syntax", Syntax)
@given(st.data())
def test_any_entry_becomes_any_other_and_no_comment_is_lost(
    syntax: Syntax, data: st.DataObject
) -> None:
    before, after = data.draw(_ENTRIES), data.draw(_ENTRIES)
    lines, comments = data.draw(_written(syntax, before))
    text = _file(syntax, lines)
    assert texts.value_at(text, syntax, PATHS[syntax]) == before
    new = texts.with_value(text, syntax, PATHS[syntax], after)
    assert texts.value_at(new, syntax, PATHS[syntax]) == after
    assert [each for each in [*comments, "end"] if each not in new] == []


def test_what_toml_says_of_a_date_stays_where_it_is_not_meant() -> None:
    text = "[mcp_servers.pack]\na = 1979-05-27 07:32:00 # born\nb = 1\nc = 1e3\n"
    assert changed(text, Syntax.TOML, b=2) == text.replace("b = 1\n", "b = 2\n")


@pytest.mark.parametrize(
    ("syntax", "text", "without"),
    [
        (
            Syntax.JSON,
            '{"servers": {\n  // mine\n  "pack": {"a": 1}}}\n',
            '{"servers": {\n  // mine\n  }}\n',
        ),
        (
            Syntax.JSON,
            '{"servers": {\n  "z": 1, // z\n  "pack": {"a": 1}}}\n',
            '{"servers": {\n  "z": 1 // z\n  }}\n',
        ),
        (
            Syntax.YAML,
            "extensions: {\n  z: 1, # z\n  pack: {a: 1}}\n",
            "extensions: {\n  z: 1 # z\n  }\n",
        ),
        (
            Syntax.JSON,
            '{"servers": {\n  "z": 1,\n  "pack": {"a": 1}}}\n',
            '{"servers": {\n  "z": 1}}\n',
        ),
    ],
)
def test_a_comment_above_what_goes_swallows_no_bracket(
    syntax: Syntax, text: str, without: str
) -> None:
    assert texts.without(text, syntax, PATHS[syntax]) == without


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_argument_that_goes_leaves_the_comment_above_it(end: str) -> None:
    for text, syntax in (
        ('{"servers": {"pack": {"args": [\n  "serve", // always\n  "-v"]}}}', Syntax.JSON),
        ('[mcp_servers.pack]\nargs = [\n  "serve", # always\n  "-v"]\n', Syntax.TOML),
        ("extensions:\n  pack: {args: [\n    serve, # always\n    -v]}\n", Syntax.YAML),
    ):
        before = text.replace("\n", end)
        after = changed(before, syntax, args=["serve"])
        assert after == before.replace(",", "").replace('"-v"', "").replace("-v", "")


def test_a_level_that_somebody_has_noted_stays() -> None:
    text = '{"servers": // mine\n  {"pack": {"a": 1}}}'
    assert texts.without(text, Syntax.JSON, PATHS[Syntax.JSON], 1) == ('{"servers": // mine\n  {}}')


@pytest.mark.parametrize(
    ("syntax", "text"),
    [(Syntax.JSON, '{"a": NaN}'), (Syntax.TOML, "a = nan\n"), (Syntax.YAML, "a: .nan\n")],
)
def test_what_does_not_equal_itself_is_no_change(syntax: Syntax, text: str) -> None:
    changed = texts.with_value(text, syntax, PATHS[syntax], ENTRY)
    assert texts.value_at(changed, syntax, PATHS[syntax]) == ENTRY
    assert texts.says_the_same(texts.without(changed, syntax, PATHS[syntax], 1), text, syntax)


@pytest.mark.parametrize(
    ("held", "after"),
    [
        # A space that does not end a text in YAML is a part of it.
        ("a: x\u00a0 # a\n    b: 1\n", "a: [3] # a\n    b: 2\n"),
        # In a list, something with members begins beside the dash.
        ("a:\n    - x: 1\n      y: 2 # y\n    b: 1\n", "a:\n    - 3 # y\n    b: 2\n"),
        ("a:\n    - - 1\n      - 2\n    b: 1\n", "a:\n    - 3\n    b: 2\n"),
    ],
)
def test_several_steps_in_yaml_touch_what_they_mean(held: str, after: str) -> None:
    text = f"extensions:\n  # mine\n  pack:\n    {held}  z: 1\n"
    assert (
        changed(text, Syntax.YAML, a=[3], b=2)
        == f"extensions:\n  # mine\n  pack:\n    {after}  z: 1\n"
    )


def test_steps_that_would_break_yaml_are_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_steps, "value_text", lambda _: "[")
    text = "extensions:\n  pack:\n    a: 1\n    b: 1\n"
    assert "a: 2" in changed(text, Syntax.YAML, a=2, b=2)
