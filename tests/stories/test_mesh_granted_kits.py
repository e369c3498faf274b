"""A kit that one machine keeps and grants to another: installed, updated, and revoked (C15)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.stories.cli_driver import Ended, Folder, new_memory
from tests.stories.test_mesh import Machine, joined
from tests.support import free_port

pytestmark = pytest.mark.contract("C15")


@pytest.fixture
def machine(tmp_path: Path, git_identity: tuple[str, str]) -> Iterator[Callable[[str], Machine]]:
    with ExitStack() as stack:
        yield lambda name: Machine(tmp_path, name, stack)


class Keeper:
    """The laptop, beside whose memory is a kit."""

    def __init__(self, laptop: Machine) -> None:
        self.laptop = laptop
        self.kit = Folder(laptop.home / "handbook")
        self.kit.path.mkdir()
        self.kit.git("init", "--quiet", "--initial-branch=main")

    def publish(self, version: str, text: str, visibility: str = "private") -> None:
        said = f"schema: 1\nname: handbook\nversion: {version}\nvisibility: {visibility}\n"
        self.kit.write({"kit.yaml": said, "note.md": f"# Handbook\n\n{text}\n"})
        self.kit.git("add", "--all")
        who = ("-c", "user.name=Keeper", "-c", "user.email=keeper@example.org")
        self.kit.git(*who, "commit", "-qm", version)

    def ask(self, *words: str | Path) -> Any:
        return answer(self.laptop.folder, self.laptop, *words)


def answer(memory: Folder, machine: Machine, *words: str | Path) -> Any:
    ended = kit(memory, machine, *words, "--format", "json")
    assert ended.status == 0, ended
    return ended.json


def kit(memory: Folder, machine: Machine, *words: str | Path) -> Ended:
    env = {**machine.env, "PACK_DIR": str(machine.folder.path)}
    return memory.pack("kit", *words, env=env)


def test_a_private_kit_is_granted_installed_updated_and_revoked(
    machine: Callable[[str], Machine],
) -> None:
    laptop, desk, phone = machine("laptop"), machine("desk"), machine("phone")
    joined(laptop, desk)
    line = laptop.mesh("invite")["invite"]
    phone.mesh("join", line, "--name", "phone")
    desk.serve()
    keeper = Keeper(laptop)
    keeper.publish("1.0.0", "Draft.")
    keeper.kit.write({"note.md": "# Handbook\n\nNot committed.\n", "diary.txt": "no part of it"})
    keeper.ask("offer", keeper.kit.path)
    granted = keeper.ask("grant", "handbook", "desk")
    assert granted["changed"]
    (grant,) = keeper.ask("grants", "handbook")["kits"][0]["grants"]
    assert (grant["peer"], grant["revoked_at"]) == ("desk", None)
    assert grant["granted_by"].count("@") == 1

    # The desk has another memory, which it shares with nobody.
    notes = new_memory(desk.home / "notes")
    rows = answer(desk.folder, desk, "offered", "laptop")["kits"]
    assert [(one["name"], one["visibility"]) for one in rows] == [("handbook", "private")]
    done = answer(notes, desk, "install", "peer:laptop/handbook", "--yes")
    assert (done["source"], done["version"]) == ("peer:laptop/handbook", "1.0.0")
    note = notes.path / "kits/handbook/note.md"
    assert note.read_text() == "# Handbook\n\nDraft.\n"
    assert {file.name for file in note.parent.iterdir()} == {"kit.yaml", "note.md"}

    # What it changes stays when it updates.
    note.write_text(f"{note.read_text()}\nMine.\n")
    assert notes.pack("commit").status == 0
    keeper.publish("1.1.0", "Final.")
    assert kit(notes, desk, "status", "--fetch", "--format", "json").json["kits"][0]["latest"] == (
        "1.1.0"
    )
    (updated,) = answer(notes, desk, "update")["updated"]
    assert (updated["from"], updated["to"]) == ("1.0.0", "1.1.0")
    assert note.read_text() == "# Handbook\n\nFinal.\n\nMine.\n"

    # The phone was granted nothing, and hears of nothing.
    others = new_memory(phone.home / "notes")
    refused = kit(others, phone, "install", "peer:laptop/handbook", "--yes")
    assert refused == without(kit(others, phone, "install", "peer:laptop/handbuch", "--yes"))
    assert refused.status != 0
    assert answer(phone.folder, phone, "offered", "laptop") == {"kits": []}

    # Once it is revoked, nothing comes any more; what is here stays, with what was changed.
    keeper.ask("revoke", "handbook", "desk")
    keeper.publish("1.2.0", "For nobody.")
    failed = kit(notes, desk, "update")
    assert failed.status == 1
    assert "a kit called handbook that laptop gives to you does not exist" in failed.err
    assert answer(notes, desk, "status")["kits"][0]["version"] == "1.1.0"
    assert answer(notes, desk, "rollback", "handbook", "--yes")["updated"][0]["to"] == "1.0.0"
    assert "Mine." in note.read_text()

    # Who got what is in the log.
    told = laptop.folder.pack("log", "--events", "--format", "json", env=laptop.env).json["mesh"]
    fetched = [(one["name"], one["detail"]) for one in told if one["kind"] == "fetched"]
    assert fetched == [("desk", "handbook 1.1.0"), ("desk", "handbook 1.0.0")]
    assert len(keeper.ask("grants", "handbook")["kits"][0]["grants"]) == 1


def without(ended: Ended) -> Ended:
    return Ended(ended.status, ended.out, ended.err.replace("handbuch", "handbook"))


def test_a_machine_that_got_a_new_key_is_another_one(machine: Callable[[str], Machine]) -> None:
    """On either side: a grant is for a key, and so is the trust in what comes."""
    laptop, desk = machine("laptop"), machine("desk")
    joined(laptop, desk)
    keeper = Keeper(laptop)
    keeper.publish("1.0.0", "Draft.")
    keeper.ask("offer", keeper.kit.path)
    keeper.ask("grant", "handbook", "desk")
    notes = new_memory(desk.home / "notes")
    answer(notes, desk, "install", "peer:laptop/handbook", "--yes")
    laptop.mesh("rekey")
    desk.mesh("sync")
    keeper.publish("1.1.0", "Final.")
    failed = kit(notes, desk, "update")
    assert failed.status == 1
    assert "signed by another key" in failed.err
    answer(notes, desk, "update", "--accept-signer")
    assert "Final." in (notes.path / "kits/handbook/note.md").read_text()
    desk.mesh("rekey")
    desk.mesh("sync")
    desk.mesh("sync")
    keeper.publish("1.2.0", "Later.")
    assert kit(notes, desk, "update").status == 1
    (former,) = keeper.ask("grants")["kits"][0]["grants"]
    assert former["peer"] is None
    assert keeper.ask("revoke", "handbook", former["peer_id"])["changed"]


def test_a_kit_comes_over_tls_that_ends_at_the_key_of_its_keeper(
    machine: Callable[[str], Machine],
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    laptop.tls_port = free_port()
    joined(laptop, desk)
    keeper = Keeper(laptop)
    keeper.publish("1.0.0", "Draft.", "unlisted")
    keeper.ask("offer", keeper.kit.path, "--yes")
    notes = new_memory(desk.home / "notes")
    assert answer(notes, desk, "install", "peer:laptop/handbook", "--yes")["version"] == "1.0.0"
    assert answer(desk.folder, desk, "offered", "laptop") == {"kits": []}


def test_only_a_private_kit_is_granted_and_only_to_a_member(
    machine: Callable[[str], Machine],
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    joined(laptop, desk)
    keeper, memory = Keeper(laptop), laptop.folder
    assert kit(memory, laptop, "grant", "handbook", "desk").status != 0
    keeper.publish("1.0.0", "Draft.", "unlisted")
    assert kit(memory, laptop, "offer", keeper.kit.path).status != 0  # it asks, and nobody answers
    assert keeper.ask("grants") == {"kits": []}
    assert keeper.ask("offer", keeper.kit.path, "--yes", "--dry-run")["changed"]
    assert keeper.ask("grants") == {"kits": []}
    keeper.ask("offer", keeper.kit.path, "--yes")
    assert "every peer may have it" in kit(memory, laptop, "grant", "handbook", "desk").err
    keeper.publish("1.0.1", "Draft.")
    assert keeper.ask("offer", keeper.kit.path)["visibility"] == "private"
    for peer in ("nobody", "laptop"):
        assert kit(memory, laptop, "grant", "handbook", peer).status != 0
    assert kit(memory, laptop, "offer", "https://example.org/kits.git").status != 0
    assert kit(memory, laptop, "grants").text.startswith("handbook  private\n")
    assert keeper.ask("withdraw", "handbook")["withdrawn_at"]
    assert keeper.ask("grants") == {"kits": []}
    assert keeper.ask("grants", "handbook")["kits"][0]["name"] == "handbook"


def test_who_installs_a_private_kit_into_a_shared_memory_is_told(
    machine: Callable[[str], Machine],
) -> None:
    laptop, desk = machine("laptop"), machine("desk")
    joined(laptop, desk)
    keeper = Keeper(laptop)
    keeper.publish("1.0.0", "Draft.")
    keeper.ask("offer", keeper.kit.path)
    keeper.ask("grant", "handbook", "desk")
    shown = kit(desk.folder, desk, "install", "peer:laptop/handbook", "--dry-run")
    assert shown.status == 0, shown
    assert "what is in this memory goes to its whole group" in shown.err
    assert kit(desk.folder, desk, "check", "peer:laptop/handbook").status != 0
    assert kit(desk.folder, desk, "install", "peer:laptop/handbook@v1", "--yes").status != 0
    ended = kit(desk.folder, desk, "install", "peer:nobody/handbook", "--yes")
    assert "a peer called 'nobody' does not exist" in ended.err


def test_nobody_else_has_a_private_kit_fetched_by_what_they_write_into_a_memory(
    machine: Callable[[str], Machine],
) -> None:
    """The phone writes a lock by which the desk, which has the grant, would fetch it for both."""
    laptop, desk = machine("laptop"), machine("desk")
    joined(laptop, desk)
    keeper = Keeper(laptop)
    keeper.publish("1.0.0", "Only for the desk.")
    keeper.ask("offer", keeper.kit.path)
    keeper.ask("grant", "handbook", "desk")
    bait = Folder(laptop.home / "bait")
    bait.write({"kit.yaml": "schema: 1\nname: handbook\nversion: 0.1.0\n", "note.md": "# Bait\n"})
    assert kit(desk.folder, desk, "install", bait.path, "--yes").status == 0
    lock = desk.folder.path / ".pack/kits.lock.yaml"
    text = lock.read_text()
    assert str(bait.path) in text
    lock.write_text(text.replace(str(bait.path), "peer:laptop/handbook"))
    desk.folder.git("commit", "-qam", "by the phone")
    head = desk.folder.head()
    for words in (("update",), ("update", "--accept-signer", "--accept-moved")):
        ended = kit(desk.folder, desk, *words)
        assert ended.status == 1
        assert "only the memory names peer:laptop/handbook" in ended.err
    seen = kit(desk.folder, desk, "status", "--fetch")
    assert "nobody at this machine has agreed" in seen.text
    assert desk.folder.head() == head
    told = laptop.folder.pack("log", "--events", "--format", "json", env=laptop.env).json["mesh"]
    assert [one for one in told if one["kind"] == "fetched"] == []
    agent = (*("install", "peer:laptop/handbook", "--yes"), "--as", "ai-cloud:agent")
    assert "for the person to say" in kit(desk.folder, desk, *agent).err
    assert desk.folder.head() == head


def test_a_kit_comes_from_the_group_of_another_memory_that_is_named(
    machine: Callable[[str], Machine],
) -> None:
    """The desk's main memory has a group of its own, in which nobody is called laptop."""
    laptop, desk = machine("laptop"), machine("desk")
    joined(laptop, desk)
    keeper = Keeper(laptop)
    keeper.publish("1.0.0", "Draft.")
    keeper.ask("offer", keeper.kit.path)
    keeper.ask("grant", "handbook", "desk")
    notes = new_memory(desk.home / "notes")
    env = {**desk.env, "PACK_DIR": str(notes.path)}
    assert notes.pack("mesh", "init", "--name", "me", env=env).status == 0
    words = ("kit", "install", "peer:laptop/handbook", "--yes")
    failed = notes.pack(*words, env=env)
    assert failed.status != 0
    assert "a peer called 'laptop' does not exist" in failed.err
    env["PACK_KIT_PEERS"] = str(desk.folder.path)
    assert notes.pack(*words, env=env).status == 0
    assert "takes no changes" in contribution(notes, env)


def contribution(notes: Folder, env: dict[str, str]) -> str:
    note = notes.path / "kits/handbook/note.md"
    note.write_text(f"{note.read_text()}\nMine.\n")
    assert notes.pack("commit", env=env).status == 0
    ended = notes.pack("kit", "bug", "handbook", "It is wrong", env=env)
    assert "laptop" not in ended.text  # whose machine it came from is nobody's business
    return notes.pack("kit", "contribute", "handbook", "--send", "--yes", env=env).err
