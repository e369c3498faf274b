"""The folders that git does not look into, so neither does PACK: `node_modules` and its like.

A folder is skipped if git ignores it and tracks nothing in it. Then no file in it can be memory,
whatever an exception below it says. It is neither read nor watched, so that what may end this is
asked about instead: the rules, the commit, and git's index.

Source: gitignore(5), "It is not possible to re-include a file if a parent directory of that file is
excluded".
"""

from __future__ import annotations

from collections.abc import Callable

Skips = Callable[[str], bool]
"""Whether a folder is skipped."""


class SkippedFolders:
    """Those of one working tree that a scan has met. Not safe for threads.

    Args:
        skipping: Gives the rule as it is now.
        stamp: Changes whenever the rule may have, files in the working tree aside.
    """

    def __init__(self, skipping: Callable[[], Skips], stamp: Callable[[], object]) -> None:
        self._skipping = skipping
        self._stamp_of = stamp
        self._stamp: object = None
        self._folders: set[str] = set()

    def begin(self) -> Skips:
        """The rule for a scan of everything."""
        self._stamp = self._stamp_of()
        self._folders.clear()
        return self.rule()

    def rule(self) -> Skips:
        """The rule now; what it skips is remembered."""
        skips = self._skipping()

        def is_skipped(folder: str) -> bool:
            if not skips(folder):
                return False
            self._folders.add(folder)
            return True

        return is_skipped

    def forget(self, folder: str) -> None:
        """Take note that a folder is gone."""
        if self._folders:
            below = f"{folder}/"
            gone = {each for each in self._folders if f"{each}/".startswith(below)}
            self._folders -= gone

    def reappeared(self, *, has_new_rules: bool) -> set[str]:
        """Those that are not skipped any more; cheap if nothing has changed.

        Args:
            has_new_rules: Whether rules in the working tree may have changed.
        """
        if not self._folders:
            return set()
        stamp = self._stamp_of()
        if stamp == self._stamp and not has_new_rules:
            return set()
        self._stamp, skips = stamp, self._skipping()
        found = {folder for folder in self._folders if not skips(folder)}
        self._folders -= found
        return found
