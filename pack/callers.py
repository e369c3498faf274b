"""Who calls: what a shell or an MCP client counts as.

A caller may lower its authority, and never raise it. Who it is follows from what it cannot choose
freely, and from what the person has set; what it says about itself counts only downwards.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import Final

from pack.deferred import dataclass
from pack.provenance import Origin, Source, weaker

_CLI: Final = "cli"


@dataclass(frozen=True, slots=True)
class Shell:
    """Where a command was started from.

    Attributes:
        has_terminal: Whether it has a controlling terminal, at which a person can sit.
        agent: The coding agent whose marks it bears; `None` if there are none.
    """

    has_terminal: bool
    agent: str | None = None


def shell_origin(shell: Shell, without_terminal: Source, asked: Origin | None = None) -> Origin:
    """Who writes when a command writes.

    A person at a terminal is the user. Nothing that somebody has set makes a coding agent anything
    but an AI in the cloud, since nobody can see which model it uses.

    Args:
        shell: Where the command was started from.
        without_terminal: What a shell without a terminal counts as.
        asked: Who the caller wants to be; it counts unless it has more authority.
    """
    if shell.agent is not None:
        found = Origin(Source.AI_CLOUD, shell.agent)
    else:
        found = Origin(Source.USER if shell.has_terminal else without_terminal, _CLI)
    return asked if asked is not None and asked.level >= found.level else found


class Transport(StrEnum):
    """How an MCP client reaches the server."""

    STDIO = "stdio"
    HTTP = "http"


@dataclass(frozen=True, slots=True)
class ClientOrigins:
    """What the MCP clients of a server count as.

    Attributes:
        default: What one counts as that nothing else is said of.
        transports: What those count as that come that way.
        tokens: What those count as that send a token, by the digest of it (`token_digest`). A
            token is the best proof that there is, so nothing else raises what it says.
        names: What those count as that call themselves so, by `folded_client`. Anybody can call
            himself anything, so a name makes nobody the user.
        models: The model behind each of some names, as `provider/name`; keys as in `names`.
    """

    default: Source = Source.AI_CLOUD
    transports: Mapping[Transport, Source] = field(default_factory=dict)
    tokens: Mapping[str, Source] = field(default_factory=dict)
    names: Mapping[str, Source] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str, transport: Transport, token: str | None = None) -> Origin:
        """Who a client is.

        Args:
            name: What it calls itself.
            transport: How it reaches the server.
            token: The bearer token that it sent.
        """
        proved = self.by_token(token) if token else None
        source = proved or self.transports.get(transport, self.default)
        called = folded_client(name)
        named = self.names.get(called)
        if named is not None and (proved or named is Source.USER):
            named = weaker(source, named)
        return Origin(named or source, name, self.models.get(called))

    def by_token(self, token: str) -> Source | None:
        """What the holder of a token counts as; `None` if the token is none of these."""
        given = token_digest(token)
        return next(
            (one for known, one in self.tokens.items() if hmac.compare_digest(known, given)), None
        )


def token_digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def folded_client(name: str) -> str:
    """The name of a client as it is compared: as its origin has it, whatever the case."""
    return Origin(Source.AI_CLOUD, name).label.partition(":")[2].casefold()
