"""The one way in: what of a bundle from another peer is believed, and what is kept apart.

Whatever way it came, by push, pull, hub or USB stick. Its objects lie in quarantine meanwhile. What
one peer did wrong holds nobody else up: the rest is taken in, and what is refused stays in
`refs/pack/quarantine/<peer id>`, where a person can look at it.

Nothing here merges: the heads that are accepted are merged like those of any remote.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pack.errors import BadSignature, InvalidContent, LimitExceeded, NotFound, UnusableInput
from pack.history.origins import written_by
from pack.log import CommitFacts
from pack.merge.heads import MERGE_VERSION
from pack.mesh.announcement import Announced, Course, check_chain, course_of
from pack.mesh.members.agreement import AgreedGroup, agreed
from pack.mesh.members.group import ALL_LEVELS, Peer
from pack.mesh.members.group_chain import (
    GroupChain,
    GroupCommit,
    GroupVersion,
    checked_chain,
)
from pack.mesh.members.keys import PeerId, PublicKey, parse_peer_id
from pack.mesh.members.speakers import Speakers
from pack.mesh.store import FORKS, GROUP_REF, PEERS, WITNESSES
from pack.model import CommitId
from pack.use_cases.merging import merge_version

MOST_ANNOUNCEMENTS: Final = 100_000
QUARANTINE: Final = "quarantine"
_MAY_NOT: Final = "the peer may not write to this group"


@dataclass(frozen=True, slots=True)
class NewCommit:
    """A commit of the memory that was not here before.

    Attributes:
        facts: What it says.
        signer: The key whose valid signature it has; `None` without one.
        is_damaged: Whether it has a signature that is not over it.
    """

    facts: CommitFacts
    signer: PublicKey | None = None
    is_damaged: bool = False


class BundleOffer(Protocol):
    """What a bundle offers; everything is read from its quarantine."""

    @property
    def refs(self) -> Mapping[str, CommitId]:
        """Its refs, by their names below `refs/pack/`."""
        ...

    def group_commits(self, head: CommitId) -> Sequence[GroupCommit]:
        """See `ChainStore.group_commits`."""
        ...

    def announcements(self, head: CommitId, most: int) -> Sequence[Announced]:
        """See `ChainStore.announcements`."""
        ...

    def new_commits(self, head: CommitId, known: Collection[CommitId]) -> Iterator[NewCommit]:
        """The commits that lead to one and to none of those that are known."""
        ...


@dataclass(frozen=True, slots=True)
class IntakeStanding:
    """What this peer knew before.

    Attributes:
        group: The group's id.
        chains: The versions of the group, by the ref that leads to each; none for a newcomer.
        announced: The last accepted announcement of each peer.
        is_accepted: Whether an announcement of a peer was accepted at any time.
        quarantined: What was refused of each peer last.
        heads: Commits of the memory that are here with all that leads to them.
        me: This peer.
        witnesses: What former members said, as it was needed here.
    """

    group: CommitId
    chains: Mapping[str, GroupChain]
    announced: Mapping[PeerId, Announced]
    is_accepted: Callable[[PeerId, CommitId], bool]
    quarantined: Mapping[PeerId, CommitId]
    heads: frozenset[CommitId]
    me: PeerId
    witnesses: frozenset[CommitId] = frozenset()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that was not taken in.

    Attributes:
        ref: What offered it, below `refs/pack/`.
        commit: Where it led.
        reason: Why not, for people.
        peer: The peer that said it; `None` if it is not about one.
    """

    ref: str
    commit: CommitId
    reason: str
    peer: PeerId | None = None


@dataclass(frozen=True, slots=True)
class IntakeVerdict:
    """What is to be done with a bundle.

    Attributes:
        refs: Where refs lead now and are to lead, below `refs/pack/`.
        version: The version of the group that then counts.
        heads: The heads that peers announced and that are accepted, by peer.
        refused: What is not taken in.
        is_restored: Whether this peer had said more than it knew, and takes that up again.
        is_cloned: Whether somebody else says other things with this peer's key.
        commits: How many commits were read for it, also of what is refused.
    """

    refs: Mapping[str, tuple[CommitId | None, CommitId]]
    version: GroupVersion
    heads: Mapping[PeerId, CommitId]
    refused: tuple[Refusal, ...]
    is_restored: bool = False
    is_cloned: bool = False
    commits: int = 0


CheckMerge = Callable[[CommitFacts], bool]
"""Whether a commit that claims to be PACK's merge is what its parents give."""


@dataclass(slots=True)
class _Heard:
    """What a member says that is new.

    Attributes:
        ref: What offers it.
        commit: Its last announcement.
        member: Who says it.
        chain: All that is new of it, the last one first.
        known: What was last accepted of it.
        is_double: Whether that does not go with it.
        problem: Why it is not believed yet.
    """

    ref: str
    commit: CommitId
    member: Peer
    chain: Sequence[Announced]
    known: Announced | None
    is_double: bool
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Witness:
    """What somebody said, and another one passes on: that it had these commits first.

    Attributes:
        ref: What offers it.
        commit: Its last announcement.
        peer: Who, as it last was.
        head: Where it was.
    """

    ref: str
    commit: CommitId
    peer: Peer
    head: CommitId


def judge(offer: BundleOffer, standing: IntakeStanding, check_merge: CheckMerge) -> IntakeVerdict:
    """What of a bundle is believed.

    Args:
        offer: The bundle.
        standing: What was known before.
        check_merge: Computes a merge again.

    Raises:
        InvalidContent: There is no version of the group, neither here nor in the bundle.
    """
    return _Judge(offer, standing, check_merge).verdict()


class _Judge:
    def __init__(
        self, offer: BundleOffer, standing: IntakeStanding, check_merge: CheckMerge
    ) -> None:
        self._offer = offer
        self._standing = standing
        self._check_merge = check_merge
        self._refs: dict[str, tuple[CommitId | None, CommitId]] = {}
        self._heads: dict[PeerId, CommitId] = {}
        self._refused: list[Refusal] = []
        self._known = set(standing.heads)
        self._is_restored = self._is_cloned = False
        self._speakers = Speakers((), ())
        self._read = 0
        self._witnesses: list[_Witness] = []
        self._seen: dict[CommitId, frozenset[CommitId]] = {}
        self._needed: set[CommitId] = set()
        self._merges: dict[CommitId, bool] = {}

    def verdict(self) -> IntakeVerdict:
        group = self._group()
        heard = self._heard(group.version)
        before = -1
        while before < len(self._known):  # what one peer may not say, another one may
            before = len(self._known)
            heard = [one for one in heard if not self._is_believed(one)]
        for one in heard:
            self._refuse(one.ref, one.commit, one.problem, one.member.id)
        self._refuse_rest(group.version)
        return IntakeVerdict(
            self._refs,
            group.version,
            self._heads,
            tuple(self._refused),
            self._is_restored,
            self._is_cloned,
            self._read,
        )

    def _refuse_rest(self, version: GroupVersion) -> None:
        """What a former member said that others vouch for is in, and nothing else of it."""
        for one in self._witnesses:
            is_new = one.commit not in self._standing.witnesses
            is_former = one.peer.id not in version.group.peers
            if is_new and is_former and any(self._offer.new_commits(one.head, self._known)):
                self._refuse(one.ref, one.commit, _MAY_NOT, one.peer.id)

    def _refuse(self, ref: str, commit: CommitId, why: str, peer: PeerId | None = None) -> None:
        self._refused.append(Refusal(ref, commit, why, peer))
        if peer is not None and self._speakers.member(peer):  # of a stranger nothing is kept
            before = self._standing.quarantined.get(peer)
            self._refs[f"{QUARANTINE}/{peer}"] = (before, commit)

    # --- the group -----------------------------------------------------------------------------

    def _group(self) -> AgreedGroup:
        known = {chain[-1].id: chain for chain in self._standing.chains.values()}
        for ref, commit in sorted(self._offer.refs.items()):
            if (ref == GROUP_REF or ref.startswith(f"{FORKS}/")) and commit not in known:
                chain = self._checked(ref, commit)
                if chain is not None:
                    known[commit] = chain
        if not known:
            raise UnusableInput("the bundle does not say who belongs to the group")
        found = agreed(known.values())
        self._move_group(found.chain, known)
        self._speakers = Speakers(found.counted, known.values())
        return found

    def _checked(self, ref: str, commit: CommitId) -> GroupChain | None:
        try:
            chain = checked_chain(self._offer.group_commits(commit))
            if chain[0].id != self._standing.group:
                raise UnusableInput("it belongs to another group")
        except (InvalidContent, LimitExceeded, NotFound) as error:
            self._refuse(ref, commit, str(error))
            return None
        return chain

    def _move_group(self, chain: GroupChain, known: Mapping[CommitId, GroupChain]) -> None:
        """Have the group's ref lead to the chain that counts, and keep every other one."""
        before = self._standing.chains.get(GROUP_REF)
        was = before[-1].id if before else None
        if was != chain[-1].id:
            self._refs[GROUP_REF] = (was, chain[-1].id)
        counted = {version.id for version in chain}
        for tip in sorted(known):
            ref = f"{FORKS}/{tip}"
            if tip not in counted and ref not in self._standing.chains:
                self._refs[ref] = (None, tip)

    # --- announcements -------------------------------------------------------------------------

    def _heard(self, version: GroupVersion) -> list[_Heard]:
        """What peers say that is new and goes with what they said before."""
        found = []
        for ref, commit in sorted(self._offer.refs.items()):
            folder, slash, name = ref.partition("/")
            if folder == PEERS and slash:
                one = self._announcement(ref, name, commit, version)
                found += [one] if one is not None else []
            elif folder == WITNESSES and slash:
                self._evidence(ref, commit)
        return found

    def _announcement(
        self, ref: str, name: str, commit: CommitId, version: GroupVersion
    ) -> _Heard | None:
        try:
            peer = parse_peer_id(name)
            if peer != name:
                raise UnusableInput("a peer's ref is its id as PACK writes it")
        except InvalidContent as error:
            self._refuse(ref, commit, str(error))
            return None
        if self._standing.is_accepted(peer, commit):
            return None  # the same as here, or what somebody else last heard of that peer
        try:
            chain = self._offer.announcements(commit, self._most(peer, commit))
            if peer not in version.group.peers and self._is_witness(ref, peer, chain):
                return None
            member, is_double = self._speaker(peer, chain, version)
        except (InvalidContent, LimitExceeded, NotFound) as error:
            self._refuse(ref, commit, str(error), peer)
            return None
        return _Heard(ref, commit, member, chain, self._standing.announced.get(peer), is_double)

    def _evidence(self, ref: str, commit: CommitId) -> None:
        """Take an announcement that somebody passes on as the word of whoever made it."""
        try:
            self._is_heard_as_witness(ref, self._offer.announcements(commit, 1)[0])
        except (InvalidContent, LimitExceeded, NotFound) as error:
            self._refuse(ref, commit, str(error))

    def _is_witness(self, ref: str, peer: PeerId, chain: Sequence[Announced]) -> bool:
        """Whether an announcement is a former member's, which is only evidence."""
        check_chain(chain)
        return chain[0].said.peer == peer and self._is_heard_as_witness(ref, chain[0])

    def _is_heard_as_witness(self, ref: str, last: Announced) -> bool:
        who = self._speakers.speaker(last.said.peer)
        if who is None or not who.may_write or last.said.group != self._standing.group:
            return False
        self._witnesses.append(_Witness(ref, last.id, who, last.said.head))
        return True

    def _most(self, peer: PeerId, commit: CommitId) -> int:
        """How many announcements lead back to the known one, if what the last one says is so."""
        known = self._standing.announced.get(peer)
        if known is None:
            return MOST_ANNOUNCEMENTS
        last = self._offer.announcements(commit, 1)[0]
        return min(max(last.said.n - known.said.n + 1, 1), MOST_ANNOUNCEMENTS)

    def _speaker(
        self, peer: PeerId, chain: Sequence[Announced], version: GroupVersion
    ) -> tuple[Peer, bool]:
        """The member that an announcement is by, and whether it has said something else before.

        Raises:
            InvalidContent: It may not say that.
        """
        known, last = self._standing.announced.get(peer), chain[0]
        if last.said.peer != peer or last.said.group != self._standing.group:
            raise UnusableInput("the announcement speaks for another peer or group")
        member = version.group.peers.get(peer)
        if member is None or not version.may_sign(member.key):
            raise BadSignature(_MAY_NOT)
        course = course_of(known, chain, lambda one: self._standing.is_accepted(peer, one))
        is_double = course is Course.EQUIVOCATION
        self._is_cloned = self._is_cloned or (is_double and peer == self._standing.me)
        return member, is_double

    def _is_believed(self, heard: _Heard) -> bool:
        self._needed.clear()
        try:
            self._check_commits(heard)
        except (InvalidContent, LimitExceeded, NotFound) as error:
            heard.problem = str(error)
            return False
        self._keep_evidence()
        if heard.is_double:  # not followed, but others may have taken in what it vouches for
            self._known.add(heard.chain[0].said.head)
            heard.problem = "the peer says different things: its key is on two machines"
            return False
        peer, known, last = heard.member.id, heard.known, heard.chain[0]
        self._is_restored = self._is_restored or peer == self._standing.me
        self._refs[f"{PEERS}/{peer}"] = (known.id if known else None, last.id)
        self._heads[peer] = last.said.head
        self._known.add(last.said.head)
        return True

    def _check_commits(self, heard: _Heard) -> None:
        """Do nothing, unless a commit says what it may not.

        What a peer had before its first announcement is older than its key, so its signatures and
        merges are not checked; only the levels are, if the peer may not claim all of them. That
        counts for everybody, even if this peer is refused for what came later.

        Raises:
            BadSignature: One does.
        """
        chain, peer = heard.chain, heard.member
        if peer.may_write and heard.known is None and chain[-1].previous is None:
            begun = chain[-1].said.head
            for commit in self._new_commits(begun):
                self._check_level(commit, peer)
            self._known.add(begun)
        for commit in self._new_commits(chain[0].said.head):
            if not peer.may_write:  # where it is may be told by a reader, too
                raise BadSignature(_MAY_NOT)
            self._check_signature(commit)
            self._check_level(commit, peer)

    def _new_commits(self, head: CommitId) -> Iterator[NewCommit]:
        for commit in self._offer.new_commits(head, self._known):
            self._read += 1
            yield commit

    def _check_signature(self, commit: NewCommit) -> None:
        facts = commit.facts
        if commit.is_damaged:
            raise BadSignature(f"the signature of {facts.id[:12]} does not match it")
        if commit.signer is not None and not self._speakers.was_named(commit.signer.peer):
            raise BadSignature(f"{facts.id[:12]} is signed by nobody in this group")
        if is_merge(facts) and not self._is_true_merge(facts):
            raise BadSignature(f"{facts.id[:12]} is not the merge of its parents")

    def _is_true_merge(self, facts: CommitFacts) -> bool:
        if facts.id not in self._merges:
            self._merges[facts.id] = self._check_merge(facts)
        return self._merges[facts.id]

    def _check_level(self, commit: NewCommit, peer: Peer) -> None:
        """Whether whoever made a commit may claim its level: its signer, else who announces it.

        So one that nobody signed, as the key could not be read just then, is worth no more than one
        made by hand. Whoever announces it could have signed it, too.
        """
        signer = commit.signer
        maker = (self._speakers.speaker(signer.peer) if signer is not None else None) or peer
        if maker.levels.issuperset(ALL_LEVELS):
            return
        if is_merge(commit.facts) and self._is_true_merge(commit.facts):
            return  # it says nothing of its own
        level = written_by(commit.facts).level
        if level not in maker.levels and not self._is_seen(commit, level):
            raise BadSignature(
                f"{commit.facts.id[:12]} claims level {level}, which it may not claim"
            )

    def _is_seen(self, commit: NewCommit, level: int) -> bool:
        """Whether an unsigned commit was announced by somebody else who may claim this.

        Whoever took it in before that one left only passes it on.
        """
        if commit.signer is not None:
            return False
        for witness in self._witnesses:
            if level in witness.peer.levels and commit.facts.id in self._seen_by(witness):
                self._needed.add(witness.commit)
                return True
        return False

    def _seen_by(self, witness: _Witness) -> Collection[CommitId]:
        if witness.commit not in self._seen:
            found = self._offer.new_commits(witness.head, self._known)
            self._seen[witness.commit] = frozenset(one.facts.id for one in found)
        return self._seen[witness.commit]

    def _keep_evidence(self) -> None:
        """Have what was needed to believe somebody passed on to others, who need it, too."""
        for commit in self._needed - self._standing.witnesses:
            self._refs[f"{WITNESSES}/{commit}"] = (None, commit)


def is_merge(facts: CommitFacts) -> bool:
    """Whether a commit claims to be a merge that everybody can compute again.

    One of another version is a text like any other of whoever announces it.
    """
    return len(facts.parents) > 1 and merge_version(facts) == str(MERGE_VERSION)
