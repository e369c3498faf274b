"""Clients without git, at a server as a person starts it; and what the log then tells."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import jsonschema
import pytest
from pack_connectors.sync_client.memory import RemoteItems
from pack_connectors.sync_client.state import StateFile
from pack_connectors.sync_client.transport import HttpTransport
from pack_templates import sync_schema

from pack.catalog.scope import VaultMode
from pack.provenance import Origin, Source
from pack.truth.sync_items.meeting import Meeting
from tests.stories.cli_driver import Folder, new_memory
from tests.stories.test_cli_serve import configurations, http
from tests.support import World

PHONE = Origin(Source.USER, "cli")
USER, AI = "example-user-token", "example-ai-token"
TOKENS = f"user/phone:{USER},ai:{AI}"


def check(value: object, definition: str) -> None:
    schema = json.loads(sync_schema())
    jsonschema.validate(value, {**schema, "$ref": f"#/$defs/{definition}"})


@pytest.mark.contract("C1")
def test_a_phone_and_an_assistant_share_a_memory(
    tmp_path: Path, git_identity: tuple[str, str]
) -> None:
    memory = new_memory(tmp_path / "memory")
    memory.ok("update", "context/a.md", stdin="# A\n\nmine\n")
    with http(memory.path, PACK_SYNC_TOKENS=TOKENS) as (_, shown):
        url = "http://" + urlsplit(configurations(shown)[0]["url"]).netloc
        assert USER not in shown
        assert httpx.get(f"{url}/sync/pull").status_code == 401
        headers = {"Authorization": f"Bearer {AI}"}
        pulled = httpx.get(f"{url}/sync/pull", headers=headers).json()
        check(pulled, "pull_answer")
        (note,) = [item for item in pulled["items"] if item["entity_id"] == "context/a.md"]
        assert (note["truth_level"], note["version"]) == (1, pulled["version"])
        text = note["payload"]["content"].replace("mine", "its")
        forged = {**note, "id": "1", "payload": {"content": text}, "accepted_by_user": True}
        pushed = httpx.post(f"{url}/sync/push", json={"items": [forged]}, headers=headers).json()
        check(pushed, "push_answer")
        assert pushed["results"][0]["status"] == "proposed"
        meet(url, tmp_path)
    assert "mine" in memory.ok("get", "context/a.md").text
    assert "from the phone" in memory.ok("get", "context/phone.md").text
    (commit,) = memory.json("log", "context/phone.md")["commits"]
    assert (commit["origin"], commit["level"]) == ("user:cli", 1)
    assert_events(memory)


def meet(url: str, folder: Path) -> None:
    """A phone with a memory of its own brings both together."""
    phone, state = World(None), StateFile(folder / "state.json")
    phone.init().written_by(PHONE).notes.update("context/phone.md", "# P\n\nfrom the phone\n")
    transport = HttpTransport(url, USER)
    items = phone.memory.sync_items
    meeting = Meeting(
        items, RemoteItems(transport), state.load(), VaultMode.LOCAL_FIRST, state.save
    )
    meeting.hold()
    assert meeting.report.refused == []
    assert "mine" in phone.memory.notes.get("context/a.md").content
    assert state.load().files.keys() == set(phone.listed())
    transport.close()
    phone.close()


def assert_events(memory: Folder) -> None:
    """The log of events has its form, and is empty where nothing gave way."""
    assert set(memory.json("log", "--events")) == {"events"}
    assert memory.pack("log", "--events", "--today").status == 1


def test_the_events_of_a_memory(tmp_path: Path, git_identity: tuple[str, str]) -> None:
    memory = new_memory(tmp_path / "memory")
    assert memory.json("log", "--events") == {"events": []}
    origin = "Pack-Origin: automation:git-remote\nPack-Truth-Level: 2\nPack-Request: 1"
    for name, kept in (("a", "1" * 40), ("b", "-")):
        event = f"Pack-Event: conflict {kept} {'2' * 40} context/{name}.md"
        message = f"context/{name}.md: merge\n\n{origin}\n{event}"
        memory.git("commit", "--allow-empty", "--quiet", "--message", message)
    first, second = memory.json("log", "--events")["events"]
    assert list(first) == ["time", "kind", "path", "kept", "discarded", "commit"]
    assert (first["path"], first["kept"]) == ("context/b.md", None)
    assert (second["kind"], second["kept"]) == ("conflict", "1" * 40)
    assert first["commit"] == memory.head()
    shown = memory.ok("log", "--events", "--limit", "1").text
    assert "context/b.md" in shown
    assert "context/a.md" not in shown
    part = memory.json("log", "--events", "--limit", "1")
    rest = memory.json("log", "--events", "--cursor", part["next_cursor"])["events"]
    assert rest == [second]
