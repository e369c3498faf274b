"""What of a bundle is believed: the attacks of a peer, a stranger, and of nobody."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from pack.errors import InvalidContent
from pack.log import CommitFacts
from pack.mesh.announcement import Announced, Announcement
from pack.mesh.intake import IntakeStanding, NewCommit, judge
from pack.mesh.members.group import ALL_LEVELS, Role
from pack.mesh.members.group_chain import checked_chain, removal, succession
from pack.mesh.members.keys import PeerId
from pack.model import CommitId, Identity
from pack.provenance import Origin, Source, commit_message
from tests.mesh_support import commit_id, group_of, peer, public_key, version
from tests.support import START

GROUP = group_of("laptop", "desk", "phone")
FIRST = version(group_of("laptop"), "laptop")
SECOND = version(GROUP, "laptop", FIRST)
CHAIN = checked_chain([FIRST, SECOND])
DESK = public_key("desk").peer
BEGUN = commit_id("begun")
HAND = Identity("Ann", "ann@example.org")
PERSON, AGENT = Origin(Source.USER, "cli"), Origin(Source.AI_CLOUD, "agent")


def commit(name: str, *parents: str, message: str = "", author=HAND, **other) -> NewCommit:
    """A commit made by hand."""
    facts = CommitFacts(
        commit_id(name),
        tuple(map(commit_id, parents)),
        message or f"{name}\n",
        START,
        author=author,
        authored_at=START,
    )
    return NewCommit(facts, **other)


def by_pack(name: str, *parents: str, origin=PERSON, signer="desk", **other) -> NewCommit:
    message = commit_message(f"a.md: {name}", origin, "r1")
    key = public_key(signer) if signer else None
    author = origin.author or HAND
    return commit(name, *parents, message=message, author=author, signer=key, **other)


@dataclass
class Offered:
    """A bundle in memory."""

    groups: dict = field(default_factory=lambda: {"group": [FIRST, SECOND]})
    commits: list[NewCommit] = field(default_factory=list)
    said: dict[str, list[Announced]] = field(default_factory=dict)
    extra: dict[str, CommitId] = field(default_factory=dict)

    @property
    def refs(self) -> dict[str, CommitId]:
        heads = {ref: chain[-1].id for ref, chain in self.groups.items()}
        return {**heads, **{ref: said[0].id for ref, said in self.said.items()}, **self.extra}

    def group_commits(self, head):
        return next(chain for chain in self.groups.values() if chain[-1].id == head)

    def announcements(self, head, most):
        return next(said for said in self.said.values() if said[0].id == head)

    def new_commits(self, head, known):
        by_id = {one.facts.id: one for one in self.commits}
        left, seen = [head], set(known)
        while left:
            one = left.pop()
            if one not in seen and one in by_id:
                seen.add(one)
                left += by_id[one].facts.parents
                yield by_id[one]


def says(name: str, *heads: str, group=FIRST.id, branch: str = "") -> list[Announced]:
    made: list[Announced] = []
    for n, head in enumerate(heads, 1):
        said = Announcement(
            group,
            public_key(name).peer,
            n,
            commit_id(head),
            n,
            commit_id("tree"),
            SECOND.id,
            "2026-03-01T12:00:00Z",
        )
        made.append(Announced(commit_id(f"{name} {n} {head}{branch}"), _last(made), said))
    return made[::-1]


def _last(made: list[Announced]) -> CommitId | None:
    return made[-1].id if made else None


def standing(known=(), **other) -> IntakeStanding:
    """What `laptop` knew: the group, and of each peer the announcements that it has accepted."""
    accepted = {one.id for said in known for one in said}
    found = IntakeStanding(
        group=FIRST.id,
        chains={"group": CHAIN},
        announced={said[0].said.peer: said[0] for said in known},
        is_accepted=lambda _, one: one in accepted,
        quarantined={},
        heads=frozenset({BEGUN, *(said[0].said.head for said in known)}),
        me=public_key("laptop").peer,
    )
    return replace(found, **other)


def ref(name: str) -> str:
    return f"peers/{public_key(name).peer}"


def offer(*commits: NewCommit, name: str = "desk", said=None) -> Offered:
    """What a peer that had announced `begun` before offers now."""
    said = said or says(name, "begun", *(one.facts.id and "new" for one in commits[:1]))
    return Offered(commits=list(commits), said={ref(name): said})


KNOWN = standing([says("desk", "begun"), says("phone", "begun")])


def decide(offered: Offered, known: IntakeStanding = KNOWN, check: Callable = lambda _: True):
    return judge(offered, known, check)


def refusal(
    offered: Offered, known: IntakeStanding = KNOWN, check: Callable = lambda _: True
) -> str:
    """Why the only refused peer is refused, which leaves no trace but in quarantine."""
    verdict = decide(offered, known, check)
    (found,) = verdict.refused
    assert found.ref not in verdict.refs
    assert found.peer not in verdict.heads
    if found.peer is not None and found.peer in verdict.version.group.peers:
        assert verdict.refs[f"quarantine/{found.peer}"][1] == found.commit
    return found.reason


# --- what is believed ----------------------------------------------------------------------------


def test_what_members_write_and_what_they_make_by_hand_is_taken_in():
    new = by_pack("new", "by agent")
    agent = by_pack("by agent", "by hand", origin=AGENT)
    offered = offer(new, agent, commit("by hand", "begun"))
    verdict = decide(offered)
    assert verdict.heads == {DESK: commit_id("new")}
    assert not verdict.refused
    old, now = verdict.refs[ref("desk")]
    assert (old, now) == (says("desk", "begun")[0].id, offered.refs[ref("desk")])
    assert not verdict.is_restored
    assert not verdict.is_cloned


def test_what_is_known_already_changes_nothing():
    verdict = decide(Offered(said={ref("desk"): says("desk", "begun")}))
    assert not verdict.refs
    assert not verdict.heads
    assert not verdict.refused


def test_what_another_peer_last_heard_is_no_rollback():
    known = standing([says("desk", "begun", "new", "newer")])
    assert not decide(Offered(said={ref("desk"): says("desk", "begun", "new")}), known).refused


def test_before_its_first_announcement_a_peer_signed_nothing():
    old = by_pack("old", signer=None)
    said = says("desk", "old", "new")
    offered = offer(by_pack("new", "old"), old, said=said)
    known = standing(heads=frozenset())
    assert decide(offered, known).heads == {DESK: commit_id("new")}
    damaged = by_pack("more", "old", signer=None, is_damaged=True)
    later = offer(by_pack("new", "more"), damaged, old, said=said)
    assert "does not match" in refusal(later, known)


def test_a_newcomer_learns_who_belongs_to_the_group_from_the_bundle():
    verdict = decide(Offered(), standing(chains={}))
    assert verdict.version.id == SECOND.id
    assert verdict.refs == {"group": (None, SECOND.id)}
    with pytest.raises(InvalidContent, match="who belongs"):
        decide(Offered(groups={}), standing(chains={}))


def test_one_peer_holds_nobody_else_up():
    said = {ref("desk"): says("desk", "begun", "bad"), ref("phone"): says("phone", "begun", "good")}
    commits = [by_pack("bad", "begun", signer="x"), by_pack("good", "begun", signer="phone")]
    verdict = decide(Offered(commits=commits, said=said))
    assert verdict.heads == {public_key("phone").peer: commit_id("good")}
    assert [one.peer for one in verdict.refused] == [DESK]


def test_what_was_refused_before_gives_way_to_what_is_refused_now():
    known = replace(KNOWN, quarantined={DESK: commit_id("earlier")})
    verdict = decide(offer(by_pack("new", "begun", signer="stranger")), known)
    assert verdict.refs[f"quarantine/{DESK}"][0] == commit_id("earlier")


def test_commits_of_a_peer_that_has_left_are_still_its_own():
    group, revoked = removal(CHAIN[-1], public_key("phone").peer)
    third = version(group, "laptop", SECOND, revoked)
    offered = offer(by_pack("new", "begun", signer="phone"))
    offered.groups = {"group": [FIRST, SECOND, third]}
    assert decide(offered).heads == {DESK: commit_id("new")}


def test_what_a_member_took_in_while_a_chain_counted_stays_though_it_counts_no_more():
    """An owner that is removed had let a peer in, which others had listened to."""
    both = replace(
        GROUP.admitting(peer("phone", Role.OWNER)), succession=(public_key("phone").peer,)
    )
    second = version(both, "laptop", FIRST)
    admits = version(both.admitting(peer("tv")), "phone", second)
    group, revoked = removal(checked_chain([FIRST, second])[-1], public_key("phone").peer)
    removes = version(group, "laptop", second, revoked)
    offered = offer(by_pack("new", "begun", signer="tv"))
    offered.groups = {
        "group": [FIRST, second, removes],
        f"group-forks/{admits.id}": [FIRST, second, admits],
    }
    assert decide(offered).heads == {DESK: commit_id("new")}
    limited = replace(group.peers[DESK], levels=frozenset({3, 4, 5}))
    third = version(group.admitting(limited), "laptop", removes, revoked)
    offered.groups["group"] = [FIRST, second, removes, third]
    assert "may not claim" in refusal(offered)  # or a thief could lend its levels to others


# --- a key that names the next one, and is on two machines ---------------------------------------


def renewed(key: str) -> list:
    """The versions of the group after the laptop gave itself a new key."""
    group, revoked = succession(CHAIN[-1], public_key("laptop").peer, public_key(key))
    return [FIRST, SECOND, version(group, "laptop", SECOND, revoked)]


def both_renewed() -> dict:
    """The laptop's key is on two machines; desk may not write as the user. The longer one wins."""
    won = renewed("laptop 3")
    desk = replace(GROUP.peers[DESK], levels=frozenset({3, 4, 5}))
    last = checked_chain(won)[-1]
    limited = version(last.group.admitting(desk), "laptop 3", won[-1], last.revoked)
    lost = renewed("laptop 2")
    return {"group": [*won, limited], f"group-forks/{lost[-1].id}": lost}


def passed_on(*commits: NewCommit, by: str = "", **groups) -> Offered:
    """What desk took in, and, as evidence, what a key said of it that is nobody's any more."""
    said = {ref("desk"): says("desk", "begun", "new")}
    said |= {ref(by): says(by, "begun", "word")} if by else {}
    return Offered(groups or both_renewed(), list(commits), said)


@pytest.mark.contract("C14")
def test_what_the_one_of_two_new_keys_said_that_did_not_win_counts_as_the_former_keys_word():
    """So whoever took it in meanwhile, and may not write as the user, shuts itself out no more."""
    signed, unsigned = (by_pack("word", "begun", signer=one) for one in ("laptop 2", None))
    merged = by_pack("new", "word", origin=AGENT)
    for word, by in ((signed, ""), (unsigned, "laptop 2"), (commit("word", "begun"), "laptop 2")):
        verdict = decide(passed_on(merged, word, by=by))
        assert verdict.heads == {DESK: commit_id("new")}
        assert not any(one.startswith("quarantine/") for one in verdict.refs)
        assert public_key("laptop 2").peer not in verdict.version.group.peers
    # Nothing by which a copy of the key could do more than by itself.
    assert decide(passed_on(merged, by_pack("word", "begun", signer="laptop"))).heads
    assert decide(passed_on(merged, unsigned, by="laptop")).heads


@pytest.mark.parametrize(
    ("word", "by"),
    [
        pytest.param(by_pack("word", "begun"), "", id="signed by whoever passes it on"),
        pytest.param(by_pack("word", "begun", signer=None), "", id="without evidence"),
        pytest.param(commit("word", "begun"), "tv", id="by evidence of a stranger"),
        pytest.param(by_pack("other", "begun", signer=None), "laptop 2", id="of something else"),
    ],
)
def test_whoever_may_not_write_as_the_user_gains_no_level_by_a_chain_that_lost(word, by):
    merged = by_pack("new", "word", "other", origin=AGENT)
    verdict = decide(passed_on(merged, word, by=by))
    assert not verdict.heads
    assert any("claims level 1" in one.reason for one in verdict.refused)


def test_whom_a_key_that_did_not_win_let_in_lends_no_level():
    groups = both_renewed()
    ((fork, lost),) = [(ref, chain) for ref, chain in groups.items() if ref != "group"]
    last = checked_chain(lost)[-1]
    tv = version(last.group.admitting(peer("tv")), "laptop 2", lost[-1], last.revoked)
    groups[fork] = [*lost, tv]
    merged = by_pack("new", "word", origin=AGENT)
    offered = passed_on(merged, by_pack("word", "begun", signer="tv"), **groups)
    assert "claims level 1" in refusal(offered)


# --- evidence that others pass on ----------------------------------------------------------------


def with_evidence(*by: str, levels: tuple[int, ...] = (3, 4, 5), **said: list) -> Offered:
    """Desk, which may not write as the user, has what phone made by hand before it was removed."""
    chain = [FIRST, SECOND]
    last = checked_chain(chain)[-1]
    desk = replace(GROUP.peers[DESK], levels=frozenset(levels))
    chain.append(version(last.group.admitting(desk), "laptop", SECOND))
    group, revoked = removal(checked_chain(chain)[-1], public_key("phone").peer)
    chain.append(version(group, "laptop", chain[-1], revoked))
    offered = passed_on(by_pack("new", "word", origin=AGENT), commit("word", "begun"), group=chain)
    for name in by:
        (one, *_) = evidence = said.get(name) or says(name, "begun", "word")
        offered.said[f"witnesses/{one.id}"] = evidence
    return offered


@pytest.mark.contract("C14")
def test_what_was_needed_to_believe_somebody_is_kept_and_passed_on():
    """Or a third machine, which meets only the second, would refuse that one for good."""
    offered = with_evidence("phone")
    (ref,) = [ref for ref in offered.refs if ref.startswith("witnesses/")]
    verdict = decide(offered)
    assert verdict.heads == {DESK: commit_id("new")}
    assert verdict.refs[ref] == (None, offered.refs[ref])
    again = decide(offered, replace(KNOWN, witnesses=frozenset({offered.refs[ref]})))
    assert again.heads == verdict.heads
    assert ref not in again.refs
    direct = with_evidence()
    direct.said[f"peers/{public_key('phone').peer}"] = says("phone", "begun", "word")
    assert decide(direct).refs[ref] == (None, offered.refs[ref])


def test_evidence_that_nobody_needs_is_not_kept():
    verdict = decide(with_evidence("phone", levels=ALL_LEVELS))
    assert verdict.heads == {DESK: commit_id("new")}
    assert not any(ref.startswith("witnesses/") for ref in verdict.refs)


@pytest.mark.parametrize(
    ("by", "said"),
    [
        pytest.param("stranger", {}, id="of a stranger"),
        pytest.param("desk", {}, id="of whoever passes it on"),
        pytest.param("phone", {"phone": says("phone", "begun")}, id="of something else"),
        pytest.param(
            "phone", {"phone": says("phone", "word", group=commit_id("x"))}, id="of another group"
        ),
    ],
)
def test_evidence_that_proves_nothing_lends_no_level(by, said):
    verdict = decide(with_evidence(by, **said))
    assert not verdict.heads
    assert not any(ref.startswith("witnesses/") for ref in verdict.refs)
    assert any("claims level 1" in one.reason for one in verdict.refused)


def test_a_members_word_that_another_one_passes_on_shuts_the_member_out_of_nothing():
    offered = with_evidence("laptop", laptop=says("laptop", "begun", "more"))
    offered.commits += [commit("more", "begun")]
    verdict = decide(offered)
    laptop = public_key("laptop").peer
    assert f"quarantine/{laptop}" not in verdict.refs
    assert laptop not in {one.peer for one in verdict.refused}


# --- what is not ---------------------------------------------------------------------------------


def test_a_removed_peer_is_not_heard_whoever_brings_it():
    group, revoked = removal(CHAIN[-1], DESK)
    third = version(group, "laptop", SECOND, revoked)
    offered = offer(by_pack("new", "begun"))
    offered.groups = {"group": [FIRST, SECOND, third]}
    assert "may not write" in refusal(offered)
    knows = replace(KNOWN, chains={"group": checked_chain([FIRST, SECOND, third])})
    assert "may not write" in refusal(offer(by_pack("new", "begun")), knows)


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (by_pack("new", "begun", signer="stranger"), "nobody in this group"),
        (by_pack("new", "begun", is_damaged=True), "does not match"),
        (commit("new", "begun", is_damaged=True), "does not match"),
        (commit("new", "begun", signer=public_key("stranger")), "nobody in this group"),
    ],
)
def test_a_commit_by_nobody_who_may_is_refused(bad, words):
    assert words in refusal(offer(bad))


def test_a_commit_further_back_is_looked_at_too():
    bad = by_pack("bad", "begun", signer="stranger")
    assert "nobody in this group" in refusal(offer(by_pack("new", "bad"), bad))


def allowed(*levels: int) -> IntakeStanding:
    member = replace(peer("desk"), levels=frozenset(levels))
    group = group_of("laptop", "phone").admitting(member)
    chain = checked_chain([FIRST, version(group, "laptop", FIRST)])
    return replace(KNOWN, chains={"group": chain})


def test_a_peer_claims_no_level_that_it_was_not_given():
    group = [FIRST, version(allowed(3, 4, 5).chains["group"][-1].group, "laptop", FIRST)]
    unsigned = by_pack("new", "begun", signer=None)
    for bad in (by_pack("new", "begun"), commit("new", "begun"), unsigned):
        offered = offer(bad)
        offered.groups = {"group": group}
        assert "claims level 1" in refusal(offered, allowed(3, 4, 5))
    for signer in ("desk", None):
        offered = offer(by_pack("new", "begun", origin=AGENT, signer=signer))
        offered.groups = {"group": group}
        assert decide(offered, allowed(3, 4, 5)).heads


def test_what_could_not_be_signed_shuts_nobody_out_and_counts_as_the_announcers():
    """The key could not be read when it was written; the announcement that covers it is signed."""
    unsigned = by_pack("unsigned", "begun", signer=None)
    assert decide(offer(by_pack("new", "unsigned"), unsigned)).heads == {DESK: commit_id("new")}
    phone = by_pack("new", "begun", signer=None)  # the same words, announced by another
    offered = offer(phone)
    offered.groups = {}
    assert "claims level 1" in refusal(offered, allowed(3, 4, 5))


def test_a_false_merge_from_before_a_peer_was_a_member_claims_the_level_of_its_text():
    """Or whoever may not write as the user could do so in a history of its own."""
    merge = commit("new", "begun", "other", message="merge\n\nPack-Merge: 1\n")
    other = by_pack("other", "begun", origin=AGENT, signer=None)
    fresh = replace(allowed(3, 4, 5), announced={}, is_accepted=lambda *_: False)
    offered = offer(merge, other, said=says("desk", "new"))
    offered.groups = {}
    assert decide(offered, fresh).heads
    assert "claims level 1" in refusal(offered, fresh, check=lambda _: False)


def test_a_merge_is_computed_again():
    merge = commit("new", "begun", "other", message="merge\n\nPack-Merge: 1\n")
    other = by_pack("other", "begun")
    seen = []
    assert decide(offer(merge, other), check=lambda facts: not seen.append(facts.id)).heads
    assert seen == [commit_id("new")]
    assert "not the merge" in refusal(offer(merge, other), check=lambda _: False)


def test_a_reader_says_where_it_is_and_adds_nothing():
    group = group_of("laptop").admitting(peer("desk", Role.READER))
    chain = checked_chain([FIRST, version(group, "laptop", FIRST)])
    offered = offer(by_pack("new", "begun"))
    offered.groups = {}
    known = replace(KNOWN, chains={"group": chain})
    assert "may not write" in refusal(offered, known)
    both = {ref("desk"): says("desk", "begun", "new"), ref("laptop"): says("laptop", "new")}
    verdict = decide(Offered(groups={}, commits=offered.commits, said=both), known)
    assert set(verdict.heads) == {DESK, public_key("laptop").peer}
    assert not verdict.refused


def test_a_stranger_is_not_heard():
    said = says("stranger", "new")
    offered = Offered(commits=[commit("new", "begun")], said={ref("stranger"): said})
    assert "may not write" in refusal(offered)
    assert not decide(offered).refs  # anybody can make a thousand such keys


def test_nobody_speaks_for_somebody_else_or_another_group():
    offered = Offered(commits=[commit("new")], said={ref("desk"): says("phone", "new")})
    assert "another peer" in refusal(offered)
    said = says("desk", "new", group=commit_id("other"))
    assert "another peer or group" in refusal(Offered(said={ref("desk"): said}))


@pytest.mark.parametrize("name", ["peers/desk", "peers/", "peers/a/b"])
def test_a_ref_that_is_no_peers_is_refused(name):
    verdict = decide(Offered(extra={name: commit_id("x")}))
    assert [one.ref for one in verdict.refused] == [name]
    assert not verdict.refs


def test_other_refs_are_left_aside():
    verdict = decide(Offered(extra={"proposals/1": commit_id("x"), "rescue/x": commit_id("x")}))
    assert not verdict.refs
    assert not verdict.refused


def test_another_group_is_refused():
    foreign = version(group_of("laptop", name="other"), "laptop")
    assert "another group" in refusal(Offered(groups={"group": [foreign]}))
    forged = version(GROUP.admitting(peer("stranger")), "stranger", SECOND)
    assert "not signed by an owner" in refusal(Offered(groups={"group": [FIRST, SECOND, forged]}))


# --- the same key twice --------------------------------------------------------------------------


def test_one_key_on_two_machines_is_seen():
    known = standing([says("desk", "begun", "mine")])
    said = says("desk", "begun", "new")
    assert "two machines" in refusal(offer(by_pack("new", "begun"), said=said), known)


def test_this_machines_key_on_another_one_is_told():
    known = standing([says("laptop", "begun", "mine")])
    said = says("laptop", "begun", "new")
    offered = offer(by_pack("new", "begun", signer="laptop"), name="laptop", said=said)
    verdict = decide(offered, known)
    assert verdict.is_cloned
    assert not verdict.heads


def test_a_machine_restored_from_a_backup_takes_up_what_it_had_said():
    known = standing([says("laptop", "begun")])
    new = by_pack("new", "begun", signer="laptop")
    verdict = decide(offer(new, name="laptop"), known)
    assert verdict.is_restored
    assert verdict.heads == {public_key("laptop").peer: commit_id("new")}


# --- versions of the group -----------------------------------------------------------------------


def test_a_version_that_does_not_count_is_kept_beside():
    desk = peer("desk", Role.OWNER)
    shared = replace(group_of("laptop", "phone", "tablet").admitting(desk), succession=(desk.id,))
    first = version(shared, "laptop")
    start = checked_chain([first])
    group, revoked = removal(start[-1], public_key("phone").peer)
    mine = version(group, "laptop", first, revoked)
    group, revoked = removal(start[-1], public_key("tablet").peer)
    theirs = version(group, "desk", first, revoked)
    verdicts = []
    for own, other in ((mine, theirs), (theirs, mine)):
        known = standing(group=first.id, chains={"group": checked_chain([first, own])})
        verdicts.append(decide(Offered(groups={"group": [first, other]}), known))
    one, two = verdicts
    assert one.version == two.version
    assert {peer.name for peer in one.version.group.peers.values()} == {"laptop", "desk"}
    assert one.refs == {f"group-forks/{theirs.id}": (None, theirs.id)}
    assert two.refs == {
        "group": (theirs.id, mine.id),
        f"group-forks/{theirs.id}": (None, theirs.id),
    }
    assert isinstance(one.version.group.owner, str)
    assert PeerId(one.version.group.owner) == public_key("laptop").peer


# --- what depends on what several peers say ------------------------------------------------------


def test_what_two_peers_had_before_they_were_members_holds_up_neither_of_them():
    """Each has taken in what the other one wrote unsigned, before it had a key."""
    commits = [
        by_pack("old desk", signer=None),
        by_pack("old phone", signer=None),
        by_pack("met", "old desk", "old phone"),
    ]
    said = {
        ref("desk"): says("desk", "old desk", "met"),
        ref("phone"): says("phone", "old phone", "met"),
    }
    verdict = decide(Offered(commits=commits, said=said), standing(heads=frozenset()))
    assert not verdict.refused
    assert set(verdict.heads) == {DESK, public_key("phone").peer}


def test_what_one_peer_may_not_say_it_may_pass_on():
    """Whoever comes first: one took in what the other made by hand, at a level of its own."""
    for limited, free in (("desk", "phone"), ("phone", "desk")):
        member = replace(peer(limited), levels=frozenset({3, 4, 5}))
        group = group_of("laptop", free).admitting(member)
        chain = checked_chain([FIRST, version(group, "laptop", FIRST)])
        said = {
            ref(limited): says(limited, "begun", "passed on"),
            ref(free): says(free, "begun", "by hand"),
        }
        passed = by_pack("passed on", "by hand", origin=AGENT, signer=limited)
        offered = Offered({}, [commit("by hand", "begun"), passed], said)
        verdict = decide(offered, replace(KNOWN, chains={"group": chain}))
        assert not verdict.refused
        assert len(verdict.heads) == 2


def test_a_merge_of_another_version_is_a_text_of_whoever_announces_it():
    message = commit_message("a.md: x", PERSON, "r1", trailers=[("Pack-Merge", "99")])
    merge = commit("new", "begun", "other", message=message)
    other = by_pack("other", "begun", origin=AGENT)
    assert decide(offer(merge, other), check=lambda _: False).heads
    offered = offer(merge, other)
    offered.groups = {}
    assert "claims level 1" in refusal(offered, allowed(3, 4, 5))


@pytest.mark.parametrize(
    ("number", "problem"), [("99", ""), ("2", ""), ("1", "not the merge"), (None, "")]
)
def test_in_a_group_that_merges_by_an_unknown_version_merges_are_texts_of_whoever_announces_them(
    number, problem
):
    """Those that can be computed here are, all the same."""
    trailers = [("Pack-Merge", number)] if number else []
    message = commit_message("a.md: x", PERSON, "r1", trailers=trailers)
    offered = offer(commit("new", "begun", "other", message=message), by_pack("other", "begun"))
    later = version(replace(GROUP, merge_version=99), "laptop", SECOND)
    offered.groups = {"group": [FIRST, SECOND, later]}
    if problem:
        assert problem in refusal(offered, check=lambda _: False)
    else:
        assert decide(offered, check=lambda _: False).heads == {DESK: commit_id("new")}


def test_a_ref_is_the_id_of_a_peer_to_the_letter():
    said = {ref("desk").replace(DESK, DESK.upper()): says("desk", "begun", "new")}
    offered = Offered(commits=[by_pack("new", "begun")], said=said)
    assert "as PACK writes it" in refusal(offered)


def test_no_more_is_read_of_what_a_peer_said_than_is_new():
    asked = []

    class Counted(Offered):
        def announcements(self, head, most):
            asked.append(most)
            return super().announcements(head, most)[:most]

    known = standing([says("desk", *map(str, range(50)))])
    said = {ref("desk"): says("desk", *map(str, range(51)))}
    offered = Counted(commits=[commit("50", "49")], said=said)
    assert decide(offered, known).heads == {DESK: commit_id("50")}
    assert asked == [1, 2]


def test_what_a_peer_vouched_for_whose_key_is_on_two_machines_is_no_lie_of_others():
    """Phone took in what one desk made by hand; here, the other desk was heard first."""
    member = replace(peer("phone"), levels=frozenset({3, 4, 5}))
    chain = checked_chain(
        [FIRST, version(group_of("laptop", "desk").admitting(member), "laptop", FIRST)]
    )
    passed = by_pack("passed on", "by hand", origin=AGENT, signer="phone")
    said = {
        ref("desk"): says("desk", "begun", "by hand", branch="other"),
        ref("phone"): says("phone", "begun", "passed on"),
    }
    known = standing([says("desk", "begun", "here"), says("phone", "begun")])
    offered = Offered({}, [commit("by hand", "begun"), passed], said)
    verdict = decide(offered, replace(known, chains={"group": chain}))
    assert [(one.peer, "two machines" in one.reason) for one in verdict.refused] == [(DESK, True)]
    assert verdict.heads == {public_key("phone").peer: commit_id("passed on")}
