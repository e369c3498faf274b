"""Check 2: every link that stays in the downstream leads to something there.

Links are those that a CommonMark parser sees, so nothing in code counts. A target that begins with
a slash is counted from the root of the repository, as hosts do.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Sequence, Set

from pack.distribution.checks.contents import text_of
from pack.distribution.checks.results import result_of
from pack.distribution.values import CheckName, CheckResult, Finding, MadeFile
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


def _broken(file: MadeFile, places: Set[str]) -> Iterator[Finding]:
    text = text_of(file)
    if text is None or not file.path.lower().endswith((".md", ".markdown")):
        return
    parts = frontmatter.split(text)
    for link in markdown.links(parts.body, parts.body_line):
        if _place(file.path, link.target) not in places:
            yield Finding(file.path, link.line, f"the link to {link.target} leads nowhere")


def _place(path: str, target: str) -> str:
    """The path that a target leads to, seen from a file; empty for the root."""
    if target.startswith("/"):
        return posixpath.normpath(target).strip("/")
    place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return "" if place == "." else place
