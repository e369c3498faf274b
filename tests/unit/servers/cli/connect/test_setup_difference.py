"""What is shown of a change: all that PACK writes, and no value that a server is given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pack_servers.cli.connect.setup_difference import difference_of, lines_for_a_person
from pack_servers.clients.change import Spot, plan_setting
from pack_servers.clients.editing.syntax import Syntax
from pack_servers.clients.records import Records

ENTRY = {
    "command": "/bin/pack",
    "args": ["serve", "--local", "/s3cret/notes"],
    "headers": {"Authorization": "Bearer ${PACK_HTTP_TOKEN}"},
}

JSON = {
    "on lines": '{\n "servers": {\n  "x": {\n   "env": {\n    "K": "s3cret"\n   }\n  }\n }\n}\n',
    "in one line": '{"servers": {"x": {"command": "c", "env": {"K": "s3cret"}}}, "z": 1}\n',
    "escaped": '{"servers": {"x": {"env": {"K": "s3cret\\n\\"\\u00e9"}}}}\n',
    "a header": '{"servers": {"x": {"headers": {"Authorization": "Bearer s3cret"}}}}\n',
    "below its name": '{"servers": {"x": {"env": {"K":\n"s3cret"\n}}}}\n',
    "replaced": '{"servers": {"pack": {"url": "x", "headers": {"A": "s3cret"}}}}\n',
    "of PACK's": '{"servers": {"pack": {"command": "pack", "env": {"B": "s3cret"}}}}\n',
    "elsewhere": '{"projects": [{"mcp": {"x": {"env": {"K": "s3cret"}}}}], "servers": {}}\n',
}
TOML = {
    "a table": '[servers.x.env]\nK = "s3cret"\n',
    "inline": 'servers.x = { env = { K = "s3cret" } }\n',
    "literal": "[servers.x.env]\nK = 's3cret'\n",
    "lines": '[servers.x.env]\nK = """\ns3cret\ns3cret"""\n',
    "headers": '[servers.x.http_headers]\nX = "s3cret"\n',
}
YAML = {
    "plain": "servers:\n  x:\n    envs:\n      K: s3cret\n",
    "folded": "servers:\n  x:\n    envs:\n      K: a long s3cret\n        that s3cret goes on\n",
    "block": "servers:\n  x:\n    envs:\n      K: |\n        s3cret s3cret\n        s3cret\n",
    "a list": "servers:\n  x:\n    envs:\n      K:\n      - s3cret\n",
}
CASES = [
    *[pytest.param(Syntax.JSON, text, id=f"json {name}") for name, text in JSON.items()],
    *[pytest.param(Syntax.TOML, text, id=f"toml {name}") for name, text in TOML.items()],
    *[pytest.param(Syntax.YAML, text, id=f"yaml {name}") for name, text in YAML.items()],
]


def difference(folder: Path, syntax: Syntax, text: str) -> str:
    spot = Spot(folder / "file", syntax, ("servers", "pack"))
    spot.file.write_text(text)
    return difference_of(plan_setting({spot: ENTRY}, Records(folder / "setup")))


@pytest.mark.parametrize(("syntax", "text"), CASES)
def test_what_a_server_is_given_is_not_shown(syntax: Syntax, text: str, tmp_path: Path) -> None:
    shown = difference(tmp_path, syntax, text)
    assert "s3cret" not in shown.replace("/s3cret/notes", "")
    assert "/bin/pack" in shown


def test_what_pack_writes_is_shown(tmp_path: Path) -> None:
    shown = difference(tmp_path, Syntax.JSON, '{"servers": {"x": {"env": {"A": "1"}}}}')
    assert '"/s3cret/notes"' in shown
    assert '"Authorization": "Bearer ${PACK_HTTP_TOKEN}"' in shown
    assert '"A": "(not shown: it may hold a secret)"' in shown


def test_a_line_in_which_a_value_cannot_be_told_apart_is_hidden(tmp_path: Path) -> None:
    shown = difference(tmp_path, Syntax.JSON, '{"x": {"env": {"K": [1, "s3cret"]}}}')
    assert "s3cret" not in shown.replace("/s3cret/notes", "")


def test_of_a_long_line_what_changes_is_shown(tmp_path: Path) -> None:
    many = {f"key {number}": number for number in range(9000)}
    text = json.dumps({**many, "servers": {}, "more": many})
    whole = difference(tmp_path, Syntax.JSON, text)
    shown = lines_for_a_person(whole)
    assert len(whole) > 200_000
    assert max(map(len, shown)) < 1000
    assert sum("/bin/pack" in line for line in shown) == 1


def test_of_a_long_line_that_is_new_the_beginning_is_shown() -> None:
    (line,) = lines_for_a_person(f"+{'x' * 5000}")
    assert line == f"+{'x' * 800}…"
    assert lines_for_a_person("+short\n same") == ["+short", " same"]
    assert len(lines_for_a_person(f" {'y' * 5000}")[0]) < 1000
