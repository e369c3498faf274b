"""Rules for branches: who may create, move and delete them, and what a merge has to wait for.

Source: GitHub documentation, "Available rules for rulesets"; the wording is that of live answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.standins.github_http import Refusal
from tests.standins.github_state import Repository
from tests.standins.github_tracker import Pull

_FOUND = "Repository rule violations found\n\n"
_HEADS = "refs/heads/"


@dataclass(frozen=True, slots=True)
class BranchRule:
    """What is asked of some branches.

    Attributes:
        pattern: Their names, as in a shell.
        needs_pull_request: Nobody moves one but by merging.
        may_create: Whether one may come into being.
        may_force: Whether one may go back.
        checks: What has to succeed before a merge.
    """

    pattern: str
    needs_pull_request: bool = True
    may_create: bool = True
    may_force: bool = False
    checks: tuple[str, ...] = ()


def rules_of(repository: Repository, branch: str) -> list[BranchRule]:
    """The rules that hold for a branch."""
    return [rule for rule in repository.rules if fnmatchcase(branch, rule.pattern)]


def refuse_update(repository: Repository, ref: str, *, forced: bool) -> None:
    """Do nothing, unless a rule forbids to move a ref so.

    Raises:
        Refusal: 422.
    """
    for rule in _of_ref(repository, ref):
        if rule.needs_pull_request:
            raise Refusal(422, f"{_FOUND}Changes must be made through a pull request.\n\n")
        if forced and not rule.may_force:
            raise Refusal(422, f"{_FOUND}Cannot force-push to this branch\n\n")


def refuse_creation(repository: Repository, ref: str) -> None:
    """Do nothing, unless a rule forbids to create a ref.

    Raises:
        Refusal: 422.
    """
    if any(not rule.may_create for rule in _of_ref(repository, ref)):
        raise Refusal(422, f"{_FOUND}Cannot create ref due to creations being restricted.\n\n")


def refuse_deletion(repository: Repository, ref: str) -> None:
    """Do nothing, unless a rule holds for a ref: what is protected is not deleted.

    Raises:
        Refusal: 422.
    """
    if _of_ref(repository, ref):
        raise Refusal(422, f"{_FOUND}Cannot delete this branch\n\n")


def refuse_merge(repository: Repository, pull: Pull) -> None:
    """Do nothing, unless checks are missing.

    Raises:
        Refusal: 405.
    """
    for check in required_checks(repository, pull):
        raise Refusal(405, f'{_FOUND}Required status check "{check}" is expected.\n\n')


def required_checks(repository: Repository, pull: Pull) -> list[str]:
    """The checks that have not succeeded yet."""
    rules = rules_of(repository, pull.base_branch)
    return [
        one for rule in rules for one in rule.checks if (pull.head, one) not in repository.passed
    ]


def _of_ref(repository: Repository, ref: str) -> list[BranchRule]:
    branch = ref.removeprefix(_HEADS)
    return rules_of(repository, branch) if ref.startswith(_HEADS) else []
