"""Settings: environment variables, then `~/.pack.env`.

Why a value is read only when somebody asks for it: pydantic takes longer to import than all else
that a short command does, and most people set nothing that it has to read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, cast, get_type_hints

from pack.core.truths import TruthMode
from pack.errors import InvalidConfig, InvalidPath, LimitExceeded
from pack.limits import WHOLE_TOKENS
from pack.mesh.resolving.policy import Discovery
from pack.paths import parse_path
from pack.provenance import Source
from pack_servers.config.agents import agent_marks

if TYPE_CHECKING:
    from pydantic import AfterValidator, Field, SecretStr

_T = TypeVar("_T")

ENV_FILE: Final = "~/.pack.env"
DEFAULT_DIR: Final = "~/.pack/memory"


class TokenSource(StrEnum):
    """Where else a token for GitHub may be taken from."""

    GH = "gh"
    """GitHub's own command line: `gh auth token`."""
    KEYRING = "keyring"
    """The system's keyring; the service is `pack`, the user name is the server's name."""


class MeshTls(StrEnum):
    """Who serves https at this machine's address in the mesh, where it has a port."""

    OWN = "own"
    """PACK, with a certificate of this machine's key, whose hash is in the address."""
    PROXY = "proxy"
    """Somebody else, with a certificate that an authority signed."""


class NotionMode(StrEnum):
    """How Notion shows a memory."""

    SINGLE = "single"
    """One page holds everything."""
    MULTI = "multi"
    """A page for each file, once `pack migrate-notion` has run."""


class DocFormat(StrEnum):
    """How a Google document shows the memory."""

    PLAIN = "plain"
    """The markdown text as it is."""
    RICH = "rich"
    """As a person would write it: headings, lists, links."""


class _Setting:
    """One setting: its default, or what was given once that was read."""

    def __init__(self, name: str, default: object) -> None:
        self._name = name
        self._default = default

    def __get__(self, settings: Settings | None, _owner: type[Settings]) -> Any:
        """The value.

        Raises:
            InvalidConfig: The one that was given cannot be used. The message never shows it.
        """
        if settings is None:
            return self
        given = settings.given.get(self._name)
        default = self._default() if callable(self._default) else self._default
        kind = Settings.__annotations__[self._name]
        value = default if given is None else _read(self._name, kind, default, given)
        known = value.expanduser() if isinstance(value, Path) else value
        settings.__dict__[self._name] = known  # which is asked first from now on
        return known


def _read(name: str, kind: str, default: object, given: object) -> object:
    """What a value means, given the text of the setting's type."""
    if kind == "str":
        return given
    if kind == "Path":
        return Path(cast("str", given))
    if isinstance(default, StrEnum):
        with suppress(ValueError):
            return type(default)(cast("str", given))
    # Here, as most settings do not need it.
    from pydantic import AfterValidator, Field, SecretStr, TypeAdapter, ValidationError  # noqa: PLC0415

    names = {"AfterValidator": AfterValidator, "Field": Field, "SecretStr": SecretStr}
    types = get_type_hints(Settings, localns=names, include_extras=True)
    try:
        return cast("object", TypeAdapter(types[name]).validate_python(given))
    except ValidationError as error:
        (found, *_) = error.errors(include_url=False, include_input=False, include_context=False)
    raise InvalidConfig(name.upper(), found["msg"])


def _settings(cls: type[_T]) -> type[_T]:
    """Have each attribute of a class be a setting."""
    for name in cls.__annotations__:
        setattr(cls, name, _Setting(name, vars(cls)[name]))
    return cls


def _on_use(make: Callable[[], _T]) -> _T:
    """A default that is made when somebody asks for it."""
    return cast("_T", make)


def _system_cache() -> Path:
    # Here, as local memories cache nothing there.
    from platformdirs import user_cache_path  # noqa: PLC0415

    return user_cache_path("pack")


def _as_path(value: str) -> str:
    try:
        return parse_path(value)
    except (InvalidPath, LimitExceeded) as error:
        raise ValueError(error.reason if isinstance(error, InvalidPath) else str(error)) from None


def _as_marks(value: str) -> str:
    try:
        agent_marks(value)
    except InvalidConfig as error:
        raise ValueError(error.reason) from None
    return value


@_settings
class Settings:
    """Everything that can be configured. Names are those of the environment variables.

    A setting whose value cannot be used is an error for whoever reads it, and for nobody else.

    Attributes:
        pack_dir: Folder of the local memory, created on first use.
        github_token: Access to GitHub; needs read and write access to the repository's contents.
        github_owner: User or organisation that owns the repository of the memory.
        github_repo: The repository's name.
        github_branch: The branch; empty for the repository's default.
        github_api_url: The server; another one for GitHub Enterprise.
        github_memory_path: The single file of a v1 memory.
        pack_github_token_from: Where else the token may be taken from.
        pack_github_wait: The longest wait, in seconds, when GitHub accepts no requests.
        pack_root_notes: Whether notes at the root of a memory are memory, where its `.pack.yaml`
            does not say.
        pack_cache_dir: Folder for what is cached of memories on GitHub; derived, can be deleted.
        pack_truth: What truth levels do: hold up changes of the person's words, only record, or
            nothing.
        pack_shell_source: What a shell without a terminal counts as.
        pack_agent_marks: More marks of coding agents, or fewer; see `config.agents`.
        pack_client_source: What an MCP client counts as.
        pack_origins: What some MCP clients count as; may hold tokens. See `config.origins`.
        pack_accept_by_elicitation: Whether a person's answer in a client accepts a proposal.
        pack_sync_tokens: Tokens of clients without git, with the role of each.
        pack_whole_memory_tokens: How many tokens a model gets at once if it does not say; 0 for
            any number.
        mcp_sse_port: Port of the HTTP server.
        pack_redis_url: Redis that carries news between servers of one memory; may hold a password.
        pack_http_token: Bearer token that HTTP clients must send.
        pack_http_hosts: Host names, besides loopback, that clients may use for the server.
        pack_http_origins: Web origins that may call the server.
        pack_remote_interval: Seconds between checks of each git remote; 0 for no exchange at all.
        pack_commit_hand_edits: Seconds that an edit made by hand rests before a server commits it;
            0 for never.
        pack_sync_expired: Whether targets receive expired files.
        pack_kit_peers: Memories whose peers may be asked for kits, besides the memory that a kit
            goes to; separated by commas. The default memory if there is none.
        pack_mesh_key: The key of this machine, by which other peers know it.
        pack_mesh_plain_http: Hosts and networks that encrypt by themselves, so that peers there
            may be reached without TLS; separated by commas.
        pack_mesh_tls: Who serves https where this machine's own address has a port.
        pack_mesh_heartbeat: Seconds between two questions to each peer.
        pack_mesh_peer_timeout: Seconds of silence after which a peer counts as unreachable.
        pack_mesh_discovery: Whose word about the addresses of peers counts.
        pack_mesh_gossip: Whether peers pass on the addresses of others.
        pack_mesh_gossip_ttl: How many hops an address goes that is known at first hand.
        pack_mesh_hub_ttl: The same for an address from a hub.
        pack_mesh_gossip_every: At each how many heartbeats addresses are passed on.
        pack_mesh_gossip_peers: How many peers may be known by gossip alone.
        pack_mesh_gossip_failures: After how many failures in a row an address from gossip is
            dropped, if its peer was never met.
        pack_mesh_mdns: Whether peers find each other on the local network by themselves.
        notion_token: Access to Notion: the secret of an integration.
        notion_sync_page_id: The page that the integration may write; its id or its address.
        notion_sync_mode: One page for all, or one for each file.
        notion_api_url: The server; another one for a proxy, or for tests.
        pack_webhook_url: Addresses that receive every commit, separated by commas; secret.
        pack_webhook_version: Which payload they receive: 2, or 1 as in PACK v1.
        pack_webhook_secret: Signs the events; two secrets while one replaces the other.
        pack_webhook_allow: Hosts of webhooks that need not be public, separated by commas.
        google_doc_id: The Google document that shows the memory; its id or its address.
        google_client_id: The OAuth client, a desktop app.
        google_client_secret: Its secret.
        google_refresh_token: Access to the document, from `pack google-auth`.
        google_doc_format: How the document shows the memory.
        google_api_url: The server of documents; another one for a proxy, or for tests.
        google_auth_uri: The page that asks the user for consent, as in an OAuth client's file.
        google_token_uri: The server that issues tokens, as in an OAuth client's file.
    """

    pack_dir: Path = Path(DEFAULT_DIR)
    github_token: SecretStr | None = None
    github_owner: str = ""
    github_repo: str = ""
    github_branch: str = ""
    github_api_url: str = "https://api.github.com"
    github_memory_path: Annotated[str, AfterValidator(_as_path)] = "MEMORY.md"
    pack_github_token_from: TokenSource | None = None
    pack_github_wait: Annotated[float, Field(ge=0, le=24 * 3600)] = 60.0
    pack_root_notes: bool | None = None
    pack_cache_dir: Path = _on_use(_system_cache)
    pack_truth: TruthMode = TruthMode.ENFORCE
    pack_shell_source: Source = Source.AUTOMATION
    pack_agent_marks: Annotated[str, AfterValidator(_as_marks)] = ""
    pack_client_source: Source = Source.AI_CLOUD
    pack_origins: SecretStr | None = None
    pack_accept_by_elicitation: bool = False
    pack_sync_tokens: SecretStr | None = None
    pack_whole_memory_tokens: Annotated[int, Field(ge=0)] = WHOLE_TOKENS
    mcp_sse_port: Annotated[int, Field(ge=0, le=65535)] = 3005
    pack_redis_url: SecretStr | None = None
    pack_http_token: SecretStr | None = None
    pack_http_hosts: str = ""
    pack_http_origins: str = ""
    pack_remote_interval: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 300
    pack_commit_hand_edits: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 0
    pack_sync_expired: bool = True
    pack_kit_peers: str = ""
    pack_mesh_key: Path = Path("~/.pack/mesh/key")
    pack_mesh_plain_http: str = ""
    pack_mesh_tls: MeshTls = MeshTls.OWN
    pack_mesh_heartbeat: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] = 30
    pack_mesh_peer_timeout: Annotated[float, Field(gt=0, le=864_000, allow_inf_nan=False)] = 300
    pack_mesh_discovery: Discovery = Discovery.BOTH
    pack_mesh_gossip: bool = True
    pack_mesh_gossip_ttl: Annotated[int, Field(ge=0, le=100)] = 2
    pack_mesh_hub_ttl: Annotated[int, Field(ge=0, le=100)] = 1
    pack_mesh_gossip_every: Annotated[int, Field(ge=1, le=10_000)] = 2
    pack_mesh_gossip_peers: Annotated[int, Field(ge=0, le=100)] = 50
    pack_mesh_gossip_failures: Annotated[int, Field(ge=1, le=10_000)] = 3
    pack_mesh_mdns: bool = False
    notion_token: SecretStr | None = None
    notion_sync_page_id: str = ""
    notion_sync_mode: NotionMode = NotionMode.SINGLE
    notion_api_url: str = "https://api.notion.com"
    pack_webhook_url: SecretStr | None = None
    pack_webhook_version: Annotated[int, Field(ge=1, le=2)] = 2
    pack_webhook_secret: SecretStr | None = None
    pack_webhook_allow: str = ""
    google_doc_id: str = ""
    google_client_id: str = ""
    google_client_secret: SecretStr | None = None
    google_refresh_token: SecretStr | None = None
    google_doc_format: DocFormat = DocFormat.PLAIN
    google_api_url: str = "https://docs.googleapis.com"
    google_auth_uri: str = "https://accounts.google.com/o/oauth2/v2/auth"
    google_token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address

    def __init__(self, **given: object) -> None:
        self._given = {name: value for name, value in given.items() if value is not None}

    @property
    def given(self) -> Mapping[str, object]:
        """What was given, for the settings that do not have their defaults; it may be unusable."""
        return self._given

    @property
    def faults(self) -> Mapping[str, str]:
        """Why the value of a setting cannot be used, by the name of its variable."""
        found = {}
        for name in self._given:
            try:
                getattr(self, name)
            except InvalidConfig as error:
                found[error.setting] = error.reason
        return found

    def in_words(self, name: str) -> str:
        """The value of an attribute as text, or why there is none; never that of a secret."""
        try:
            return str(getattr(self, name))
        except InvalidConfig as error:
            return error.reason


SETTINGS: Final = tuple(Settings.__annotations__)
"""The attributes that are settings."""


def default_dir() -> Path:
    """The folder of the memory that PACK begins by itself."""
    return Path(DEFAULT_DIR).expanduser()


def env_file() -> Path:
    """The path of the settings file, whether or not it exists."""
    return Path(ENV_FILE).expanduser()


def load_settings() -> Settings:
    """The settings in force.

    Raises:
        InvalidConfig: The settings file cannot be read.
    """
    return Settings(**{name: value for name, (value, _) in _values_in_force().items()})


def has_targets(settings: Settings) -> bool:
    """Whether there may be sync targets; their modules are imported only then."""
    given = {name for name, value in settings.given.items() if value}
    targets = ({"notion_token", "notion_sync_page_id"}, {"google_doc_id"}, {"pack_webhook_url"})
    return any(names <= given for names in targets)


def split_list(text: str) -> tuple[str, ...]:
    """The parts of a setting that is a list, separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def settings_in_force() -> Mapping[str, str]:
    """Where each setting that is set comes from; names only, never values.

    Raises:
        InvalidConfig: The settings file cannot be read.
    """
    found = sorted(_values_in_force().items())
    return {name.upper(): source for name, (_, source) in found}


def _values_in_force() -> Mapping[str, tuple[str, str]]:
    """Value and source of each setting that is set, by the name of its attribute.

    Why not pydantic-settings: it takes longer to import than everything else that a setting needs.
    """
    sources = ((_values_in(env_file()), ENV_FILE), (os.environ, "the environment"))
    return {
        name.lower(): (value, source)
        for values, source in sources
        for name, value in values.items()
        if value and name.lower() in SETTINGS
    }


def _values_in(file: Path) -> Mapping[str, str | None]:
    """What the settings file says; a name without a value has none."""
    if not file.is_file():
        return {}
    # Imported here, as many have no such file.
    from dotenv import dotenv_values  # noqa: PLC0415

    try:
        return dotenv_values(file, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfig(str(file), f"cannot be read: {type(error).__name__}") from error
