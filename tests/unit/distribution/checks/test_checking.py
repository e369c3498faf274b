"""All five checks run; one that the rule turns off is no pass."""

from pack.distribution.checks.checking import Checked, Checker
from pack.distribution.checks.report import all_pass, is_blocked
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
