"""What must not leave the memory unseen: plain text that a git filter was set up to hide.

Git filters a file when it is added. What was committed before the filter was set up is in the
history as it is, and a push would send it, though everything that shows the file calls it hidden.
Whether that is wanted only a person can say.

A filter that hides nothing is not to stop an exchange. So a version counts as plain if the commit
that made it did not give the file a filter yet, or if it lacks the mark of git-crypt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from pack.model import BlobId, CommitId, MemoryPath
from pack.remote.remote import Outgoing, Stop, StopKind
from pack.rules.exclusion import ATTRIBUTES_FILE, CommittedRules

FilesOf = Callable[[CommitId], Mapping[MemoryPath, BlobId]]
"""The files of a commit."""
Read = Callable[[BlobId], bytes]

_FILTER: Final = "filter="
_LARGE_FILES: Final = "filter=lfs"  # it keeps large files elsewhere, and hides nothing
_GIT_CRYPT: Final = "filter=git-crypt"
_GIT_CRYPT_MARK: Final = b"\0GITCRYPT\0"
_NAMED: Final = 3
_REMEDY: Final = (
    "Nothing was sent. To keep it from the remote, take it out of the history with git "
    "(`git rebase` or `git filter-repo`), then add it again. To send it as it is, run `git push`."
)


def refuse_plain(
    outgoing: Sequence[Outgoing], label: str, files_of: FilesOf, read: Read
) -> Stop | None:
    """Why commits are not sent; `None` if they may be.

    Args:
        outgoing: The versions of managed files that they hold, the newest first.
        label: What people call the remote's branch.
        files_of: Gives the files of a commit.
        read: Reads a blob.
    """
    plain = {sent.path: sent for sent in reversed([*_plain(outgoing, files_of, read)])}
    if not plain:
        return None
    first, *_ = plain.values()
    named = ", ".join(islice(plain, _NAMED))
    more = f" and {len(plain) - _NAMED} more" if len(plain) > _NAMED else ""
    reason = (
        f"a push to {label} would send plain text of {named}{more}: commit {first.commit[:7]} was "
        f"made before the git filter applied ({first.why.place}: {first.why.rule[:80]})"
    )
    return Stop(StopKind.PLAIN_TEXT, reason, _REMEDY)


def _plain(outgoing: Sequence[Outgoing], files_of: FilesOf, read: Read) -> Iterator[Outgoing]:
    rules: dict[CommitId, CommittedRules] = {}
    for sent in outgoing:
        rule = sent.why.rule
        if not rule.startswith(_FILTER) or rule == _LARGE_FILES:
            continue
        if rule.startswith(_GIT_CRYPT):
            content = read(sent.sha)
            if content and not content.startswith(_GIT_CRYPT_MARK):
                yield sent
        elif _is_of_the_memory(sent.why.place):
            if sent.commit not in rules:
                rules[sent.commit] = CommittedRules(files_of(sent.commit).get, read)
            if not rules[sent.commit].is_managed(sent.path):
                yield sent


def _is_of_the_memory(place: str) -> bool:
    """Whether a rule is in a file that commits hold, so that they say since when it applies."""
    file = place.rpartition(":")[0]
    return file == ATTRIBUTES_FILE or file.endswith(f"/{ATTRIBUTES_FILE}")
