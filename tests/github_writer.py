"""A process that writes to a memory beside others.

The token comes in the environment, as `PACK_TEST_TOKEN`. What was acknowledged is printed.
"""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime
from pathlib import Path

import httpx
from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.github.connector import GitHub

from pack.memory import Memory
from pack.provenance import Origin, Source

NAME = "ada/memory"


def main(url: str, folder: str, name: str, count: int) -> None:
    """Add notes, and lines to a file that all processes share."""
    owner, repo = NAME.split("/")

    def clock() -> datetime:
        return datetime.now(UTC)

    no_certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    connector = GitHub(
        owner, repo, lambda: os.environ["PACK_TEST_TOKEN"], clock, api_url=url,
        cache_dir=Path(folder) / "cache", transport=httpx.HTTPTransport(verify=no_certificates),
    )  # fmt: skip
    catalog = SqliteCatalog(Path(folder) / "catalog.sqlite")
    numbers = iter(range(count * 2))
    memory = Memory.over(
        connector, catalog, clock=clock, origin=Origin(Source.AI_CLOUD, name),
        new_request=lambda: f"{name}-{next(numbers)}",
    )  # fmt: skip
    for number in range(count):
        memory.notes.update(f"context/{name}-{number}.md", f"# {name} {number}\n")
        print(f"{name}-{2 * number}", flush=True)
        memory.whole.add(f"line {name} {number}\n")
        print(f"{name}-{2 * number + 1}", flush=True)
    catalog.close()
    connector.close()
