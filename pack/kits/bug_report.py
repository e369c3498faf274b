"""The draft of a report to whoever keeps a kit. Nothing is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

from pack._version import __version__
from pack.deferred import dataclass, pattern
from pack.errors import InvalidRequest, NotFound
from pack.kits.edits import KitEdit
from pack.kits.lock import LockedKit
from pack.kits.manifest import Manifest
from pack.kits.states import KitState
from pack.model import MemoryPath

_WEB: Final = re.compile(r"https?://(?:[^\s/@]+@)?(?P<host>[A-Za-z0-9.-]+(?::\d+)?)(?P<path>/\S*)?")
_SSH: Final = pattern(
    r"(?:ssh://)?(?:[A-Za-z0-9._-]+@)?(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
    r"(?::\d+)?[:/](?P<path>[^\s:@]+)"
)
_MAIL: Final = pattern(r"[\w.+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PUBLIC_HOSTS: Final = frozenset(
    "github.com ssh.github.com gitlab.com altssh.gitlab.com bitbucket.org codeberg.org "
    "git.sr.ht gitea.com ssh.dev.azure.com vs-ssh.visualstudio.com".split()
)
_LOCAL: Final = pattern(
    r"^[^.]*$|^[\d.]+$|\.(?:local|localhost|localdomain|lan|home|internal|intranet|corp|arpa|test)$"
)
"""A host that means something in one network only."""
_HERE: Final = "a copy on this machine"
_ASKED: Final = "(What did you do, what did you expect, and what happened instead?)"
_MOST_TITLE: Final = 200


@dataclass(frozen=True, slots=True)
class BugReport:
    """A draft.

    Attributes:
        address: Where it would go: a page for new issues, or `mailto:`.
        title: Its first line.
        body: Its text, in markdown.
    """

    address: str
    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report says of a kit.

    Attributes:
        kit: As it is installed.
        manifest: What it says of itself.
        states: How each of its files stands.
        edits: What was changed here, if that is to be shown.
    """

    kit: LockedKit
    manifest: Manifest
    states: Mapping[MemoryPath, KitState]
    edits: Sequence[KitEdit] = ()


def draft(what: Reported, title: str, said: str = "") -> BugReport:
    """The draft of a report.

    Args:
        what: What it is about.
        title: Its title.
        said: What happened, in the person's words.

    Raises:
        InvalidRequest: The title is none.
        NotFound: The kit does not say where problems are reported.
    """
    title = " ".join(title.split())
    if not title or len(title) > _MOST_TITLE:
        raise InvalidRequest(f"a title has between 1 and {_MOST_TITLE} characters")
    address = _address(what.manifest, what.kit, title)
    return BugReport(address, title, "\n".join(_body(what, said)) + "\n")


def _address(manifest: Manifest, kit: LockedKit, title: str) -> str:
    if manifest.bugs_url and _WEB.fullmatch(manifest.bugs_url):
        return _without_user(manifest.bugs_url)
    if manifest.repository and (page := _issues(manifest.repository)):
        return page
    if manifest.bugs_email and _MAIL.fullmatch(manifest.bugs_email):
        return f"mailto:{manifest.bugs_email}?subject={quote(title)}"
    if is_public(kit, manifest) and (page := _issues(kit.source.partition("#")[0])):
        return page
    raise NotFound(
        f"an address for problems with {kit.name}",
        "Its manifest names none; ask whoever gave you the kit.",
    )


def _issues(repository: str) -> str | None:
    """The page for a new issue of a repository; `None` if it is on no host."""
    if repository.startswith("file:") or not (
        found := _WEB.fullmatch(repository) or _SSH.fullmatch(repository)
    ):
        return None
    path = (found["path"] or "").strip("/").removesuffix(".git")
    return f"https://{found['host']}/{path}/issues/new" if path else None


def _without_user(address: str) -> str:
    """An address without the name, and perhaps the password, of a user."""
    return re.sub(r"(?<=://)[^\s/@]+@", "", address)


def public_source(kit: LockedKit, manifest: Manifest) -> str:
    """Where a kit comes from, in words that say nothing of this machine and its network."""
    return _without_user(kit.source) if is_public(kit, manifest) else _HERE


def is_public(kit: LockedKit, manifest: Manifest) -> bool:
    """Whether anybody knows the place that a kit comes from.

    A host that is reached over SSH may be one at home; it counts only if it is one that everybody
    knows, or if the kit itself names the place.
    """
    place = kit.source.partition("#")[0]
    if place.startswith("pack:"):
        return True
    found = _WEB.fullmatch(place) or (_SSH.fullmatch(place) if _is_ssh(place) else None)
    if found is None:
        return False
    if manifest.repository is not None and _plain(place) == _plain(manifest.repository):
        return True
    host = found["host"].partition(":")[0].lower()
    return host in _PUBLIC_HOSTS or (found.re is _WEB and _LOCAL.search(host) is None)


def _is_ssh(place: str) -> bool:
    return place.startswith("ssh://") or ("@" in place and "://" not in place)


def _plain(address: str) -> str:
    """An address as others write it, too."""
    return address.strip().rstrip("/").removesuffix(".git")


def _body(what: Reported, said: str) -> list[str]:
    kit = what.kit
    changed = {
        path.removeprefix(kit.installed_to): state
        for path, state in what.states.items()
        if state not in (KitState.PRISTINE, KitState.LOCAL)
    }
    rows = [f"| `{path}` | {state} |" for path, state in changed.items()]
    table = ["| file | state |", "|---|---|", *rows] if rows else ["All are as they were shipped."]
    facts = {
        "kit": f"{kit.name} {kit.version}",
        "source": public_source(kit, what.manifest),
        "ref": kit.ref,
        "commit": kit.commit,
        "PACK": __version__,
    }
    return [
        "## What happened",
        "",
        said.strip() or _ASKED,
        "",
        "## Where",
        "",
        *(f"- {name}: {value}" for name, value in facts.items() if value),
        "",
        "## Files that were changed here",
        "",
        *table,
        *_patch(what.edits),
    ]


def _patch(edits: Sequence[KitEdit]) -> list[str]:
    """The changes, in a code block that none of them can end."""
    text = "".join(edit.patch() for edit in edits)
    if not text:
        return []
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return ["", "## Changes", "", f"{fence}diff", text.rstrip("\n"), fence]
