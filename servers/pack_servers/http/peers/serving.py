"""What the endpoints answer from, and how they call it: in threads, few at once."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final, TypeVar

import anyio
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from pack.log import CommitFacts, LogQuery
from pack.memory import Memory
from pack.mesh.bundles import LARGEST as LARGEST_BUNDLE
from pack.mesh.challenges import Challenges, SentRequest
from pack.mesh.members.keys import PeerId, PublicKey
from pack.mesh.mesh import Mesh
from pack.model import CommitId
from pack_servers.config.settings import Settings
from pack_servers.wiring.bundle_files import bundle_file
from pack_servers.wiring.kits.giving import KitGiving, kit_giving
from pack_servers.wiring.mesh import check_signature, safe_networks, upload_pack

_T = TypeVar("_T")
_AT_ONCE: Final = 4

Serve = Callable[[Request, PeerId], Awaitable[Response]]
"""Answers a request of a peer of the group."""
Routes = Mapping[tuple[str, str], Serve]
"""What answers a method at a path."""


@dataclass(frozen=True, slots=True)
class MeshServing:
    """What the endpoints answer from.

    Attributes:
        mesh: The memory as a peer.
        make_file: A file for a bundle, gone afterwards.
        is_safe: Whether tokens may come from an address without TLS.
        commits: The commits of a head, the oldest first.
        git_refs: Git's answer to `info/refs`, by the protocol asked for.
        git_answer: Git's answer to a request.
        on_news: Called when something new came.
        check_signature: The nonce in a request that is signed with a key; raises `BadSignature`.
        challenges: Which nonces were given, and which of them used.
        kits: The kits that are given to other peers.
        largest_bundle: The most bytes that a peer may push at once.
        seconds: The time since some moment; it never goes back.
    """

    mesh: Mesh
    make_file: Callable[[], AbstractContextManager[str]]
    is_safe: Callable[[str], bool]
    commits: Callable[[CommitId], Sequence[CommitFacts]]
    git_refs: Callable[[str], bytes]
    git_answer: Callable[[bytes, str], Iterator[bytes]]
    on_news: Callable[[], object]
    check_signature: Callable[[SentRequest, PublicKey], str]
    challenges: Challenges
    kits: KitGiving
    largest_bundle: int = LARGEST_BUNDLE
    seconds: Callable[[], float] = time.monotonic


def serving_of(
    settings: Settings, memory: Memory, mesh: Mesh, on_news: Callable[[], object]
) -> MeshServing:
    """What the endpoints answer from, for a memory in a folder.

    Raises:
        InvalidConfig: A setting cannot be used, or the memory is not in a folder.
    """
    git, networks = upload_pack(memory), safe_networks(settings)

    @lru_cache(maxsize=2)
    def commits(head: CommitId) -> Sequence[CommitFacts]:
        return list(memory.connector.log(LogQuery(head, with_files=True)))[::-1]

    return MeshServing(
        mesh,
        bundle_file,
        networks.holds,
        commits,
        git.refs,
        git.answer,
        on_news,
        check_signature,
        Challenges(secrets.token_bytes(32), partial(secrets.token_urlsafe, 12), time.monotonic),
        kit_giving(settings, memory),
    )


class Threads:
    """Runs what blocks, a few calls at once."""

    def __init__(self) -> None:
        self._limiter = anyio.CapacityLimiter(_AT_ONCE)

    async def run(self, call: Callable[..., _T], *args: object) -> _T:
        """What a call returns."""
        return await run_sync(partial(call, *args), limiter=self._limiter)
