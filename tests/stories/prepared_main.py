"""The process of `prepared.py`: it imports what `pack` needs, and becomes it when it is asked to.

Nothing runs here beside the one thread, so that a fork is whole.
"""

from __future__ import annotations

import atexit
import gc
import json
import logging
import os
import select
import socket
import sys
import threading
from importlib import import_module
from pathlib import Path
from typing import Any

import pack_connectors
import pack_servers
import remembered
import typer.main
from mcp.server.mcpserver.tools import Tool
from pack_servers.cli import main
from pack_servers.cli.app import COMMANDS, build_app
from pack_servers.mcp.server import build_server

import pack
from pack.memory import Memory

COMMAND = str(Path(sys.executable).with_name("pack"))
# Each command imports what it alone needs when it is called, and so do they: all of it.
PACKAGES = (pack, pack_connectors, pack_servers)
OTHERS = ("anyio._backends._asyncio", "git", "typer._adapters", "typer._click.decorators")


def import_everything() -> None:
    for package in PACKAGES:
        folder = Path(package.__path__[0])
        for file in sorted(folder.rglob("*.py")):
            words = [*file.relative_to(folder.parent).with_suffix("").parts]
            if words[:2] != ["pack", "testing"] and words[-1] != "__main__":
                import_module(".".join(words).removesuffix(".__init__"))
    for name in OTHERS:
        import_module(name)


def make_parsers() -> None:
    """Make what reads the words of a command, for each of them."""
    for name in COMMANDS:
        command: Any = typer.main.get_group(build_app([name])).commands[name]
        for parameter in command.params:
            parameter.get_runtime_param()


def serve(channel: socket.socket, door: socket.socket) -> dict[str, Any] | None:
    """Answer until the other side has ended; in a child, what it is to be now."""
    while (request := next_request(channel, door)) is not None:
        asked, files = request
        if os.fork() == 0:
            channel.close()
            door.close()
            if watch(asked, files):
                return asked
        for file in files:
            os.close(file)
        while reaped():
            pass
    return None


def next_request(
    channel: socket.socket, door: socket.socket
) -> tuple[dict[str, Any], list[int]] | None:
    """From the other side, or from a program at the door, which is told on its connection."""
    while channel not in (ready := select.select([channel, door], [], [])[0]):
        visitor = ready[0].accept()[0]
        if (request := receive(visitor)) is not None:
            asked, files = request
            return asked, [*files, visitor.detach()]
    return receive(channel)


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    head, files, _, _ = socket.recv_fds(channel, 1, 4)
    if not head:
        return None
    while not head.endswith(b"\n"):
        head += channel.recv(1)
    message = channel.recv(int(head), socket.MSG_WAITALL)
    return json.loads(message), list(files)


def reaped() -> bool:
    """Whether one more of the watching processes has ended."""
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def watch(asked: dict[str, Any], files: list[int]) -> bool:
    """Fork the process that was asked for, and say how it ended; true in that process itself."""
    *streams, status = files
    child = os.fork()
    if child == 0:
        os.close(status)
        become(asked, streams)
        return True
    for file in streams:
        os.close(file)
    os.write(status, b"%d\n" % child)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.write(status, b"%d\n" % ended)
    os._exit(0)


def become(asked: dict[str, Any], streams: list[int]) -> None:
    """Take on the streams, the folder and the environment of `pack` with these words."""
    if asked["session"]:
        os.setsid()
    for number, file in enumerate(streams):
        os.dup2(file, number)
        os.close(file)
    if asked["terminal"]:
        os.login_tty(0)
    # As Python opens them: what is known of the old ones, whether they can be rewound, is not true.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, encoding="utf-8", errors="backslashreplace", closefd=False)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"])
    sys.argv[:] = ["-c" if asked["program"] else COMMAND, *asked["words"]]


def run(asked: dict[str, Any]) -> None:
    """Be `pack`, or the program that was asked for, to its end."""
    try:
        if asked["program"]:
            exec(asked["program"], {"__name__": "__main__"})
        else:
            main()
    except SystemExit as ended:
        if not isinstance(ended.code, int | None):
            raise
        end(ended.code or 0)
    end(0)


def end(status: int) -> None:
    """As Python ends, but for taking apart all that was imported, which takes most of the time.

    So does `multiprocessing` with its forks.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
    except OSError:
        sys.exit(status)  # what cannot be written is said in Python's own words
    os._exit(status)


if __name__ == "__main__":
    import_everything()
    Tool.from_function = remembered.tools()
    typer.main.get_command_from_info = remembered.commands()
    make_parsers()
    build_server(Memory.__new__(Memory), watch=False)
    logging.getLogger().handlers.clear()  # a server sets that up for itself
    gc.freeze()  # no fork looks through all this for garbage, and so copies it
    asked = serve(*(socket.socket(fileno=int(number)) for number in sys.argv[1:]))
    if asked:
        run(asked)
