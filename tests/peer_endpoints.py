"""The endpoints for other peers, without a socket, and what asks them."""

import asyncio
import hashlib
from dataclasses import replace
from itertools import count

import httpx
from mcp.server import MCPServer
from pack_connectors.peers.message_signatures import MessageSigner, check_signature
from pack_connectors.peers.networks import SafeNetworks
from pack_connectors.peers.offer_files import OfferFiles
from pack_servers.http.app import HttpSettings, More, build_app
from pack_servers.http.peers.endpoints import MeshEndpoints
from pack_servers.http.peers.serving import MeshServing
from pack_servers.wiring.kits.giving import KitGiving
from pydantic import SecretStr

from pack.log import LogQuery
from pack.mesh.challenges import Challenges, digest_field, nonce_in
from tests.mesh_support import private_key

HOST = "http://127.0.0.1:3005"
MCP_TOKEN = "example-mcp-token"
WORDS = count()


class Server:
    """The server of a machine, and what asks it."""

    def __init__(self, machine, **fields):
        self.machine, self.news, self.files, self.seconds = machine, [], set(), 0
        self.offers = OfferFiles(machine.git.repository.state_dir / "mesh")

        def commits(head):
            return list(machine.git.log(LogQuery(head, with_files=True)))[::-1]

        self.serving = MeshServing(
            machine.mesh,
            self.make_file,
            SafeNetworks().holds,
            commits,
            lambda protocol: f"refs {protocol}".encode(),
            lambda body, protocol: iter([body, protocol.encode()]),
            lambda: self.news.append(1),
            check_signature,
            Challenges(b"secret", lambda: f"{next(WORDS):08d}", lambda: self.seconds),
            KitGiving(self.offers, lambda: private_key(machine.name)),
        )
        self.serving = replace(self.serving, **fields)
        self.group = machine.mesh.roster.membership().group

    def make_file(self):
        return _Kept(self.machine.files / f"file-{len(self.files)}-{id(self)}", self.files)

    def ask(
        self,
        method,
        path,
        token=None,
        *,
        client="127.0.0.1",
        is_on=True,
        base=HOST,
        mesh=None,
        **given,
    ):
        mesh = (mesh or MeshEndpoints(self.serving)) if is_on else None
        settings = HttpSettings(token=SecretStr(MCP_TOKEN), max_body=100_000)
        app = build_app(
            MCPServer("test", log_level="WARNING"), settings, more=More(mesh=lambda: mesh)
        )
        headers = given.pop("headers", {})
        if token is not None:
            headers = {"Authorization": f"Bearer {token}", **headers}

        async def asked():
            transport = httpx.ASGITransport(app, client=(client, 5000))
            async with httpx.AsyncClient(transport=transport, base_url=base) as http:
                return await http.request(method, path, headers=headers, **given)

        answer = asyncio.run(asked())
        assert self.files == set()
        return answer

    def ask_signed(self, by, method, path, token=None, *, nonce=None, content=b"", **given):
        """A request that a machine signs, over the nonce that the server gives if none is given."""
        if nonce is None:
            answer = self.ask(method, path, token, content=content, **given)
            nonce = nonce_in(answer.headers.get("accept-signature", ""))
            if nonce is None:
                return answer
        url = given.pop("url", f"{HOST}{path}")
        digest = digest_field(hashlib.sha256(content).digest())
        fields = MessageSigner(private_key(by)).sign(method, url, digest, nonce)
        headers = {**given.pop("headers", {}), **fields}
        return self.ask(method, path, token, content=content, headers=headers, **given)

    def at(self, path, group=None):
        return f"/sync/v1/groups/{group or self.group}/{path}"


class _Kept:
    """A file for a bundle that shows whether it was let go of."""

    def __init__(self, file, files):
        self.file, self.files = file, files

    def __enter__(self):
        self.files.add(self.file)
        return str(self.file)

    def __exit__(self, *_):
        self.files.remove(self.file)
        self.file.unlink(missing_ok=True)
