"""The clients that `pack setup` knows: where each keeps its servers, and in which form.

Sources: neondatabase/add-mcp `src/agents.ts`; the clients' documentation; `crates/paths` of Zed;
what Claude Code 2.1, Codex 0.171 and Gemini CLI 0.61 read and write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import Final

from pack.deferred import dataclass
from pack.errors import InvalidRequest, NotFound
from pack_servers.clients import forms
from pack_servers.clients.editing.syntax import Syntax
from pack_servers.clients.forms import AnyServer, Entry, Form, RemoteServer
from pack_servers.clients.machine import Machine

Places = Callable[[Machine], Sequence[PurePath]]


@dataclass(frozen=True, slots=True)
class Client:
    """A program that uses MCP servers.

    Attributes:
        name: What commands call it.
        title: What people call it.
        files: Where the user's servers may be: the first that exists, else the first.
        key: The name under which servers are kept.
        form: What is written about a server.
        traces: Folders and files that are there where it is installed.
        program: Its command, if it has one.
        project_files: Where a project's servers may be, below its folder, like `files`; none if it
            knows only the user's.
        syntax: How its file is written.
        speaks_http: Whether its file can name a server at an address.
        reads_variables: Whether its file can refer to a variable, so that it holds no token.
        has_terminal: Whether it is started from a shell, whose PATH its servers get.
        name_key: Where an entry repeats the name of the server, if it does.
    """

    name: str
    title: str
    files: Places
    key: str
    form: Form
    traces: Places
    program: str | None = None
    project_files: Sequence[str] = ()
    syntax: Syntax = Syntax.JSON
    speaks_http: bool = True
    reads_variables: bool = True
    has_terminal: bool = False
    name_key: str | None = None

    def entry(self, server: AnyServer, name: str = "pack") -> Entry:
        """What its file says about a server.

        Args:
            server: The server.
            name: What the client calls it.

        Raises:
            InvalidRequest: It can only use servers that it starts.
        """
        if isinstance(server, RemoteServer) and not self.speaks_http:
            error = InvalidRequest(f"{self.title} only uses servers that it starts itself")
            error.remedy = "Leave out --http and --url."
            raise error
        if isinstance(server, RemoteServer) and server.token_variable and not self.reads_variables:
            error = InvalidRequest(f"{self.title} would need the token itself in its settings")
            error.remedy = "Leave out --http, so that it starts the server, which needs no token."
            raise error
        entry = self.form(server)
        return entry if self.name_key is None else {**entry, self.name_key: name}


def _claude_code(machine: Machine) -> Sequence[PurePath]:
    return [machine.named("CLAUDE_CONFIG_DIR", machine.at_home()) / ".claude.json"]


def _vscode(machine: Machine, *parts: str) -> PurePath:
    return machine.in_applications("Code", "User", *parts)


def _zed(machine: Machine) -> PurePath:
    if machine.system == "windows":
        return machine.in_applications("Zed")
    if machine.system == "macos":
        return machine.at_home(".config", "zed")
    return machine.named("FLATPAK_XDG_CONFIG_HOME", machine.in_config()) / "zed"


def _goose(machine: Machine) -> PurePath:
    if machine.system == "windows":
        return machine.in_applications("Block", "goose", "config")
    return machine.in_config("goose")


def _gemini(machine: Machine) -> PurePath:
    return machine.named("GEMINI_CLI_HOME", machine.at_home()) / ".gemini"


_CLINE: Final = ("globalStorage", "saoudrizwan.claude-dev")
_CLINE_FILE: Final = (*_CLINE, "settings", "cline_mcp_settings.json")

CLIENTS: Final = (
    Client(
        "claude-code",
        "Claude Code",
        _claude_code,
        "mcpServers",
        forms.claude_code,
        lambda m: [*_claude_code(m), m.named("CLAUDE_CONFIG_DIR", m.at_home(".claude"))],
        program="claude",
        project_files=[".mcp.json"],
        has_terminal=True,
    ),
    Client(
        "claude-desktop",
        "Claude Desktop",
        lambda m: [m.in_applications("Claude", "claude_desktop_config.json")],
        "mcpServers",
        forms.claude_desktop,
        lambda m: [m.in_applications("Claude")],
        speaks_http=False,
    ),
    Client(
        "cursor",
        "Cursor",
        lambda m: [m.at_home(".cursor", "mcp.json")],
        "mcpServers",
        forms.cursor,
        lambda m: [m.at_home(".cursor")],
        program="cursor",
        project_files=[".cursor/mcp.json"],
    ),
    Client(
        "vscode",
        "VS Code",
        lambda m: [_vscode(m, "mcp.json")],
        "servers",
        forms.vscode,
        lambda m: [_vscode(m)],
        program="code",
        project_files=[".vscode/mcp.json"],
    ),
    Client(
        "codex",
        "Codex",
        lambda m: [m.named("CODEX_HOME", m.at_home(".codex")) / "config.toml"],
        "mcp_servers",
        forms.codex,
        lambda m: [m.named("CODEX_HOME", m.at_home(".codex"))],
        program="codex",
        project_files=[".codex/config.toml"],
        syntax=Syntax.TOML,
        has_terminal=True,
    ),
    Client(
        "gemini-cli",
        "Gemini CLI",
        lambda m: [_gemini(m) / "settings.json"],
        "mcpServers",
        forms.gemini,
        lambda m: [_gemini(m)],
        program="gemini",
        project_files=[".gemini/settings.json"],
        has_terminal=True,
    ),
    Client(
        "copilot-cli",
        "Copilot CLI",
        lambda m: [m.named("COPILOT_HOME", m.at_home(".copilot")) / "mcp-config.json"],
        "mcpServers",
        forms.copilot,
        lambda m: [m.named("COPILOT_HOME", m.at_home(".copilot"))],
        program="copilot",
        project_files=[".github/mcp.json"],
        has_terminal=True,
    ),
    Client(
        "windsurf",
        "Windsurf",
        lambda m: [m.at_home(".codeium", "windsurf", "mcp_config.json")],
        "mcpServers",
        forms.windsurf,
        lambda m: [m.at_home(".codeium", "windsurf")],
        program="windsurf",
    ),
    Client(
        "zed",
        "Zed",
        lambda m: [_zed(m) / "settings.json"],
        "context_servers",
        forms.zed,
        lambda m: [_zed(m)],
        reads_variables=False,
        program="zed",
        project_files=[".zed/settings.json"],
    ),
    Client(
        "opencode",
        "opencode",
        lambda m: [
            m.in_config("opencode", "opencode.json"),
            m.in_config("opencode", "opencode.jsonc"),
        ],
        "mcp",
        forms.opencode,
        lambda m: [m.in_config("opencode")],
        program="opencode",
        project_files=["opencode.json", "opencode.jsonc"],
        has_terminal=True,
    ),
    Client(
        "goose",
        "Goose",
        lambda m: [_goose(m) / "config.yaml"],
        "extensions",
        forms.goose,
        lambda m: [_goose(m)],
        program="goose",
        syntax=Syntax.YAML,
        has_terminal=True,
        name_key="name",  # it tells them apart by this, and not by where they stand
    ),
    Client(
        "cline",
        "Cline",
        lambda m: [_vscode(m, *_CLINE_FILE)],
        "mcpServers",
        forms.cline,
        lambda m: [_vscode(m, *_CLINE)],
        reads_variables=False,
    ),
)
"""All of them, in the order in which they are listed."""

_ALSO: Final = {
    "claude": "claude-code",
    "code": "vscode",
    "vs-code": "vscode",
    "visual-studio-code": "vscode",
    "codex-cli": "codex",
    "gemini": "gemini-cli",
    "copilot": "copilot-cli",
    "github-copilot": "copilot-cli",
    "github-copilot-cli": "copilot-cli",
}


def client_named(name: str) -> Client:
    """The client that a person means, whether they write `vscode` or `VS Code`.

    Raises:
        NotFound: There is none of that name.
    """
    folded = "-".join(name.replace("_", " ").replace("-", " ").lower().split())
    folded = _ALSO.get(folded, folded)
    found = next((each for each in CLIENTS if each.name == folded), None)
    if found is None:
        known = ", ".join(each.name for each in CLIENTS)
        raise NotFound(f"the client {name}", f"Name one of these: {known}.")
    return found
