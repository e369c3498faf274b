"""All five checks run; one that the rule turns off is no pass."""

from random import Random

import pytest

from pack.distribution.checks.checking import Checked, Checker
from pack.distribution.checks.links import LinkCheck
from pack.distribution.checks.report import all_pass, is_blocked
from pack.distribution.reconciling.remaking import Remaker
from pack.distribution.values import (
    CheckName,
    CheckResult,
    CheckStatus,
    Frequency,
    MadeFile,
    Rule,
    Strategy,
)
from pack.model import MemoryPath
from tests.distribution_hostile import hostile_text, linked_notes, with_secret
from tests.distribution_support import MemoryUpstream, rule_of
from tests.support import examples

CHECKSUM = CheckResult(CheckName.CHECKSUM, CheckStatus.PASS, "1/1 files match")


def rule(**more: bool) -> Rule:
    return Rule("r", "**", "org/x", "docs/", Strategy.COPY, Frequency.ON_RELEASE, **more)


def run(text: str, **more: bool) -> tuple[CheckResult, ...]:
    files = [MadeFile("docs/a.md", MemoryPath("a.md"), text.encode())]
    return Checker().run(Checked(rule(**more), "v1.0.0", files, ()), CHECKSUM)


def test_five_results_in_the_order_of_the_report() -> None:
    checks = run("# A (v1.0.0)\n")
    assert [check.name for check in checks] == list(CheckName)
    assert all_pass(checks)


def test_one_failure_hides_no_other() -> None:
    text = "[x](y.md)\n\n```json\n{\n```\n\n<!-- internal -->\n"
    checks = run(text)
    failed = {check.name for check in checks if check.status is CheckStatus.FAIL}
    assert failed == {CheckName.LINK_INTEGRITY, CheckName.SCHEMA_CHECK, CheckName.SECRET_SCAN}
    assert is_blocked(checks)
    assert all(":" in check.details for check in checks if check.name in failed)


def test_what_the_rule_turns_off_blocks_nothing_and_passes_nothing() -> None:
    checks = run("# v1.0.0\n\n```json\n{\n```\n", checks_schemas=False, checks_checksum=False)
    statuses = {check.name: check.status for check in checks}
    assert statuses[CheckName.SCHEMA_CHECK] is statuses[CheckName.CHECKSUM] is CheckStatus.WARN
    assert not is_blocked(checks)
    assert not all_pass(checks)


def test_what_a_pull_request_only_shows_is_looked_through_too() -> None:
    kept = MadeFile("docs/a.md", MemoryPath("a.md"), b"# v1.0.0, as people have it\n")
    upstream = MadeFile("docs/a.md", MemoryPath("a.md"), b"[x](none.md)\n<!-- internal -->\n")
    checks = Checker().run(Checked(rule(), "v1.0.0", [kept], (), shown=[upstream]), CHECKSUM)
    failed = [check for check in checks if check.status is not CheckStatus.PASS]
    assert [check.name for check in failed] == [CheckName.SECRET_SCAN]


# --- what no note may do ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(examples(40)))
def test_a_hostile_note_is_checked_to_its_end_and_its_secret_blocks_unrepeated(seed: int) -> None:
    random = Random(seed)
    text, secret = with_secret(random, hostile_text(random))
    checks = run(text)
    assert [check.name for check in checks] == list(CheckName)
    assert is_blocked(checks)
    assert secret not in repr(checks)
    lines = text.count("\n") + text.count("\r") + 1
    for check in checks:
        assert check.details.isprintable()
        for found in check.findings:
            assert found.path == "docs/a.md"
            assert found.line is None or 1 <= found.line <= lines


@pytest.mark.parametrize("seed", range(examples(10, soak=300)))
def test_links_that_were_right_upstream_are_right_downstream(seed: int) -> None:
    upstream = MemoryUpstream()
    release = upstream.release("v1.0.0", linked_notes(Random(seed)))
    rewrite = {"rewrite_paths": {"from": "guides/", "to": "a/b/c/x/"}}
    for target, more in (("docs/", []), ("", []), ("a/b/c/", [rewrite])):
        transforms = [{"strip_internal_links": True}, *more]
        rule = rule_of(target_path=target, transforms=transforms)
        made = Remaker(upstream).make(rule, release, {})
        assert len(made.files) == 6
        result = LinkCheck().check(made.files, ())
        assert result.status is CheckStatus.PASS, (seed, target, result.details)
