"""Machines that are peers: repositories, keys and bundles are real, merges are git's own."""

import time
from contextlib import contextmanager, nullcontext
from itertools import count

from pack_connectors.local_git.beside.bundles import Bundles
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import create_repository
from pack_connectors.peers.chains import SignedChains
from pack_connectors.peers.join_requests import JoinSigner, public_of
from pack_connectors.peers.offered import OfferedBundle
from pack_connectors.peers.state_files import MeshFiles

from pack.kits.peer_bases import PeerBases
from pack.log import LogQuery
from pack.mesh.meeting import Health
from pack.mesh.mesh import Mesh
from pack.mesh.ports import MeshPorts
from pack.model import CommitId
from tests.mesh_support import KnownKeys, private_key, public_key
from tests.support import START, git, make_again

USER = ("-c", "user.name=x", "-c", "user.email=x@example.org")


class GitHead:
    """The head of a memory, whose merges are git's."""

    def __init__(self, folder, log):
        self.folder = folder
        self.log = log
        self.secret = ""

    def head(self):
        # Read where git keeps it, as this is asked hundreds of times; git knows the other places.
        named = (self.folder / ".git/HEAD").read_text(encoding="ascii").strip()
        loose = self.folder / ".git" / named.removeprefix("ref: ")
        if loose.is_file():
            return CommitId(loose.read_text(encoding="ascii").strip())
        out = git(self.folder, "rev-parse", "-q", "--verify", "HEAD", check=False).decode().strip()
        return CommitId(out) if out else None

    def height(self, commit):
        return int(git(self.folder, "rev-list", "--count", commit))

    def tree(self, commit):
        return git(self.folder, "rev-parse", f"{commit}^{{tree}}").decode().strip()

    def count(self, commit, without):
        return int(git(self.folder, "rev-list", "--count", commit, f"^{without}"))

    def contains(self, ancestor, commit):
        return not git(self.folder, "rev-list", "-1", ancestor, f"^{commit}").strip()

    def own(self, head, without):
        known = [f"^{one}" for one in without]
        found = git(self.folder, "rev-list", "--no-merges", head, *known).decode().split()
        return (one for one in self.log(LogQuery(head)) if one.id in found)

    def merged(self, one, other):
        tree = git(self.folder, "merge-tree", "--write-tree", one, other).decode().strip()
        parents = ("-p", one, "-p", other)
        return CommitId(
            git(self.folder, *USER, "commit-tree", "-m", "merge", *parents, tree).decode().strip()
        )

    def take_in(self, head, label, *, unrelated=False):
        del label, unrelated
        git(self.folder, *USER, "merge", "-q", "-m", "merge", head)
        return ""

    def is_fresh(self):
        return self.head() is None

    def refuse_outgoing(self, head, without):
        del head, without
        return self.secret


class Machine:
    """One peer."""

    def __init__(self, folder, name):
        self.folder, self.name, self.now = folder / name, name, START
        if not self.folder.exists():
            make_again(create_repository, self.folder)
        self.git = LocalGit(self.folder, lambda: self.now)
        self.memory = GitHead(self.folder, self.git.log)
        self.secrets = count(time.time_ns())
        self.mesh = self.with_key(name)
        self.files = folder

    def with_key(self, name):
        repository = self.git.repository
        state = MeshFiles(repository.state_dir / "mesh")
        keys = KnownKeys(name, state)
        return Mesh(
            MeshPorts(
                memory=self.memory,
                chains=SignedChains(self.git, keys.load),
                side_refs=self.git.side_refs,
                bundles=Bundles(repository, GitRunner(repository)),
                inspect=lambda arrived: nullcontext((OfferedBundle(arrived), lambda _: True)),
                state=state,
                signer=JoinSigner(keys.of),
                keys=keys,
                new_secret=lambda: next(self.secrets).to_bytes(32, "big"),
                new_nonce=lambda: f"{next(self.secrets):022d}",
                public_of=public_of,
                exclusive=nullcontext,
                clock=lambda: self.now,
                kits=PeerBases(self.git),
            )
        )

    @property
    def id(self):
        return public_key(self.name).peer

    def write(self, text):
        file = self.folder / f"{text.replace(' ', '-')}.md"
        file.write_text(text)
        git(self.folder, "add", ".")
        git(self.folder, *USER, "commit", "-q", "-m", text)
        return self.memory.head()

    def send(self, other, without=()):
        """What the other machine makes of what this one knows."""
        file = self.files / f"{self.name}-to-{other.name}"
        assert self.mesh.outbox.export(file, without)
        return other.mesh.inbox.take(file)

    def lets_in(self, other):
        invitation = self.mesh.admission.invite()
        request = other.mesh.admission.ask(invitation, other.name)
        self.mesh.admission.admit(request)
        file = self.files / f"{self.name}-lets-{other.name}-in"
        self.mesh.outbox.export(file)
        return other.mesh.inbox.join(invitation, file, other.name, "")


@contextmanager
def machines_in(folder, *names):
    """Machines of no group."""
    made = [Machine(folder, name) for name in names]
    try:
        yield made
    finally:
        for machine in made:
            machine.git.close()


def pair_in(folder):
    """The folders of a laptop and a desk that are of one group and at the same head."""
    make_again(_pair, folder)


def _pair(folder):
    folder.mkdir()
    with machines_in(folder, "laptop", "desk") as (laptop, desk):
        laptop.write("one")
        laptop.mesh.begin("laptop", "home")
        laptop.lets_in(desk)


class DirectLine:
    """The way to another machine without a network: it answers as its endpoints do."""

    def __init__(self, machine):
        self.machine, self.asked, self.fails = machine, [], None
        self.wants_signatures = False

    def _ask(self, what):
        self.asked.append(what)
        if self.fails is not None:
            raise self.fails

    def handshake(self, request):
        self._ask("handshake")
        return JoinSigner(private_key("x")).check_welcome(
            self.machine.mesh.admission.welcome(request)
        )

    def heartbeat(self, token, mine):
        self._ask("heartbeat")
        return self.machine.mesh.hear(self.machine.mesh.book.caller(token), mine)

    def register(self, token, mine):
        self._ask("register")
        return self.machine.mesh.hub.register(self.machine.mesh.book.caller(token), mine)

    def leave(self, token, group):
        self._ask("leave")
        assert group == self.machine.mesh.roster.membership().group
        self.machine.mesh.book.note_leaving(self.machine.mesh.book.caller(token))

    def health(self, token, group):
        self._ask("health")
        assert self.machine.mesh.book.caller(token)
        at = self.machine.mesh.outbox.standpoint()
        return Health(self.machine.now, "1.0", 1, at.head, at.height)

    def fetch(self, token, group, have, file):
        self._ask("fetch")
        assert self.machine.mesh.book.caller(token)
        assert group == self.machine.mesh.roster.membership().group
        return self.machine.mesh.outbox.export(file, have)

    def push(self, token, group, file, height):
        self._ask("push")
        caller = self.machine.mesh.book.caller(token)
        assert (group, height > 0) == (self.machine.mesh.roster.membership().group, True)
        self.machine.mesh.take_from(caller, file)
