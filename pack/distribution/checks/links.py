"""Check 2: every link that stays in the downstream leads to something there.

Links are those that a CommonMark parser sees, and those of HTML, so nothing in code counts. A
target that begins with a slash is counted from the root of the repository, as hosts do; and since
people write whole paths in their notes, `folder/note.md` may be counted from there too.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterator, Sequence, Set

from pack.distribution.checks.contents import Remembered, is_markdown, text_of
from pack.distribution.checks.results import result_of
from pack.distribution.values import CheckFinding, CheckName, CheckResult, MadeFile
from pack.files import frontmatter, markdown
from pack.files.markdown import Link


class LinkCheck:
    """Follows links; what is the same for many downstreams is read once."""

    def __init__(self) -> None:
        self._links = Remembered(_links)

    def check(self, files: Sequence[MadeFile], present: Collection[str]) -> CheckResult:
        """Whether all links of the files lead somewhere.

        Args:
            files: The files.
            present: Each path that downstream will have.
        """
        places = _with_folders({*present, *(file.path for file in files)})
        found = [
            CheckFinding(file.path, link.line, f"the link to {link.target} leads nowhere")
            for file in files
            for link in self._links.of(file)
            if places.isdisjoint(_places(file.path, link.target))
        ]
        summary = "1 broken link" if len(found) == 1 else f"{len(found)} broken links"
        return result_of(CheckName.LINK_INTEGRITY, summary, found)


def _links(file: MadeFile) -> Sequence[Link]:
    text = text_of(file) if is_markdown(file.path) else None
    if text is None:
        return ()
    parts = frontmatter.split(text)
    body = (parts.body, parts.body_line)
    return (*markdown.links(*body), *markdown.html_links(*body))


def _with_folders(paths: Set[str]) -> Set[str]:
    found = {*paths, ""}
    for path in paths:
        folder = posixpath.dirname(path)
        while folder not in found:
            found.add(folder)
            folder = posixpath.dirname(folder)
    return found


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
