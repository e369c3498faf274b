"""Attacks on a peer, each as one row against its real endpoints: who asks, with what, and what for.

All rows meet the same peer, in process: the real repository, keys, merges and git. None of them
changes its memory, its folder or what it believes, and none learns what the group is called.

Rows that are elsewhere, as they need something of their own:

- what a member may not say or must repair, and what goes on meanwhile: `test_mesh_attacks`
  (transplanted signatures, four forged merges, submodules, case twins, a
  folder for a file and a file for a folder, a file that is too large, a path that git refuses,
  links without end, foreign refs, refs to no commit, a false height, older bundles);
- where an announced address may lead, and whose key may answer there: `test_http_line`,
  `test_networks`, `test_certificate` (link-local, metadata, this machine, mapped addresses, numbers
  for names, other ports, rebinding, redirects, another key, no authority, older TLS);
- clients that send or read too slowly, without end or at once: `test_guard`, `test_sending`,
  `test_uvicorn`, `test_limits`;
- nonces that are guessed, old, of another process or of another peer: `test_challenges`;
- kits that a peer was not granted, and grants that it makes itself: `test_kits` of the endpoints;
- addresses of peers that others pass on, and who may pass them: what tests gossip.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from mcp.server import MCPServer
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.repository import create_repository
from pack_connectors.peers.chains import SignedChains
from pack_connectors.peers.join_requests import JoinSigner
from pack_connectors.peers.key_file import KeyFile
from pack_connectors.peers.message_signatures import MessageSigner
from pack_servers.config.settings import Settings
from pack_servers.http.app import HttpSettings, More, build_app
from pack_servers.http.peers import bodies
from pack_servers.http.peers.endpoints import MeshEndpoints
from pack_servers.http.peers.serving import serving_of
from pack_servers.wiring.memory import open_memory
from pack_servers.wiring.mesh import mesh_of
from pack_servers.wiring.places import LocalPlace
from pydantic import SecretStr

from pack.mesh.challenges import digest_field, nonce_in
from pack.mesh.joining import JoinRequest
from pack.mesh.meeting import LARGEST, heard_fields
from pack.mesh.members.group import Peer
from pack.mesh.members.keys import PeerId, PublicKey
from pack.mesh.mesh import Mesh
from tests.mesh_attackers import Group, begin, commit, forged_merge, lie_tree, sent, with_entry
from tests.support import START, git

HOST: Final = "http://127.0.0.1:3005"
HANDSHAKE: Final = "/sync/v1/handshake"
MCP_TOKEN: Final = "example-mcp-token"
PROXIED: Final = {"X-Forwarded-For": "203.0.113.9"}
STRANGER: Final = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
SECRETS: Final = ("home", "laptop", "phone")


def public(key: Ed25519PrivateKey) -> PublicKey:
    return PublicKey(key.public_key().public_bytes_raw())


class Scene:
    """Laptop, which is attacked, with its endpoints; and what others have of it."""

    def __init__(self, group: Group, stack: ExitStack) -> None:
        self.group, self.stack = group, stack
        self._count = 0
        settings = Settings(pack_mesh_key=group.key("laptop"))
        place = LocalPlace(group.at("laptop"))
        memory = stack.enter_context(open_memory(settings, place, lambda *_: None))
        self.mesh: Mesh = stack.enter_context(mesh_of(settings, memory))
        self.id = self.mesh.me
        self.serving = serving_of(settings, memory, self.mesh, lambda: None)
        self.endpoints = MeshEndpoints(self.serving)
        self.group_id = self.mesh.roster.membership().group
        self.peers = {one.name: peer for peer, one in self.version.group.peers.items()}
        self.token = self.mesh.book.new_token(self.peers["desk"])
        self.phone_token = self.mesh.book.new_token(self.peers["phone"])

    @property
    def version(self) -> Any:
        return self.mesh.roster.version()

    def key(self, name: str) -> Ed25519PrivateKey:
        return KeyFile(self.group.key(name)).load()

    def at(self, path: str) -> str:
        return f"/sync/v1/groups/{self.group_id}/{path}"

    def ask(
        self,
        method: str,
        path: str,
        token: str = "",
        *,
        client: str = "127.0.0.1",
        headers: dict[str, str] | None = None,
        **given: Any,
    ) -> httpx.Response:
        settings = HttpSettings(token=SecretStr(MCP_TOKEN))
        server = MCPServer("test", log_level="WARNING")
        app = build_app(server, settings, more=More(mesh=lambda: self.endpoints))
        shown = {"Authorization": f"Bearer {token}"} if token else {}

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(app, client=(client, 5000))
            async with httpx.AsyncClient(transport=transport, base_url=HOST) as http:
                return await http.request(
                    method, path, headers={**shown, **(headers or {})}, **given
                )

        return asyncio.run(asked())

    def signed(
        self,
        key: Ed25519PrivateKey,
        method: str,
        path: str,
        token: str = "",
        *,
        content: bytes = b"",
        over: str | None = None,
        **given: Any,
    ) -> tuple[httpx.Response, str]:
        """The answer to a signed request, and over which nonce it was."""
        if over is None:
            first = self.ask(method, path, token, content=content, **given)
            over = nonce_in(first.headers.get("accept-signature", ""))
            assert over is not None, first.text
        digest = digest_field(hashlib.sha256(content).digest())
        fields = MessageSigner(key).sign(method, f"{HOST}{path}", digest, over)
        headers = {**given.pop("headers", {}), **fields}
        return self.ask(method, path, token, content=content, headers=headers, **given), over

    def shake(self, key: Ed25519PrivateKey, content: bytes, **given: Any) -> httpx.Response:
        return self.signed(key, "POST", HANDSHAKE, content=content, **given)[0]

    def request_of(self, key: Ed25519PrivateKey, secret: bytes | None = None, **how: Any) -> bytes:
        asked = JoinRequest(self.id, public(key), "stranger", "", "n" * 22)
        return JoinSigner(key).sign_request(replace(asked, **how), secret)

    # --- what a member pushes ------------------------------------------------------------------

    def attacker(self) -> Group:
        """A copy of desk's machine, and of phone's, that can be spoilt."""
        self._count += 1
        folder = self.group.folder / f"attacker-{self._count}"
        for name in ("desk", "phone"):
            shutil.copytree(self.group.at(name), folder / name, symlinks=True)
            shutil.copyfile(self.group.key(name), folder / f"{name}.key")
            (folder / f"{name}.key").chmod(0o600)
        return Group(folder)

    def push(self, content: bytes, token: str = "", **given: Any) -> httpx.Response:
        headers = {"Content-Type": "application/x-git-bundle", "Pack-Sender-Seq": "1"}
        path = self.at("events")
        return self.ask(
            "POST", path, token or self.token, headers=headers, content=content, **given
        )

    def push_made(self, make: Callable[[Group], str]) -> httpx.Response:
        attacker = self.attacker()
        return self.push(Path(sent(attacker, make(attacker))).read_bytes())

    # --- what stays ----------------------------------------------------------------------------

    def state(self) -> tuple[str, str, str, frozenset[PeerId]]:
        shown = "--format=%(refname) %(objectname)"
        refs = self.group.git("laptop", "for-each-ref", shown).splitlines()
        kept = [ref for ref in refs if not ref.startswith("refs/pack/quarantine/")]
        members = frozenset(self.version.group.peers)
        status = self.group.git("laptop", "status", "--porcelain")
        return "\n".join(kept), self.group.git("laptop", "rev-parse", "HEAD"), status, members


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for who in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{who}_NAME", "Ann")
            patch.setenv(f"GIT_{who}_EMAIL", "ann@example.org")
        group = begin(tmp_path_factory.mktemp("scene"))
        with ExitStack() as before:
            mesh = group.open(before, "laptop")
            mesh.inbox.take(str(group.folder / "phone-out"))
            lost = Peer("lost", public(Ed25519PrivateKey.from_private_bytes(b"l" * 32)))
            mesh.roster.change(lambda one: (one.group.admitting(lost), one.revoked))
            mesh.roster.remove(lost.id)
            phone = mesh.roster.version().group.peers
            (shy,) = (one for one in phone.values() if one.name == "phone")
            few = replace(shy, levels=frozenset({4, 5}))
            mesh.roster.change(
                lambda one: (
                    replace(one.group, peers={**one.group.peers, few.id: few}),
                    one.revoked,
                )
            )
            mesh.outbox.announce()
        yield Scene(group, stack)


# --- the attacks ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """An attack.

    Attributes:
        attack: Makes it.
        status: How it is answered.
        says: What is in the answer.
    """

    attack: Callable[[Scene], httpx.Response]
    status: int
    says: str = ""


def heartbeat_for_another(scene: Scene) -> httpx.Response:
    fields = {**heard_fields(scene.mesh.outbox.heard()), "instance_id": scene.peers["phone"]}
    return scene.ask("POST", "/sync/v1/heartbeat", scene.token, json=fields)


def token_of_before(scene: Scene) -> httpx.Response:
    old, scene.token = scene.token, scene.mesh.book.new_token(scene.peers["desk"])
    return scene.ask("GET", scene.at("status"), old)


def invitation_that_is_over(scene: Scene) -> httpx.Response:
    invitation = scene.mesh.admission.invite()
    state = scene.mesh.admission._state
    made = state.invitations()
    state.set_invitations([replace(one, made_at=one.made_at - timedelta(days=2)) for one in made])
    return scene.shake(STRANGER, scene.request_of(STRANGER, invitation.secret))


def invitation_that_was_used(scene: Scene) -> httpx.Response:
    invitation = scene.mesh.admission.invite()
    state = scene.mesh.admission._state
    desk = scene.peers["desk"]
    state.set_invitations([replace(one, used_by=desk) for one in state.invitations()])
    return scene.shake(STRANGER, scene.request_of(STRANGER, invitation.secret))


def desks_handshake(scene: Scene) -> bytes:
    return scene.request_of(scene.key("desk"), name="desk")


def handshake_again(scene: Scene) -> httpx.Response:
    content, key = desks_handshake(scene), scene.key("desk")
    answer, nonce = scene.signed(key, "POST", HANDSHAKE, content=content)
    scene.token = answer.json()["sync_token"]
    return scene.shake(key, content, over=nonce)


def handshake_of_another(scene: Scene) -> httpx.Response:
    return scene.shake(STRANGER, desks_handshake(scene))


def request_again(scene: Scene) -> httpx.Response:
    key, path = scene.key("desk"), scene.at("status")
    answer, nonce = scene.signed(key, "GET", path, scene.token, headers=PROXIED)
    assert answer.status_code == 200
    return scene.signed(key, "GET", path, scene.token, headers=PROXIED, over=nonce)[0]


def signed_by_another_member(scene: Scene) -> httpx.Response:
    key, path = scene.key("phone"), scene.at("status")
    return scene.signed(key, "GET", path, scene.token, headers=PROXIED)[0]


def body_in_place_of_another(scene: Scene) -> httpx.Response:
    path, key = scene.at("events"), scene.key("desk")
    first = scene.ask("POST", path, scene.token, headers=PROXIED, content=b"")
    nonce = nonce_in(first.headers["accept-signature"])
    assert nonce is not None
    digest = digest_field(hashlib.sha256(b"one").digest())
    fields = MessageSigner(key).sign("POST", f"{HOST}{path}", digest, nonce)
    headers = {**PROXIED, **fields}
    return scene.ask("POST", path, scene.token, headers=headers, content=b"another")


def in_the_name_of_another(scene: Scene) -> httpx.Response:
    """What desk announces as if phone had."""
    attacker = scene.attacker()
    file = Path(sent(attacker, commit(attacker, lie_tree(attacker), head_of(attacker))))
    mine = attacker.git("desk", "rev-parse", f"refs/pack/peers/{scene.peers['desk']}")
    phone = f"refs/pack/peers/{scene.peers['phone']}"
    attacker.git("desk", "update-ref", phone, mine)
    attacker.git("desk", "bundle", "create", "-q", str(file), phone)
    return scene.push(file.read_bytes())


def head_of(group: Group) -> str:
    return group.git("desk", "rev-parse", "HEAD")


def signed_by_a_stranger(scene: Scene) -> httpx.Response:
    attacker = scene.attacker()
    with ExitStack() as stack:
        desk = attacker.open(stack, "desk")
        last = desk.outbox.heads()[desk.me]
        local = LocalGit(attacker.at("desk"), lambda: START)
        stack.callback(local.close)
        said = replace(last.said, n=last.said.n + 1)
        SignedChains(local, STRANGER).announce(None, replace(said, peer=public(STRANGER).peer))
        chain = attacker.git("desk", "rev-parse", f"refs/pack/peers/{public(STRANGER).peer}")
        attacker.git("desk", "update-ref", f"refs/pack/peers/{desk.me}", chain)
    file = attacker.folder / "file"
    attacker.git("desk", "bundle", "create", "-q", str(file), "--glob=refs/pack/*")
    return scene.push(file.read_bytes())


def letting_in_a_friend(scene: Scene) -> httpx.Response:
    """A version of the group that desk signed, who may not."""
    attacker, friend = scene.attacker(), Peer("friend", public(STRANGER))
    with ExitStack() as stack:
        version = scene.version
        local = LocalGit(attacker.at("desk"), lambda: START)
        stack.callback(local.close)
        chains = SignedChains(local, KeyFile(attacker.key("desk")).load())
        at = attacker.git("desk", "rev-parse", "refs/pack/group")
        chains.store_group(at, version.group.admitting(friend), version.revoked)  # type: ignore[arg-type]
    file = attacker.folder / "file"
    attacker.git("desk", "bundle", "create", "-q", str(file), "refs/pack/group")
    return scene.push(file.read_bytes())


def another_group(scene: Scene) -> httpx.Response:
    """All that a group says that desk began by itself."""
    attacker = scene.attacker()
    create_repository(attacker.at("other"))
    shutil.copyfile(attacker.key("desk"), attacker.key("other"))
    attacker.key("other").chmod(0o600)
    attacker.write("other", "index.md", "# Other\n")
    with ExitStack() as stack:
        other = attacker.open(stack, "other")
        other.begin("desk", "home")
        other.outbox.export(str(attacker.folder / "file"))
    return scene.push((attacker.folder / "file").read_bytes())


def more_trust_than_granted(scene: Scene) -> httpx.Response:
    """What phone, whose notes count as an agent's, writes as if it were the person."""
    attacker = scene.attacker()
    attacker.write("phone", "a/person.md", "# I said so\n")
    file = attacker.folder / "file"
    with ExitStack() as stack:
        attacker.open(stack, "phone").outbox.export(str(file))
    return scene.push(file.read_bytes(), scene.phone_token)


def entry(mode: str, name: str, content: bytes) -> Callable[[Group], str]:
    return lambda group: commit(group, with_entry(group, mode, name, content), head_of(group))


def cut_off(scene: Scene) -> httpx.Response:
    attacker = scene.attacker()
    content = Path(sent(attacker, entry("100644", "x.md", b"# X\n")(attacker))).read_bytes()
    return scene.push(content[:-30])


def bits_turned(scene: Scene) -> httpx.Response:
    attacker = scene.attacker()
    content = Path(sent(attacker, entry("100644", "x.md", b"# X\n" * 99)(attacker))).read_bytes()
    middle = content.index(b"PACK") + 40
    return scene.push(content[:middle] + bytes(b ^ 255 for b in content[middle : middle + 9]))


def many_refs(scene: Scene) -> httpx.Response:
    line = f"{'a' * 40} refs/pack/peers/"
    return scene.push(b"# v2 git bundle\n" + "".join(f"{line}{n}\n" for n in range(2000)).encode())


def delta_without_end(scene: Scene) -> httpx.Response:
    """A pack whose one object claims to be 4 EiB large."""
    size = bytes([0xB0 | 0x0F, *([0xFF] * 8), 0x7F])
    pack = b"PACK\0\0\0\2\0\0\0\1" + size + b"x\x9c" + b"\0" * 20
    head = f"# v2 git bundle\n{'a' * 40} refs/pack/group\n\n".encode()
    return scene.push(head + pack + hashlib.sha1(pack, usedforsecurity=False).digest())


def delta_that_grows(scene: Scene) -> httpx.Response:
    """A pack of some thousand bytes with a file of 4 GiB: the same megabyte again and again."""
    size, times = 2**20, 4096
    base = packed_object(3, bytes(size))
    again = b"\xf0\x00\x00\x10" * times  # copy 1 MiB from the beginning
    delta = packed_object(6, varint(size) + varint(size * times) + again, offset_from(len(base)))
    pack = b"PACK\0\0\0\2\0\0\0\2" + base + delta
    head = f"# v2 git bundle\n{'a' * 40} refs/pack/group\n\n".encode()
    return scene.push(head + pack + hashlib.sha1(pack, usedforsecurity=False).digest())


def packed_object(kind: int, content: bytes, before: bytes = b"") -> bytes:
    """An object as gitformat-pack(5) has it."""
    size, first = len(content) >> 4, kind << 4 | len(content) & 15
    head = bytes([first | 0x80]) + varint(size) if size else bytes([first])
    return head + before + zlib.compress(content)


def varint(number: int) -> bytes:
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])


def offset_from(distance: int) -> bytes:
    parts = [distance & 127]
    while distance := distance >> 7:
        distance -= 1
        parts.append(distance & 127 | 128)
    return bytes(reversed(parts))


def too_large(scene: Scene) -> httpx.Response:
    async def endless() -> Any:
        while True:
            yield b"x" * 65536

    return scene.ask("POST", HANDSHAKE, content=endless())


def too_slow(scene: Scene) -> httpx.Response:
    async def stalled() -> Any:
        yield b"x"
        await asyncio.Event().wait()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "SECONDS", 0.05)
        return scene.push(stalled())  # type: ignore[arg-type]


def a_flood(scene: Scene) -> httpx.Response:
    calm = scene.endpoints
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("pack_servers.http.peers.limits.BURST", 2)
            scene.endpoints = MeshEndpoints(replace(scene.serving, seconds=lambda: 0.0))
            for _ in range(3):
                scene.push(b"garbage")
            return scene.push(b"garbage")
    finally:
        scene.endpoints = calm


def plain_from(client: str) -> Callable[[Scene], httpx.Response]:
    return lambda scene: scene.ask("GET", scene.at("status"), scene.token, client=client)


def with_token(token: str) -> Callable[[Scene], httpx.Response]:
    return lambda scene: scene.ask("GET", scene.at("status"), token)


def git_bomb(scene: Scene) -> httpx.Response:
    bomb, packed = gzip.compress(b"0" * 9_000_000), {"Content-Encoding": "gzip"}
    path = scene.at("git/git-upload-pack")
    return scene.ask("POST", path, scene.token, headers=packed, content=bomb)


def hidden_by_git(scene: Scene) -> httpx.Response:
    """A commit that no ref leads to, asked for by its id."""
    secret = git(scene.group.at("laptop"), "commit-tree", "HEAD^{tree}", "-m", "x").decode().strip()
    want = f"want {secret}\n"
    body = f"{len(want) + 4:04x}{want}00000009done\n".encode()
    return scene.ask("POST", scene.at("git/git-upload-pack"), scene.token, content=body)


TABLE: Final = {
    # who asks
    "no token": Row(with_token(""), 401),
    "a token that nobody gave": Row(with_token("x" * 64), 403),
    "the token of MCP": Row(with_token(MCP_TOKEN), 403),
    "a token that was replaced": Row(token_of_before, 403),
    "a token of another peer": Row(heartbeat_for_another, 403),
    "another group": Row(
        lambda s: s.ask("GET", f"/sync/v1/groups/{'0' * 40}/status", s.token), 404
    ),
    "a token over plain HTTP": Row(plain_from("192.168.1.9"), 403, "insecure"),
    "a token over plain HTTP, mapped": Row(plain_from("::ffff:8.8.8.8"), 403, "insecure"),
    "a handshake over plain HTTP": Row(
        lambda s: s.ask("POST", HANDSHAKE, content=b"{}", client="10.1.1.1"), 403, "insecure"
    ),
    "a page in a browser": Row(
        lambda s: s.ask("GET", s.at("status"), s.token, headers={"Origin": "https://evil.example"}),
        403,
    ),
    "a stranger without an invitation": Row(
        lambda s: s.shake(STRANGER, s.request_of(STRANGER)), 202, "admission_pending"
    ),
    "a made-up invitation": Row(
        lambda s: s.shake(STRANGER, s.request_of(STRANGER, b"x" * 32)), 403
    ),
    "an invitation that is over": Row(invitation_that_is_over, 403),
    "an invitation that was used": Row(invitation_that_was_used, 403),
    "a key that was removed": Row(
        lambda s: s.shake(
            Ed25519PrivateKey.from_private_bytes(b"l" * 32),
            s.request_of(Ed25519PrivateKey.from_private_bytes(b"l" * 32)),
        ),
        403,
        "removed",
    ),
    "a request to another peer": Row(
        lambda s: s.shake(
            s.key("desk"), s.request_of(s.key("desk"), inviter=s.peers["phone"], name="desk")
        ),
        403,
    ),
    # what was seen on the way
    "a handshake without a signature": Row(
        lambda s: s.ask("POST", HANDSHAKE, content=desks_handshake(s)), 401, "signature_needed"
    ),
    "a handshake again": Row(handshake_again, 401, "nonce"),
    "a handshake of another": Row(handshake_of_another, 401, "signature_needed"),
    "a token behind a proxy": Row(
        lambda s: s.ask("GET", s.at("status"), s.token, headers=PROXIED), 401, "signature_needed"
    ),
    "a request again": Row(request_again, 401, "nonce"),
    "a request signed by another member": Row(signed_by_another_member, 401, "signature_needed"),
    "a body in place of another": Row(body_in_place_of_another, 400, "wrong_digest"),
    # what a member pushes
    "in the name of another": Row(in_the_name_of_another, 200, "quarantined"),
    "signed by a stranger": Row(signed_by_a_stranger, 200, "quarantined"),
    "a group that lets in a friend": Row(letting_in_a_friend, 200, "quarantined"),
    "all of another group": Row(another_group, 200, "quarantined"),
    "more trust than granted": Row(more_trust_than_granted, 200, "may not claim"),
    "a merge that is none": Row(lambda s: s.push_made(forged_merge(tree=True)), 200, "not the mer"),
    "a path out of the folder": Row(
        lambda s: s.push_made(entry("100644", "..", b"x")), 400, "damaged"
    ),
    "a path into git": Row(lambda s: s.push_made(entry("040000", ".git", b"x")), 400, "damaged"),
    "a path into git, in capitals": Row(
        lambda s: s.push_made(entry("040000", ".GIT", b"x")), 400, "damaged"
    ),
    "a bundle that is cut off": Row(cut_off, 400, "damaged"),
    "a bundle with damage": Row(bits_turned, 400, "damaged"),
    "no bundle": Row(lambda s: s.push(b"PACK" * 999), 400),
    "more refs than peers": Row(many_refs, 400, "too many refs"),
    "an object without end": Row(delta_without_end, 400, "damaged"),
    "a delta that grows": Row(delta_that_grows, 400, "over limit"),
    # too much, too long
    "a body without end": Row(too_large, 413),
    "a body of some size": Row(
        lambda s: s.ask("POST", HANDSHAKE, content=b"x" * (LARGEST + 1)), 413
    ),
    "a body that stalls": Row(too_slow, 408),
    "a flood": Row(a_flood, 503, "too many commits"),
    "a bomb for git": Row(git_bomb, 413),
    # by git
    "a push by git": Row(
        lambda s: s.ask("GET", s.at("git/info/refs?service=git-receive-pack"), s.token), 403
    ),
    "what git does not show": Row(hidden_by_git, 400, "not shown"),
}


@pytest.mark.parametrize("name", TABLE)
def test_an_attack_changes_nothing_and_learns_nothing(scene: Scene, name: str) -> None:
    row, before = TABLE[name], scene.state()
    answer = row.attack(scene)
    assert (answer.status_code, row.says in answer.text) == (row.status, True), answer.text
    if row.says == "quarantined":
        assert answer.json()["quarantined"] != []
    after = scene.state()
    assert after == before
    assert not any(f'"{word}"' in answer.text for word in SECRETS)
    still = scene.ask("GET", scene.at("status"), scene.token)
    assert still.status_code == 200, "whoever may ask is answered all the same"
