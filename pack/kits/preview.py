"""What a person should see of a kit before it is installed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from pack.kits.results import Preview
from pack.kits.shipment import Kit
from pack.kits.trust import Doubt
from pack.model import MemoryPath
from pack.truth.deciding.hidden import find_hidden


def preview_of(kit: Kit, installed: Collection[str] = (), odd: Iterable[Doubt] = ()) -> Preview:
    """What a person should see of a kit, whatever memory it may go to.

    Args:
        kit: The kit.
        installed: The names of the kits that are installed.
        odd: What is odd about the version.
    """
    hidden = {path: len(find_hidden(text)) for path, text in _texts(kit)}
    lacking = [
        one
        for one in kit.manifest.dependencies
        if not one.is_required and one.name not in installed
    ]
    return Preview(
        kit,
        sum(one.size for one in kit.shipped.values()),
        {path: count for path, count in hidden.items() if count},
        kit.left_out,
        [*(doubt.said for doubt in odd), *kit.manifest.warnings],
        [f"{one.name} {one.version.text}" for one in lacking],
    )


def _texts(kit: Kit) -> Iterator[tuple[MemoryPath, str]]:
    for path, content in kit.files.items():
        try:
            yield path, content.decode("utf-8")
        except UnicodeDecodeError:
            continue
