"""The five checks over what is to go to a downstream. All run, whatever the others say."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pack.deferred import dataclass
from pack.distribution.checks.links import LinkCheck
from pack.distribution.checks.results import not_run
from pack.distribution.checks.schemas import SchemaCheck
from pack.distribution.checks.secrets import SecretScan
from pack.distribution.checks.version_tag import check_version_tags
from pack.distribution.values import CheckName, CheckResult, MadeFile, Rule
from pack.model import MemoryPath


@dataclass(frozen=True, slots=True)
class Checked:
    """What is to go, and where it will lie.

    Attributes:
        rule: The rule.
        version: The version it is of.
        files: The files, as they will be downstream.
        present: Each path that downstream will have.
        private: Notes that stay, and whose names are nobody else's business.
        shown: The files as upstream has them, of which people downstream may see all, as in a
            conflict.
    """

    rule: Rule
    version: str
    files: Sequence[MadeFile]
    present: Collection[str]
    private: Collection[MemoryPath] = ()
    shown: Sequence[MadeFile] = ()


class Checker:
    """Runs the checks, for one downstream after another."""

    def __init__(self) -> None:
        self._links = LinkCheck()
        self._schemas = SchemaCheck()
        self._secrets = SecretScan()

    def run(self, what: Checked, checksum: CheckResult) -> tuple[CheckResult, ...]:
        """The five results, in the order of the report.

        Args:
            what: What is to go.
            checksum: What the verifier says; it counts only if the rule asks for it.
        """
        rule, files = what.rule, what.files
        return (
            checksum if rule.checks_checksum else not_run(CheckName.CHECKSUM),
            self._links.check(files, what.present),
            self._schemas.check(files) if rule.checks_schemas else not_run(CheckName.SCHEMA_CHECK),
            self._secrets.check(files, what.private, what.shown),
            check_version_tags(files, what.version),
        )
