"""What the use cases of this room answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from pack.deferred import dataclass
from pack.kits.lock import LockedKit
from pack.kits.shipment import Kit, NotInstalled
from pack.kits.states import KitState
from pack.kits.updating import FileUpdate
from pack.model import CommitId, MemoryPath


@dataclass(frozen=True, slots=True)
class Preview:
    """What a person should see before a kit is installed.

    Attributes:
        kit: The kit.
        size: The bytes of its files.
        hidden: How many characters that nobody sees are in each text that has some.
        left_out: What is not installed.
        warnings: What is odd, in words.
        missing: Optional kits that it works with and that are not installed.
    """

    kit: Kit
    size: int
    hidden: Mapping[MemoryPath, int]
    left_out: Sequence[NotInstalled]
    warnings: Sequence[str]
    missing: Sequence[str]


@dataclass(frozen=True, slots=True)
class Updated:
    """What was done to a kit, or would be.

    Attributes:
        name: The kit.
        before: Its version before; `None` if it was not installed.
        after: Its version now; `None` if it is gone.
        commit: The commit that did it; `None` if nothing had to be done, or nothing was.
        files: What happened to each file.
        waits: What a guard holds up until the person decides; `None` if nothing.
    """

    name: str
    before: str | None
    after: str | None
    commit: CommitId | None
    files: Sequence[FileUpdate]
    waits: str | None = None


@dataclass(frozen=True, slots=True)
class KitStatus:
    """How a kit stands.

    Attributes:
        kit: As it was installed.
        latest: The newest version that is known; `None` where nobody has looked.
        state: How it stands as a whole.
        files: How each file stands, by its path in the memory.
        problem: Why upstream's version cannot be had, or would not be taken; `None` if it can.
        left_out: The files that never came, and why they cannot be here now.
    """

    kit: LockedKit
    latest: str | None
    state: KitState
    files: Mapping[MemoryPath, KitState]
    problem: str | None = None
    left_out: Mapping[MemoryPath, str] = field(default_factory=dict)
