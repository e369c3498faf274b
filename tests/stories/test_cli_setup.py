"""Connecting clients: what `pack setup` writes into their files, and how it takes that back."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pack_servers.clients.editing import json_text, texts
from pack_servers.clients.editing.syntax import Syntax
from pack_servers.clients.forms import StartedServer, server_in
from pack_servers.clients.machine import this_machine
from pack_servers.clients.table import CLIENTS, Client

from tests import clients_support as given
from tests.stories.cli_driver import Ended, new_memory, run
from tests.stories.terminal_driver import ASKED, at_terminal

EACH = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
PACK = str(Path(sys.executable).with_name("pack"))
KEYS = ["client", "file", "change", "diff", "backup"]


def setup(*words: str | Path) -> Ended:
    return run("setup", *words)


def done(*words: str | Path) -> dict[str, Any]:
    """The answer of a setup that succeeds, without a question."""
    ended = setup(*words, "--yes", "--format", "json")
    assert ended.status == 0, ended
    return dict(ended.json)


def file_of(client: Client) -> Path:
    return Path(str(client.files(this_machine())[0]))


def save(client: Client, content: bytes) -> Path:
    file = file_of(client)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def held(client: Client, file: Path) -> Any:
    """What the client reads about PACK."""
    text = file.read_bytes().decode("utf-8-sig")
    return given.PARSERS[client.syntax](text)[client.key]["pack"]


def round_trip(client: Client, before: bytes, change: str = "added") -> None:
    """Set a client up, again, and take it back: the file is as it was."""
    file = save(client, before)
    first = done(client.name)
    assert (first["change"], first["file"]) == (change, str(file))
    assert Path(first["backup"]).read_bytes() == before
    after = file.read_bytes()
    assert held(client, file) == client.form(server_in(held(client, file)))  # type: ignore[arg-type]
    again = done(client.name)
    assert (again["change"], again["diff"], again["backup"]) == ("unchanged", "", None)
    assert file.read_bytes() == after
    last = done(client.name, "--remove")
    assert last["change"] == "removed"
    assert file.read_bytes() == before


@EACH
def test_a_file_with_comments_is_as_it_was_after_setup_and_removal(client: Client) -> None:
    round_trip(client, given.plain(client.syntax, client.key).encode())


@EACH
@pytest.mark.parametrize("ending", ["crlf", "bom", "empty", "blank", "other"])
def test_an_odd_file_is_as_it_was_after_setup_and_removal(client: Client, ending: str) -> None:
    plain = given.plain(client.syntax, client.key)
    contents = {
        "crlf": plain.replace("\n", "\r\n"),
        "bom": f"\ufeff{plain}",
        "empty": "",
        "blank": "\n \n",
        "other": given.with_other(client.syntax, client.key),
    }
    round_trip(client, contents[ending].encode(), "updated" if ending == "other" else "added")


@pytest.mark.parametrize("name", ["cursor", "codex", "goose"])
def test_a_file_that_says_little_is_as_it_was(name: str) -> None:
    (client,) = [each for each in CLIENTS if each.name == name]
    for text in given.shapes(client.syntax, client.key).values():
        round_trip(client, text.encode())


@EACH
def test_what_was_added_keeps_every_other_line(client: Client) -> None:
    before = given.plain(client.syntax, client.key)
    file = save(client, before.replace("\n", "\r\n").encode())
    done(client.name)
    after = file.read_bytes().decode()
    assert after.count("\n") == after.count("\r\n")
    rest = iter(after.replace("\r\n", "\n").splitlines())
    # A comma is all that an old line may have got.
    lost = [line for line in before.splitlines() if not any(_same(line, each) for each in rest)]
    assert lost == []


def _same(old: str, new: str) -> bool:
    return old == new or old.replace("}", "},", 1) == new


@EACH
def test_without_a_file_one_is_made_and_goes_again_with_its_folders(
    client: Client, home: Path
) -> None:
    before = {path for path in home.rglob("*") if ".pack" not in path.parts}
    first = done(client.name)
    assert (first["change"], first["backup"]) == ("added", None)
    assert list(first) == KEYS
    assert stat.S_IMODE(file_of(client).stat().st_mode) == 0o600
    assert PACK in first["diff"]
    done(client.name, "--remove")
    assert {path for path in home.rglob("*") if ".pack" not in path.parts} == before


@EACH
def test_the_client_starts_the_memory_by_absolute_paths(client: Client, tmp_path: Path) -> None:
    done(client.name, "--local", tmp_path / "notes")
    server = server_in(held(client, file_of(client)))
    assert server == StartedServer(PACK, ["serve", "--local", str(tmp_path / "notes")])


@EACH
def test_removal_after_a_change_takes_out_only_the_entry(client: Client) -> None:
    text = given.plain(client.syntax, client.key)
    file = save(client, text.encode())
    done(client.name)
    more = {"json": "// more\n", "toml": '[more]\nx = "y"\n', "yaml": "more: 1\n"}[client.syntax]
    file.write_bytes(file.read_bytes() + more.encode())
    done(client.name, "--remove")
    assert file.read_bytes() == f"{text}{more}".encode()


@EACH
def test_removal_after_a_change_brings_back_the_entry_that_was_replaced(client: Client) -> None:
    save(client, given.with_other(client.syntax, client.key).encode())
    before = held(client, file_of(client))
    done(client.name)
    file = file_of(client)
    more = {"json": "// more\n", "toml": "# more\n", "yaml": "more: 1\n"}[client.syntax]
    file.write_bytes(file.read_bytes() + more.encode())
    done(client.name, "--remove")
    assert held(client, file) == before
    assert file.read_bytes().endswith(more.encode())


def test_two_setups_in_a_row_are_taken_back_together(tmp_path: Path) -> None:
    (client,) = [each for each in CLIENTS if each.name == "cursor"]
    before = b'{"mcpServers": {}}'
    file = save(client, before)
    done("cursor", "--local", tmp_path / "one")
    assert done("cursor", "--local", tmp_path / "two")["change"] == "updated"
    done("cursor", "--remove")
    assert file.read_bytes() == before


def test_two_memories_have_two_names(tmp_path: Path) -> None:
    done("cursor")
    done("cursor", "--name", "work", "--local", tmp_path / "work")
    (client,) = [each for each in CLIENTS if each.name == "cursor"]
    assert set(given.strictly(file_of(client).read_text())["mcpServers"]) == {"pack", "work"}
    done("cursor", "--remove")
    done("cursor", "--name", "work", "--remove")
    assert not file_of(client).exists()


def test_each_memory_of_goose_has_a_name_of_its_own(tmp_path: Path) -> None:
    (client,) = [each for each in CLIENTS if each.name == "goose"]
    done("goose")
    done("goose", "--name", "work", "--local", tmp_path / "work")
    found = given.PARSERS["yaml"](file_of(client).read_text())["extensions"]
    assert {key: each["name"] for key, each in found.items()} == {"pack": "pack", "work": "work"}


@EACH
def test_what_was_switched_and_added_stays_when_it_is_set_up_again(
    client: Client, tmp_path: Path
) -> None:
    done(client.name)
    file = file_of(client)
    theirs = {"enabled": False, "disabled": True, "mine": {"memory_get": "approve"}}
    text = texts.with_value(
        file.read_text(),
        client.syntax,
        (client.key, "pack"),
        {**held(client, file), **theirs},
    )
    file.write_text(text)
    assert done(client.name)["change"] == "unchanged"
    assert file.read_text() == text
    assert done(client.name, "--local", tmp_path / "other")["change"] == "updated"
    assert {key: held(client, file)[key] for key in theirs} == theirs


@EACH
def test_what_a_person_wrote_into_the_entry_outlives_its_changes(
    client: Client, tmp_path: Path
) -> None:
    before = given.plain(client.syntax, client.key).encode()
    file, one, two = save(client, before), str(tmp_path / "one"), str(tmp_path / "two")
    done(client.name, "--local", one)
    mark = "//" if client.syntax is Syntax.JSON else "#"
    noted = "".join(
        f"{line} {mark} mine\n" if PACK in line or one in line else f"{line}\n"
        for line in file.read_text().splitlines()
    )
    file.write_text(noted)
    done(client.name, "--local", two)
    assert file.read_text() == noted.replace(one, two)
    done(client.name, "--remove")
    assert given.PARSERS[client.syntax](file.read_text()) == given.PARSERS[client.syntax](
        before.decode()
    )


def test_an_entry_of_your_own_comes_back_and_is_not_taken(home: Path) -> None:
    file = home / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_text('{"mcpServers": {"pack": {"command": "npx", "args": ["mine"]}}}')
    before = file.read_bytes()
    done("cursor")
    first = setup("cursor", "--remove", "--yes")
    assert "your own entry pack, which stood there before, is back" in first.text
    second = setup("cursor", "--remove", "--yes")
    assert second.status == 0
    assert "is not PACK's, and stays" in second.text
    assert file.read_bytes() == before


def test_a_token_of_another_server_is_not_shown(home: Path) -> None:
    secret = "sk-" + "proj-Zx9Qw7Er5Ty3Ui1Op0As2Df4Gh6Jk8"  # made up here
    env = f'{{ "OPENAI_API_KEY": "{secret}" }}'
    file = home / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_text(f'{{\n  "mcpServers": {{\n    "x": {{\n      "env": {env}\n    }}\n  }}\n}}\n')
    shown = setup("cursor", "--dry-run")
    assert (secret in shown.text, "may hold a secret" in shown.text) == (False, True)
    assert PACK in shown.text
    assert secret not in done("cursor")["diff"]
    assert secret in file.read_text()


def test_a_link_stays_a_link_and_permissions_stay(home: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "mcp.json"
    real.parent.mkdir()
    real.write_bytes(b"{}")
    real.chmod(0o640)
    link = home / ".cursor" / "mcp.json"
    link.parent.mkdir()
    link.symlink_to(real)
    answer = done("cursor")
    assert answer["file"] == str(link)
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    done("cursor", "--remove")
    assert link.is_symlink()
    assert real.read_bytes() == b"{}"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640


def test_where_a_link_leads_is_said(home: Path, tmp_path: Path) -> None:
    link, real = home / ".cursor" / "mcp.json", tmp_path / "real.json"
    real.write_text("{}")
    link.parent.mkdir()
    link.symlink_to(real)
    assert f"{link} is a link to {real}" in setup("cursor", "--dry-run").err
    assert f"{link} is a link to {real}" in setup("cursor", "--yes").err


def test_a_file_of_a_project_is_not_changed_outside_of_it(home: Path, tmp_path: Path) -> None:
    project, real = tmp_path / "project", home / ".bashrc"
    real.write_text("{}")
    for name, words in ((".mcp.json", []), (".claude/settings.local.json", ["--auto-memory"])):
        link = project / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(real)
        ended = setup("claude-code", *words, "--project", project, "--yes")
        assert (ended.status, "leads out of the project" in ended.err) == (1, True)
        link.unlink()
        link.symlink_to(project / "real.json")
        (project / "real.json").write_text("{}")
        done("claude-code", *words, "--project", project)
    assert real.read_text() == "{}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1,, }', "mcp.json:1: it is not JSON: ',' is not expected there"),
        (b'{"a": 1}\n}', "mcp.json:2: it is not JSON"),
        (b"[]", "mcp.json:1: it is not an object"),
        (b'{"mcpServers": []}', "mcpServers is not an object"),
        (b'{"a": "\xff"}', "is not UTF-8"),
        (b'{"a": ' + b"[" * 100_000, "it is nested too deeply"),
        (b'{"a": "', "is not JSON"),
    ],
)
def test_a_file_that_cannot_be_edited_is_left_alone(home: Path, content: bytes, said: str) -> None:
    file = home / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_bytes(content)
    ended = setup("cursor", "--yes")
    assert ended.status == 1
    assert said in ended.err
    assert "Nothing was changed" in ended.err
    assert file.read_bytes() == content


def test_a_read_only_file_is_left_alone(home: Path) -> None:
    file = home / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_bytes(b"{}")
    file.chmod(0o444)
    ended = setup("cursor", "--yes")
    assert (ended.status, file.read_bytes()) == (1, b"{}")
    assert "mcp.json is read-only; nothing was written" in ended.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o444


def test_a_link_to_itself_and_a_folder_are_errors(home: Path) -> None:
    file = home / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.symlink_to(file)
    assert setup("cursor", "--yes").status == 1
    file.unlink()
    file.mkdir()
    assert setup("cursor", "--yes").status == 1


def test_nothing_happens_without_a_yes(home: Path) -> None:
    ended = setup("cursor")
    assert ended.status == 1
    assert "--yes" in ended.err
    assert "+++ " in ended.err
    assert not (home / ".cursor").exists()
    shown = setup("cursor", "--dry-run")
    assert (shown.status, "+++ " in shown.text) == (0, True)
    planned = setup("cursor", "--dry-run", "--format", "json").json
    assert (list(planned), planned["change"], planned["backup"]) == (KEYS, "added", None)
    assert not (home / ".cursor").exists()
    assert done("cursor", "--remove")["change"] == "unchanged"


def test_a_person_is_shown_each_change_and_asked(home: Path, tmp_path: Path) -> None:
    (home / ".cursor").mkdir()
    (home / ".codeium" / "windsurf").mkdir(parents=True)
    memory = new_memory(tmp_path / "notes")
    answers = [(ASKED, "n\n"), (ASKED, "y\n")]
    status, screen = at_terminal(memory, "setup", typed=answers, PATH="/nowhere")
    assert status == 0
    assert "+++ " in screen
    assert "Windsurf is set up" in screen
    assert not (home / ".cursor" / "mcp.json").exists()
    assert (home / ".codeium" / "windsurf" / "mcp_config.json").exists()


def test_a_memory_that_is_not_there_yet_is_said(tmp_path: Path) -> None:
    assert "pack init" in setup("cursor", "--dry-run", "--local", tmp_path / "none").err
    assert "pack init" not in setup("cursor", "--dry-run").err


@EACH
def test_a_project_has_settings_of_its_own_if_the_client_knows_projects(
    client: Client, tmp_path: Path, home: Path
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    ended = setup(client.name, "--project", project, "--yes", "--format", "json")
    if not client.project_files:
        assert ended.status == 1
        assert "has no settings for projects" in ended.err
        return
    assert ended.json["file"] == str(project / client.project_files[0])
    assert not file_of(client).exists()
    done(client.name, "--project", project, "--remove")
    assert list(project.iterdir()) == []


def test_the_list_names_all_clients_and_what_is_here_of_them(home: Path) -> None:
    (home / ".cursor").mkdir()
    (home / ".codex").mkdir()
    (home / ".codex" / "config.toml").write_text("[broken\nx = 1\n")
    done("cursor")
    ended = setup("--list", "--format", "json")
    rows = ended.json["clients"]
    assert [row["client"] for row in rows] == [client.name for client in CLIENTS]
    assert {tuple(row) for row in rows} == {("client", "found", "file", "configured")}
    here = {row["client"]: row for row in rows}
    assert (here["cursor"]["found"], here["cursor"]["configured"]) == (True, True)
    assert here["codex"]["configured"] is False
    shown = setup("--list")
    assert "config.toml:1: it is not TOML" in shown.err
    assert len(shown.text.splitlines()) == 1 + len(CLIENTS)


def test_without_a_name_every_installed_client_is_set_up(home: Path) -> None:
    elsewhere = {"PATH": "/nowhere"}
    none = run("setup", "--yes", env=elsewhere)
    assert (none.status, "pack setup --list" in none.err) == (1, True)
    (home / ".cursor").mkdir()
    (home / ".codeium" / "windsurf").mkdir(parents=True)
    ended = run("setup", "--yes", "--format", "json", env=elsewhere)
    assert [each["client"] for each in ended.json["clients"]] == ["cursor", "windsurf"]
    ended = run("setup", "--remove", "--yes", "--format", "json", env=elsewhere)
    assert [each["change"] for each in ended.json["clients"]] == ["removed", "removed"]
    assert sorted(path.name for path in home.rglob("*.json") if ".pack" not in path.parts) == []


@EACH
def test_a_server_at_an_address(client: Client) -> None:
    ended = setup(client.name, "--http", "--yes", "--format", "json")
    if not client.speaks_http:
        assert ended.status == 1
        return
    assert server_in(held(client, file_of(client))) == "http://127.0.0.1:3005/mcp"
    assert done(client.name, "--url", "https://example.org/mcp")["change"] == "updated"
    assert server_in(held(client, file_of(client))) == "https://example.org/mcp"


@EACH
def test_no_token_is_written_or_shown(client: Client) -> None:
    token = {"PACK_HTTP_TOKEN": "canary-of-a-token"}
    ended = run("setup", client.name, "--http", "--yes", "--format", "json", env=token)
    assert "canary" not in ended.text + ended.err
    if ended.status == 0:
        text = file_of(client).read_text()
        assert "canary" not in text
        assert "PACK_HTTP_TOKEN" in text
    else:
        assert not (client.reads_variables and client.speaks_http)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["emacs"], "the client emacs"),
        (["cursor", "--url", "ftp://x"], "--url"),
        (["cursor", "--http", "--local", "x"], "--local"),
        (["cursor", "--project", "nowhere"], "--project"),
        (["--check"], "--check"),
        (["cursor", "--check"], "pack setup cursor"),
        (["codex", "--check", "--plugin"], "pack setup codex --plugin"),
        (["gemini-cli", "--check", "--plugin"], "pack setup gemini-cli --plugin"),
        (["cursor", "--check", "--plugin"], "Leave out --plugin"),
        (["cursor", "--check", "--name", "work"], "pack setup cursor --name work"),
        (["cursor", "--url", "https://"], "names no host"),
        (["cursor", "--url", "http://:80/mcp"], "names no host"),
        (["cursor", "--name", ""], "--name"),
        (["codex", "--plugin", "--project", "."], "leave out --project"),
    ],
)
def test_what_cannot_be_is_said(words: list[str], said: str) -> None:
    ended = setup(*words, "--yes")
    assert ended.status == 1
    assert said in ended.err


def test_the_next_steps_are_about_the_same_place(tmp_path: Path) -> None:
    project = tmp_path / "my project"
    project.mkdir()
    words = ("cursor", "--project", project, "--name", "work")
    ended = setup(*words, "--yes")
    assert f"pack setup cursor --check --project '{project}' --name work" in ended.err
    assert setup(*words, "--check").status == 0
    ended = setup("gemini-cli", "--check", "--plugin")
    assert "`pack setup gemini-cli --plugin`" in ended.err


def test_clients_that_cannot_use_an_address_are_left_out(home: Path) -> None:
    (home / ".cursor").mkdir()
    (desktop,) = [each for each in CLIENTS if each.name == "claude-desktop"]
    file_of(desktop).parent.mkdir(parents=True)
    ended = run("setup", "--http", "--yes", "--format", "json", env={"PATH": "/nowhere"})
    assert ended.status == 0
    assert [each["client"] for each in ended.json["clients"]] == ["cursor"]
    assert ended.err == "left out: Claude Desktop only uses servers that it starts itself\n"


def test_a_failure_among_all_clients_is_said_once(home: Path) -> None:
    (home / ".cursor").mkdir()
    (home / ".cursor" / "mcp.json").write_text("{broken")
    (home / ".codeium" / "windsurf").mkdir(parents=True)
    ended = run("setup", "--yes", "--format", "json", env={"PATH": "/nowhere"})
    assert ended.status == 1
    assert [each["client"] for each in ended.json["clients"]] == ["windsurf"]
    assert ended.err.count("is not JSON") == 1
    assert ended.err.count("Correct it") == 1


def test_the_removal_everywhere_names_what_it_leaves(home: Path) -> None:
    elsewhere = {"PATH": "/nowhere"}
    done("cursor")
    done("gemini-cli", "--plugin")
    run("setup", "claude-code", "--plugin", "--yes", env=elsewhere)
    (home / ".codex").mkdir()
    (home / ".codex" / "config.toml").write_text("[broken\n")
    ended = run("setup", "--remove", "--yes", env=elsewhere)
    assert ended.status == 1
    assert "Cursor is no longer set up" in ended.text
    assert "config.toml:1: it is not TOML" in ended.err
    for name in ("claude-code", "gemini-cli"):
        assert f"`pack setup {name} --plugin --remove`" in ended.err
    again = run("setup", "--remove", "--yes", env=elsewhere)
    assert "`pack setup claude-code --plugin --remove`" in again.err


def test_an_entry_that_is_switched_off_is_said(home: Path) -> None:
    (client,) = [each for each in CLIENTS if each.name == "cline"]
    done("cline")
    file = file_of(client)
    file.write_text(file.read_text().replace('"disabled": false', '"disabled": true'))
    ended = setup("cline", "--check")
    assert ended.status == 1
    assert "it is switched off in its settings" in ended.text
    assert "Switch it on" in ended.err
    assert "switched off" in setup("cline", "--yes").text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cursor", '{"mcpServers": {"pack": {"command": "x", "args": 5}}}'),
        ("cursor", '{"mcpServers": {"pack": {"command": "x", "args": "serve"}}}'),
        ("cursor", '{"mcpServers": {"pack": {"command": []}}}'),
        ("codex", '[mcp_servers]\npack = "x"\n'),
    ],
)
def test_an_entry_that_is_no_server_can_be_checked_and_replaced(name: str, text: str) -> None:
    (client,) = [each for each in CLIENTS if each.name == name]
    file = save(client, text.encode())
    ended = setup(name, "--check")
    assert (ended.status, "neither a command nor an address" in ended.text) == (1, True)
    done(name)
    assert server_in(held(client, file)) is not None
    done(name, "--remove")
    assert file.read_text() == text


def test_a_file_that_is_nested_too_deeply_does_not_end_the_list(home: Path) -> None:
    (home / ".codex").mkdir()
    (home / ".codex" / "config.toml").write_text(f"a = {'[' * 20_000}")
    ended = setup("--list")
    assert ended.status == 0
    assert "nested too deeply" in ended.err


def test_a_memory_whose_name_no_file_can_hold_is_said(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "m\udcff"
    try:
        folder.mkdir()
    except (OSError, UnicodeError):
        pytest.skip("the file system has only names that are UTF-8")
    for words in (["cursor"], ["claude-code", "--plugin"], ["claude-code", "--auto-memory"]):
        ended = setup(*words, "--yes", "--local", folder)
        assert (ended.status, "is not UTF-8" in ended.err) == (1, True)
    assert not (home / ".cursor").exists()


def test_a_client_may_be_called_as_people_call_it() -> None:
    for name in ("VS Code", "vs_code", "vscode", "Code"):
        assert setup(name, "--dry-run", "--format", "json").json["client"] == "vscode"
    assert setup("Gemini CLI", "--dry-run", "--format", "json").json["client"] == "gemini-cli"


def test_a_check_starts_the_server_as_the_client_does(tmp_path: Path) -> None:
    memory = new_memory(tmp_path / "notes")
    done("cursor", "--local", memory.path)
    before = (Path.home() / ".cursor" / "mcp.json").read_bytes()
    # What only a shell knows must not help: a client passes on neither this nor the whole PATH.
    ended = run(
        "setup", "cursor", "--check", "--format", "json", env={"PACK_TRUTH": "no such mode"}
    )
    assert ended.status == 0, ended
    assert ended.json["change"] == "unchanged"
    assert ended.json["check"]["ok"] is True
    assert ended.json["check"]["tools"] >= 12
    assert (Path.home() / ".cursor" / "mcp.json").read_bytes() == before


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({"command": "/nowhere/pack"}, "/nowhere/pack"),
        ({"command": sys.executable, "args": ["-c", "raise SystemExit('no luck')"]}, "no luck"),
        ({"url": "http://127.0.0.1:9/mcp"}, ""),
        ({"note": "nothing"}, "neither a command nor an address"),
    ],
)
def test_a_check_says_why_a_server_does_not_work(
    home: Path, entry: dict[str, object], reason: str
) -> None:
    file = home / ".cursor" / "mcp.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"mcpServers": {"pack": entry}}))
    ended = setup("cursor", "--check", "--format", "json")
    assert (ended.status, ended.json["check"]["ok"]) == (1, False)
    assert reason in ended.json["check"]["reason"]


# --- plugins, and Claude Code's own memory ---------------------------------------------------

NOWHERE = {"PATH": "/nowhere"}


def save_settings(home: Path, text: str = '{\n  "model": "x" // mine\n}\n') -> Path:
    file = home / ".claude" / "settings.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def test_the_plugin_is_named_in_the_settings_and_goes_again(home: Path) -> None:
    file = save_settings(home)
    before = file.read_bytes()
    words = ("setup", "claude-code", "--plugin", "--yes", "--format", "json")
    first = run(*words, env=NOWHERE)
    assert (first.json["change"], first.json["file"]) == ("added", str(file))
    assert "claude is not on PATH" in first.err
    said = json_text.document(file.read_text())
    assert isinstance(said, dict)
    folder = Path(said["extraKnownMarketplaces"]["pack"]["source"]["path"])
    assert (folder / ".claude-plugin" / "marketplace.json").is_file()
    assert (folder / "pack" / "skills" / "memory" / "SKILL.md").is_file()
    assert said["enabledPlugins"] == {"pack@pack": True}
    again = run(*words, env=NOWHERE)
    assert (again.json["change"], again.err) == ("unchanged", "")
    (folder / "pack" / "old").write_text("of an older PACK")
    assert run(*words, env=NOWHERE).json["change"] == "unchanged"
    assert not (folder / "pack" / "old").exists()
    assert run(*words, "--remove", env=NOWHERE).json["change"] == "removed"
    assert file.read_bytes() == before
    assert not folder.exists()


def test_the_list_tells_a_plugin_from_nothing(home: Path) -> None:
    run("setup", "claude-code", "--plugin", "--yes", env=NOWHERE)
    rows = {line.split()[0]: line.split()[2] for line in setup("--list").text.splitlines()[1:]}
    assert (rows["claude-code"], rows["cursor"]) == ("plugin", "no")
    done("claude-code")
    (line,) = [each for each in setup("--list").text.splitlines() if "claude-code" in each]
    assert line.split()[2] == "yes"


def test_the_clients_own_command_is_used_and_its_formatting_taken_back(
    home: Path, tmp_path: Path
) -> None:
    file = save_settings(home)
    before = file.read_bytes()
    program, log = tmp_path / "claude", tmp_path / "log"
    # It notes what it is told, and writes its settings anew, without the comments.
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, re, sys\n"
        f"open({str(log)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        f"file = {str(file)!r}\n"
        "said = json.loads(re.sub(r'// mine', '', open(file).read()))\n"
        "open(file, 'w').write(json.dumps({**said, 'enabledPlugins': {**said.get("
        "'enabledPlugins', {})}}))\n"
    )
    program.chmod(0o755)
    env = {"PATH": str(tmp_path)}
    words = ("setup", "claude-code", "--plugin", "--yes", "--format", "json")
    assert run(*words, env=env).status == 0
    assert "// mine" in file.read_text()
    assert run(*words, "--remove", env=env).status == 0
    assert file.read_bytes() == before
    told = [line.split()[:3] for line in log.read_text().splitlines()]
    assert told == [
        ["plugin", "marketplace", "add"],
        ["plugin", "install", "pack@pack"],
        ["plugin", "uninstall", "pack@pack"],
        ["plugin", "marketplace", "remove"],
    ]


def test_what_a_command_of_the_client_says_is_passed_on(home: Path, tmp_path: Path) -> None:
    program = tmp_path / "claude"
    program.write_text("#!/bin/sh\necho 'no network' >&2; exit 4\n")
    program.chmod(0o755)
    ended = run("setup", "claude-code", "--plugin", "--yes", env={"PATH": str(tmp_path)})
    assert ended.status == 0
    assert "warning: claude plugin marketplace add" in ended.err
    assert "no network" in ended.err


def test_a_client_that_fails_leaves_no_formatting_behind(home: Path, tmp_path: Path) -> None:
    file, program, log = save_settings(home), tmp_path / "claude", tmp_path / "log"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, re, sys\n"
        f"open({str(log)!r}, 'a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        f"file = {str(file)!r}\n"
        "said = json.loads(re.sub(r'// mine', '', open(file).read()))\n"
        "open(file, 'w').write(json.dumps(said))\n"
        "sys.exit(sys.argv[2] == 'marketplace')\n"
    )
    program.chmod(0o755)
    words = ("setup", "claude-code", "--plugin", "--yes", "--format", "json")
    ended = run(*words, env={"PATH": str(tmp_path)})
    assert ended.status == 0
    assert "warning: claude plugin marketplace add" in ended.err
    assert "// mine" in file.read_text()
    assert [line.split()[1] for line in log.read_text().splitlines()] == ["marketplace", "install"]


@pytest.mark.parametrize(
    ("client", "said"),
    [
        ("claude-code", "`/plugin install pack@pack`"),
        ("codex", "`codex plugin add pack@pack`"),
    ],
)
def test_what_a_person_types_instead_is_a_line_for_that_client(
    home: Path, client: str, said: str
) -> None:
    ended = run("setup", client, "--plugin", "--yes", env=NOWHERE)
    assert said in ended.err
    assert f"pack setup {client} --check --plugin" in ended.err


def test_a_plugin_that_the_settings_no_longer_name_goes_too(home: Path) -> None:
    file = save_settings(home)
    before = file.read_text()
    run("setup", "claude-code", "--plugin", "--yes", env=NOWHERE)
    folder = home / ".pack" / "setup" / "plugins" / "claude-code"
    file.write_text(before)
    words = ("setup", "claude-code", "--plugin", "--remove")
    assert "would be removed" in run(*words, "--dry-run", env=NOWHERE).text
    assert run(*words, env=NOWHERE).status == 1  # nobody can be asked
    assert folder.exists()
    ended = run(*words, "--yes", "--format", "json", env=NOWHERE)
    assert ended.json["change"] == "removed"
    assert not folder.exists()
    assert file.read_text() == before
    assert run(*words, "--yes", "--format", "json", env=NOWHERE).json["change"] == "unchanged"


def test_the_extension_is_shown_before_it_changes(home: Path) -> None:
    folder = home / ".gemini" / "extensions" / "pack"
    planned = setup("gemini-cli", "--plugin", "--dry-run")
    assert f"+ {folder / 'GEMINI.md'}" in planned.text
    assert "is added" not in planned.text
    assert "dry run: nothing was changed" in planned.err
    ended = setup("gemini-cli", "--plugin")
    assert (ended.status, f"+ {folder / 'GEMINI.md'}" in ended.err) == (1, True)
    assert not folder.exists()
    done("gemini-cli", "--plugin")
    (folder / ".env").write_text("mine")
    ended = setup("gemini-cli", "--plugin", "--remove", "--yes")
    assert f"{folder} stays" in ended.err
    assert [path.name for path in folder.iterdir()] == [".env"]


def test_the_extension_of_gemini_is_a_folder_and_goes_again(home: Path, tmp_path: Path) -> None:
    words = ("gemini-cli", "--plugin", "--local", tmp_path / "notes")
    assert setup(*words, "--dry-run", "--format", "json").json["change"] == "added"
    first = done(*words)
    file = home / ".gemini" / "extensions" / "pack" / "gemini-extension.json"
    assert (first["change"], first["file"]) == ("added", str(file))
    server = given.strictly(file.read_text())["mcpServers"]["pack"]
    assert server_in(server) == StartedServer(PACK, ["serve", "--local", str(tmp_path / "notes")])
    assert done(*words)["change"] == "unchanged"
    assert done("gemini-cli", "--plugin")["change"] == "updated"
    assert done("gemini-cli", "--plugin", "--remove")["change"] == "removed"
    assert not file.parent.exists()
    file.parent.mkdir(parents=True)
    file.write_text('{"name": "pack"}')
    for more in ([], ["--remove"]):
        assert "somebody else" in setup("gemini-cli", "--plugin", "--yes", *more).err
    assert file.read_text() == '{"name": "pack"}'


@pytest.mark.parametrize(
    "words",
    [
        ["cursor", "--plugin"],
        ["--plugin"],
        ["claude-code", "--plugin", "--http"],
        ["claude-code", "--plugin", "--auto-memory"],
        ["cursor", "--auto-memory"],
        ["claude-code", "--auto-memory", "--github", "me/notes"],
    ],
)
def test_what_has_no_plugin_and_no_memory_of_its_own(words: list[str]) -> None:
    assert setup(*words, "--yes").status == 1


def test_claude_codes_own_notes_live_in_the_memory(home: Path) -> None:
    file = save_settings(home)
    before = file.read_bytes()
    memory = new_memory(home / ".pack" / "memory")
    memory.write({".pack.yaml": "version: 1\nkept_by_ai: [claude-code/]\n"})
    memory.git("add", ".pack.yaml")
    memory.git("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "kept")
    commits = memory.commits()
    answer = done("claude-code", "--auto-memory")
    folder = memory.path / "claude-code"
    assert json_text.document(file.read_text()) == {
        "model": "x",
        "autoMemoryDirectory": str(folder),
    }
    assert (answer["change"], memory.commits()) == ("added", commits)
    # Claude Code writes as it always does; the memory has it, and can take it back.
    text = "---\nname: tests\nmetadata:\n  type: project\n---\n\nRun make.\n"
    (folder / "tests.md").write_text(text)
    memory.ok("commit")
    assert (folder / "tests.md").read_text() == text
    assert memory.json("log", "--by", "ai-cloud:claude-code")["commits"]
    assert "Run make" in memory.ok("search", "run make").text
    assert done("claude-code", "--auto-memory")["change"] == "unchanged"
    done("claude-code", "--auto-memory", "--remove")
    assert file.read_bytes() == before
    assert (folder / "tests.md").read_text() == text


def test_where_only_the_person_may_say_so_it_waits_for_them(home: Path) -> None:
    words = ("claude-code", "--auto-memory", "--yes", "--format", "json")
    ended = run("setup", *words, env={"CLAUDECODE": "1"})  # an agent sets itself up
    assert ended.status == 0
    assert ended.json["change"] == "added"
    assert "pack proposals accept" in ended.err
    project = home / "my project"
    project.mkdir()
    answer = done("claude-code", "--auto-memory", "--project", project)
    assert answer["file"] == str(project / ".claude" / "settings.local.json")
    assert (home / ".pack" / "memory" / "claude-code" / "my-project").is_dir()


def notes_of(project: Path, *words: str | Path) -> str:
    """The folder in which the notes of a project are, once they are set up."""
    answer = done("claude-code", "--auto-memory", "--project", *(words or (project,)))
    said = json_text.document(Path(answer["file"]).read_text())
    assert isinstance(said, dict)
    folder = Path(said["autoMemoryDirectory"])
    assert folder.is_dir()
    return folder.name


def test_each_project_has_a_folder_of_its_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    a, b, odd, reserved = home / "a" / "web", home / "b" / "Web", home / 'x: "y"', home / "aux"
    for project in (a, b, odd, reserved):
        project.mkdir(parents=True)
    first, second = notes_of(a), notes_of(b)
    assert first == "web"
    assert second.startswith("Web-")
    assert (notes_of(a), notes_of(b)) == (first, second)
    # What was noted stays, so the project finds it when it is set up again.
    gone = setup("claude-code", "--auto-memory", "--project", a, "--remove", "--yes")
    assert "stays in the memory" in gone.err
    assert (notes_of(b), notes_of(a)) == (second, first)
    assert notes_of(odd) == "x-y"
    assert notes_of(reserved).startswith("project-")
    (a / "inner").mkdir()
    monkeypatch.chdir(a / "inner")
    assert notes_of(a, "..") == first


def test_a_project_that_is_not_there_is_not_made(home: Path) -> None:
    for more in ([], ["--remove"]):
        ended = setup("claude-code", "--auto-memory", "--project", home / "no", "--yes", *more)
        assert (ended.status, "is not a folder" in ended.err) == (1, True)
    assert not (home / "no").exists()


# --- the real clients ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client", "program", "connected"),
    [
        ("claude-code", "claude", "Connected"),
        ("codex", "codex", "enabled"),
        ("gemini-cli", "gemini", ""),
    ],
)
def test_a_real_client_lists_the_server(
    home: Path, client: str, program: str, connected: str
) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    done(client)
    (line,) = [line for line in _listed(program, home) if PACK in line]
    assert "pack" in line
    assert connected in line
    done(client, "--remove")
    assert [line for line in _listed(program, home) if PACK in line] == []


def _listed(program: str, home: Path) -> list[str]:
    """What a client says about its servers, on whatever stream."""
    command = [program, "mcp", "list"]
    ended = subprocess.run(
        command, capture_output=True, text=True, cwd=home, timeout=120, check=True
    )
    return (ended.stdout + ended.stderr).splitlines()
