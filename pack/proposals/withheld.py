"""What a merge withheld from the files, as a proposal: the same one wherever the merge is.

A merge names it in its message. So whoever takes the merge in can make the proposal, and it is the
same commit on every machine. Its id stands for what one version of a file says that one commit
made: other merges that withhold the same name the same proposal.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from pack.model import BlobId, CommitId, MemoryPath
from pack.proposals.proposal import is_id, numbered, tag_of
from pack.provenance import PROPOSAL, Origin, commit_message, parse_label

if TYPE_CHECKING:  # whoever only reads needs nothing of merges
    from pack.merge.tree import Withheld

_TRAILER: Final = "Pack-Withheld"
_MARK: Final = "z"
"""How their ids begin. Those that are made by the hour begin so from the year 2086 on."""
_DIGITS: Final = 6
_REQUEST: Final = 32


def is_withheld(proposal_id: str) -> bool:
    """Whether a proposal is what a merge withheld: where it was decided on, it has to be known."""
    return proposal_id.startswith(_MARK)


@dataclass(frozen=True, slots=True)
class WithheldText:
    """A proposal that a merge makes.

    Attributes:
        id: Its id.
        path: The file.
        blob: The machine's version of it, whole, as a commit on one side has it.
        content: What the file would be: the merged one with what the machine changed.
        origin: The machine.
    """

    id: str
    path: MemoryPath
    blob: BlobId
    content: bytes = field(repr=False)
    origin: Origin

    def trailer(self) -> tuple[str, str]:
        """The trailer of the merge that names it."""
        where = quote(self.path, errors="surrogateescape")
        return _TRAILER, f"{self.id} {self.blob} {self.origin.label} {where}"

    def message(self, merge: CommitId) -> str:
        """The message of its commit, which follows from the merge alone."""
        request = hashlib.sha256(f"{merge} {self.id}".encode()).hexdigest()[:_REQUEST]
        subject = f"{self.path}: what {self.origin.label} wrote, which a merge withheld"
        return commit_message(subject, self.origin, request, trailers=[(PROPOSAL, self.id)])


def withheld_text(found: Withheld) -> WithheldText | None:
    """The proposal for what a merge withheld; `None` if its origin is not as PACK writes them."""
    origin = parse_label(found.writer.origin)
    if origin is None:
        return None
    text = f"{found.path}\0{found.said}\0{found.writer.commit}"
    digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
    number = numbered(int.from_bytes(digest[:8], "big"), _DIGITS)
    name = f"{_MARK}{number}{tag_of(found.path)}"
    return WithheldText(name, found.path, found.blob, found.content, origin)


def withheld_in(message: str) -> Iterator[str]:
    """The ids of the proposals that the message of a merge names."""
    if _TRAILER not in message:  # as most, and a history can be long
        return
    for line in message.strip().rpartition("\n\n")[2].splitlines():
        name, _, value = line.partition(": ")
        proposal_id = value.partition(" ")[0]
        if name == _TRAILER and is_id(proposal_id) and is_withheld(proposal_id):
            yield proposal_id
