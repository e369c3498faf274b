"""Settings files as people have them, for each client: made here, in the form of the real ones."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from pack_servers.clients.editing import json_text, yaml_text

JSON = """\
{
  // what I use at work
  "theme": "dark", /* not at night */
  "KEY": {
    "files": {
      "command": "npx",
      "args": ["-y", "files-server", "C:\\\\notes"],
      "env": { "LEVEL": "1" } // quiet
    }
    // nothing else yet
  },
  "recent": ["a", "b"]
}
"""
TOML = """\
# Codex
model = "o9"   # the big one
notes = \"\"\"
[mcp_servers.pack]
is only a text here
\"\"\"

[mcp_servers.files]
command = "npx"
args = [
  "-y",
  "files-server", # the server
]

[mcp_servers.files.env]
LEVEL = "1"

# last
[projects."/tmp/x"]
trust_level = "trusted"
"""
YAML = """\
# Goose
GOOSE_PROVIDER: anthropic   # mine
extensions:
  # the built-in one
  developer:
    enabled: true
    type: builtin

  files:
    cmd: npx
    args:
    - -y
    - files-server   # the server
# last
GOOSE_MODE: auto
"""
_OTHER_JSON = '{"KEY": {"pack": {"command": "/old/pack", "args": ["serve"]}, "z": {"url": "x"}}}\n'
_OTHER_TOML = '[mcp_servers.pack]\ncommand = "old"\n[mcp_servers.pack.env]\nA = "b"\n\n# c\n[tui]\n'
_OTHER_YAML = "extensions:\n    pack:\n        cmd: old\n        args: []\n    z: {type: builtin}\n"


def plain(syntax: str, key: str) -> str:
    """A file with comments and another server."""
    return {"json": JSON.replace("KEY", key), "toml": TOML, "yaml": YAML}[syntax]


def with_other(syntax: str, key: str) -> str:
    """A file in which `pack` is another memory."""
    text = {"json": _OTHER_JSON, "toml": _OTHER_TOML, "yaml": _OTHER_YAML}[syntax]
    return text.replace("KEY", key)


def shapes(syntax: str, key: str) -> Mapping[str, str]:
    """Files that say little, in ways that are easily lost."""
    few = {
        "json": {
            "braces": "{}",
            "spaced braces": "{ }\n",
            "braces on lines": "{\n}\n",
            "minified": '{"a":1,"b":[1,2]}',
            "empty servers": f'{{\n\t"{key}": {{}}\n}}',
            "minified servers": f'{{"{key}":{{"x":{{"command":"c"}}}},"z":0}}',
            "only a comment inside": "{\n  // mine\n}\n",
            "trailing commas": f'{{\n    "{key}": {{\n        "x": {{}},\n    }},\n}}\n',
            "only a comment": "// nothing yet\n",
            "null": f'{{"a": 1, "{key}": null}}\n',
            "null on lines": f'{{\n  "{key}": null, // none\n  "a": 1\n}}\n',
        },
        "toml": {
            "no final newline": 'model = "x"',
            "only a comment": "# nothing yet\n",
            "inline": f'{key} = {{ a = {{ command = "x" }} }}\nz = 1\n',
            "dotted": f'{key}.a.command = "x"\n',
            "in one table": f'[{key}]\na = {{ command = "x" }}\n[tui]\nx = 1\n',
        },
        "yaml": {
            "no final newline": "a: 1",
            "only a comment": "# nothing yet\n",
            "no servers": f"{key}: {{}}\nb: 2\n",
            "null": f"{key}:\nb: 2\n",
            "the word null": f"{key}: null # none\nb: 2\n",
            "a tilde": f"{key}: ~\n",
            "flow": f"{key}: {{a: {{b: 1}}}}\n",
            "marks": "---\na: 1\n...\n",
            "one flow": "{a: 1}\n",
            "tags": "a: !mine 1\nb: &x {c: 1}\nd: *x\n",
        },
    }
    return few[syntax]


PARSERS: Mapping[str, Callable[[str], Any]] = {
    "json": json_text.document,
    "toml": tomllib.loads,
    "yaml": yaml_text.document,
}


def strictly(text: str) -> Any:
    """JSON as a parser without comments reads it."""
    return json.loads(text)
