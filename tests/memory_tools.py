"""The SDK's own memory tool beside PACK's: the same commands to both, and what each answered."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.in_memory import InMemoryConnector

from pack.core.truths import TruthMode
from pack.memory import Memory
from tests.support import AGENT, Clock, Later

SDK = Later("anthropic.lib.tools")
OURS = Later("pack_connectors.anthropic_memory")
_SDKS_OWN = Later("anthropic.lib.tools._beta_builtin_memory_tool")

Command = Mapping[str, Any]
_LENGTH = 10


def new_memory(truth: TruthMode = TruthMode.OFF) -> Memory:
    """An empty memory without starter files."""
    clock = Clock()
    numbers = iter(range(10**9))
    memory = Memory.over(
        InMemoryConnector(clock),
        SqliteCatalog(None),
        clock=clock,
        origin=AGENT,
        new_request=lambda: f"request-{next(numbers)}",
        truth=truth,
    )
    memory.lifecycle.init({})
    return memory


def answer(tool: Any, command: Command) -> str:
    """What a tool answers, or what it refuses with; marked, so that the two are never equal."""
    try:
        return f"ok: {tool.call(dict(command))}"
    except SDK.ToolError as error:
        return f"refused: {error}"
    except (OSError, ValueError) as error:  # the SDK's own tool lets these through
        return f"broken: {type(error).__name__}"


def without_folder_sizes(text: str) -> str:
    """A listing without what the file system says of folders."""
    head, items, rest = text.partition("excluding hidden items:\n")
    if not items:
        return text
    first, line_end, others = rest.partition("\n")
    folders = re.sub(r"^[\d.]+[BKMG]\t(.*/)$", r"SIZE\t\1", others, flags=re.MULTILINE)
    return f"{head}{items}SIZE\t{first.partition(chr(9))[2]}{line_end}{folders}"


class Commands:
    """Random commands over few names and texts, so that they meet."""

    NAMES = (
        *("progress.md", "notes.txt", "todo", "notes", "a", "index.md", "README.md", "tasks.xml"),
        *("context", "tasks.xml.md", "todo.text.md", "v1.2", "Größe.md", "a b.md", "MEMORY.md"),
    )
    TEXTS = (
        *("", "\n", "one", "one\n", "one\ntwo\nthree\n", "one\none\n", "a\r\nb\r\n", "a\rb"),
        *("---\ntitle: x\n---\nbody\n", "---\n", "# Title\n\ntext\n", "\n\n\nend", "ä😀\n\tx  \n"),
        *("```\n---\na: b\n---\n```\n", "\ufeffone\n", "x" * 1500, "aaa", "one\n" * 12, "a\x0cb\n"),
    )
    PIECES = ("one", "o", "aa", "", "two\nthree", "\n", "---", "absent", "\r\n", "x", "ä😀", "e\n")

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._used: list[str] = []

    def path(self) -> str:
        """A path: often one that was used before, or its folder; sometimes written oddly."""
        pick = self._random
        path = self._new() if pick.random() < 0.4 or not self._used else pick.choice(self._used)
        if pick.random() < 0.1:
            path = path.rpartition("/")[0]
        self._used.append(path)
        odd = (
            f"{path}/",
            path.replace("/", "//", 1),
            f"{path}/../{self.NAMES[0]}",
            self._odd(path),
        )
        return path if pick.random() < 0.92 else pick.choice(odd)

    def _new(self) -> str:
        pick = self._random
        depth = pick.choices((0, 1, 2, 3, 4), (1, 12, 8, 3, 1))[0]
        last = pick.choice(self.NAMES if pick.random() < 0.5 else self.NAMES[:6])
        folders = [pick.choice(self.NAMES[:6]) for _ in range(max(depth - 1, 0))]
        return "/".join(["/memories", *([*folders, last] if depth else [])])

    def _odd(self, path: str) -> str:
        odd = ("/memories/..", "/etc/passwd", "notes.md", "", "/memories/../../x", "/memories/./a")
        return self._random.choice((*odd, f"/memories/../memories/{path[10:]}", f"{path}/."))

    def one(self) -> Command:
        pick = self._random
        kind = pick.choices(
            ("view", "create", "str_replace", "insert", "delete", "rename", "clear"),
            (20, 30, 20, 14, 8, 14, 0.2),
        )[0]
        command: dict[str, Any] = {"command": kind, "path": self.path()}
        match kind:
            case "view":
                ranges = (None, None, [1, 2], [2, -1], [0, 3], [5, 2], [1, -2], [900, 901], [3])
                command["view_range"] = pick.choice(ranges)
            case "create":
                command["file_text"] = pick.choice(self.TEXTS)
            case "str_replace":
                command |= {"old_str": pick.choice(self.PIECES), "new_str": pick.choice(self.TEXTS)}
            case "insert":
                text = pick.choice((*self.TEXTS, *self.PIECES))
                command |= {"insert_line": pick.randint(-1, 5), "insert_text": text}
            case "rename":
                command = {"command": kind, "old_path": self.path(), "new_path": self.path()}
        return command

    def sequence(self, length: int) -> Iterator[Command]:
        """Commands, each folder looked at now and then, and all of it at the end."""
        for _ in range(length):
            yield self.one()
        yield {"command": "view", "path": "/memories", "view_range": None}


class BothTools:
    """The SDK's tool over a folder, and PACK's over a new memory."""

    def __init__(self, folder: Path) -> None:
        self.theirs = _SDKS_OWN.BetaLocalFilesystemMemoryTool(str(folder))
        self.memory = new_memory()
        self.ours = OURS.PackMemoryTool(self.memory)

    def answers(self, command: Command) -> tuple[str, str]:
        """What the SDK's tool answers, and what PACK's does."""
        if command["command"] == "clear":
            return f"ok: {self.theirs.clear_all_memory()}", f"ok: {self.ours.clear_all_memory()}"
        theirs, ours = answer(self.theirs, command), answer(self.ours, command)
        return without_folder_sizes(theirs), without_folder_sizes(ours)


def differences(both: BothTools, commands: list[Command]) -> list[str]:
    """Where the two differ; a command that the SDK's tool breaks on has only to be refused."""
    found = []
    for command in commands:
        theirs, ours = both.answers(command)
        is_right = ours.startswith("refused: ") if theirs.startswith("broken") else ours == theirs
        if not is_right:
            found.append(f"{command}\n  {theirs!r}\n  {ours!r}")
    return found


def compare_sequences(folder: Path, seeds: range) -> None:
    """Random sequences of commands to both tools: equal answers."""
    for seed in seeds:
        both = BothTools(folder / str(seed))
        assert differences(both, list(Commands(seed).sequence(_LENGTH))) == [], f"seed {seed}"
