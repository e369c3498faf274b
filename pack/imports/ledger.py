"""Which record of a source is which file: kept beside what an import last brought.

It is one JSON file in the tree of an import's base (`pack.use_cases.imports.bases`), a line for
each record, so that a note without frontmatter is known again, and keeps its path from one import
to the next.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from pack.model import MemoryPath

LEDGER: Final = MemoryPath(".pack-import.json")


def write_ledger(paths: Mapping[str, MemoryPath]) -> bytes:
    """The file that says where each record is, by its id in the source."""
    return (json.dumps(paths, indent=0, sort_keys=True, ensure_ascii=False) + "\n").encode(
        "utf-8", "surrogatepass"
    )


def read_ledger(content: bytes) -> dict[str, MemoryPath]:
    """What a file says; nothing where it is damaged."""
    try:
        found = json.loads(content.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        source_id: MemoryPath(path) for source_id, path in found.items() if isinstance(path, str)
    }
