"""What a memory keeps of its distribution: rules and registry, read and written as notes are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pack.core.decision import Decision
from pack.core.session import Session
from pack.distribution.content.rule import RULES_DIR, RuleSet, StoredRule, is_rule_path, load_rules
from pack.distribution.registry import REGISTRY, Registry, read_registry, write_registry
from pack.errors import NotFound
from pack.model import ABSENT, Change, CommitId, Delete, EntryType, MemoryPath, Mode, Put

FilesAfter = Mapping[MemoryPath, bytes | None]
"""New bytes by path; `None` for a file that goes."""


class StoredDistribution:
    """Rules and registry of one memory, for one writer."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._core = session.core

    def rules(self) -> RuleSet:
        """The rules, as they are now."""
        folder = MemoryPath(RULES_DIR.rstrip("/"))
        entries = self._core.reader.list_dir(folder)
        paths = [one.path for one in entries if one.type is EntryType.FILE]
        return load_rules({path: self.read(path) or b"" for path in filter(is_rule_path, paths)})

    def get(self, rule_id: str) -> StoredRule:
        """A rule.

        Raises:
            NotFound: There is none.
            InvalidConfig: Its file cannot be used.
        """
        found = named(self.rules(), [rule_id])
        if found.broken:
            raise found.broken[0].error
        return found.rules[0]

    def registry(self) -> Registry:
        """What was recorded of earlier runs.

        Raises:
            InvalidConfig: It cannot be read.
        """
        return read_registry(self.read(MemoryPath(REGISTRY)))

    def read(self, path: MemoryPath) -> bytes | None:
        """The bytes of a file; `None` where there is none."""
        found = self._core.reader.find(path)
        return found.content if found is not None else None

    def record(
        self, change: Callable[[Registry], Registry], subject: str, more: FilesAfter | None = None
    ) -> CommitId | None:
        """Change the registry and other files of the distribution, as one commit.

        Args:
            change: Gives the registry as it is to be; called again if somebody else wrote.
            subject: What was done.
            more: Other files.

        Returns:
            The commit; `None` if nothing changes.
        """

        def decide() -> Decision:
            content = write_registry(change(self.registry()))
            wanted = {MemoryPath(REGISTRY): content, **(more or {})}
            changes = [one for path, text in wanted.items() if (one := self._change(path, text))]
            return Decision(
                path=MemoryPath(REGISTRY),
                changes=changes,
                subject=subject,
                names=[one.path for one in changes],
                with_index=self._core.reader.mode() is Mode.V2,
                is_wanted=True,
            )

        if not decide().changes:
            return None
        return self._session.write(decide).commit

    def _change(self, path: MemoryPath, content: bytes | None) -> Change | None:
        known = self._core.reader.find(path)
        if content is None:
            return Delete(path, known.sha) if known is not None else None
        if known is not None and known.content == content:
            return None
        return Put(path, content, known.sha if known is not None else ABSENT)


def _stem(path: str) -> str:
    return path.rpartition("/")[2].rpartition(".")[0]


def named(found: RuleSet, rule_ids: Sequence[str]) -> RuleSet:
    """The rules that were named, or all.

    Raises:
        NotFound: There is none of a name.
    """
    if not rule_ids:
        return found
    rules = [one for one in found.rules if one.rule.id in rule_ids]
    broken = [one for one in found.broken if _stem(one.path) in rule_ids]
    known = {one.rule.id for one in rules} | {_stem(one.path) for one in broken}
    for rule_id in rule_ids:
        if rule_id not in known:
            every = ", ".join(one.rule.id for one in found.rules[:20])
            remedy = f"There are: {every}." if every else f"Write one in {RULES_DIR}."
            raise NotFound(f"the rule {rule_id[:100]!r}", remedy)
    return RuleSet(rules, broken)
