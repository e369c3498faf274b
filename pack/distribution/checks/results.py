"""How the result of a check is put into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from pack.distribution.notices.safe_text import visible
from pack.distribution.values import CheckFinding, CheckName, CheckResult, CheckStatus
from pack.outgoing.secrets_scan import find_secrets

_MOST_NAMED: Final = 20
_REMEMBERED: Final = 8192
_HIDDEN: Final = "(a name that is not repeated)"


def result_of(
    name: CheckName,
    summary: str,
    findings: Sequence[CheckFinding],
    worst: CheckStatus = CheckStatus.FAIL,
) -> CheckResult:
    """A result that passes if nothing was found.

    Args:
        name: The check.
        summary: What it counted, in words.
        findings: What is wrong, and where.
        worst: How it ends if something is.
    """
    safe = sorted(
        map(_without_secrets, findings), key=lambda one: (one.path, one.line or 0, one.what)
    )
    status = worst if safe else CheckStatus.PASS
    return CheckResult(name, status, _sentence(summary, safe), tuple(safe))


def not_run(name: CheckName) -> CheckResult:
    """A check that the rule turns off: it says nothing, so it is no pass either."""
    return CheckResult(name, CheckStatus.WARN, "not run, as the rule turns it off")


def place_of(finding: CheckFinding) -> str:
    """Where something is wrong: `path:line`, or the path alone."""
    path = visible(finding.path).replace("\n", "\\n")
    return path if finding.line is None else f"{path}:{finding.line}"


def _sentence(summary: str, findings: Sequence[CheckFinding]) -> str:
    named = [f"{place_of(one)} {one.what}".strip() for one in findings[:_MOST_NAMED]]
    if len(findings) > _MOST_NAMED:
        named.append(f"and {len(findings) - _MOST_NAMED} more")
    return f"{summary}: {'; '.join(named)}" if named else summary


def _without_secrets(finding: CheckFinding) -> CheckFinding:
    """A finding whose path and words hold nothing that looks like a secret."""
    path = "/".join(_HIDDEN if _is_secret(part) else part for part in finding.path.split("/"))
    path = _HIDDEN if _is_secret(path) else path
    what = "something that is not repeated here" if _is_secret(finding.what) else finding.what
    return replace(finding, path=path, what=visible(what).replace("\n", "\\n"))


@lru_cache(_REMEMBERED)
def _is_secret(text: str) -> bool:
    """Whether a text holds a secret; many downstreams have findings in the same words."""
    return bool(find_secrets(text))
