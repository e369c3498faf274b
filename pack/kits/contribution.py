"""What was changed in a kit, as a commit of the repository it comes from, and as a patch of it.

It holds the hunks of files that upstream shipped, and nothing else of the memory: no file that was
added here, and none of the keys that PACK itself notes in frontmatter. Nothing is sent here.
`git am` takes the patch.

Source: git-format-patch(1), git-am(1); RFC 2047 for names that are not ASCII.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from itertools import groupby
from typing import Final

from pack._version import __version__
from pack.deferred import dataclass
from pack.errors import InvalidRequest
from pack.history.blame import BlamedFile, Writing
from pack.kits.edits import KitEdit
from pack.kits.lock import LockedKit
from pack.model import CommitId, Identity, MemoryPath

_NO_COMMIT: Final = "0" * 40
_FIRST_LINE: Final = "Mon Sep 17 00:00:00 2001"
"""The date that git writes there, so that programs know the file for a patch."""
_MOST_SUBJECT: Final = 200
_WROTE: Final = "Pack-Wrote"
_PERSON: Final = 1

BlameFile = Callable[[MemoryPath], BlamedFile | None]


@dataclass(frozen=True, slots=True)
class Contribution:
    """A change for upstream.

    Attributes:
        kit: The kit and its version.
        base: The commit it is made on; `None` if the kit comes from no repository.
        branch: What a branch for it could be called there.
        subject: What it does.
        message: The message of the commit.
        wrote: Who wrote which of the new lines.
        files: The files it changes, below the kit's folder.
        writes: The same in the repository, with their bytes.
        text: The patch, with its message.
    """

    kit: str
    base: CommitId | None
    branch: str
    subject: str
    message: str
    wrote: Sequence[str]
    files: Sequence[MemoryPath]
    writes: Mapping[str, bytes] = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Message:
    """What goes before the hunks.

    Attributes:
        subject: What the change does; empty for a plain sentence.
        author: Who offers it.
        at: When.
    """

    subject: str
    author: Identity
    at: datetime


def contribution(
    kit: LockedKit, folder: str, edits: Sequence[KitEdit], message: Message, blame: BlameFile
) -> Contribution:
    """The change for some edits.

    Args:
        kit: As it is installed.
        folder: The kit's folder in the repository that it comes from.
        edits: What was changed.
        message: What is said of it.
        blame: Who wrote which line of a file; `None` where that is not known.

    Raises:
        InvalidRequest: Nothing was changed, or the subject is too long.
    """
    if not edits:
        raise InvalidRequest(f"nothing that {kit.name} shipped was changed here")
    names = [edit.inside for edit in edits]
    subject = " ".join(message.subject.split()) or f"{kit.name}: change {_listed(names)}"
    if len(subject) > _MOST_SUBJECT:
        raise InvalidRequest(f"a subject has at most {_MOST_SUBJECT} characters")
    wrote = [line for edit in edits for line in _provenance(edit, blame(edit.path))]
    said = _said_of(kit, wrote)
    return Contribution(
        f"{kit.name} {kit.version}",
        kit.commit,
        f"contrib/{kit.name}-{message.at:%Y%m%dT%H%M%SZ}",
        subject,
        f"{subject}\n\n{said}",
        wrote,
        names,
        {inside(folder, edit.inside): edit.after.encode("utf-8") for edit in edits},
        "".join(_mail(kit, folder, edits, message, subject, said)),
    )


def inside(folder: str, path: str) -> str:
    """The path in a repository of a file of a kit in a folder of it."""
    return f"{folder}/{path}" if folder else path


def _said_of(kit: LockedKit, wrote: Sequence[str]) -> str:
    """The message of the commit, below its subject."""
    trailers = [f"Pack-Kit: {kit.name}@{kit.version}", *(f"{_WROTE}: {line}" for line in wrote)]
    return f"Changed where {kit.name} {kit.version} is installed.\n\n" + "".join(
        f"{line}\n" for line in trailers
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{len(names)} files"


def _mail(
    kit: LockedKit,
    folder: str,
    edits: Sequence[KitEdit],
    message: Message,
    subject: str,
    said: str,
) -> Iterator[str]:
    yield f"From {_NO_COMMIT} {_FIRST_LINE}\n"
    yield f"From: {_encoded(_plain(message.author.name))} <{_plain(message.author.email)}>\n"
    yield f"Date: {format_datetime(message.at)}\n"
    yield f"Subject: {_encoded(f'[PATCH] {subject}')}\n"
    yield "MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\n"
    yield "Content-Transfer-Encoding: 8bit\n\n"
    yield f"{said}---\n"
    if any("\r\n" in edit.after for edit in edits):
        yield "Lines end in CR LF: apply it with `git am --keep-cr`.\n"
    yield "\n"
    yield from (edit.patch(folder) for edit in edits)
    yield f"-- \nPACK {__version__}\n\n"
    if kit.commit is not None:
        yield f"base-commit: {kit.commit}\n"


def _encoded(text: str) -> str:
    """A header's text, on as many lines as it needs."""
    return text if text.isascii() and len(text) < 60 else Header(text, "utf-8").encode()


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable() and c not in "<>")


def _provenance(edit: KitEdit, blamed: BlamedFile | None) -> Iterator[str]:
    """Who wrote the lines that were added: a person, or what kind of machine."""
    written = [
        (number, blamed.writings[at - 1] if blamed is not None and at is not None else None)
        for number, text in edit.added()
        for at in [edit.written_at(number, text)]
    ]
    for said, run in groupby(written, key=lambda one: _said(one[1])):
        for first, last in _ranges(number for number, _ in run):
            where = f"line {first}" if first == last else f"lines {first}-{last}"
            yield f"{edit.inside} {where}: {said}"


def _said(writing: Writing | None) -> str:
    """Who wrote a line, without the name of a program or a machine."""
    if writing is None:
        return "not known"
    kind = "a person" if writing.level == _PERSON else writing.origin.partition(":")[0]
    return f"{kind}, level {writing.level}"


def _ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found
