"""What servers and command lines have in common is worked out once in a process.

It is half of what it takes to make a server, and a third of what it takes to run most commands.
So is what git lists of configuration files: of 100,000 gits that the tests start, one in seven
would list what another has listed of files with the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer.main
from pack_connectors.local_git.rules.person import _config_files

if TYPE_CHECKING:
    from mcp.server.mcpserver.tools import Tool
    from pack_connectors.local_git.process import GitRunner
    from pack_connectors.local_git.repository import Repository
    from pack_connectors.local_git.rules.person import PersonalSettings
    from typer.models import CommandInfo

# Whose values are the files that are looked at, or whether one of them counts.
_NAMES = {"GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM"}


def tools() -> Callable[..., Tool]:
    """`Tool.from_function`, with the schemas of each method made once, whatever object it is of."""
    from mcp.server.mcpserver.tools import Tool  # noqa: PLC0415 - it takes a second

    make = Tool.from_function
    made: dict[Hashable, Tool] = {}

    def from_function(fn: Callable[..., Any], **options: Any) -> Tool:
        key = (getattr(fn, "__func__", fn), options.get("name"), options.get("title"))
        if key not in made:
            made[key] = make(fn, **options)
        return made[key].model_copy(update={"fn": fn})

    return from_function


def commands() -> Callable[..., Any]:
    """`typer.main.get_command_from_info`, with the parser of each command made once."""
    make = typer.main.get_command_from_info
    made: dict[Hashable, Any] = {}

    def get_command_from_info(command_info: CommandInfo, **options: Any) -> Any:
        key = (command_info.callback, command_info.name, *options.items())
        if key not in made:
            made[key] = make(command_info, **options)
        return made[key]

    return get_command_from_info


def listed(ask: Callable[[Path, list[str]], bytes]) -> Callable[[Path, list[str]], bytes]:
    """`repository._git`, which lists a file of the same bytes once; all else it asks."""
    known: dict[Hashable, bytes] = {}

    def answer(folder: Path, args: list[str]) -> bytes:
        if args[:2] != ["config", "--file"]:
            return ask(folder, args)
        key = (os.environ.get("PATH"), _bytes(Path(args[2])))
        if key not in known:
            known[key] = ask(folder, args)
        return known[key]

    return answer


def settings(ask: Callable[[PersonalSettings], dict[str, str]]) -> Callable[..., dict[str, str]]:
    """`PersonalSettings._ask`, once for all files of the same bytes."""
    known: dict[Hashable, dict[str, str]] = {}

    def answer(asked: PersonalSettings) -> dict[str, str]:
        key = _configuration(asked._repository)
        if key is None:
            return ask(asked)
        if key not in known:
            known[key] = ask(asked)
        return {**known[key]}

    return answer


def users(ask: Callable[[GitRunner], dict[str, str]]) -> Callable[[GitRunner], dict[str, str]]:
    """`repository._user_values`, once for all files of the same bytes."""
    known: dict[Hashable, dict[str, str]] = {}

    def answer(runner: GitRunner) -> dict[str, str]:
        key = _configuration(runner.repository)
        if key is None:
            return ask(runner)
        if key not in known:
            known[key] = ask(runner)
        return {**known[key]}

    return answer


def _configuration(repository: Repository) -> Hashable | None:
    """All that git's answer depends on; `None` where files include others, or variables count."""
    files = [_bytes(file) for file in _config_files(repository)]
    names = {name for name in os.environ if name.startswith("GIT_CONFIG")}
    if names - _NAMES or any(b"include" in (content or b"").lower() for content in files):
        return None
    return os.environ.get("PATH"), os.environ.get("GIT_CONFIG_NOSYSTEM"), *files


def _bytes(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError:
        return None
