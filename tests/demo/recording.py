"""Runs a story: commands at a real terminal, tools called as the client that was set up does."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import pty
import shutil
import struct
import termios
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import Implementation
from pack_servers.config.agents import AgentMarks

from tests.demo.story import CLIENT, STORY, Told, Typed

WIDTH: Final = 90
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"


class Newcomer:
    """A person with an empty home, in which `pack` is where pipx puts it.

    Args:
        home: An empty folder.
        pack: The `pack` command.
    """

    def __init__(self, home: Path, pack: Path) -> None:
        self._home = home
        bin_dir, venvs = home / ".local" / "bin", home / ".local" / "share" / "pipx" / "venvs"
        bin_dir.mkdir(parents=True)
        venvs.mkdir(parents=True)
        environment = venvs / "pack-memory"
        environment.symlink_to(pack.parent.parent)
        _, _, script = pack.read_text(encoding="utf-8").partition("\n")
        command = bin_dir / "pack"
        command.write_text(f"#!{environment}/bin/python\n{script}", encoding="utf-8")
        command.chmod(0o755)
        (home / f".{CLIENT}").mkdir()
        user = "[user]\n\tname = You\n\temail = you@example.org\n"
        (home / ".gitconfig").write_text(user, encoding="utf-8")
        git = Path(shutil.which("git") or "git").parent
        self._env = {
            "HOME": str(home),
            "PATH": os.pathsep.join((str(bin_dir), str(git), "/usr/bin", "/bin")),
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            # Whoever records this may be a coding agent; the newcomer is none.
            "PACK_AGENT_MARKS": ",".join(f"-process:{name}" for name in AgentMarks().processes),
        }

    def screen(self) -> str:
        """All that the terminal shows, with its colours."""
        return "\n".join(shown for _, shown in self.steps()).replace(str(self._home), "~")

    def steps(self) -> Iterator[tuple[str, str]]:
        """What is typed or told, and what the terminal shows of it; each done as it is asked for.

        Raises:
            RuntimeError: A step failed.
        """
        for step in STORY:
            if isinstance(step, Told):
                asyncio.run(self._tell(step))
                yield step.words, f"{_DIM}# {step.words}{_PLAIN}\n"
            else:
                yield step.command, f"{_BOLD}$ {step.command}{_PLAIN}\n{self._run(step)}"

    def _run(self, step: Typed) -> str:
        """What a command shows at a terminal of its own."""
        child, terminal = pty.fork()
        if child == 0:  # pragma: no cover - another process
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, WIDTH, 0, 0))
            os.chdir(self._home)
            os.execvpe("sh", ["sh", "-c", step.command], self._env)
        try:
            screen = _read(terminal, step.answers)
        finally:
            os.close(terminal)
        _, status = os.waitpid(child, 0)
        if status:
            raise RuntimeError(f"{step.command}:\n{screen}")
        return screen

    async def _tell(self, step: Told) -> None:
        """Call a tool over the very server that the client's file names."""
        file = self._home / f".{CLIENT}" / "mcp.json"
        (server,) = json.loads(file.read_text(encoding="utf-8"))["mcpServers"].values()
        parameters = StdioServerParameters(
            command=server["command"], args=server["args"], env={"HOME": str(self._home)}
        )
        who = Implementation(name=CLIENT, version="1")
        async with (
            stdio_client(parameters) as streams,
            ClientSession(*streams, client_info=who) as session,
        ):
            await session.initialize()
            answer: Any = await session.call_tool(step.tool, dict(step.arguments))
            if answer.is_error:
                raise RuntimeError(str(answer.content))


def _read(terminal: int, answers: Sequence[tuple[str, str]]) -> str:
    screen, seen, waiting = b"", 0, list(answers)
    while True:
        try:
            part = os.read(terminal, 10_000)
        except OSError:  # Linux: the other side has ended
            part = b""
        if not part:
            return screen.decode("utf-8").replace("\r\n", "\n").rstrip("\n") + "\n"
        screen += part
        if waiting and waiting[0][0].encode() in screen[seen:]:
            seen = len(screen)
            os.write(terminal, waiting.pop(0)[1].encode())
