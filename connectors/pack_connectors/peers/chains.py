"""The chains of a group and of its peers, in commits that are signed and checked.

Source: the forms of `pack.mesh.announcement` and of `group` and `signers` in `pack.mesh.members`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pack.errors import BadSignature, UnusableInput
from pack.mesh.announcement import (
    LARGEST,
    Announced,
    Announcement,
    parse_announcement,
    write_announcement,
)
from pack.mesh.members.group import Group, parse_group, write_group
from pack.mesh.members.group_chain import MOST_VERSIONS, GroupCommit
from pack.mesh.members.keys import PeerId, PublicKey
from pack.mesh.members.signers import allowed_signers, revoked_keys
from pack.mesh.side_commits import SideCommits, StoredCommit
from pack.mesh.store import (
    ANNOUNCE_FILE,
    FORKS,
    GROUP_FILE,
    GROUP_REF,
    MESH,
    PEERS,
    REVOKED_FILE,
    SIGNERS_FILE,
)
from pack.model import CommitId, MemoryPath
from pack_connectors.peers.key_file import public_half
from pack_connectors.peers.signed_commits import signed, signer_of

_GROUP_FILES: Final = (GROUP_FILE, SIGNERS_FILE, REVOKED_FILE)
_LARGEST_COMMIT: Final = 16 * 1024
_REMEMBERED: Final = 1024
Walk = Callable[[CommitId, Sequence[MemoryPath]], Iterator[StoredCommit]]
"""See `SideCommits.walk_aside`."""


class SignedChains:
    """See `ChainStore`.

    Args:
        side: The refs of the memory.
        key: This peer's private key, or what gives the one that counts now.
    """

    def __init__(
        self, side: SideCommits, key: Ed25519PrivateKey | Callable[[], Ed25519PrivateKey]
    ) -> None:
        self._side = side
        self._private = key if callable(key) else lambda: key

    @property
    def key(self) -> PublicKey:
        """See `ChainStore.key`."""
        return public_half(self._private())

    # --- the group ---------------------------------------------------------------------------

    def group_heads(self) -> Sequence[CommitId]:
        """See `ChainStore.group_heads`."""
        main = self._side.side_refs(GROUP_REF).values()
        forks = self._side.side_refs(FORKS)
        return [*main, *(forks[name] for name in sorted(forks))]

    def group_commits(self, head: CommitId) -> Sequence[GroupCommit]:
        """See `ChainStore.group_commits`."""
        return read_group(self._side.walk_aside, head)

    def store_group(
        self,
        before: CommitId | None,
        group: Group,
        revoked: frozenset[PublicKey],
        *,
        is_fork: bool = False,
    ) -> CommitId:
        """See `ChainStore.store_group`."""
        parse_group(write_group(group))  # a version that nobody can read would be the last one
        contents = {
            GROUP_FILE: write_group(group).encode(),
            SIGNERS_FILE: allowed_signers(group.signers).encode(),
            REVOKED_FILE: revoked_keys(revoked - group.former_keys).encode(),
        }
        parents = [before] if before else []
        subject = f"{GROUP_FILE}: {len(group.peers)} peers, {len(revoked)} keys revoked"
        if is_fork:
            known = self._side.side_refs(FORKS).get(str(before))
            return self._store(f"{FORKS}/{before}", known, parents, contents, subject)
        return self._store(GROUP_REF, before, parents, contents, subject)

    # --- announcements -----------------------------------------------------------------------

    def announced(self) -> Mapping[PeerId, CommitId]:
        """See `ChainStore.announced`."""
        return {PeerId(name): commit for name, commit in self._side.side_refs(PEERS).items()}

    def announcements(self, head: CommitId, most: int) -> Sequence[Announced]:
        """See `ChainStore.announcements`."""
        return read_announcements(self._side.walk_aside, head, most)

    def announce(self, previous: CommitId | None, said: Announcement) -> CommitId:
        """See `ChainStore.announce`."""
        parse_announcement(write_announcement(said))  # or what nobody can read would be the last
        parents = [previous, said.head] if previous else [said.head]
        contents = {ANNOUNCE_FILE: write_announcement(said).encode()}
        ref = f"{PEERS}/{said.peer}"
        return self._store(ref, previous, parents, contents, f"{ANNOUNCE_FILE}: {said.n}")

    def _store(
        self,
        ref: str,
        expected: CommitId | None,
        parents: Sequence[CommitId],
        contents: Mapping[MemoryPath, bytes],
        subject: str,
    ) -> CommitId:
        sign = partial(signed, key=self._private())
        return self._side.commit_files_aside(
            ref, expected, parents, contents, subject, author=MESH, sign=sign
        )


def read_group(walk: Walk, head: CommitId) -> Sequence[GroupCommit]:
    """See `ChainStore.group_commits`; from wherever `walk` reads."""
    found: list[GroupCommit] = []
    for stored in walk(head, _GROUP_FILES):
        found.append(_group_commit(stored))
        if len(found) > MOST_VERSIONS:
            raise UnusableInput("the group has too many versions")
    return found[::-1]


def read_announcements(walk: Walk, head: CommitId, most: int) -> Sequence[Announced]:
    """See `ChainStore.announcements`; from wherever `walk` reads."""
    found: list[Announced] = []
    for stored in walk(head, (ANNOUNCE_FILE,)):
        found.append(_announced(stored))
        if found[-1].previous is None or len(found) >= most:
            break
    return found


def _group_commit(stored: StoredCommit) -> GroupCommit:
    group, signers, revoked = (_text(stored, name) for name in _GROUP_FILES)
    signer = signer_of(stored.content)
    return GroupCommit(stored.id, stored.parents, signer, group, signers, revoked)


def _announced(stored: StoredCommit) -> Announced:
    found = stored.files.get(ANNOUNCE_FILE, b"")
    if len(found) > LARGEST or len(stored.content) > _LARGEST_COMMIT:
        raise UnusableInput("the announcement is too long")
    text = _text(stored, ANNOUNCE_FILE)
    return _checked(stored.id, stored.parents, stored.content, text)


@lru_cache(maxsize=_REMEMBERED)
def _checked(
    commit: CommitId, parents: tuple[CommitId, ...], content: bytes, text: str
) -> Announced:
    """What a commit announces. The last ones of all peers are asked for at each heartbeat."""
    said, signer = parse_announcement(text), signer_of(content)
    if signer is None or signer.peer != said.peer:
        raise BadSignature("an announcement is not signed by the peer that it names")
    is_first = said.n == 1
    if parents[not is_first :] != (said.head,):
        raise UnusableInput("an announcement does not lead to the head that it names")
    return Announced(commit, None if is_first else parents[0], said)


def _text(stored: StoredCommit, name: MemoryPath) -> str:
    content = stored.files.get(name)
    if content is None:
        raise UnusableInput(f"{name} is missing in a commit of a chain")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnusableInput(f"{name} is not UTF-8") from error
