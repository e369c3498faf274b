"""What must hold at the end of a run, found from the raw commits alone."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from pack.mesh.troubles import TroubleKind

TOKEN = re.compile(r"\b(?:t|lie)[0-9]+\.")
COPY = re.compile(r"\.conflict-")
MET = "b/moved-"
"""Where different notes may have been moved to one path; what is in both may be there twice."""
MARKER = re.compile(r"^(?:<<<<<<<|=======|>>>>>>>)", re.MULTILINE)


def audit(run: Any) -> Iterator[str]:
    """What is wrong, in words."""
    honest = [one for one in run.machines if _counts(run, one)]
    heads = {one.name: one.disk.head for one in honest}
    if not honest:
        return  # every key is on two machines or was removed
    if len(set(heads.values())) != 1:
        yield f"there are {len(set(heads.values()))} heads: {heads}"
        return
    if len({one.disk.refs["group"] for one in honest}) != 1:
        yield "they follow different versions of the group"
    (head,) = set(heads.values())
    yield from _tree(run, head)
    yield from _proposed(run, head, honest)
    yield from _lost(run, head)
    yield from _untrue(run, honest)
    yield from (f"{name} was refused something without a reason" for name in run.untold)
    yield from _came_back(run)
    yield from (f"{name} goes by a key that it had before" for name in _left_behind(run))
    forked = {one.key_name for one in run.machines if any(_is_forked(run, p) for p in one.ids)}
    yield from (f"{name} said different things" for name in sorted(forked - run.doubles))
    for one in honest:
        if one.disk.kept and not run.doubles:
            yield f"{one.name} waits for what never comes: {one.disk.kept}"


def _counts(run: Any, machine: Any) -> bool:
    """Whether a machine belongs to the group and is the only one with its key."""
    owner = run.machines[0]
    peers = owner.mesh.roster.version().group.peers
    return machine.id in peers and not _is_forked(run, machine.id)


def _came_back(run: Any) -> Iterator[str]:
    """Whether whom the first owner removed is in again by a key that followed that one."""
    owner = run.machines[0]
    if owner.key_name in run.doubles:
        return  # two machines were the owner, and not both of them can have had their way
    group = owner.mesh.roster.version().group
    for peer in run.removed:
        now = peer
        while now in group.former:
            now = group.former[now].successor
        if now in group.peers:
            yield f"{peer[:8]} was removed, and is in as {now[:8]}"


def _left_behind(run: Any) -> Iterator[str]:
    """Machines that have a key by which the group knows them, and go by another one.

    A machine that came back with a backup cannot know whether it has said anything by that key to
    somebody it has not met yet, nor does one whose former key was removed know whether that key is
    its own by now or that of its twin. Where nobody has heard of it by that key, or its former one
    has no successor, its person is told what to do.
    """
    group = run.machines[0].mesh.roster.version().group
    for one in run.machines:
        key = one.ids[-1]
        if one.id in group.peers or one.disk.membership.is_restored or key not in group.peers:
            continue
        is_said = any(f"peers/{key}" in other.disk.refs for other in run.machines)
        is_succeeded = one.id in group.former and is_said
        if is_succeeded or one.key_name not in run.doubles or not _is_told(one):
            yield one.name


def _is_told(machine: Any) -> bool:
    return any(one.kind is TroubleKind.MEMBERSHIP for one in machine.mesh.troubles.found())


def _is_forked(run: Any, peer: str) -> bool:
    tips = {
        one.disk.refs[name]
        for one in run.machines
        for name in (f"peers/{peer}", f"quarantine/{peer}")
        if name in one.disk.refs
    }
    tips = {tip for tip in tips if _announces(run, tip, peer)}
    lies = {tip for tip in tips if _tokens_below(run, tip) & run.forbidden}
    tips -= lies
    mask, bit = run.world.mask, run.world.bit
    return any(not mask[a] & bit(b) and not mask[b] & bit(a) for a in tips for b in tips)


def _announces(run: Any, commit: str, peer: str) -> bool:
    texts = run.world.texts(commit)
    return peer in texts.get("announce.json", "")


def _tokens_below(run: Any, commit: str) -> set[str]:
    found: set[str] = set()
    for parent in run.world.parents[commit]:
        found |= _tokens(run.world.texts(parent))
    return found


def _tokens(texts: Mapping[str, str]) -> set[str]:
    return {token for text in texts.values() for token in TOKEN.findall(text)}


def _tree(run: Any, head: str) -> Iterator[str]:
    texts = run.world.texts(head)
    for path, text in texts.items():
        if MARKER.search(text):
            yield f"{path} has conflict markers"
        if len(COPY.findall(path)) > 1:
            yield f"{path} is a copy of a copy"
        twice = [token for token, count in Counter(TOKEN.findall(text)).items() if count > 1]
        if twice and not path.startswith(MET):
            yield f"{path} says {twice} twice"
    contents = Counter(
        hashlib.sha256(text.encode()).hexdigest()
        for path, text in texts.items()
        if COPY.search(path)
    )
    if any(count > 1 for count in contents.values()):
        yield "two conflict copies hold the same"


def _proposed(run: Any, head: str, honest: list[Any]) -> Iterator[str]:
    """Whether everybody has a proposal for all that merges withheld, and the same one."""
    for name, commit in run.world.waiting(head).items():
        for one in honest:
            if one.disk.refs.get(f"proposals/{name}") != commit:
                yield f"{one.name} has not the proposal {name}"


def _lost(run: Any, head: str) -> Iterator[str]:
    there = _tokens(run.world.texts(head))
    deleted = _deleted(run, head)
    for commit in run.world.waiting(head).values():  # which everybody has: see `_proposed`
        there |= _tokens(run.world.texts(commit))
    present = {one.id for one in run.machines if _counts(run, one)}
    for token, (commit, writer) in run.tokens.items():
        if token in there or token in deleted or token in run.lost:
            continue
        machine = next(one for one in run.machines if one.name == writer)
        is_cut_off = machine.id not in present or _is_another_since(run, machine)
        if run.world.leads_to(commit, head):
            is_kept = _is_let_go(run, head, token)
        else:
            is_kept = is_cut_off and _is_somewhere(run, commit)
        if is_kept:
            continue
        yield f"{token} by {writer} in {commit[:8]} is lost"


def _is_another_since(run: Any, machine: Any) -> bool:
    """Whether a machine lost what it had said, and got a new key before it heard of it again."""
    return machine.key_name in run.doubles and len(machine.ids) > 1


def _deleted(run: Any, head: str) -> set[str]:
    """What somebody deleted who had seen it; merges see nothing."""
    found: set[str] = set()
    world = run.world
    for commit in world.all_of(world.mask[head]):
        if len(world.parents[commit]) == 1:
            (parent,) = world.parents[commit]
            found |= _tokens(world.texts(parent)) - _tokens(world.texts(commit))
    return found


def _is_let_go(run: Any, head: str, token: str) -> bool:
    """Whether each merge that dropped a text had to, as people had removed it from all its files.

    Of two people who each delete one of two equal files, each has seen what they delete. So a merge
    may drop a text from a file where, on its other side, somebody removed it from that very file,
    or a merge did that might.
    """
    world, removed, is_dropped = run.world, dict[str, int](), False
    for commit in reversed([*world.all_of(world.mask[head])]):
        after, parents = _files_with(token, world.texts(commit)), world.parents[commit]
        for parent in parents:
            other_side = world.mask[commit] & ~world.mask[parent]
            gone = _files_with(token, world.texts(parent)) - after
            for path in gone:
                if len(parents) == 1 or removed.get(path, 0) & other_side:
                    removed[path] = removed.get(path, 0) | world.bit(commit)
                elif not after and not _is_withheld(run, commit, token):
                    return False
            is_dropped = is_dropped or (len(parents) > 1 and bool(gone) and not after)
    return is_dropped


def _files_with(token: str, texts: Mapping[str, str]) -> set[str]:
    return {path for path, text in texts.items() if token in TOKEN.findall(text)}


def _is_withheld(run: Any, merge: str, token: str) -> bool:
    held = run.world.proposals.get(merge, {}).values()
    return any(token in _tokens(run.world.texts(commit)) for commit in held)


def _is_somewhere(run: Any, commit: str) -> bool:
    """Whether a commit is on its writer's branch or in any ref, and not just lying about."""
    bit, mask = run.world.bit(commit), run.world.mask
    return any(
        mask[tip] & bit
        for one in run.machines
        for tip in (one.disk.head, *one.disk.refs.values())
        if tip
    )


def _untrue(run: Any, honest: list[Any]) -> Iterator[str]:
    for one in honest:
        for token in sorted(_tokens(run.world.texts(one.disk.head)) & run.forbidden):
            yield f"{one.name} believes {token}"
        for token in run.forbidden & _deleted(run, one.disk.head):
            yield f"{one.name} believed {token}"
