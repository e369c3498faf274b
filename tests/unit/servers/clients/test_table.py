"""Where each client keeps its servers, on each system, and in which form."""

from __future__ import annotations

import pytest
from pack_servers.clients.forms import RemoteServer, StartedServer, headers_in, server_in
from pack_servers.clients.machine import Machine, System
from pack_servers.clients.table import CLIENTS, client_named

from pack.errors import InvalidRequest, NotFound

LINUX = Machine(System.LINUX, "/h", {})
MACOS = Machine(System.MACOS, "/h", {})
WINDOWS = Machine(System.WINDOWS, "C:\\U", {"APPDATA": "D:\\Roaming"})
SUPPORT = "/h/Library/Application Support"
CLINE = "Code/User/globalStorage/saoudrizwan.claude-dev/settings/cline_mcp_settings.json"

FILES = {
    "claude-code": ("/h/.claude.json", "/h/.claude.json", "C:\\U\\.claude.json"),
    "claude-desktop": (
        "/h/.config/Claude/claude_desktop_config.json",
        f"{SUPPORT}/Claude/claude_desktop_config.json",
        "D:\\Roaming\\Claude\\claude_desktop_config.json",
    ),
    "cursor": ("/h/.cursor/mcp.json", "/h/.cursor/mcp.json", "C:\\U\\.cursor\\mcp.json"),
    "vscode": (
        "/h/.config/Code/User/mcp.json",
        f"{SUPPORT}/Code/User/mcp.json",
        "D:\\Roaming\\Code\\User\\mcp.json",
    ),
    "codex": ("/h/.codex/config.toml", "/h/.codex/config.toml", "C:\\U\\.codex\\config.toml"),
    "gemini-cli": (
        "/h/.gemini/settings.json",
        "/h/.gemini/settings.json",
        "C:\\U\\.gemini\\settings.json",
    ),
    "copilot-cli": (
        "/h/.copilot/mcp-config.json",
        "/h/.copilot/mcp-config.json",
        "C:\\U\\.copilot\\mcp-config.json",
    ),
    "windsurf": (
        "/h/.codeium/windsurf/mcp_config.json",
        "/h/.codeium/windsurf/mcp_config.json",
        "C:\\U\\.codeium\\windsurf\\mcp_config.json",
    ),
    "zed": (
        "/h/.config/zed/settings.json",
        "/h/.config/zed/settings.json",
        "D:\\Roaming\\Zed\\settings.json",
    ),
    "opencode": (
        "/h/.config/opencode/opencode.json",
        "/h/.config/opencode/opencode.json",
        "C:\\U\\.config\\opencode\\opencode.json",
    ),
    "goose": (
        "/h/.config/goose/config.yaml",
        "/h/.config/goose/config.yaml",
        "D:\\Roaming\\Block\\goose\\config\\config.yaml",
    ),
    "cline": (
        f"/h/.config/{CLINE}",
        f"{SUPPORT}/{CLINE}",
        "D:\\Roaming\\" + CLINE.replace("/", "\\"),
    ),
}


def test_the_file_on_each_system() -> None:
    assert {each.name for each in CLIENTS} == FILES.keys()
    for each in CLIENTS:
        found = tuple(str(each.files(machine)[0]) for machine in (LINUX, MACOS, WINDOWS))
        assert found == FILES[each.name]


@pytest.mark.parametrize(
    ("name", "variable", "file"),
    [
        ("claude-code", "CLAUDE_CONFIG_DIR", "/x/.claude.json"),
        ("codex", "CODEX_HOME", "/x/config.toml"),
        ("gemini-cli", "GEMINI_CLI_HOME", "/x/.gemini/settings.json"),
        ("copilot-cli", "COPILOT_HOME", "/x/mcp-config.json"),
        ("vscode", "XDG_CONFIG_HOME", "/x/Code/User/mcp.json"),
        ("claude-desktop", "XDG_CONFIG_HOME", "/x/Claude/claude_desktop_config.json"),
        ("opencode", "XDG_CONFIG_HOME", "/x/opencode/opencode.json"),
        ("zed", "XDG_CONFIG_HOME", "/x/zed/settings.json"),
        ("zed", "FLATPAK_XDG_CONFIG_HOME", "/x/zed/settings.json"),
    ],
)
def test_a_variable_names_another_folder(name: str, variable: str, file: str) -> None:
    client = client_named(name)
    assert str(client.files(Machine(System.LINUX, "/h", {variable: "/x"}))[0]) == file
    # One that names a relative folder says nothing, as the base directories have it.
    elsewhere = Machine(System.LINUX, "/h", {variable: "x"})
    assert client.files(elsewhere) == client.files(LINUX)


STARTED = StartedServer("/bin/pack", ["serve", "--local", "/m"])
REMOTE = RemoteServer("http://127.0.0.1:3005/mcp", "PACK_HTTP_TOKEN")
WORDS: dict[str, object] = {"command": "/bin/pack", "args": ["serve", "--local", "/m"]}
URL = {"url": REMOTE.url}


def bearer(reference: str) -> dict[str, object]:
    return {"headers": {"Authorization": f"Bearer {reference}"}}


FORMS: dict[str, tuple[dict[str, object], dict[str, object] | None]] = {
    "claude-code": (
        {"type": "stdio", **WORDS, "env": {}},
        {"type": "http", **URL, **bearer("${PACK_HTTP_TOKEN}")},
    ),
    "claude-desktop": (WORDS, None),
    "cursor": (WORDS, {**URL, **bearer("${env:PACK_HTTP_TOKEN}")}),
    "vscode": (
        {"type": "stdio", **WORDS},
        {"type": "http", **URL, **bearer("${env:PACK_HTTP_TOKEN}")},
    ),
    "codex": (WORDS, {**URL, "bearer_token_env_var": "PACK_HTTP_TOKEN"}),
    "gemini-cli": (WORDS, {**URL, "type": "http", **bearer("$PACK_HTTP_TOKEN")}),
    "copilot-cli": (
        {"type": "local", **WORDS, "tools": ["*"]},
        {"type": "http", **URL, **bearer("${PACK_HTTP_TOKEN}"), "tools": ["*"]},
    ),
    "windsurf": (WORDS, {"serverUrl": REMOTE.url, **bearer("${env:PACK_HTTP_TOKEN}")}),
    "zed": ({"source": "custom", **WORDS, "env": {}}, None),
    "opencode": (
        {"type": "local", "command": ["/bin/pack", "serve", "--local", "/m"], "enabled": True},
        {"type": "remote", **URL, "enabled": True, **bearer("{env:PACK_HTTP_TOKEN}")},
    ),
    "cline": ({**WORDS, "disabled": False}, None),
}


def test_the_form_of_each_client() -> None:
    for each in CLIENTS:
        assert server_in(each.entry(STARTED)) == STARTED
        if each.name == "goose":
            continue
        started, remote = FORMS[each.name]
        assert each.entry(STARTED) == started
        if remote is None:
            with pytest.raises(InvalidRequest):
                each.entry(REMOTE)
        else:
            assert each.entry(REMOTE) == remote


def test_goose_has_all_its_fields() -> None:
    entry = client_named("goose").entry(STARTED)
    assert {"enabled", "type", "name", "description", "cmd", "args", "envs", "timeout"} == set(
        entry
    )
    assert client_named("goose").entry(STARTED, "work")["name"] == "work"
    remote = client_named("goose").entry(RemoteServer("http://x/mcp"))
    assert (remote["type"], remote["uri"]) == ("streamable_http", "http://x/mcp")


def test_a_token_is_found_where_the_client_would_look() -> None:
    for each in CLIENTS:
        if each.speaks_http and each.reads_variables:
            sent = headers_in(each.entry(REMOTE), {"PACK_HTTP_TOKEN": "secret"})
            assert sent == {"Authorization": "Bearer secret"}, each.name


def test_a_variable_whose_name_begins_another_leaves_that_alone() -> None:
    variables = {"PACK": "short", "PACK_HTTP_TOKEN": "long"}
    for sign in ("$PACK_HTTP_TOKEN", "${env:PACK_HTTP_TOKEN}", "{env:PACK_HTTP_TOKEN}"):
        assert headers_in(bearer(sign), variables) == {"Authorization": "Bearer long"}
    assert headers_in(bearer("$OTHER"), variables) == {"Authorization": "Bearer $OTHER"}


def test_what_is_no_server() -> None:
    wrong = [{"command": 7}, {"command": []}, {"command": "x", "args": [1]}]
    wrong += [{"command": "x", "args": 5}, {"command": "x", "args": "serve"}]
    for entry in (None, 7, [], {}, *wrong):
        assert server_in(entry) is None
    assert headers_in({"url": "x", "headers": "x"}, {}) == {}
    assert headers_in(None, {}) == {}
    with pytest.raises(NotFound):
        client_named("emacs")
