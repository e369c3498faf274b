"""A memory on the GitHub stand-in, for tests of the connector."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.github.commit.method import WriteMethod
from pack_connectors.github.connector import GitHub
from pack_connectors.system.retry import Pause

from pack.memory import Memory
from tests.standins.github import GithubStandIn
from tests.support import AGENT

# Loading the certificates of the world for each connector takes longer than most tests.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
NAME = "ada/memory"


class GithubWorld:
    """A stand-in with one repository, and what processes would open on it.

    Args:
        folder: For the state of all of them.
        files: What the repository holds; `None` for an empty one.
        method: How commits are made.

    Attributes:
        service: The stand-in.
        pauses: What the connectors announced.
    """

    def __init__(
        self,
        folder: Path,
        files: Mapping[str, bytes] | None = None,
        method: WriteMethod | str | None = None,
    ) -> None:
        self.service = GithubStandIn(folder / "github")
        self.service.add_repository(NAME, files)
        self.folder = folder
        self.method = method and WriteMethod(method)
        self.pauses: list[Pause] = []
        self._numbers = itertools.count(1)
        self._opened: list[GitHub | SqliteCatalog] = []

    def __enter__(self) -> GithubWorld:
        self.service.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        for one in self._opened:
            one.close()
        self.service.__exit__(*error)

    def connect(self, **options: object) -> GitHub:
        """A connector, as another process on this machine would have it."""
        given: dict[str, object] = {
            "api_url": self.service.url,
            "cache_dir": self.folder / "cache",
            "method": self.method,
            "waiting": self.pauses.append,
            "sleep": self.service.clock.sleep,
            "transport": httpx.HTTPTransport(verify=NO_CERTIFICATES),
        }
        owner, repo = NAME.split("/")
        if "method" in options:
            options["method"] = options["method"] and WriteMethod(str(options["method"]))
        made = GitHub(
            owner,
            str(options.pop("repo", repo)),
            lambda: self.service.token,
            self.service.clock,
            **{**given, **options},  # type: ignore[arg-type]  # options of the tests
        )
        self._opened.append(made)
        return made

    def open(self, catalog: str = "catalog.sqlite", **options: object) -> Memory:
        """A memory, as another process on this machine would have it."""
        return self.over(self.connect(**options), catalog)

    def over(self, connector: GitHub, catalog: str = "catalog.sqlite") -> Memory:
        """A memory in a connector's repository."""
        known = SqliteCatalog(self.folder / catalog)
        self._opened.append(known)
        return Memory.over(
            connector,
            known,
            clock=self.service.clock,
            origin=AGENT,
            new_request=lambda: f"request-{next(self._numbers)}",
        )


def memory_of(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Files with an `index.md` that makes them a memory; PACK heals it at its first write."""
    return {"index.md": b"---\nversion: 2\n---\n\n# Memory index\n", **files}
