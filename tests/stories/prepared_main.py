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
import signal
import socket
import sys
import threading
from contextlib import suppress
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
    bell, rope = os.pipe()  # rings when a child has ended
    os.set_blocking(rope, False)
    signal.set_wakeup_fd(rope, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    told: dict[int, int] = {}
    while (request := next_request(channel, door, bell, told)) is not None:
        asked, (*streams, status) = request
        child = os.fork()
        if child == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            channel.close()
            door.close()
            for file in (bell, rope, status, *told.values()):
                os.close(file)
            become(asked, streams)
            return asked
        told[child] = status
        say(status, child)
        for file in streams:
            os.close(file)
    return None


def next_request(
    channel: socket.socket, door: socket.socket, bell: int, told: dict[int, int]
) -> tuple[dict[str, Any], list[int]] | None:
    """From the other side, or from a program at the door, which is told on its connection.

    Until there is one, all those who wait are told how their process has ended.
    """
    while channel not in (ready := select.select([channel, door, bell], [], [])[0]):
        if bell in ready:
            os.read(bell, 1000)
            tell_of_the_ended(told)
        if door in ready:
            visitor = door.accept()[0]
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


def tell_of_the_ended(told: dict[int, int]) -> None:
    while told:
        child, how = os.waitpid(-1, os.WNOHANG)
        if child == 0:
            return
        status = told.pop(child)
        say(status, os.waitstatus_to_exitcode(how))
        os.close(status)


def say(status: int, number: int) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has gone
        os.write(status, b"%d\n" % number)


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
    channel, door = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    channel.sendall(b"\n")  # from now on
    asked = serve(channel, door)
    if asked:
        run(asked)
