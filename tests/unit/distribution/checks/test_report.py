"""The report has the seed's form, and reads back as the same fields whatever is in it."""

from datetime import UTC, datetime

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.distribution.checks.report import all_pass, check_report, is_blocked, report_fields
from pack.distribution.values import CheckName, CheckResult, CheckStatus
from tests.support import examples

AT = datetime(2026, 1, 30, 12, tzinfo=UTC)
DETAILS = ("12/12 files match", "0 broken links", "3 schemas validated", "0 violations", "v2.4.0")
CHECKS = tuple(
    CheckResult(name, CheckStatus.PASS, details)
    for name, details in zip(CheckName, DETAILS, strict=True)
)
EXPECTED = """\
sync_validation:
  rule_id: "sync-webapp-orchestrator"
  run_at: "2026-01-30T12:00:00Z"
  source_version: "v2.4.0"
  checks:
    - name: checksum
      status: pass
      details: "12/12 files match"
    - name: link_integrity
      status: pass
      details: "0 broken links"
    - name: schema_check
      status: pass
      details: "3 schemas validated"
    - name: secret_scan
      status: pass
      details: "0 violations"
    - name: version_tag
      status: pass
      details: "v2.4.0"
  overall: pass
"""


def test_the_form_is_the_seeds() -> None:
    assert check_report("sync-webapp-orchestrator", "v2.4.0", AT, CHECKS) == EXPECTED


@pytest.mark.parametrize("status", [CheckStatus.WARN, CheckStatus.FAIL])
def test_a_failure_blocks_and_a_warning_only_stops_what_needs_all(status: CheckStatus) -> None:
    checks = (*CHECKS[:4], CheckResult(CheckName.VERSION_TAG, status, "it is not named"))
    is_failed = status is CheckStatus.FAIL
    assert is_blocked(checks) is is_failed
    assert not all_pass(checks)
    overall = "fail" if is_failed else "pass"
    assert check_report("r", "v1", AT, checks).endswith(f"  overall: {overall}\n")


def test_no_check_at_all_is_no_pass() -> None:
    assert all_pass(CHECKS)
    assert not all_pass(())


@settings(max_examples=examples(30))
@given(st.text(st.characters(exclude_categories=["Cs"])), st.text("ab\"'\\\n\t:#{}[]\x85\u2028🙂"))
def test_any_text_reads_back(details: str, rule: str) -> None:
    checks = [CheckResult(CheckName.CHECKSUM, CheckStatus.FAIL, details)]
    read = yaml.safe_load(check_report(rule, "v1", AT, checks))
    assert read == {"sync_validation": dict(report_fields(rule, "v1", AT, checks))}
