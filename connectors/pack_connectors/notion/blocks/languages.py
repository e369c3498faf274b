"""The languages that Notion highlights, by the names that people write.

Source: Notion API reference, "Code" block.
"""

from __future__ import annotations

from typing import Final

PLAIN: Final = "plain text"
_KNOWN: Final = frozenset(
    (
        "abap abc agda arduino assembly bash basic bnf c c# c++ clojure coffeescript coq css dart "
        "dhall diff docker ebnf elixir elm erlang f# flow fortran gherkin glsl go graphql groovy "
        "haskell hcl html idris java javascript json julia kotlin latex less lisp livescript lua "
        "makefile markdown markup matlab mathematica mermaid nix objective-c ocaml pascal perl php "
        "powershell prolog protobuf purescript python r racket reason ruby rust sass scala scheme "
        "scss shell smalltalk solidity sql swift toml typescript vb.net verilog vhdl webassembly "
        "xml yaml"
    ).split()
)
_OTHER_NAMES: Final = {
    "cpp": "c++",
    "cs": "c#",
    "csharp": "c#",
    "console": "shell",
    "dockerfile": "docker",
    "fsharp": "f#",
    "golang": "go",
    "hs": "haskell",
    "js": "javascript",
    "jsx": "javascript",
    "kt": "kotlin",
    "make": "makefile",
    "md": "markdown",
    "objc": "objective-c",
    "proto": "protobuf",
    "ps1": "powershell",
    "py": "python",
    "rb": "ruby",
    "rs": "rust",
    "sh": "shell",
    "tex": "latex",
    "tf": "hcl",
    "ts": "typescript",
    "tsx": "typescript",
    "wasm": "webassembly",
    "yml": "yaml",
    "zsh": "shell",
}


def language_of(info: str) -> str:
    """Notion's name for the language of a fence; `plain text` for one it does not know."""
    name = info.strip().split(maxsplit=1)[0].lower() if info.strip() else ""
    name = _OTHER_NAMES.get(name, name)
    return name if name in _KNOWN else PLAIN
