"""Editing TOML as text: what people write beside the tables stays, whatever it looks like."""

from __future__ import annotations

import tomllib

import pytest
from pack_servers.clients.editing import texts
from pack_servers.clients.editing.syntax import Syntax
from pack_servers.clients.editing.unusable import Unusable

PATH = ("mcp_servers", "pack")
ENTRY = {"command": "/bin/pack", "args": ["serve"]}
TABLE = '[mcp_servers.pack]\ncommand = "old"\n'
AFTER = "\n# mine [\n[tui]\n# yours\nx = 1\n"


@pytest.mark.parametrize("before", ["#\n", "a = 1 #\n", "#\n#\n# [\n#\n", "a = [ #\n1]\n#\n"])
def test_a_comment_of_one_sign_hides_no_table(before: str) -> None:
    text = before + TABLE + AFTER
    assert texts.without(text, Syntax.TOML, PATH) == before + AFTER
    changed = texts.with_value(text, Syntax.TOML, PATH, ENTRY)
    assert changed.startswith(f"{before}[mcp_servers.pack]\n")
    assert changed.endswith(AFTER)


def test_an_edit_that_would_lose_a_comment_is_refused() -> None:
    text = 'mcp_servers.pack.args = [\n# mine\n"x",\n]\n'
    with pytest.raises(Unusable, match="cannot edit safely"):
        texts.without(text, Syntax.TOML, PATH)


def test_a_text_in_place_of_a_table_is_replaced_and_comes_back() -> None:
    text = '[mcp_servers]\npack = "x"\n'
    changed = texts.with_value(text, Syntax.TOML, PATH, ENTRY)
    assert tomllib.loads(changed)["mcp_servers"] == {"pack": ENTRY}
    back = texts.with_value(changed, Syntax.TOML, PATH, "x")
    assert tomllib.loads(back) == tomllib.loads(text)


def test_what_is_nested_too_deeply_is_said() -> None:
    with pytest.raises(Unusable, match="nested too deeply"):
        texts.value_at(f"a = {'[' * 20_000}", Syntax.TOML, PATH)


def test_dates_in_an_entry_stay_dates() -> None:
    held = tomllib.loads("a = 2026-01-02\nb = 2026-01-02T03:04:05Z\nc = 03:04:05\n")
    changed = texts.with_value("", Syntax.TOML, PATH, held)
    assert texts.value_at(changed, Syntax.TOML, PATH) == held


TOOLS = '[mcp_servers.pack.tools.memory_get]\n# asked\napproval_mode = "approve"\n'
DIRECT = '[mcp_servers.pack]\ncommand = "/bin/pack"\nargs = ["serve"]\n'


@pytest.mark.parametrize("before", ["", "[a]\n\n", "#\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_in_the_table_stays_as_it_is(before: str, end: str) -> None:
    env = '[mcp_servers.pack.env]\nA = "b"\n'
    text = f"{before}{TABLE}\n{env}\n{TOOLS}{AFTER}".replace("\n", end)
    tools = {"memory_get": {"approval_mode": "approve"}}
    changed = texts.with_value(text, Syntax.TOML, PATH, {**ENTRY, "tools": tools})
    assert changed == f"{before}{DIRECT}\n{TOOLS}{AFTER}".replace("\n", end)
    whole = texts.with_value(text, Syntax.TOML, PATH, ENTRY)
    assert whole == f"{before}{DIRECT}{AFTER}".replace("\n", end)


def test_a_table_without_a_heading_of_its_own_gets_one() -> None:
    tools = {"memory_get": {"approval_mode": "approve"}}
    changed = texts.with_value(f"{TOOLS}{AFTER}", Syntax.TOML, PATH, {**ENTRY, "tools": tools})
    assert changed == f"{DIRECT}\n{TOOLS}{AFTER}"
    other = texts.with_value(f"{TOOLS}{AFTER}", Syntax.TOML, PATH, {**ENTRY, "tools": {}})
    assert other == f"{DIRECT}tools = {{}}\n{AFTER}"


@pytest.mark.parametrize(
    "last",
    ['note = """\na\n\n# b"""\n', "note = '''\n# b'''\n", 'note = "a\u2028# b"\n'],
)
def test_what_looks_like_a_comment_in_the_last_value_is_none(last: str) -> None:
    text = f"a = 1\n{TABLE}{last}{AFTER}"
    assert texts.without(text, Syntax.TOML, PATH) == f"a = 1\n{AFTER}"
    changed = texts.with_value(text, Syntax.TOML, PATH, {"command": "new"})
    assert changed == f"a = 1\n{TABLE.replace('old', 'new')}{AFTER}"


Z = "z = { a = [ 1,2 ] ,b = 2 }"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("text", "without"),
    [
        (f"[mcp_servers]\npack = {{ a = 1 }}\n{Z}\n", f"[mcp_servers]\n{Z}\n"),
        (f"mcp_servers = {{ {Z}, pack = {{}} }} # c\n", f"mcp_servers = {{ {Z} }} # c\n"),
        (f"[mcp_servers]\npack.a = 1\npack.b.c = 2\n# z\n{Z}", f"[mcp_servers]\n# z\n{Z}"),
        (f"mcp_servers.pack.a = 1\nmcp_servers.{Z}\n", f"mcp_servers.{Z}\n"),
        ("[mcp_servers]\npack.a = 1\n[mcp_servers.pack.s]\nb = 2\n# c\n", "[mcp_servers]\n# c\n"),
    ],
)
def test_a_server_in_any_form_goes_and_no_other_byte(text: str, without: str, end: str) -> None:
    text, without = text.replace("\n", end), without.replace("\n", end)
    assert texts.without(text, Syntax.TOML, PATH) == without


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mcp_servers = {} # c", 'mcp_servers = { pack = { command = "x" } } # c'),
        (f"mcp_servers = {{{Z}}}\n", f'mcp_servers = {{{Z}, pack = {{ command = "x" }}}}\n'),
    ],
)
def test_a_server_joins_others_that_are_in_one_line(text: str, expected: str) -> None:
    changed = texts.with_value(text, Syntax.TOML, PATH, {"command": "x"})
    assert changed == expected
    assert texts.without(changed, Syntax.TOML, PATH) == text
