"""Machines that keep one memory together: the installed command, real servers, loopback."""

from __future__ import annotations

import os
import signal
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509 import load_pem_x509_certificate
from pack_connectors.peers.certificate import tls_context

from pack.mesh.members.endpoints import pin_of
from pack.mesh.members.keys import PublicKey
from tests.stories.cli_driver import Folder, new_memory, run
from tests.stories.cut_line import CutLine
from tests.stories.prepared import Process, start
from tests.support import free_port

SECONDS = 60.0
"""Until a test gives up; nothing waits for it to pass."""
PEER = {"peer_id", "name", "endpoint", "source", "status", "lag", "last_sync", "last_error"}


class Machine:
    """One machine: a home with a key, a memory, and a server while it runs."""

    def __init__(self, folder: Path, name: str, stack: ExitStack) -> None:
        self.name, self.port, self._stack = name, free_port(), stack
        self.tls_port = 0
        self.home = folder / name
        self.home.mkdir()
        self.folder = Folder(self.home / "memory")
        self.process: Process | None = None
        self.line = CutLine(self.port)
        stack.callback(self.line.close)
        self.env = {
            "PACK_MESH_KEY": str(self.home / "key"),
            "PACK_MESH_HEARTBEAT": "1",
        }

    @property
    def endpoint(self) -> str:
        if self.tls_port:
            return f"https://127.0.0.1:{self.tls_port}"
        return f"http://127.0.0.1:{self.line.port}"

    def begin(self) -> Machine:
        new_memory(self.folder.path)
        return self

    def mesh(self, *words: str | Path, status: int = 0) -> Any:
        """The answer of `pack mesh` as JSON."""
        action, *rest = words
        ended = self.folder.pack("mesh", action, *rest, "--format", "json", env=self.env)
        assert ended.status == status, ended
        return ended.json if ended.out else ended

    def write(self, name: str) -> None:
        ended = self.folder.pack(
            "update", f"context/{name}.md", stdin=f"# {name}\n\nby {self.name}\n", env=self.env
        )
        assert ended.status == 0, ended

    def texts(self) -> set[str]:
        return {file.stem for file in (self.folder.path / "context").glob("*.md")}

    def serve(self) -> None:
        """Start the server, and go on once it answers."""
        words = ["serve", "--http", "--port", str(self.port), "--local", str(self.folder.path)]
        log = (self.home / "log").open("ab")
        self._stack.callback(log.close)
        self.process = start(words, env={**os.environ, **self.env}, stderr=log)
        self._stack.callback(self.stop)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith(b"serving"):
                return
        pytest.fail((self.home / "log").read_text())

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        if self.process is not None:
            with self.process as ending:
                ending.send_signal(number)
            self.process = None


@pytest.fixture
def machine(tmp_path: Path, git_identity: tuple[str, str]) -> Iterator[Callable[[str], Machine]]:
    with ExitStack() as stack:
        yield lambda name: Machine(tmp_path, name, stack)


def wait_for(is_so: Callable[[], bool]) -> None:
    """Look again and again, as what is waited for comes from another process."""
    deadline = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def agree(*machines: Machine) -> bool:
    return len({machine.folder.head() for machine in machines}) == 1


def joined(laptop: Machine, desk: Machine) -> Any:
    """Two machines of one group, with the three commands that a person types."""
    laptop.begin()
    laptop.mesh("init", "--name", "laptop", "--endpoint", laptop.endpoint)
    laptop.serve()
    line = laptop.mesh("invite")["invite"]
    return desk.mesh("join", line, "--name", "desk", "--endpoint", desk.endpoint)


def test_two_machines_find_each_other_and_keep_the_same_memory(
    machine: Callable[[str], Machine],
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    said = joined(laptop, desk)
    assert set(said) == {"peer_id", "group_id", "peers"}
    assert [(one["name"], one["endpoint"]) for one in said["peers"]] == [
        ("laptop", laptop.endpoint)
    ]
    assert agree(laptop, desk)
    desk.serve()
    laptop.write("by-laptop")
    desk.write("by-desk")
    wait_for(lambda: agree(laptop, desk) and {"by-laptop", "by-desk"} <= laptop.texts())
    assert laptop.texts() == desk.texts()
    assert_state(laptop, desk)
    desk.stop()  # at whatever it was doing
    laptop.write("while-it-was-away")
    desk.serve()
    wait_for(lambda: agree(laptop, desk))
    assert "while-it-was-away" in desk.texts()
    for each in (laptop, desk):
        verified = each.mesh("verify")
        assert set(verified) == {"ok", "head", "commits", "problems"}
        assert (verified["ok"], verified["problems"]) == (True, [])
        assert verified["commits"] == each.folder.commits()
    assert_git_agrees(laptop)
    assert_removal_is_final(laptop, desk)


def assert_state(laptop: Machine, desk: Machine) -> None:
    """Both tell the same of each other, in the form that is promised."""
    wait_for(lambda: laptop.mesh("status")["peers"][0]["last_sync"] is not None)
    for one, other in ((laptop, desk), (desk, laptop)):
        state = one.mesh("status")
        assert set(state) >= {"group_id", "peer_id", "head", "height", "peers"}
        assert (state["head"], state["height"]) == (one.folder.head(), one.folder.commits())
        (peer,) = state["peers"]
        assert set(peer) >= PEER
        assert (peer["name"], peer["endpoint"]) == (other.name, other.endpoint)
        assert peer["source"] in ("manual", "gossip")


def assert_git_agrees(laptop: Machine) -> None:
    """Nothing on the outside is served to whoever has no token, and the repository is sound."""
    assert httpx.get(f"{laptop.endpoint}/sync/v1/groups/x/events").status_code == 401
    laptop.folder.git("fsck", "--strict", "--no-dangling")
    assert laptop.folder.git("status", "--porcelain") == ""


def assert_removal_is_final(laptop: Machine, desk: Machine) -> None:
    removed = laptop.mesh("remove", "desk")
    assert set(removed) == {"removed"}
    desk.write("too-late")
    failed = desk.mesh("sync", status=1)["failed"]
    assert "removed from the group" in failed["laptop"]
    assert "too-late" not in laptop.texts()
    assert laptop.mesh("status")["peers"] == []


def test_machines_meet_over_tls_whose_key_is_in_the_invitation(
    machine: Callable[[str], Machine],
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    laptop.tls_port = free_port()
    laptop.begin()
    laptop.mesh("init", "--name", "laptop", "--endpoint", laptop.endpoint)
    laptop.serve()
    line = laptop.mesh("invite")["invite"]
    assert f"@{laptop.endpoint}#sha256=" in line
    hashed = line.partition("#sha256=")[2][:43]
    other = desk.mesh("join", line.replace(hashed, "A" * 43), "--name", "desk", status=1)
    assert "another key answers" in other.err
    assert not (desk.folder.path / ".git" / "pack" / "mesh" / "membership.json").exists()
    said = desk.mesh("join", line, "--name", "desk")
    assert said["peers"][0]["endpoint"] == f"{laptop.endpoint}#sha256={hashed}"
    desk.write("by-desk")
    desk.mesh("sync")
    wait_for(lambda: agree(laptop, desk))
    with httpx.Client(verify=False, trust_env=False) as anybody:
        for path, status in (("mcp", 404), ("health", 404), ("sync/v1/heartbeat", 401)):
            answer = anybody.post(f"{laptop.endpoint}/{path}")
            assert (answer.status_code, answer.headers["x-content-type-options"]) == (
                status,
                "nosniff",
            )
    assert httpx.get(f"http://127.0.0.1:{laptop.port}/health").status_code == 200
    assert (laptop.home / "log").read_text().count("Traceback") == 0
    laptop.stop(signal.SIGTERM)


def test_the_port_for_peers_is_where_the_group_is_told_it_is(
    machine: Callable[[str], Machine],
) -> None:
    laptop = machine("laptop").begin()
    laptop.serve()  # before it belongs to a group, and not restarted for anything below
    once = {"Connection": "close"}
    with httpx.Client(verify=False, trust_env=False) as anybody:

        def answers(at: str) -> bool:
            try:
                return anybody.post(f"{at}/sync/v1/heartbeat", headers=once).status_code == 401
            except httpx.TransportError:
                return False

        places = []
        for words in (("init", "--name", "laptop"), ("add", "laptop")):
            laptop.tls_port = free_port()
            places.append(laptop.endpoint)
            laptop.mesh(*words, "--endpoint", laptop.endpoint)
            wait_for(lambda: [answers(at) for at in places] == [at is places[-1] for at in places])
        laptop.mesh("rekey")
        pin = laptop.mesh("invite")["invite"].partition("#sha256=")[2][:43]
        wait_for(lambda: pin_at(laptop.tls_port) == pin)
        laptop.mesh("leave")
        wait_for(lambda: not answers(laptop.endpoint))


def pin_at(port: int) -> str:
    """The hash of the key by which TLS is served at a port; empty if it is not."""
    try:
        certificate = load_pem_x509_certificate(
            ssl.get_server_certificate(("127.0.0.1", port)).encode()
        )
    except OSError:
        return ""
    key = certificate.public_key()
    assert isinstance(key, Ed25519PublicKey)
    return pin_of(PublicKey(key.public_bytes_raw()))


class Proxy:
    """A reverse proxy with a key of its own, which changes the host and cuts the path."""

    def __init__(self, port: int, stack: ExitStack) -> None:
        key = Ed25519PrivateKey.generate()
        asked: list[tuple[str, bool]] = []
        client = stack.enter_context(httpx.Client(trust_env=False))

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                path = self.path.removeprefix("/pack")
                asked.append((path, "signature" in self.headers))
                kept = ("host", "content-length", "transfer-encoding", "connection")
                headers = {n: v for n, v in self.headers.items() if n.lower() not in kept}
                url = f"http://127.0.0.1:{port}{path}"
                answer = client.post(url, content=self._read(), headers=headers)
                self.send_response(answer.status_code)
                for name, value in answer.headers.items():
                    if name.lower() not in kept:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def _read(self) -> bytes:
                if self.headers.get("transfer-encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("content-length", 0)))
                content = b""
                while size := int(self.rfile.readline(), 16):
                    content += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return content

            def log_message(self, *_: object) -> None:
                """Nothing is logged."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        context = tls_context(key, "127.0.0.1")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        stack.callback(server.server_close)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        self.asked = asked
        pin = pin_of(PublicKey(key.public_key().public_bytes_raw()))
        self.endpoint = f"https://127.0.0.1:{server.server_port}/pack#sha256={pin}"


def test_what_comes_by_a_proxy_is_signed_and_nobody_has_to_think_of_it(
    machine: Callable[[str], Machine],
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    with ExitStack() as stack:
        proxy = Proxy(laptop.port, stack)
        laptop.begin()
        laptop.mesh("init", "--name", "laptop", "--endpoint", proxy.endpoint)
        laptop.serve()
        desk.mesh("join", laptop.mesh("invite")["invite"], "--name", "desk")
        desk.write("by-desk")
        desk.mesh("sync")
        wait_for(lambda: agree(laptop, desk))
        answered = [path for path, is_signed in proxy.asked if is_signed]
        assert {path.rpartition("/")[2] for path in answered} >= {
            "handshake",
            "heartbeat",
            "bundle",
            "events",
        }


def test_machines_without_a_network_join_and_exchange_by_files(
    machine: Callable[[str], Machine], tmp_path: Path
) -> None:
    laptop, desk = machine("laptop").begin(), machine("desk")
    begun = laptop.mesh("init", "--name", "laptop", "--group", "home")
    assert set(begun) == {"peer_id", "group_id", "group"}
    assert begun["group"] == "home"
    request, file = tmp_path / "request", tmp_path / "file"
    invited = laptop.mesh("invite")
    assert set(invited) == {"invite"}
    line = invited["invite"]
    assert line.startswith(f"pack-invite:{begun['peer_id']}@")
    desk.mesh("join", line, "--name", "desk", "--request", request)
    laptop.mesh("import", request)
    laptop.mesh("export", file)
    said = desk.mesh("join", line, "--name", "desk", "--bundle", file)
    assert said["group_id"] == begun["group_id"]
    laptop.write("by-laptop")
    desk.write("by-desk")
    for one, other in ((laptop, desk), (desk, laptop)):
        one.mesh("export", file)
        taken = other.mesh("import", file)
        assert set(taken) >= {"received", "quarantined", "pending", "head"}
        assert (taken["quarantined"], taken["pending"]) == ([], [])
    assert agree(laptop, desk)
    assert {"by-laptop", "by-desk"} <= laptop.texts() == desk.texts()
    bundle = ["git", "bundle", "verify", "--quiet", str(file)]
    assert subprocess.run(bundle, cwd=desk.folder.path, check=False).returncode == 0


def test_a_machine_without_its_key_is_told_with_each_write_and_shuts_itself_not_out(
    machine: Callable[[str], Machine], tmp_path: Path
) -> None:
    laptop, desk, file = machine("laptop").begin(), machine("desk"), tmp_path / "file"
    laptop.mesh("init", "--name", "laptop")
    join_by_files(laptop, desk, file)
    lost = {"PACK_MESH_KEY": str(laptop.home / "lost")}
    ended = laptop.folder.pack("update", "context/a.md", stdin="# A\n", env=lost)
    assert ended.status == 0
    assert "not signed, and reaches other peers once the key can be read" in ended.err
    assert "nothing was written" not in ended.err
    laptop.write("b")
    assert "not signed" not in laptop.folder.pack("list", env=laptop.env).err
    laptop.mesh("export", file)  # whose announcement vouches for both
    assert desk.mesh("import", file)["quarantined"] == []
    assert desk.texts() >= {"a", "b"}


def test_what_cannot_be_meant_leaves_neither_a_key_nor_a_folder_behind(
    machine: Callable[[str], Machine], tmp_path: Path
) -> None:
    laptop, desk = machine("laptop").begin(), machine("desk")
    for words in ((), ("--name", "a\nb"), ("--name", "a", "--endpoint", "nowhere")):
        assert laptop.mesh("init", *words, status=1).err
    assert not (laptop.home / "key").exists()
    plain = ("--name", "laptop", "--endpoint", "http://192.168.1.10:3005")
    ended = laptop.folder.pack("mesh", "init", *plain, env=laptop.env)
    assert ended.status == 0
    assert "nothing is sent to http://192.168.1.10:3005" in ended.err
    line = laptop.mesh("invite")["invite"]
    for target, name in ((line[:-9], "desk"), ("nonsense", "desk"), (line, "a\nb"), (line, "")):
        assert desk.mesh("join", target, "--name", name, status=1).err
    assert not desk.folder.path.exists()
    assert not (desk.home / "key").exists()
    os.mkfifo(tmp_path / "pipe")
    assert "this is no file" in laptop.mesh("import", tmp_path / "pipe", status=1).err
    nowhere = tmp_path / "nowhere" / "request"
    ended = desk.mesh("join", line, "--name", "desk", "--request", nowhere, status=1)
    assert f"{nowhere}: No such file" in ended.err


def test_a_machine_that_was_removed_joins_again_by_files_with_a_new_key(
    machine: Callable[[str], Machine], tmp_path: Path
) -> None:
    laptop, desk, file = machine("laptop").begin(), machine("desk"), tmp_path / "file"
    laptop.mesh("init", "--name", "laptop")
    join_by_files(laptop, desk, file)
    ended = desk.folder.pack("mesh", "sync", env=desk.env)
    assert "no other machine has an address here" in ended.err
    laptop.mesh("remove", "desk")
    desk.mesh("rekey")
    desk.mesh("leave")
    join_by_files(laptop, desk, file)
    assert [one["name"] for one in laptop.mesh("peers")["peers"]] == ["desk"]
    assert desk.mesh("verify")["ok"]


def test_a_memory_of_no_group_says_how_to_begin_one(tmp_path: Path) -> None:
    memory = new_memory(tmp_path / "memory")
    for action in ("status", "sync", "verify", "invite", "leave"):
        ended = run("mesh", action, "--local", memory.path, cwd=tmp_path)
        assert ended.status != 0
        assert "pack mesh init" in ended.err


@pytest.mark.contract("C14")
@pytest.mark.parametrize("count", [3, pytest.param(5, marks=pytest.mark.soak)])
def test_machines_that_were_cut_off_or_killed_come_to_the_same_commit(
    machine: Callable[[str], Machine], count: int
) -> None:
    first, *others = machines = [machine(f"m{number}") for number in range(count)]
    first.begin()
    first.mesh("init", "--name", first.name, "--endpoint", first.endpoint)
    first.serve()
    for other in others:
        line = first.mesh("invite")["invite"]
        other.mesh("join", line, "--name", other.name, "--endpoint", other.endpoint)
        other.serve()
    wait_for(lambda: agree(*machines))
    for each in machines:  # nobody hears of anybody
        each.line.cut()
    for each in machines:
        each.write(f"alone-{each.name}")
    assert not agree(*machines)
    others[-1].stop()  # at whatever it was doing
    for each in machines:
        each.line.mend()
    others[-1].serve()
    wanted = {f"alone-{each.name}" for each in machines}
    wait_for(lambda: agree(*machines) and wanted <= first.texts())
    assert all(wanted <= each.texts() for each in others)
    assert first.mesh("verify")["ok"]


@pytest.mark.soak
def test_a_machine_that_is_killed_again_and_again_loses_nothing(
    machine: Callable[[str], Machine],
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    joined(laptop, desk)
    written = set()
    for number in range(12):
        desk.serve()
        for each in (laptop, desk):
            each.write(f"{each.name}-{number}")
            written.add(f"{each.name}-{number}")
        desk.stop()
        laptop.write(f"alone-{number}")
        written.add(f"alone-{number}")
    desk.serve()
    wait_for(lambda: agree(laptop, desk))
    assert written <= laptop.texts() == desk.texts()
    assert laptop.mesh("verify")["ok"]


def test_two_machines_are_administered_over_http_while_they_are_served(
    machine: Callable[[str], Machine],
) -> None:
    laptop, desk = machine("laptop").begin(), machine("desk").begin()
    for one in (laptop, desk):
        one.serve()
        assert httpx.get(f"http://127.0.0.1:{one.port}/sync/v1/status").status_code == 404

    def ask(one: Machine, method: str, path: str, **body: Any) -> Any:
        answer = httpx.request(method, f"http://127.0.0.1:{one.port}/api/v1/sync/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    made = ask(laptop, "POST", "groups", name="laptop", endpoint=laptop.endpoint)
    line = laptop.mesh("invite")["invite"]
    wait_for(lambda: httpx.get(f"{laptop.endpoint}/sync/v1/groups/x/events").status_code == 401)
    body = {"invite": line, "name": "desk", "endpoint": desk.endpoint, "allow_unrelated": True}
    assert ask(desk, "POST", "groups/join", **body)["group_id"] == made["group_id"]
    desk.write("by-desk")
    wait_for(lambda: agree(laptop, desk) and "by-desk" in laptop.texts())
    (peer,) = ask(laptop, "GET", "peers")["peers"]
    assert (peer["name"], peer["endpoint"]) == ("desk", desk.endpoint)
    assert ask(laptop, "POST", f"groups/{made['group_id']}/resync", peer="desk")["agreed"]
    assert ask(laptop, "POST", "peers/desk/test")["problem"] is None
    assert ask(laptop, "GET", f"groups/{made['group_id']}")["head"] == desk.folder.head()
    assert ask(desk, "DELETE", f"groups/{made['group_id']}") == {"left": True, "untold": []}
    assert ask(desk, "GET", "groups") == {"groups": []}


def test_a_machine_gets_a_new_key_and_goes_on(
    machine: Callable[[str], Machine], tmp_path: Path
) -> None:
    laptop, desk, file = machine("laptop").begin(), machine("desk"), tmp_path / "file"
    laptop.mesh("init", "--name", "laptop")
    line = laptop.mesh("invite")["invite"]
    desk.mesh("join", line, "--name", "desk", "--request", file)
    laptop.mesh("import", file)
    laptop.mesh("export", file)
    desk.mesh("join", line, "--name", "desk", "--bundle", file)
    desk.write("by-the-former-key")
    old = desk.folder.head()
    for each, state in ((desk, "asked"), (laptop, "done")):
        told = each.mesh("rekey")
        assert (set(told), told["state"]) == ({"peer_id", "former_peer_id", "state"}, state)
        assert told["peer_id"] != told["former_peer_id"]
    for one, other in ((desk, laptop), (laptop, desk), (desk, laptop)):
        one.mesh("export", file)
        assert other.mesh("import", file)["quarantined"] == []
        one.write(f"by-{one.name}-{one.folder.commits()}")
    assert [one["name"] for one in laptop.mesh("status")["peers"]] == ["desk"]
    assert desk.mesh("verify")["ok"]
    signers = tmp_path / "signers"
    signers.write_text(laptop.folder.git("show", "refs/pack/group:allowed_signers"))
    for commit in (old, desk.folder.head()):
        desk.folder.git("-c", f"gpg.ssh.allowedSignersFile={signers}", "verify-commit", commit)


def join_by_files(owner: Machine, other: Machine, file: Path, *words: str) -> None:
    line = owner.mesh("invite")["invite"]
    other.mesh("join", line, "--name", other.name, *words, "--request", file)
    owner.mesh("import", file)
    owner.mesh("export", file)
    other.mesh("join", line, "--name", other.name, *words, "--bundle", file)


def test_an_owner_that_nobody_can_call_gets_a_new_key_and_is_let_in_with_it(
    machine: Callable[[str], Machine], tmp_path: Path
) -> None:
    laptop, desk, file = machine("laptop").begin(), machine("desk"), tmp_path / "file"
    phone, another = machine("phone").begin(), machine("another")
    laptop.mesh("init", "--name", "laptop")
    join_by_files(laptop, desk, file, "--endpoint", desk.endpoint)
    phone.mesh("init", "--name", "phone", "--endpoint", phone.endpoint)
    another.env["PACK_MESH_KEY"] = laptop.env["PACK_MESH_KEY"]  # a second memory on the laptop
    join_by_files(phone, another, file)
    desk.serve()
    phone.serve()
    laptop.mesh("add", "desk", "--endpoint", desk.endpoint)
    laptop.mesh("sync")
    assert laptop.mesh("rekey")["state"] == "done"
    laptop.write("by-the-new-key")
    assert laptop.mesh("sync")["failed"] == {}
    assert agree(laptop, desk)
    another.write("by-the-former-key")  # its group knows no other one
    assert another.mesh("sync")["failed"] == {}
    assert agree(another, phone)


def test_an_owner_says_what_others_may_do_and_lets_in_whoever_asks(
    machine: Callable[[str], Machine], tmp_path: Path
) -> None:
    laptop, desk, file = machine("laptop").begin(), machine("desk"), tmp_path / "file"
    laptop.mesh("init", "--name", "laptop")
    line = laptop.mesh("invite")["invite"]
    desk.mesh("join", line, "--name", "desk", "--request", file)
    laptop.mesh("import", file)
    told = laptop.mesh("add", "desk", "--role", "hub", "--role", "member", "--levels", "3,4,5")
    assert (told["roles"], told["levels"]) == (["hub", "member"], [3, 4, 5])
    (peer,) = laptop.mesh("peers")["peers"]
    assert (peer["roles"], peer["levels"]) == (told["roles"], told["levels"])
    assert laptop.mesh("succession", "laptop,desk")["names"] == ["laptop", "desk"]
    assert laptop.mesh("succession")["names"] == ["laptop", "desk"]
    for words in (("approve", "phone"), ("refuse", "phone"), ("succession", "phone")):
        assert "phone" in laptop.mesh(*words, status=1).err
    for words in (("add", "desk"), ("add", "desk", "--levels", "9")):
        assert "--levels" in laptop.mesh(*words, status=1).err
    laptop.serve()
    phone = machine("phone")
    phone.begin()
    phone.serve()  # before it belongs to a group, and not restarted for that
    assert httpx.get(f"http://127.0.0.1:{phone.port}/sync/v1/groups/x/events").status_code == 404
    asked = phone.mesh("join", laptop.endpoint, "--name", "phone", status=1)
    assert (set(asked), asked["pending"]) == ({"peer_id", "pending", "asked"}, True)
    (asking,) = laptop.mesh("peers")["asking"]
    assert (asking["name"], asking["peer_id"]) == ("phone", asked["peer_id"])
    approved = laptop.mesh("approve", "phone", "--role", "reader")["approved"]
    assert (approved["peer_id"], approved["roles"]) == (asked["peer_id"], ["reader"])
    assert phone.mesh("join", laptop.endpoint, "--name", "phone")["peers"]
    laptop.write("by-laptop")
    wait_for(lambda: agree(laptop, phone) and "by-laptop" in phone.texts())
    assert httpx.get(f"{phone.endpoint}/sync/v1/groups/x/events").status_code == 401
    assert_told_how_it_stands(laptop, phone)


def assert_told_how_it_stands(laptop: Machine, phone: Machine) -> None:
    seen = phone.mesh("test", "laptop")
    assert (seen["reached"], seen["token_accepted"], seen["merge_version"]) == (True, True, 1)
    assert phone.mesh("resync", "laptop")["agreed"]
    assert phone.mesh("doctor")["ok"]
    logged = phone.folder.pack("log", "--events", "--format", "json", env=phone.env).json
    assert logged["events"] == []
    logged = laptop.folder.pack("log", "--events", "--format", "json", env=laptop.env).json
    assert [one["kind"] for one in logged["mesh"]] == ["admitted", "admitted"]
    laptop.mesh("remove", "phone")
    phone.mesh("sync", status=1)
    assert "removed from the group" in phone.mesh("verify", status=1)["problems"][0]
    assert "removed from the group" in phone.mesh("status")["problems"][0]
    assert not phone.mesh("doctor", status=1)["ok"]
    assert "removed from the group" in phone.folder.pack("list", env=phone.env).err
