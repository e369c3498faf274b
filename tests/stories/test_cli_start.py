"""Starting fast: what a command imports. A client waits for a hook and for a server to start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.stories.cli_driver import Folder

_CODE = """
import atexit, sys
atexit.register(lambda: print(*sys.modules, file=sys.stderr))
from pack_servers.cli import main
main()
"""
_FOR_SOME = {
    *("pydantic_settings", "httpx", "httpcore", "notion_client", "redis", "google", "tenacity"),
    *("googleapiclient", "markdown_it", "pack_connectors.github", "pack_connectors.notion"),
    "pack_connectors.webhook",
}
"""What only some settings and places need."""
_FOR_OTHERS = {
    *("git", "gitdb", "asyncio", "mcp", "rich", "pack.sync", "pack.merge.tree", "pack.pages"),
    *("pack.imports", "pack.use_cases", "pack.remote", "pack.v1", "pack.search.ranking"),
    "pack_connectors.local_git.remote",
}
"""What a hook has no use for; a server's threads may import it at any moment."""
_FOR_PARSING: Final = {
    *("typer", "pydantic", "pydantic_core", "annotated_types", "pack_servers.cli.app"),
    *("importlib.resources", "platform", "socket", "difflib", "dotenv", "platformdirs"),
    *("yaml", "pack.truth.guard", "pack.truth.shown"),
}
"""What no plain command line of a hook needs."""


@pytest.mark.parametrize(
    ("words", "others"),
    [
        (["--version"], _FOR_OTHERS | {"pack.memory", "pydantic", "sqlite3"}),
        (["context", "--hook"], _FOR_OTHERS | _FOR_PARSING),
        (["get", "profiles/me.md"], _FOR_OTHERS - {"pack.use_cases", "pack.remote"}),
        (["serve"], set()),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_imports_only_what_it_needs(
    words: list[str], others: set[str], tmp_path: Path
) -> None:
    memory = Folder(tmp_path / "memory")
    memory.ok("init")
    memory.write({f"projects/{number}/note.md": "One\n" for number in range(3)})
    memory.ok("commit")
    memory.ok("context", "--hook")
    # Several folders differ from what was seen last.
    memory.write({f"projects/{number}/note.md": "Two\n" for number in range(3)})
    memory.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-aqm", "two")
    where = [] if words == ["--version"] else ["--local", str(memory.path)]
    ended = subprocess.run(
        [sys.executable, "-P", "-c", _CODE, *words, *where],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    imported = set(ended.stderr.splitlines()[-1].split())
    assert imported & (_FOR_SOME | others) == set()
