"""How many files a commit holds, counted without listing them.

A few small trees can name each other so often that git lists them until no memory is left. Here
each tree is read once, however often it is named; so what somebody else sent can be counted before
git is asked about it.
"""

from __future__ import annotations

import re
from typing import Final

from pack.errors import LimitExceeded
from pack.model import CommitId
from pack_connectors.local_git.objects import ObjectStore

MOST_FILES: Final = 1_000_000
_ENTRY: Final = re.compile(rb"([0-7]+) [^\0]+\0(.{20})", re.DOTALL)
_FOLDER: Final = b"40000"


def refuse_endless(store: ObjectStore, commit: CommitId, most: int = MOST_FILES) -> None:
    """Do nothing, unless a commit holds more files than any memory has.

    Args:
        store: Where it is.
        commit: The commit.
        most: As many files, links and submodules as it may hold.

    Raises:
        LimitExceeded: It holds more.
        NotFound: A tree of it is missing.
        ConnectorError: The object database cannot be read.
    """
    sizes: dict[str, int] = {}
    waiting = [store.root_of(commit)]
    while waiting:
        tree = waiting[-1]
        if tree in sizes:
            waiting.pop()
            continue
        entries = _ENTRY.findall(store.read_tree(tree))
        folders = [name.hex() for mode, name in entries if mode == _FOLDER]
        unknown = {folder for folder in folders if folder not in sizes}
        if unknown:
            waiting += unknown
            continue
        waiting.pop()
        sizes[tree] = len(entries) - len(folders) + sum(sizes[folder] for folder in folders)
        if sizes[tree] > most:
            raise LimitExceeded("the list of files", most, "files")
