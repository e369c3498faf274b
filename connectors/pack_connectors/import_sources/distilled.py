"""What chat tools remember of a person, and what was said, as parts of a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from pack.imports.records import ImportedPart, ImportedRecord, ImportKind, RecordClass
from pack.provenance import Origin, Source


def transcript(said: Iterable[tuple[Origin | None, str]]) -> list[ImportedPart]:
    """What was said as parts; what the same one says in a row is one part."""
    parts: list[ImportedPart] = []
    for writer, text in said:
        plain = text.strip("\n")
        if not plain.strip():
            continue
        last = parts[-1] if parts else None
        if last is not None and _is_same(last.writer, writer):
            parts[-1] = ImportedPart(f"{last.text}\n{plain}\n", last.writer)
        else:
            parts.append(ImportedPart(f"{plain}\n", writer))
    return parts


def _is_same(one: Origin | None, other: Origin | None) -> bool:
    return (one.label if one else None) == (other.label if other else None)


def of_account(account: str, name: str) -> str:
    """The id of what there is once in each account, so that two people's do not become one."""
    return f"account/{account}/{name}" if account else name


@dataclass(slots=True)
class Gathered:
    """Short memories that make one list.

    Attributes:
        texts: Each once, in the order in which they were found, with their dates.
    """

    texts: dict[str, datetime | None] = field(default_factory=dict)

    def add(self, text: str, at: datetime | None) -> None:
        """One memory; the same words again are the same memory, made when they first occur."""
        known = self.texts.get(text)
        self.texts[text] = at if known is None else min(known, at or known)

    def record(self, kind: ImportKind, title: str, account: str) -> Iterator[ImportedRecord]:
        """The list, the oldest first, if there is anything in it; the tool wrote it.

        Args:
            kind: The tool.
            title: What the list is called.
            account: Whose it is, as the tool knows them; empty if that is not known.
        """
        if not self.texts:
            return
        undated = [text for text, at in self.texts.items() if at is None]
        dated = {text: at for text, at in self.texts.items() if at is not None}
        ordered = [*undated, *sorted(dated, key=dated.__getitem__)]
        yield ImportedRecord(
            RecordClass.MEMORY,
            of_account(account, "memories"),
            title,
            [ImportedPart("".join(map(_item, ordered)), Origin(Source.AI_CLOUD, str(kind)))],
            former_id="memories",
            folder="profiles",
            created=min(dated.values(), default=None),
            updated=max(dated.values(), default=None),
            count=len(ordered),
            grows=True,
        )


def _item(text: str) -> str:
    first, *rest = text.strip().splitlines()
    return "".join((f"- {first}\n", *(f"  {line}\n" if line.strip() else "\n" for line in rest)))
