"""Which file or folder a path of the memory tool means, such as `/memories/notes/a.md`."""

from __future__ import annotations

from typing import Final

from anthropic.lib.tools import ToolError

ROOT: Final = "/memories"


def plain_name(path: str) -> str:
    """The name below `/memories`; empty for `/memories` itself.

    Empty and `.` components do not count, and `..` takes back the one before it.

    Raises:
        ToolError: The path is not below `/memories`.
    """
    if path != ROOT and not path.startswith(f"{ROOT}/"):
        raise ToolError(f"Path must start with {ROOT}, got: {path}")
    parts: list[str] = []
    for part in path.split("/")[1:]:
        if part == ".." and not parts:
            raise _escape(path)
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if parts[:1] != [ROOT[1:]]:
        raise _escape(path)
    return "/".join(parts[1:])


def _escape(path: str) -> ToolError:
    return ToolError(f"Path {path} would escape {ROOT} directory")


def shown(name: str) -> str:
    """The path of a plain name."""
    return f"{ROOT}/{name}" if name else ROOT
