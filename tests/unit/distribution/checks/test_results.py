"""A result is a sentence with what is where, in order, and without secrets."""

from pack.distribution.checks.results import not_run, place_of, result_of
from pack.distribution.values import CheckFinding, CheckName, CheckStatus
from tests.made_up_secrets import SECRETS


def test_nothing_found_passes() -> None:
    result = result_of(CheckName.CHECKSUM, "2/2 files match", [])
    assert (result.status, result.details) == (CheckStatus.PASS, "2/2 files match")


def test_findings_are_sorted_and_bounded() -> None:
    found = [CheckFinding(f"{n:02}.md", n or None, "is wrong") for n in reversed(range(30))]
    result = result_of(CheckName.LINK_INTEGRITY, "30 broken links", found, CheckStatus.WARN)
    assert result.status is CheckStatus.WARN
    assert result.details.startswith("30 broken links: 00.md is wrong; 01.md:1 is wrong; ")
    assert result.details.endswith("; and 10 more")
    assert len(result.findings) == 30


def test_no_secret_and_no_character_that_nobody_sees_stays() -> None:
    for secret in SECRETS.values():
        found = CheckFinding(f"a/{secret}", 1, f"leads to {secret}")
        assert secret not in repr(result_of(CheckName.LINK_INTEGRITY, "1", [found]))
    odd = CheckFinding("a\n\u202eb.md", 3, "x\ny")
    result = result_of(CheckName.LINK_INTEGRITY, "1", [odd])
    assert result.details.isprintable()
    assert place_of(odd) == "a\\n\\u202eb.md:3"


def test_a_check_that_did_not_run_did_not_pass() -> None:
    assert not_run(CheckName.SCHEMA_CHECK).status is CheckStatus.WARN
