"""The downstream's version of each file: its own text, its override, or both put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from pack.distribution.content.placing import OVERRIDES_DIR
from pack.distribution.reconciling.ground import Ground
from pack.distribution.reconciling.sync_state import OverrideBase, digest
from pack.distribution.reconciling.synced import Synced
from pack.distribution.reconciling.three_way import is_same_text, merge_three
from pack.distribution.values import Release, Rule
from pack.merge.diff import find_hunks


def override_path(rules: Iterable[Rule], path: str) -> str:
    """Where the override of a file is: its path is counted from the folder of the rule.

    Args:
        rules: The rule as it is, and as it was at the last sync.
        path: The file.
    """
    folder = next((one.target_path for one in rules if path.startswith(one.target_path)), "")
    return f"{OVERRIDES_DIR}{path.removeprefix(folder)}"


@dataclass(frozen=True, slots=True)
class LocalText:
    """The downstream's version of a file.

    Attributes:
        text: Its bytes; `None` if it has none.
        base: What it began as; `None` if that is not known.
        override: The override in it, with the version that it was made on.
        clash: Why nobody can say which text counts; `None` if that is clear.
    """

    text: bytes | None
    base: bytes | None
    override: OverrideBase | None = None
    clash: str | None = None


class LocalTexts:
    """The downstream's versions of files.

    Args:
        ground: What is there.
        synced: What the downstream was given last.
        override_of: Where the override of a file is.
    """

    def __init__(
        self, ground: Ground, synced: Synced | None, override_of: Callable[[str], str]
    ) -> None:
        self._ground = ground
        self._synced = synced
        self.override_of = override_of

    def is_base(self, path: str, text: bytes) -> bool:
        """Whether a file is as the last release made it."""
        base = self._base(path)
        return base is not None and is_same_text(text, base)

    def here(self, path: str, release: Release) -> LocalText:
        """The downstream's version of a file.

        Args:
            path: The file.
            release: What comes; of an override that is older than the first sync, the version.
        """
        text, base = self._ground.content(path), self._base(path)
        override = self._ground.content(self.override_of(path))
        record = self._synced.state.overrides.get(path) if self._synced is not None else None
        if override is None:
            is_given_up = record is not None and self._is_as_put(path, text)
            return LocalText(base if is_given_up and base is not None else text, base)
        is_in_it = record is not None and record.sha256 == digest(override)
        if is_in_it and text is not None and not self.is_base(path, text):
            return LocalText(text, base, record)
        return self._with_override(path, override, self._origin(path, override, record, release))

    def _with_override(
        self, path: str, override: bytes, origin: tuple[bytes | None, OverrideBase]
    ) -> LocalText:
        """A file whose override says something new."""
        text, base = self._ground.content(path), self._base(path)
        origin_base, record = origin
        is_own = text is None or self._is_as_put(path, text) or self.is_base(path, text)
        if text is None or is_own or is_same_text(text, override):
            return LocalText(override, origin_base, record)
        both = merge_three(path, origin_base, text, override)
        if both.is_conflict or origin_base != base:
            clash = "it was changed both here and in its override; keep one of the two"
            return LocalText(text, base, record, clash)
        return LocalText(both.content, base, record)

    def _origin(
        self, path: str, override: bytes, record: OverrideBase | None, release: Release
    ) -> tuple[bytes | None, OverrideBase]:
        """The text that an override was made on: the one that it differs least from."""
        synced, name = self._synced, digest(override)
        if synced is None:
            return None, OverrideBase(name, release.version, release.commit)
        base = self._base(path)
        before = synced.older(record).get(path) if record is not None else None
        last = OverrideBase(name, synced.state.version, synced.state.commit)
        if record is None or before is None:
            return base, last
        if base is not None and _distance(base, override) <= _distance(before, override):
            return base, last
        return before, OverrideBase(name, record.version, record.commit)

    def _base(self, path: str) -> bytes | None:
        return self._synced.base.get(path) if self._synced is not None else None

    def _is_as_put(self, path: str, text: bytes | None) -> bool:
        expected = self._synced.state.expected(path) if self._synced is not None else None
        return text is not None and digest(text) == expected


def _distance(one: bytes, other: bytes) -> int:
    """How many lines differ."""
    old, new = (side.decode("utf-8", "replace").splitlines() for side in (one, other))
    hunks = find_hunks(old, new)
    return sum(hunk.old_end - hunk.old_start + hunk.end - hunk.start for hunk in hunks)
