"""Where a GitHub repository is: its names, and the addresses for REST, GraphQL and git.

Sources: GitHub REST documentation, "Getting started"; GitHub Enterprise Server documentation,
"Forming calls with GraphQL" (`/api/graphql` beside `/api/v3`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import httpx

from pack.errors import InvalidConfig
from pack_connectors.system.service_url import parse_service_url

GITHUB_API: Final = "https://api.github.com"
_NAME: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_ENTERPRISE: Final = "/api/v3"


@dataclass(frozen=True, slots=True)
class Host:
    """A GitHub server.

    Attributes:
        rest: Base of the REST API, without a trailing slash.
        graphql: Address for GraphQL queries.
        web: Base of the addresses that people and git use.
    """

    rest: str
    graphql: str
    web: str


@dataclass(frozen=True, slots=True)
class RepositoryPlace:
    """A repository on a server.

    Attributes:
        host: The server.
        owner: User or organisation.
        name: Name of the repository.
    """

    host: Host
    owner: str
    name: str

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"

    @property
    def path(self) -> str:
        """Path of the repository in the REST API."""
        return f"/repos/{self.owner}/{self.name}"

    @property
    def git_url(self) -> str:
        """The address that git pushes to."""
        return f"{self.host.web}/{self.owner}/{self.name}.git"


def parse_host(api_url: str) -> Host:
    """The server with this REST API.

    Raises:
        InvalidConfig: It is not an address, or not an encrypted one.
    """
    rest = parse_service_url(api_url, "GITHUB_API_URL")
    if rest.endswith(_ENTERPRISE):
        web = rest.removesuffix(_ENTERPRISE)
        return Host(rest, f"{web}/api/graphql", web)
    web = rest
    if httpx.URL(rest).host.startswith("api."):
        web = rest.replace("://api.", "://", 1)
    return Host(rest, f"{rest}/graphql", web)


def parse_place(api_url: str, owner: str, name: str) -> RepositoryPlace:
    """The place of a repository.

    Raises:
        InvalidConfig: No repository can have such a name; or as `parse_host`.
    """
    for setting, text in (("GITHUB_OWNER", owner), ("GITHUB_REPO", name)):
        if not _NAME.fullmatch(text):
            raise InvalidConfig(setting, "it may hold only letters, digits, '.', '-' and '_'")
    return RepositoryPlace(parse_host(api_url), owner, name)


def check_branch(branch: str) -> str:
    """A configured branch, checked.

    Raises:
        InvalidConfig: No branch can have this name.

    Source: git-check-ref-format(1).
    """
    bad = re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|$)", branch)
    if bad or not branch or branch[0] in "/.-" or branch[-1] in "/." or branch == "@":
        raise InvalidConfig("the branch", "no branch can have this name")
    return branch


def quoted(path: str) -> str:
    """A path escaped for an address; slashes stay."""
    return quote(path, safe="/")


def repository_at(host: Host, address: str) -> tuple[str, str] | None:
    """The owner and the name of the repository that git clones from an address.

    `None` if the address is not of this server.
    """
    web = host.web.partition("://")[2]
    for start in (f"{host.web}/", f"git@{web}:", f"ssh://git@{web}/"):
        parts = address[len(start) :].strip("/").removesuffix(".git").split("/")
        if address.lower().startswith(start.lower()) and len(parts) == 2 and all(parts):
            return parts[0], parts[1]
    return None
