"""What a remote could send, and what the set-up of a folder could make git run."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.remote import transport as git_exchange
from pack_connectors.local_git.remote.transport import GitExchange
from pack_connectors.local_git.remote.url import RemoteUrl, parse_url, redacted
from pack_connectors.local_git.repository import open_repository

from pack.errors import ConnectorError, PackError, Unavailable
from pack.limits import MAX_FILE_BYTES
from pack.remote.remote import Outcome, StopKind
from tests.compat.remote_support import Machine, Net, git, make_template
from tests.support import is_soak

pytestmark = pytest.mark.usefixtures("git_identity")

CANARY = "canary-5eCret"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Net:
    return make_template(tmp_path_factory.mktemp("net"))


@pytest.fixture
def net(template: Net, tmp_path: Path) -> Iterator[Net]:
    net = template.copy_to(tmp_path / "net")
    yield net
    net.close()


@pytest.fixture
def one(net: Net) -> Machine:
    return net.open(net.folder / "one")


# --- trees ----------------------------------------------------------------------------------------


def entry(mode: str, name: bytes, oid: str) -> bytes:
    return f"{int(mode, 8):o} ".encode() + name + b"\0" + bytes.fromhex(oid)


class Forger:
    """Makes objects in the remote that git itself would not make."""

    def __init__(self, net: Net) -> None:
        self.net = net

    def blob(self, content: bytes = b"pwned\n") -> str:
        return self.net.git("hash-object", "-w", "--stdin", stdin=content)

    def tree(self, *rows: tuple[str, bytes, str]) -> str:
        data = b"".join(entry(mode, name, oid) for mode, name, oid in rows)
        return self.net.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=data)

    def nest(self, *names: bytes, leaf: str | None = None) -> str:
        """A tree with one file below folders."""
        *folders, name = names
        tree = self.tree(("100644", name, leaf or self.blob()))
        for folder in reversed(folders):
            tree = self.tree(("40000", folder, tree))
        return tree

    def publish(self, *rows: tuple[str, bytes, str]) -> None:
        """Put entries beside those of the memory, as a commit on it."""
        head = self.net.head()
        listing = self.net.git("ls-tree", head).splitlines()
        have = []
        for line in listing:
            meta, name = line.split("\t")
            mode, _, oid = meta.split()
            have.append((mode.lstrip("0"), name.encode(), oid))
        replaced = {name for _, name, _ in rows}
        both = [row for row in have if row[1] not in replaced] + list(rows)
        both.sort(key=lambda row: row[1] + (b"/" if row[0] in ("40000", "040000") else b""))
        commit = self.net.git(
            *("-c", "user.name=x", "-c", "user.email=x@example.org"),
            *("commit-tree", self.tree(*both), "-p", head, "-m", "hostile"),
        )
        self.net.git("update-ref", "refs/heads/main", commit)


def dot_dot(forge: Forger) -> None:
    forge.publish(("40000", b"..", forge.nest(b"escaped.md")))


def slash(forge: Forger) -> None:
    forge.publish(("100644", b"../escaped.md", forge.blob()))


def git_folder(name: bytes) -> Callable[[Forger], None]:
    def publish(forge: Forger) -> None:
        forge.publish(("40000", name, forge.nest(b"hooks", b"post-update")))

    return publish


def backslash(forge: Forger) -> None:
    forge.publish(("100644", b"..\\escaped.md", forge.blob()))


def link_for_folder(forge: Forger) -> None:
    target = forge.blob(str(forge.net.folder).encode())
    forge.publish(("120000", b"context", target))


def link_beside_folder(forge: Forger) -> None:
    """A link and a folder of the same name: whoever follows it writes elsewhere."""
    target = forge.blob(str(forge.net.folder).encode())
    forge.publish(("120000", b"out", target), ("40000", b"out", forge.nest(b"escaped.md")))


def twin(forge: Forger) -> None:
    forge.publish(("40000", b"Context", forge.nest(b"a.md")))


def unicode_twin(forge: Forger) -> None:
    one, two = "café.md".encode(), "cafe\u0301.md".encode()
    both = forge.tree(("100644", two, forge.blob()), ("100644", one, forge.blob(b"2")))
    forge.publish(("40000", b"zz", both))


def submodule(forge: Forger) -> None:
    forge.publish(("160000", b"sub", forge.net.head()))


def no_unicode(forge: Forger) -> None:
    forge.publish(("40000", b"zz", forge.nest(b"\xff.md")))


def huge(forge: Forger) -> None:
    forge.publish(("100644", b"huge.md", forge.blob(b"x" * (MAX_FILE_BYTES + 1))))


def deep(forge: Forger) -> None:
    forge.publish(("40000", b"d", forge.nest(*[b"d"] * 150, b"a.md")))


def long_name(forge: Forger) -> None:
    forge.publish(("100644", b"n" * 300 + b".md", forge.blob()))


def missing_object(forge: Forger) -> None:
    forge.publish(("100644", b"zz.md", "1" * 40))


def empty_link(forge: Forger) -> None:
    forge.publish(("120000", b"zz", forge.blob(b"")))


def long_link(forge: Forger) -> None:
    forge.publish(("120000", b"zz", forge.blob(b"x" * 5000)))


def nul_link(forge: Forger) -> None:
    forge.publish(("120000", b"zz", forge.blob(b"a\0b")))


def twice(forge: Forger) -> None:
    forge.publish(("100644", b"zz.md", forge.blob()), ("100644", b"zz.md", forge.blob(b"2")))


def endless(forge: Forger) -> None:
    """A few trees that name each other so often that to list them all would never end."""
    tree = forge.tree(("100644", b"a.md", forge.blob()))
    for _ in range(8):
        tree = forge.tree(*(("40000", b"%02d" % number, tree) for number in range(64)))
    forge.publish(("40000", b"zz", tree))


HOSTILE: dict[str, Callable[[Forger], None]] = {
    harm.__name__: harm
    for harm in (
        dot_dot,
        slash,
        backslash,
        link_for_folder,
        link_beside_folder,
        twin,
        unicode_twin,
        submodule,
        no_unicode,
        huge,
        deep,
        long_name,
        missing_object,
        empty_link,
        long_link,
        nul_link,
        twice,
        endless,
    )
} | {name: git_folder(name.encode()) for name in (".git", ".GIT", "git~1", ".g\u200cit")}


def attempt(machine: Machine) -> str:
    """How an exchange that cannot end well ended."""
    try:
        done = machine.exchange()
    except Unavailable as error:
        return str(error)
    if done.outcome is Outcome.WAITING:
        return done.reason
    assert done.stop is not None, done
    assert done.stop.reason.isprintable()
    return str(done.stop.kind)


# One machine for all of them, as each must leave it as it was.
@pytest.mark.contract("C1")
@pytest.mark.parametrize("also_here", [False, True], ids=["fast-forward", "merge"])
def test_hostile_trees_change_nothing(net: Net, one: Machine, also_here: bool) -> None:
    good = net.head()
    if also_here:
        one.write("context/here.md", "x\n")
    before, head = one.files(), one.head()
    config = Path(one.folder, ".git/config").read_bytes()
    hooks = sorted(Path(one.folder, ".git/hooks").iterdir())
    # All are refused before anything is merged: with something to merge, one of three is enough.
    harms = list(HOSTILE.items())[:: 3 if also_here and not is_soak() else 1]
    for name, harm in harms:
        harm(Forger(net))
        ended = attempt(one)
        expected = ("git fetch failed: ", "what no file") if name == "nul_link" else ("git fetch",)
        notices = "".join(one.memory.notes.list().notices)
        assert not any(part in notices for part in ("zz", "huge", "sub", "Context")), name
        assert ended == StopKind.REFUSED or any(words in ended for words in expected), name
        assert (one.files(), one.head()) == (before, head), name
        assert Path(one.folder, ".git/config").read_bytes() == config, name
        assert sorted(Path(one.folder, ".git/hooks").iterdir()) == hooks, name
        assert not [*net.folder.glob("escaped*")], name
        net.git("update-ref", "refs/heads/main", good)
    one.write("context/after.md", "the memory works\n")
    assert one.outcome() == "sent"
    one.assert_sound()


@pytest.mark.contract("C1")
def test_a_remote_that_is_corrected_is_taken_in_again(net: Net, one: Machine) -> None:
    good = net.head()
    submodule(Forger(net))
    assert one.outcome() == "stopped"
    bad = net.head()
    commit = net.git(
        *("-c", "user.name=x", "-c", "user.email=x@example.org"),
        *("commit-tree", f"{good}^{{tree}}", "-p", bad, "-m", "corrected"),
    )
    net.git("update-ref", "refs/heads/main", commit)
    assert one.exchange().outcome is Outcome.RECEIVED
    assert one.head() == commit


# --- programs -------------------------------------------------------------------------------------


@pytest.fixture
def trap(tmp_path: Path) -> Callable[[str], str]:
    """A command that leaves a file with a name; none of them may run."""

    def make(name: str) -> str:
        return f"touch {tmp_path}/ran-{name}; false"

    return make


def ran(tmp_path: Path) -> list[str]:
    return sorted(file.name for file in tmp_path.glob("ran-*"))


def test_nothing_that_the_folder_names_is_run(
    net: Net, one: Machine, tmp_path: Path, trap: Callable[[str], str]
) -> None:
    for key in (
        "core.sshCommand",
        "core.askPass",
        "core.fsmonitor",
        "core.gitProxy",
        "core.editor",
        "core.pager",
        "core.alternateRefsCommand",
        "gpg.program",
        "remote.origin.uploadpack",
        "remote.origin.receivepack",
        f"remote.{net.bare}.uploadpack",
        f"remote.{net.bare}.receivepack",
    ):
        one.git("config", key, trap(key.replace("/", "_")))
    one.git("config", "push.gpgSign", "if-asked")
    one.git("config", "credential.helper", f"!{trap('helper')}")
    one.git("config", "protocol.ext.allow", "always")
    for hook in ("pre-push", "reference-transaction", "post-merge", "post-commit", "pre-receive"):
        file = one.folder / ".git/hooks" / hook
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{trap(hook)}\n", encoding="utf-8")
        file.chmod(0o755)
    one.write("context/a.md", "x")
    assert one.outcome() == "sent"
    two = net.open(net.folder / "two")
    two.write("context/b.md", "y")
    two.exchange()
    one.write("context/c.md", "z")
    assert one.outcome() == "merged"
    assert ran(tmp_path) == []


@pytest.mark.parametrize("where", ["ssh://example.invalid/x", "someone@example.invalid:x"])
def test_ssh_is_started_as_the_user_set_it_up_and_never_as_the_folder_did(
    one: Machine, home: Path, tmp_path: Path, trap: Callable[[str], str], where: str
) -> None:
    one.git("config", "remote.origin.url", where)
    one.git("config", "core.sshCommand", trap("folder"))
    git(home, "config", "--global", "core.sshCommand", trap("user"))
    with pytest.raises(Unavailable):
        one.exchange()
    assert ran(tmp_path) == ["ran-user"]


def test_the_environment_of_the_exchange_asks_nobody(
    one: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.git("config", "remote.origin.url", "ssh://example.invalid/x")
    seen: list[tuple[list[str], dict[str, str]]] = []
    popen = subprocess.Popen

    def record(arguments: list[str], **options: object) -> object:
        if "start_new_session" not in options:
            return popen(arguments, **options)  # type: ignore[call-overload]
        seen.append((list(arguments), dict(options["env"])))  # type: ignore[call-overload]
        assert options["stdin"] is subprocess.DEVNULL
        return popen(["false"])

    monkeypatch.setattr(git_exchange.subprocess, "Popen", record)
    with pytest.raises(Unavailable):
        one.remote.heads()
    ((arguments, environment),) = seen
    assert environment["GIT_TERMINAL_PROMPT"] == "0"
    assert environment["GIT_ALLOW_PROTOCOL"] == "https:ssh:file"
    assert "core.askPass=" in arguments
    assert any(text.startswith("core.sshCommand=ssh -oBatchMode=yes") for text in arguments)


# --- secrets --------------------------------------------------------------------------------------


def credentials(exchange: GitExchange, runner: GitRunner, url: RemoteUrl) -> dict[str, str]:
    """What git would send to the server of an address."""
    question = url.text.replace("https://", "protocol=https\nhost=").rstrip("/") + "\n\n"
    arguments = [runner.executable, *exchange._options(url), "credential", "fill"]
    environment = os.environ | {
        "GIT_DIR": str(runner.git_dir),
        "PACK_EXCHANGE_USER": url.username or "",
        "PACK_EXCHANGE_PASSWORD": url.password or "",
    }
    done = subprocess.run(
        arguments, input=question.encode(), env=environment, capture_output=True, check=False
    )
    return dict(line.split("=", 1) for line in done.stdout.decode().splitlines())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/", ("global", "from-global")),
        ("https://me:pass%20word@example.org/", ("me", "pass word")),
        ("https://me@example.org/", ("me", "from-global")),
    ],
)
def test_credentials_come_from_the_address_or_from_the_users_own_helper(
    one: Machine, home: Path, url: str, expected: tuple[str, str]
) -> None:
    helper = "!f() { echo username=global; echo password=from-global; }; f"
    keep_name = "!f() { grep -q ^username= || echo username=global; echo password=from-global; }; f"
    git(home, "config", "--global", "credential.helper", keep_name if "@" in url else helper)
    one.git("config", "credential.helper", "!echo username=folder; echo password=from-folder;")
    one.git("config", "credential.https://example.org.helper", "!echo password=from-folder;")
    local = one.local.repository
    runner = GitRunner(local)
    exchange = GitExchange(runner, 10, lambda: False)
    found = credentials(exchange, runner, parse_url(url))
    assert (found["username"], found["password"]) == expected


def test_a_secret_in_the_address_is_in_no_argument_message_or_file(
    one: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"https://user-{CANARY}:{CANARY}@127.0.0.1:1/memory.git"
    one.git("config", "remote.origin.url", url)
    seen: list[str] = []
    popen = subprocess.Popen

    def record(arguments: list[str], **options: object) -> object:
        seen.extend(map(str, arguments))
        return popen(arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(git_exchange.subprocess, "Popen", record)
    with pytest.raises(ConnectorError) as refusal:
        one.exchange()
    status = one.memory.care.status()
    state = [file for file in Path(one.folder, ".git/pack").rglob("*") if file.is_file()]
    shown = [str(refusal.value), repr(refusal.value), repr(status), repr(parse_url(url)), *seen]
    assert not any(CANARY in text for text in shown)
    assert not any(CANARY.encode() in file.read_bytes() for file in state)
    assert "https://127.0.0.1:1/memory.git" in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "text", "username", "password"),
    [
        ("https://h/p", "https://h/p", None, None),
        ("https://t@h/p", "https://h/p", "t", None),
        ("HTTPS://u:p%40@h:8/p", "https://h:8/p", "u", "p@"),
        ("https://u:@h/p", "https://h/p", "u", ""),
        ("https://a@b@h/p", "https://h/p", "a@b", None),
        ("ssh://git:secret@h/p", "ssh://git@h/p", None, None),
        ("git+ssh://git@h/p", "ssh://git@h/p", None, None),
        ("git@h:p", "git@h:p", None, None),
        ("../p", "../p", None, None),
        ("file:///p", "file:///p", None, None),
    ],
)
def test_an_address_is_taken_apart(
    url: str, text: str, username: str | None, password: str | None
) -> None:
    found = parse_url(url)
    assert (found.text, found.username, found.password) == (text, username, password)


def test_what_git_says_is_shown_on_one_line_without_secrets() -> None:
    said = f"fatal: unable to access 'https://u:{CANARY}@h/x':\x1b[31m\n no"
    assert redacted(said) == "fatal: unable to access 'https://h/x': [31m no"
    assert len(redacted("x" * 10_000)) < 400


# --- patience -------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="the command is one of a shell")
def test_a_remote_that_never_answers_is_given_up(
    net: Net, one: Machine, home: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    script = tmp_path / "ssh-that-hangs"
    script.write_text(
        f'#!/bin/sh\ntest "$1" = -G && exit 1\n'
        f"exec 3> {tmp_path}/alive\n: > {tmp_path}/hangs\nexec sleep 600\n"
    )
    # The script has the only other end, so that reading comes to the end when it does: it is
    # nobody's child here, and a signal that was sent has not always arrived.
    os.mkfifo(tmp_path / "alive")
    alive = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    request.addfinalizer(lambda: os.close(alive))
    script.chmod(0o755)
    git(home, "config", "--global", "core.sshCommand", str(script))
    one.git("config", "remote.origin.url", "ssh://example.invalid/x")

    machine = net.open(one.folder, (tmp_path / "hangs").exists)
    with pytest.raises(Unavailable, match="given up"):
        machine.exchange()
    assert select.select([alive], [], [], 60)[0]
    short = GitExchange(GitRunner(open_repository(one.folder)), 0.2, lambda: False)
    with pytest.raises(Unavailable, match="did not finish in"):
        short.run("ls-remote", [], RemoteUrl("ssh://example.invalid/x"))


def test_an_error_of_the_remote_is_one_of_pack(one: Machine, tmp_path: Path) -> None:
    (tmp_path / "no-repository").mkdir()
    one.git("config", "remote.origin.url", str(tmp_path / "no-repository"))
    with pytest.raises(PackError) as refusal:
        one.memory.remotes.probe("origin")
    assert "does not answer" in str(refusal.value)
