"""The report of the five checks, in YAML and as fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pack.distribution.values import CheckResult, CheckStatus
from pack.distribution.yaml_form import to_yaml
from pack.times import format_time


def is_blocked(checks: Sequence[CheckResult]) -> bool:
    """Whether one of them failed."""
    return any(check.status is CheckStatus.FAIL for check in checks)


def all_pass(checks: Sequence[CheckResult]) -> bool:
    """Whether there are checks, and each of them ran and found nothing."""
    return bool(checks) and all(check.status is CheckStatus.PASS for check in checks)


def check_fields(checks: Sequence[CheckResult]) -> list[dict[str, str]]:
    """The checks as answers show them."""
    return [
        {"name": check.name, "status": check.status, "details": check.details} for check in checks
    ]


def report_fields(
    rule_id: str, version: str, run_at: datetime, checks: Sequence[CheckResult]
) -> Mapping[str, object]:
    """The report; a warning alone does not fail it."""
    return {
        "rule_id": rule_id,
        "run_at": format_time(run_at),
        "source_version": version,
        "checks": check_fields(checks),
        "overall": CheckStatus.FAIL if is_blocked(checks) else CheckStatus.PASS,
    }


def check_report(
    rule_id: str, version: str, run_at: datetime, checks: Sequence[CheckResult]
) -> str:
    """The report in YAML."""
    return to_yaml({"sync_validation": report_fields(rule_id, version, run_at, checks)})
