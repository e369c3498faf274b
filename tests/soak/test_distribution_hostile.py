"""Thousands of hostile notes, releases and people downstream: nothing leaks, nothing is lost."""

from __future__ import annotations

import random
from hashlib import sha256

import pytest

from pack.distribution.checks.checking import Checked, Checker
from pack.distribution.checks.report import is_blocked
from pack.distribution.checks.verifier import Recorded, Verifier
from pack.distribution.notices.changelog import changelog_excerpt
from pack.distribution.notices.pull_request import SyncUpdate, pull_request_text
from pack.distribution.reconciling.remaking import Remaker
from pack.distribution.values import CheckName, CheckResult, CheckStatus
from pack.errors import PackError
from pack.model import MemoryPath
from tests.distribution_hostile import hostile_text, linked_notes, with_secret
from tests.distribution_support import MemoryUpstream, World, rule_of

pytestmark = [pytest.mark.soak, pytest.mark.timeout(7200)]
ROUNDS = 3000
STRATEGIES = ("copy", "template", "reference")


def test_whatever_is_made_can_be_verified_and_no_secret_leaves() -> None:
    checker, refused = Checker(), list[tuple[str, str]]()
    for number in range(ROUNDS):
        seed = random.randrange(2**32)
        chance = random.Random(seed)
        upstream = MemoryUpstream()
        text, secret = with_secret(chance, hostile_text(chance))
        notes = linked_notes(chance) | {"guides/bad.md": text.encode("utf-8", "surrogatepass")}
        release = upstream.release("v1.0.0", notes)
        transforms = [{"strip_internal_links": chance.random() < 0.5}]
        rule = rule_of(strategy=STRATEGIES[number % 3], transforms=transforms)
        try:
            made = Remaker(upstream).make(rule, release, {"team": hostile_text(chance)})
        except PackError as error:
            refused.append((secret, str(error)))
            continue
        files = {path: sha256(one).hexdigest() for path, one in made.contents().items()}
        recorded = Recorded(files, made.variables)
        verified = Verifier(upstream).check(rule, release, recorded, made.contents())
        assert verified.status is CheckStatus.PASS, (seed, verified.details)
        checks = checker.run(Checked(rule, "v1.0.0", made.files, ()), verified)
        has_secret = any(secret.encode() in one.content for one in made.files)
        assert is_blocked(checks) or not has_secret, seed
        excerpt = changelog_excerpt(text, None, "v1.0.0", [MemoryPath("guides/bad.md")], [text])
        update = SyncUpdate(
            hostile_text(chance), rule, release, checks, sorted(files), changelog=excerpt
        )
        told = pull_request_text(update)
        assert secret not in told.body, seed
        assert len(told.body) < 65_536, seed
    assert not [said for secret, said in refused if secret in said]


def test_what_people_wrote_downstream_is_never_lost_without_a_word() -> None:
    for _ in range(ROUNDS // 10):
        seed = random.randrange(2**32)
        chance = random.Random(seed)
        world = World()
        for number in range(4):
            notes = {
                f"guides/n{n}.md": hostile_text(chance).replace("internal", "x").encode()
                for n in range(chance.randrange(1, 5))
            }
            world.upstream.release(f"v1.{number}.0", {**notes, "guides/keep.md": b"# Keep\n"})
            before = world.downstream.now()
            try:
                plan = world.sync(f"v1.{number}.0")
            except PackError:
                continue
            for path in (*plan.removes, *plan.writes):
                own = before.get(path)
                was_changed = own is not None and b"by people " in own
                told = {one.path for one in plan.conflicts}
                kept = b"by people " in world.downstream.now().get(path, b"")
                assert kept or path in told or not was_changed, (seed, path)
            paths = [path for path in world.downstream.now() if path.startswith("docs/")]
            for path in chance.sample(paths, min(2, len(paths))):
                own = world.downstream.now()[path] + b"\nby people %d\n" % number
                world.change({path: own})


def test_checksums_never_agree_with_what_is_not_there() -> None:
    upstream = MemoryUpstream()
    release = upstream.release("v1.0.0", linked_notes(random.Random(1)))
    rule = rule_of()
    made = Remaker(upstream).make(rule, release, {})
    files = {path: sha256(one).hexdigest() for path, one in made.contents().items()}
    verifier = Verifier(upstream)
    for _ in range(ROUNDS):
        found: dict[str, bytes | None] = dict(made.contents())
        path = random.choice(sorted(found))
        content = bytearray(found[path] or b"")
        at = random.randrange(len(content))
        content[at] ^= 1 << random.randrange(8)
        found[path] = random.choice([bytes(content), None, bytes(content[:at])])
        result = verifier.check(rule, release, Recorded(files), found)
        assert result.name is CheckName.CHECKSUM
        assert result.status is CheckStatus.FAIL
        assert isinstance(result, CheckResult)
