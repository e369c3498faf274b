"""Check 2: every link that stays in the downstream leads to something there.

Links are those that a CommonMark parser sees, so nothing in code counts. A target that begins with
a slash is counted from the root of the repository, as hosts do; and since people write whole paths
in their notes, `folder/note.md` may be counted from there too.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Sequence, Set

from pack.distribution.checks.contents import text_of
from pack.distribution.checks.results import result_of
from pack.distribution.values import CheckFinding, CheckName, CheckResult, MadeFile
from pack.files import frontmatter, markdown


def check_links(files: Sequence[MadeFile], present: Collection[str]) -> CheckResult:
    """Whether all links of the files lead somewhere.

    Args:
        files: The files.
        present: Each path that downstream will have.
    """
    places = _with_folders({*present, *(file.path for file in files)})
    findings = [found for file in files for found in _broken(file, places)]
    count = len(findings)
    return result_of(CheckName.LINK_INTEGRITY, f"{count} broken link{'s' * (count != 1)}", findings)


def _with_folders(paths: Set[str]) -> Set[str]:
    found = {*paths, ""}
    for path in paths:
        folder = posixpath.dirname(path)
        while folder not in found:
            found.add(folder)
            folder = posixpath.dirname(folder)
    return found


def _broken(file: MadeFile, places: Set[str]) -> Iterator[CheckFinding]:
    text = text_of(file)
    if text is None or not file.path.lower().endswith((".md", ".markdown")):
        return
    parts = frontmatter.split(text)
    for link in markdown.links(parts.body, parts.body_line):
        if places.isdisjoint(_places(file.path, link.target)):
            yield CheckFinding(file.path, link.line, f"the link to {link.target} leads nowhere")


def _places(path: str, target: str) -> Iterator[str]:
    """The paths that a target may mean, seen from a file; empty for the root."""
    from_root = _normal(target.lstrip("/"))
    if target.startswith("/"):
        yield from_root
        return
    yield _normal(posixpath.join(posixpath.dirname(path), target))
    if "/" in target and not target.startswith("."):
        yield from_root


def _normal(path: str) -> str:
    place = posixpath.normpath(path)
    return "" if place == "." else place
