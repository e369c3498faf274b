"""The memory as plain files: looks at them and changes them. Each change is one commit (C9)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from pack.catalog.row import Row
from pack.catalog.scope import scope_of
from pack.core.decision import Decision
from pack.core.session import Session
from pack.deferred import dataclass
from pack.errors import InvalidContent, NotFound
from pack.files import frontmatter
from pack.files.frontmatter import Frontmatter, Parts, line_end
from pack.files.note import Note
from pack.model import ABSENT, Change, Delete, MemoryPath, Put
from pack.plain_files.edits import insert_after, replace_once
from pack.plain_files.refusals import IntoItself, NameTaken, RootStays
from pack.plain_files.tree import PlainTree, folders_of
from pack.results import Written
from pack.use_cases.write import Wording, store

_LEVELS: Final = 2
"""How deep a listing goes."""


@dataclass(frozen=True, slots=True)
class PlainEntry:
    """One file or folder of a listing.

    Attributes:
        name: Its name below the folder that was listed.
        size: The bytes of a file's text; `None` for a folder.
    """

    name: str
    size: int | None


@dataclass(frozen=True, slots=True)
class Edited:
    """What an edit did.

    Attributes:
        written: The commit, or what waits for the person.
        text: The text as the edit makes it.
        line: The number of line feeds before the place that was edited.
    """

    written: Written
    text: str
    line: int


class PlainFiles:
    """The memory as one caller of plain files sees it. Methods may be called from any thread.

    Names are relative, with `/` between folders and without empty, `.` or `..` components; the root
    is `""`. A folder stays as long as this object lives when its last file goes, as on a disk; git
    keeps no empty folders, so nobody else sees it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._core = session.core
        self._made: frozenset[str] = frozenset()

    # --- looking -------------------------------------------------------------------------------

    def look(self, name: str) -> str | list[PlainEntry]:
        """The text of a file without its frontmatter, or what a folder holds on two levels.

        In each folder by name, and what is in a folder follows it.

        Raises:
            NothingThere, ThroughLink: It is nothing.
            InvalidContent: It is a file that is not UTF-8.
            LimitExceeded: It is too large.
        """
        with self._core.view():
            tree = self._tree()
            found = tree.find(name) if name else None
            if found is not None:
                return _body(found)
            entries = self._entries(tree, name)
            if not entries and not tree.is_folder(name):
                raise tree.missing(name)
            return entries

    def read(self, name: str) -> str:
        """The text of a file, without its frontmatter.

        Raises:
            NotAFile: It is a folder.
            PackError: As `look`.
        """
        with self._core.view():
            return _body(self._tree().file(name))

    def _entries(self, tree: PlainTree, folder: str) -> list[PlainEntry]:
        below = tree.below(folder)
        folders = {part for name, _ in below for part in folders_of(name)}.union(self._made)
        near = {name: row for name, row in below if _depth(name, folder) <= _LEVELS}
        sizes = self._sizes(near.values())
        found: dict[str, int | None] = {
            name: None
            for name in folders
            if _is_in(name, folder) and _depth(name, folder) <= _LEVELS
        }
        found |= {name: sizes.get(row.path, row.size) for name, row in near.items()}
        start = len(folder) + 1 if folder else 0
        names = sorted(found, key=lambda name: name.split("/"))
        return [PlainEntry(name[start:], found[name]) for name in names]

    # --- changing ------------------------------------------------------------------------------

    def create(self, name: str, text: str) -> Written:
        """Store a new file.

        Raises:
            NameTaken: There is something of that name.
            PackError: No memory file can have that name, or the text cannot be stored.
        """

        def decide() -> Decision:
            tree = self._tree()
            tree.refuse_below_file(name)
            if tree.is_taken(name):
                raise NameTaken(name)
            path = tree.new_path(name)
            self._keep(folders_of(name))
            return self._stored(path, None, text)

        return self._session.write(decide)

    def replace(self, name: str, old: str, new: str) -> Edited:
        """Replace an exact quotation in a file.

        Raises:
            TextNotFound, TextNotUnique: It does not occur exactly once.
            PackError: As `read`; the text cannot be stored.
        """
        return self._edit(name, lambda text: replace_once(text, old, new))

    def insert(self, name: str, line: int, text: str) -> Edited:
        """Insert lines after a line of a file; 0 is before the first.

        Raises:
            NoSuchLine: It has fewer lines.
            PackError: As `replace`.
        """
        return self._edit(name, lambda before: (insert_after(before, line, text), line))

    def delete(self, name: str) -> Written | None:
        """Remove a file, or a folder with all it holds; `None` if that was empty.

        Raises:
            RootStays: It is the root.
            NothingThere, ThroughLink: It is nothing.
            PackError: The store refused; nothing was removed.
        """
        if not name:
            raise RootStays
        written = self._remove(name)
        if _is_done(written):
            self._forget(name)
            self._keep(folders_of(name))
        return written

    def clear(self) -> Written | None:
        """Remove all files; `None` if there were none. Their history stays.

        Raises:
            PackError: The store refused; nothing was removed.
        """
        written = self._remove("")
        if _is_done(written):
            self._made = frozenset()
        return written

    def rename(self, old: str, new: str) -> Written | None:
        """Give a file, or a folder with all it holds, another name; `None` if that was empty.

        Raises:
            RootStays: It is the root.
            NameTaken: There is something of the new name.
            NothingThere, ThroughLink: There is nothing of the old one.
            IntoItself: The new name is inside the folder.
            PackError: No memory file can have the new name, or the store refused.
        """
        if not old:
            raise RootStays
        with self._core.view():
            tree = self._tree()
            self._check_rename(tree, old, new)
            is_empty = tree.find(old) is None and not tree.below(old)
        written = None if is_empty else self._session.write(lambda: self._renaming(old, new))
        if _is_done(written):
            moved = {new + made[len(old) :] for made in self._made if _is_in(f"{made}/", old)}
            self._forget(old)
            self._keep([*moved, *folders_of(old)])
        return written

    # --- how -----------------------------------------------------------------------------------

    def _tree(self) -> PlainTree:
        return PlainTree(self._core, scope_of(self._core.connector), self._made)

    def _keep(self, folders: Collection[str]) -> None:
        self._made |= frozenset(folders)

    def _forget(self, name: str) -> None:
        self._made = frozenset(made for made in self._made if not _is_in(f"{made}/", name))

    def _note(self, row: Row) -> Note:
        found = self._core.reader.find(row.path)
        if found is None:
            raise NotFound(row.path)
        return found

    def _sizes(self, rows: Collection[Row]) -> dict[MemoryPath, int]:
        texts = self._core.reader.texts(list(rows))
        return {row.path: len(_body(note).encode("utf-8")) for row, note in texts}

    def _edit(self, name: str, edit: Callable[[str], tuple[str, int]]) -> Edited:
        made: list[tuple[str, int]] = []

        def decide() -> Decision:
            note = self._tree().file(name)
            made[:] = [edit(_body(note))]
            return self._stored(note.path, note, made[0][0])

        written = self._session.write(decide)
        return Edited(written, *made[0])

    def _stored(self, path: MemoryPath, current: Note | None, text: str) -> Decision:
        """The decision to store a text below the frontmatter of what is there.

        Raises:
            InvalidContent: It would not be read back as it is.
        """
        verb = "edit" if current is not None else "add"
        given = _with_body(current.head if current is not None else _NO_HEAD, text)
        decision = store(self._core, path, current, given, Wording(verb, None))
        if any(frontmatter.read(note.text).body != text for note in decision.notes):
            raise InvalidContent("the text would be taken for frontmatter")
        return decision

    def _remove(self, name: str) -> Written | None:
        with self._core.view():
            if not self._leaving(self._tree(), name):
                return None

        def decide() -> Decision:
            tree = self._tree()
            notes = list(self._leaving(tree, name).values())
            if not notes:
                raise tree.missing(name)  # just now
            first, *others = notes
            changes = [Delete(note.path, note.sha) for note in notes]
            more = f" and {len(others)} more" if others else ""
            names = [note.path for note in others]
            return Decision(first.path, changes, f"{first.path}: delete{more}", names=names)

        return self._session.write(decide)

    def _leaving(self, tree: PlainTree, name: str) -> dict[str, Note]:
        """A file, or all files of a folder, by their names.

        Raises:
            NothingThere, ThroughLink: It is neither.
        """
        found = tree.find(name) if name else None
        if found is not None:
            return {name: found}
        below = {one: self._note(row) for one, row in tree.below(name)}
        if not below and not tree.is_folder(name):
            raise tree.missing(name)
        return below

    def _check_rename(self, tree: PlainTree, old: str, new: str) -> None:
        if tree.is_taken(new):
            raise NameTaken(new)
        if tree.has_room(new):
            self._keep(folders_of(new))
        if not tree.is_taken(old):
            raise tree.missing(old)
        tree.refuse_below_file(new)
        if _is_in(new, old):
            raise IntoItself(new)

    def _renaming(self, old: str, new: str) -> Decision:
        tree = self._tree()
        self._check_rename(tree, old, new)
        notes = self._leaving(tree, old)
        if not notes:
            raise tree.missing(old)  # just now
        sources = [note.path for note in notes.values()]
        if old in notes:
            targets = [tree.new_path(new, leaving=sources[0])]
        else:
            targets = tree.new_paths([new + name[len(old) :] for name in notes], sources)
        changes: list[Change] = []
        for note, target in zip(notes.values(), targets, strict=True):
            changes += [Put(target, note.content, ABSENT), Delete(note.path, note.sha)]
        more = f" and {len(notes) - 1} more" if len(notes) > 1 else ""
        subject = f"{targets[0]}: move from {sources[0]}{more}"
        moved: dict[str, str] = dict(zip(sources, targets, strict=True))
        return Decision(targets[0], changes, subject, names=targets[1:], moved=moved)


_NO_HEAD = Frontmatter(Parts("", "", None, "", "", 1), {})


def _is_done(written: Written | None) -> bool:
    """Whether nothing waits for the person."""
    return written is None or written.commit is not None


def _with_body(head: Frontmatter, text: str) -> Frontmatter:
    parts = head.parts
    closing = parts.closing
    if closing and closing[-1] not in "\r\n":
        closing += line_end(parts.opening)
    if closing.endswith("\r") and text.startswith("\n"):
        closing += "\n"  # else the text would lose its own to the fence
    return replace(head, parts=replace(parts, closing=closing, body=text))


def _body(note: Note) -> str:
    note.exact_text()
    return note.head.body


def _is_in(name: str, folder: str) -> bool:
    return name.startswith(f"{folder}/") if folder else bool(name)


def _depth(name: str, folder: str) -> int:
    return name.count("/") + 1 - (folder.count("/") + 1 if folder else 0)
