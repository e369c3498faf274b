"""What all rules of one run share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from pack.distribution.checks.checking import Checker
from pack.distribution.checks.verifier import Verifier
from pack.distribution.reconciling.remaking import Remaker
from pack.distribution.registry import Registry
from pack.distribution.running.ends import Ends
from pack.distribution.running.remembered import RememberedUpstream
from pack.model import CommitId, MemoryPath

FindSubjects = Callable[[CommitId | None, CommitId, Collection[MemoryPath]], Sequence[str]]
"""The first lines of the commits between two that changed one of some files."""


@dataclass(frozen=True, slots=True)
class RunContext:
    """What all rules of one run share.

    Attributes:
        ends: Where files come from and go to.
        name: What the memory is called.
        upstream: What has been released.
        remaker: Makes the files, now and as they were.
        checker: Checks them.
        verifier: Makes them a second time.
        registry: What was recorded of earlier runs.
        subjects: Finds what commits say of themselves.
        reopens: Whether what people closed comes back.
        is_asked: Whether a version was asked for by its name.
        begins: Whether a downstream is to have all folders of a distribution.
    """

    ends: Ends
    name: str
    upstream: RememberedUpstream
    remaker: Remaker
    checker: Checker
    verifier: Verifier
    registry: Registry
    subjects: FindSubjects
    reopens: bool = False
    is_asked: bool = False
    begins: bool = False
