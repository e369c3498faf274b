"""Looks for problems in a memory, and changes nothing."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Set
from itertools import groupby, zip_longest

from pack.actions import Action
from pack.catalog.row import is_catalogued
from pack.catalog.scope import PROJECT_FILE, Scope, scope_of
from pack.core.core import Core
from pack.core.index_update import plan_index_update
from pack.errors import InvalidContent, InvalidPath, LimitExceeded
from pack.files import markdown, schema
from pack.files.keys import TTL
from pack.files.note import Note
from pack.limits import MAX_FILE_BYTES
from pack.merge.copies import find_conflict_copies, is_conflict_copy
from pack.model import Change, Delete, Entry, EntryType, MemoryPath, Mode, Put
from pack.pages import mapping as notion_mapping
from pack.pages.mapping import MAPPING
from pack.paths import INDEX, LEGACY_DIR, fold, has_control, is_memory_file, parse_memory_path
from pack.results import Finding, Status
from pack.use_cases import originals
from pack.use_cases import read as queries
from pack.use_cases.hand_edits import edits_of
from pack.use_cases.read import managed_files
from pack.use_cases.remotes import remote_statuses

_KEPT = re.compile(r"\.kept-[0-9a-f]{8}\.md$")


def status(core: Core) -> Status:
    """See `Care.status`."""
    mode = core.reader.mode()
    rows = core.rows() if mode is not Mode.EMPTY else []
    folders = [
        (folder, sum(1 for _ in group))
        for folder, group in groupby(sorted(row.folder for row in rows))
    ]
    today = core.today()
    return Status(
        location=core.connector.location,
        mode=mode,
        commit=core.connector.head(),
        files=len(rows),
        folders=tuple(folders),
        uncommitted=tuple(sorted(edits_of(core))),
        expired=tuple(row.path for row in rows if queries.is_expired(row, today)),
        kept=tuple(row.path for row in rows if _KEPT.search(row.path)),
        updated_at=max((row.updated for row in rows if row.updated), default=None),
        conflict_copies=tuple(find_conflict_copies(rows)),
        remotes=tuple(remote_statuses(core)),
        targets=core.sync.status() if core.sync else (),
        managed=tuple(managed_files(core, core.connector.edits(core.connector.head()))),
        proposals=core.proposals.count(),
    )


def validate(core: Core) -> list[Finding]:
    """See `Care.validate`."""
    mode = core.require_mode()
    tree = core.reader.tree()
    paths = [entry.path for entry in tree]
    places = {str(path) for path in paths}.union(*map(_folders_above, paths))
    scope = scope_of(core.connector)
    findings = [*_twins(tree), *_unreadable_names(core, tree, scope)]
    if scope.problem is not None:
        findings.append(_at(PROJECT_FILE, "project_file", scope.problem, "Correct and commit it."))
    for entry in tree:
        if entry.type is EntryType.SYMLINK and scope.holds(entry.path):
            findings.append(_at(entry.path, "link", *_LINK))
        if entry.type is EntryType.FILE and is_conflict_copy(entry.path):
            findings.append(_at(entry.path, "conflict_copy", *_COPY))
        if entry.type is EntryType.FILE and scope.holds(entry.path):
            findings += _check_file(core, entry, places)
    if mode is Mode.V2:
        findings += _check_index(core)
        findings += _check_originals(core, scope)
    findings += _check_pages(core, places)
    return sorted(findings, key=lambda found: (found.path, found.line, found.column, found.code))


_COPY = (
    "holds what a merge could not put into the original",
    "Move what you need of it into the original, then delete it.",
)
_LINK = ("is a symbolic link, which PACK does not follow", "Put the file itself in its place.")


_SECOND = "a second frontmatter block begins here; only the first counts"


def _at(path: str, code: str, message: str, remedy: str, line: int = 1, column: int = 1) -> Finding:
    return Finding(code, _shown(path), line, column, _shown(message), remedy)


def _shown(text: str) -> str:
    """Text that can be printed on a line; a name may contain anything but a slash and a NUL."""
    return "".join(ascii(char)[1:-1] if has_control(char) else char for char in text)


def _twins(tree: Iterable[Entry]) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for entry in tree:
        parts = entry.path.split("/")
        for end in range(1, len(parts) + 1):
            prefix = "/".join(parts[:end])
            other = first.setdefault(fold(prefix), prefix)
            if other != prefix:
                yield _at(
                    entry.path,
                    "twin",
                    f"some file systems confuse {prefix} with {other}",
                    f"To rename one of them, {Action.MOVE}.",
                )
                break


def _unreadable_names(core: Core, tree: Iterable[Entry], scope: Scope) -> Iterator[Finding]:
    """Names that nobody can ask for; a store may show them only in commits."""
    head = core.connector.head()
    committed = core.connector.get_tree(head) if head else []
    for path in sorted({entry.path for entry in (*tree, *committed)}):
        is_ours = is_memory_file(path) and ("/" in path or scope.root_notes)
        if is_ours and not is_catalogued(path):
            what = "holds a control character, a backslash or a drive"
            try:
                path.encode("utf-8")
            except UnicodeEncodeError:
                what = "is not Unicode"
            message = f"has a name that {what}, so nobody can ask for it"
            yield _at(path, "name", message, "Rename it with git.")


def _folders_above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path


def _check_file(core: Core, entry: Entry, places: Set[str]) -> Iterator[Finding]:
    yield from _check_name(entry.path)
    try:
        found = core.reader.find(entry.path)
        if found is None:
            return
        found.exact_text()
    except LimitExceeded:
        size = f"is larger than {MAX_FILE_BYTES:,} bytes, so agents cannot read it"
        yield _at(entry.path, "oversized", size, "Split it into several files.")
        return
    except InvalidContent as error:
        yield _at(entry.path, "encoding", str(error), "Save it as UTF-8.")
        return
    yield from _check_frontmatter(core, found)
    yield from _check_links(found, places)


def _check_name(path: MemoryPath) -> Iterator[Finding]:
    if _KEPT.search(path):
        yield _at(
            path,
            "kept_copy",
            "holds an edit that could not stay in its place",
            "Move what you need of it into the original, then delete it.",
        )
    if path.endswith(f"/{INDEX}"):
        return  # a folder's index, or a user's file with that name
    try:
        parse_memory_path(path, at_root=True)
    except (InvalidPath, LimitExceeded) as error:
        yield _at(path, "name", str(error), f"To rename it, {Action.MOVE} or use git.")


def _check_frontmatter(core: Core, note: Note) -> Iterator[Finding]:
    path, text, head = note.path, note.text, note.head
    if head.problem is not None:
        place = (head.problem.line, head.problem.column)
        remedy = "Correct the YAML between the two --- lines."
        yield _at(path, "frontmatter", head.problem.reason, remedy, *place)
        return
    if (form := note.unusual_form()) is not None:
        line = head.parts.first_line
        yield _at(path, "frontmatter", form, "Remove what is in front of it.", line)
    if (second := note.second_block()) is not None:
        remedy = "Move what you need of it into the first, then delete it."
        yield _at(path, "frontmatter", _SECOND, remedy, second)
    for problem in schema.check(head.fields):
        line, column = schema.find_key_line(text, problem.key) or (1, 1)
        message = f"{problem.key}: {problem.reason}"
        yield _at(path, "frontmatter", message, problem.remedy, line, column)
    meta = note.meta()
    if schema.is_expired(meta, core.today()) and meta.expires is not None:
        line, column = schema.find_key_line(text, TTL.name) or (1, 1)
        message = f"expired on {meta.expires.isoformat()}"
        yield _at(path, "expired", message, f"Update it, or {Action.PRUNE}.", line, column)


def _check_links(note: Note, places: Set[str]) -> Iterator[Finding]:
    path, head = note.path, note.head
    folder = path.rpartition("/")[0]
    for link in markdown.links(head.body, head.body_line):
        target = posixpath.normpath(posixpath.join(folder, link.target))
        if link.target.startswith("/"):
            target = posixpath.normpath(link.target).lstrip("/")
        if target == "." or target in places:
            continue
        message = f"the link to {link.target} leads nowhere"
        yield _at(path, "broken_link", message, "Correct the link.", link.line, link.column)


def _check_originals(core: Core, scope: Scope) -> Iterator[Finding]:
    """Files that a migration has divided, and that still count as notes."""
    for original in originals.find_originals(core, scope):
        remedy, line = f"To leave it out, {Action.MIGRATE}.", 1
        if original.own_lines:
            remedy, line = originals.REMEDY, original.own_lines[0]
        yield _at(original.path, "counted_twice", originals.in_words(original), remedy, line)


def _check_pages(core: Core, places: Set[str]) -> Iterator[Finding]:
    """What is wrong with the record of Notion's pages (C11)."""
    remedy = "Correct it, or restore an earlier version with git."
    try:
        found = core.reader.find(MAPPING)
    except LimitExceeded as error:
        yield _at(MAPPING, "notion_pages", str(error), remedy)
        return
    if found is None:
        return
    problems, mapped = notion_mapping.examine(found.content)
    for problem in problems:
        yield _at(MAPPING, "notion_pages", problem, remedy)
    for path in sorted(mapped.pages.keys() - places):
        message = f"has a page for {path}, which does not exist"
        yield _at(MAPPING, "notion_pages", message, "The next sync moves the page to the trash.")


# --- the index -----------------------------------------------------------------------------------


def _check_index(core: Core) -> list[Finding]:
    try:
        return list(_drift(core))
    except LimitExceeded as error:
        return [_at(INDEX, "oversized", str(error), "Delete it with git, or make it shorter.")]


def _drift(core: Core) -> Iterator[Finding]:
    """Index files that do not match the files that readers see (C10)."""
    rows = {row.path: row for row in core.rows()}
    edited = core.catalog.edits()
    different = [rows[path] for path in edited if path in rows]
    gone = [path for path in edited if path not in rows]
    plan = plan_index_update(core.catalog, core.reader, different, gone, {}, check_all=True)
    for change in plan.changes:
        current = core.reader.find(change.path)
        wanted = change.content if isinstance(change, Put) else None
        if current is None or current.content != wanted:
            yield _drifted(change, current, has_edits=bool(edited))


def _drifted(change: Change, current: Note | None, *, has_edits: bool) -> Finding:
    remedy = f"{Action.COMMIT if has_edits else Action.REINDEX}; the next write corrects it too."
    if current is None:
        return _at(change.path, "index_drift", "is missing", remedy)
    if isinstance(change, Delete):
        return _at(change.path, "index_drift", "is no longer needed", remedy)
    if change.path.startswith(f"{LEGACY_DIR}/"):
        return _at(INDEX, "index_foreign", "was not written by PACK", "The next write keeps it.")
    lines = zip_longest(current.content.splitlines(), change.content.splitlines())
    line = next((n for n, (is_now, due) in enumerate(lines, 1) if is_now != due), 1)
    message = "does not match the files of the memory"
    return _at(change.path, "index_drift", message, remedy, line)
