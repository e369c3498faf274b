"""Where the web shows a repository and its files.

Sources: the addresses that GitHub, GitLab, Gitea (Codeberg) and Bitbucket give files of a tag.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from pack.errors import InvalidConfig
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.remote.url import parse_url
from pack_connectors.local_git.repository import Repository

_OF_SSH: Final = re.compile(r"(?:ssh://)?(?:[^@/]+@)([^:/]+)(?::[0-9]+/|[:/])(.+)")
_ON_WEB: Final = re.compile(r"https://([^/]+)/(.+)")
_FILES: Final = {
    "github": "{repository}/blob/{ref}/{path}",
    "gitlab": "{repository}/-/blob/{ref}/{path}",
    "codeberg": "{repository}/src/tag/{ref}/{path}",
    "gitea": "{repository}/src/tag/{ref}/{path}",
    "bitbucket": "{repository}/src/{ref}/{path}",
}
"""By a word in the name of a host."""


def web_address_of_file(source: str, ref: str, path: str) -> str | None:
    """Where a browser shows a file of a tag or a commit; `None` where that is not known.

    Args:
        source: The address of the repository there, such as `https://github.com/OWNER/REPO`.
        ref: The tag or the commit.
        path: The file.
    """
    found = _ON_WEB.fullmatch(source)
    host = found[1].lower() if found else ""
    form = next((form for word, form in _FILES.items() if word in host), None)
    if form is None:
        return None
    return form.format(repository=source.rstrip("/"), ref=quote(ref), path=quote(path))


def web_address_of_repository(repository: Repository) -> str | None:
    """Where the web shows what a repository was cloned from; `None` where that is not known."""
    command = ["config", "--get", "remote.origin.url"]
    text = GitRunner(repository).run(command, ok=(0, 1)).decode("utf-8", "replace").strip()
    try:
        text = parse_url(text).text  # nothing secret is left in it
    except InvalidConfig:
        return None
    found = _ON_WEB.fullmatch(text) or _OF_SSH.fullmatch(text)
    if found is None or not any(word in found[1].lower() for word in _FILES):
        return None
    return f"https://{found[1]}/{found[2].strip('/').removesuffix('.git')}"
