"""`python -m tests.bench.peers`: joining a group beside `git clone`, and a write on the other side.

Two servers on loopback. The history of the first is one of commits that PACK signed, as whoever
joins checks each of them. Processor time is that of both sides, as the machine may be busy.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import httpx
from pack_connectors.peers.key_file import KeyFile
from pack_connectors.peers.signed_commits import signed

from tests.bench.client import ServerFailed, pack_command
from tests.bench.corpus import Corpus
from tests.bench.figures import Figure, compare, value
from tests.bench.past import with_history
from tests.bench.report import machine, table
from tests.bench.repositories import clean_environment, make_memory
from tests.bench.setting import Setting

JOIN_LIMIT: Final = 1.2
SEEN_LIMIT_MS: Final = 300.0
_COMMIT: Final = 1
_SECONDS: Final = 60.0
_AT_REST_SECONDS: Final = 1.5


@dataclass(frozen=True)
class Peer:
    """A machine: a home with a key, and a memory that it serves."""

    home: Path
    memory: Path
    env: Mapping[str, str]
    port: int

    @classmethod
    def new(cls, folder: Path, name: str) -> Peer:
        home = folder / name
        home.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        env = clean_environment(home) | {"PACK_MESH_KEY": str(home / "key")}
        return cls(home, home / "memory", env, port)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, *words: str | Path) -> str:
        """What a command of PACK prints, with `--local`."""
        command = pack_command(*words, "--local", self.memory)
        done = subprocess.run(command, env=self.env, check=True, capture_output=True)
        return done.stdout.decode()

    def mesh(self, *words: str) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.run("mesh", *words, "--format", "json"))
        return found

    def head(self) -> str:
        """The commit that the memory is at; from the file, as a git takes longer than a write."""
        return (self.memory / ".git" / "refs" / "heads" / "main").read_text("ascii").strip()

    @contextmanager
    def serving(self) -> Iterator[int]:
        """The process that serves the memory."""
        command = pack_command(
            *("serve", "--http", "--stateless", "--port", str(self.port), "--local", self.memory)
        )
        with (
            (self.home / "log").open("wb") as log,
            subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=log) as process,
        ):
            assert process.stdout is not None
            next(line for line in process.stdout if line.startswith(b"serving"))
            try:
                yield process.pid
            finally:
                process.terminate()


def measure(commits: int, rounds: int) -> list[Figure]:
    """All figures for a history of so many commits."""
    with tempfile.TemporaryDirectory(prefix="pack-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        laptop = Peer.new(folder, "laptop")
        _write_history(laptop, folder, commits)
        with laptop.serving() as server:
            joining = _joining(laptop, server, folder, commits, rounds)
            return [*joining, _seen(laptop, folder, commits, rounds)]


def _write_history(peer: Peer, folder: Path, commits: int) -> None:
    """Have a peer begin a group, and its memory grow by so many commits that it signs.

    The group begins before them: what leads to a peer's first announcement is older than its key,
    so its signatures are nobody's to check; and what it announced once goes to everybody.
    """
    corpus, home = Corpus(), folder / "origin"
    home.mkdir()
    env = clean_environment(home)
    memory = make_memory(home / "memory", corpus.notes(commits), env)
    paths = [note.path for note in Corpus().notes(commits)]
    twin = with_history(Setting(memory, paths, corpus, env, 1, 0.0))
    written, begun = (twin.resolve(name) for name in ("HEAD", memory.resolve("HEAD")))
    twin.git("reset", "--quiet", "--hard", begun)
    twin.directory.rename(peer.memory)
    peer.mesh("init", "--name", "laptop", "--endpoint", peer.endpoint)
    _sign(peer, begun, written)


def _sign(peer: Peer, begun: str, written: str) -> None:
    """Make all commits between two again, each with the peer's signature, and go there."""
    git = ["git", "-C", str(peer.memory)]

    def asked(words: Sequence[str], content: bytes = b"") -> bytes:
        return subprocess.run(
            [*git, *words], input=content, env=peer.env, check=True, stdout=subprocess.PIPE
        ).stdout

    key, made, packed = KeyFile(peer.home / "key").load_or_make("laptop"), {}, []
    listed = asked(["rev-list", "--reverse", written, f"^{begun}"])
    answers = asked(["cat-file", "--batch"], listed)
    for _ in listed.split():
        head, _, answers = answers.partition(b"\n")
        name, _, size = head.split()
        commit, answers = answers[: int(size)], answers[int(size) + 1 :]
        for before in _parents(commit):
            commit = commit.replace(b"parent " + before, b"parent " + made.get(before, before), 1)
        commit = signed(commit, key)
        whole = b"commit %d\0%b" % (len(commit), commit)
        made[name] = hashlib.sha1(whole, usedforsecurity=False).hexdigest().encode()
        packed.append(_size(_COMMIT, len(commit)) + zlib.compress(commit, 1))
    content = b"PACK" + struct.pack(">II", 2, len(packed)) + b"".join(packed)
    content += hashlib.sha1(content, usedforsecurity=False).digest()
    asked(["index-pack", "--stdin"], content)
    asked(["reset", "--quiet", "--hard", made[listed.split()[-1]].decode()])
    asked(["reflog", "expire", "--expire=now", "--all"])
    asked(["repack", "-q", "-a", "-d"])


def _parents(commit: bytes) -> list[bytes]:
    lines = commit.partition(b"\n\n")[0].split(b"\n")
    return [line[7:] for line in lines if line.startswith(b"parent ")]


def _size(kind: int, size: int) -> bytes:
    """Kind and size of an object in a pack. Source: gitformat-pack(5)."""
    found, size = [kind << 4 | size & 15], size >> 4
    while size:
        found[-1] |= 128
        found.append(size & 127)
        size >>= 7
    return bytes(found)


# --- joining -------------------------------------------------------------------------------------


def _joining(laptop: Peer, server: int, folder: Path, commits: int, rounds: int) -> list[Figure]:
    """Joining the group, beside clones of the same peer by the same protocol.

    A clone checks neither objects nor signatures. One that checks the objects shows what of the
    difference is git's own check, without which nothing of a peer is believed.
    """
    ours: list[tuple[float, float]] = []
    clones: list[tuple[float, float]] = []
    checked: list[tuple[float, float]] = []
    for number in range(rounds):
        peer = Peer.new(folder, f"joins-{number}")
        line = str(laptop.mesh("invite")["invite"])
        words = ["mesh", "join", line, "--name", peer.home.name, "--local", peer.memory]
        ours.append(_timed(pack_command(*words), peer, server))
        clones.append(_timed(_clone(laptop, peer, "clone"), peer, server))
        options = ["-c", "fetch.fsckObjects=true"]
        checked.append(_timed(_clone(laptop, peer, "checked", *options), peer, server))
    (our_wall, our_cpu), (their_wall, their_cpu) = (
        zip(*ours, strict=True),
        zip(*clones, strict=True),
    )
    _, checked_cpu = zip(*checked, strict=True)
    name = "joining / git clone"
    return [
        compare(name, commits, "ms", our_wall, their_wall, JOIN_LIMIT),
        compare(f"{name}, processor", commits, "ms", our_cpu, their_cpu, None),
        compare("joining / clone with fsck, processor", commits, "ms", our_cpu, checked_cpu, None),
    ]


def _clone(laptop: Peer, peer: Peer, folder: str, *options: str) -> list[str | Path]:
    """The command by which git clones from a peer, as a machine that has joined."""
    state = next((peer.memory / ".git" / "pack" / "mesh").glob("peers.json"))
    (record,) = json.loads(state.read_text("utf-8"))
    group = str(laptop.mesh("status")["group_id"])
    token = base64.b64encode(f"pack:{record['token']}".encode()).decode()
    return [
        *("git", "-c", f"http.extraHeader=Authorization: Basic {token}", *options),
        *("clone", "--quiet", f"{laptop.endpoint}/sync/v1/groups/{group}/git", peer.home / folder),
    ]


def _timed(command: list[str | Path], peer: Peer, server: int) -> tuple[float, float]:
    """The milliseconds that a command takes, and those of processors on both sides."""
    before, start = _children() + _spent(server), time.perf_counter()
    subprocess.run(command, env=peer.env, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    return 1000 * wall, 1000 * (_children() + _spent(server) - before)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _spent(pid: int) -> float:
    """Seconds of processors of a process and its children. Source: proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


# --- a write on the other side -------------------------------------------------------------------


def _seen(laptop: Peer, folder: Path, commits: int, rounds: int) -> Figure:
    """From the acknowledgement of a write until the other side's memory is at its commit."""
    desk = Peer.new(folder, "desk")
    line = str(laptop.mesh("invite")["invite"])
    desk.mesh("join", line, "--name", "desk", "--endpoint", desk.endpoint)
    times = []
    with desk.serving(), httpx.Client(base_url=laptop.endpoint, timeout=_SECONDS) as client:
        for number in range(rounds + 1):
            _wait_until_agreed(laptop, desk)
            time.sleep(_AT_REST_SECONDS)
            content = f"# Seen\n\nVersion {number}.\n"
            _call(
                client, "memory_update", {"path": f"context/seen-{number}.md", "content": content}
            )
            start = time.perf_counter()
            _wait_until_agreed(laptop, desk)
            times.append(1000 * (time.perf_counter() - start))
    name = "a write, seen by a peer"
    return value(name, commits, "ms", median(times[1:]), SEEN_LIMIT_MS)


def _call(client: httpx.Client, tool: str, arguments: Mapping[str, object]) -> None:
    asked = {"name": tool, "arguments": arguments}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
    accepted = {"Accept": "application/json, text/event-stream"}
    answer = client.post("/mcp", json=message, headers=accepted).raise_for_status()
    if '"isError":true' in answer.text or '"error"' in answer.text:
        raise ServerFailed(answer.text[:1000])


def _wait_until_agreed(one: Peer, other: Peer) -> None:
    wanted, until = one.head(), time.monotonic() + _SECONDS
    while other.head() != wanted:
        if time.monotonic() > until:
            raise ServerFailed("the other side does not get there")
        time.sleep(0.005)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser("python -m tests.bench.peers", description=__doc__)
    parser.add_argument("--commits", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args(arguments)
    print(table(measure(asked.commits, asked.rounds), machine()))


if __name__ == "__main__":
    sys.exit(main())
