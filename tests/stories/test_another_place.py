"""A kind of place that PACK does not know, with one line in the table: everything works there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mcp.client import Client
from pack_connectors.local_git.repository import create_repository
from pack_servers.config.settings import Settings, load_settings
from pack_servers.mcp.server import build_server
from pack_servers.wiring import places
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import open_or_begin
from pack_servers.wiring.notion import checkpoint_in, open_checkpoint
from pack_servers.wiring.places import choose_place

from pack.errors import NotInitialised
from tests.bare_git.place import BareGitPlace, bare
from tests.standins.receiver import SECRET, Receiver
from tests.stories.cli_driver import Folder, run
from tests.stories.mcp_support import call
from tests.stories.mcp_support import run as run_async

PLAN = "projects/plan.md"
NOTE = "---\ntopic: Plan\n---\n\n# Plan\n\nThe launch is on 10 March.\n"


@pytest.fixture(autouse=True)
def _one_line_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "KINDS", (bare, *places.KINDS))


@pytest.fixture
def unmade(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "notes.git")


@pytest.fixture
def memory(unmade: Folder) -> Folder:
    unmade.ok("init")
    assert unmade.git("rev-parse", "--is-bare-repository").strip() == "true"
    return unmade


def test_a_memory_begins_there(unmade: Folder, tmp_path: Path) -> None:
    vault = Folder(tmp_path / "vault")
    vault.write({"Ideas.md": "# Ideas\n"})
    planned = unmade.ok("init", "--from", vault.path, "--dry-run")
    assert "1 note copied, unchanged" in planned.text
    assert not unmade.path.exists()
    refused = unmade.pack("init", "--clone", vault.path)
    assert refused.status == 1
    assert "--local: a bare memory is cloned with git clone --bare" in refused.err
    made = unmade.json("init", "--from", vault.path)
    assert made["folder"] == f"bare:{unmade.path}"
    assert unmade.commits() == 1
    assert made["taken_over"] == ["context/Ideas.md"]
    assert "already a memory" in unmade.ok("init").text


@pytest.mark.contract("C9")
def test_a_note_has_its_whole_life_there(memory: Folder) -> None:
    memory.ok("update", PLAN, stdin=NOTE)
    assert "10 March" in memory.ok("get", PLAN).text
    memory.ok("edit", PLAN, "--replace", "10 March", "12 March")
    assert "12 March" in memory.git("show", f"HEAD:{PLAN}")
    assert [hit["path"] for hit in memory.json("search", "launch")["matches"]] == [PLAN]
    memory.ok("move", PLAN, "context/plan.md")
    assert "context/plan.md" in memory.ok("list").text
    assert memory.pack("get", PLAN).status == 1
    memory.ok("delete", "context/plan.md", "--yes")
    assert "plan.md" not in memory.git("ls-tree", "-r", "--name-only", "HEAD")
    assert memory.commits() == 5
    assert memory.ok("validate").status == 0


def test_a_writer_who_has_not_seen_the_newest_version_is_refused(memory: Folder) -> None:
    memory.ok("update", PLAN, stdin=NOTE)
    old = memory.sha(PLAN)
    memory.ok("edit", PLAN, "--replace", "10 March", "12 March")
    head = memory.head()
    late = memory.pack("update", PLAN, "--sha", old, stdin="late\n")
    assert (late.status, memory.head()) == (2, head)


def test_status_and_doctor_know_it(unmade: Folder) -> None:
    missing = unmade.pack("doctor", "--format", "json")
    assert missing.status == 1
    assert [one for one in missing.json["checks"] if one["state"] == "problem"] == [
        {
            "name": "memory",
            "state": "problem",
            "found": f"bare:{unmade.path} (from --local): none yet",
            "remedy": "Run `pack init`.",
        }
    ]
    assert unmade.pack("list").status == 1
    unmade.ok("init")
    unmade.ok("list")
    assert unmade.head() in unmade.ok("status").text
    found = {one["name"]: one for one in unmade.json("doctor")["checks"]}
    assert found["memory"]["found"] == f"bare:{unmade.path} (from --local)"
    assert (found["catalog"]["state"], found["contents"]["state"]) == ("ok", "ok")


def test_a_setting_names_it_too(memory: Folder) -> None:
    env = {"PACK_DIR": str(memory.path)}
    run("update", PLAN, stdin=NOTE, env=env)
    assert "10 March" in run("get", PLAN, env=env).text
    assert memory.commits() == 2
    checks = run("doctor", "--format", "json", env=env).json["checks"]
    assert f"bare:{memory.path} (from " in next(c["found"] for c in checks if c["name"] == "memory")


def test_other_places_are_chosen_as_before(tmp_path: Path) -> None:
    assert choose_place(load_settings(), tmp_path, None) == LocalPlace(tmp_path, "--local")
    assert str(choose_place(load_settings(), None, "ada/memory")) == "github:ada/memory"
    assert choose_place(load_settings(), None, None).chosen_by == "the default"


@pytest.mark.contract("C8")
def test_targets_get_what_is_written_there(memory: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as receiver:
        monkeypatch.setenv("PACK_WEBHOOK_URL", receiver.url("/hook"))
        monkeypatch.setenv("PACK_WEBHOOK_ALLOW", "127.0.0.1")
        monkeypatch.setenv("PACK_WEBHOOK_SECRET", SECRET)
        memory.ok("sync")
        memory.ok("update", PLAN, stdin=NOTE)
        (delivered,) = memory.json("sync")["targets"]
        assert (delivered["standing"], delivered["commits"]) == ("delivered", 1)
        assert json.loads(receiver.calls[-1].body)["repo"] == "notes"
    assert list((memory.path / "pack" / "sync").glob("webhook-*.json"))


def test_pages_are_noted_beside_it(memory: Folder) -> None:
    settings = Settings(notion_sync_page_id="0" * 32)
    open_checkpoint(settings, BareGitPlace(memory.path, "--local")).write(b"noted")
    assert checkpoint_in(memory.path / "pack", settings).read() == b"noted"


def test_a_server_begins_a_memory_there_and_serves_it(unmade: Folder) -> None:
    place = choose_place(load_settings(), unmade.path, None)

    async def talk() -> None:
        with open_or_begin(load_settings(), place) as (opened, made):
            assert made is not None
            async with Client(build_server(opened)) as client:
                await call(client, "memory_update", path=PLAN, content=NOTE)
                read = await call(client, "memory_get", path=PLAN)
                assert "10 March" in read["content"]
                found = await call(client, "memory_search", query="launch")
                assert [hit["path"] for hit in found["results"]] == [PLAN]
                await call(
                    client, "memory_move", path=PLAN, new_path="context/plan.md", sha=read["sha"]
                )
                listed = await call(client, "memory_list")
                assert "context/plan.md" in [file["path"] for file in listed["files"]]

    run_async(talk)
    assert unmade.commits() == 3
    with open_or_begin(load_settings(), place) as (_, again):
        assert again is None


def test_a_server_begins_no_memory_where_something_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(NotInitialised), open_or_begin(Settings(), LocalPlace(tmp_path)):
        pytest.fail("it began")
    assert not (tmp_path / ".git").exists()
    create_repository(tmp_path)
    with open_or_begin(Settings(), LocalPlace(tmp_path)) as (_, made):
        assert made is None
