"""`pack migrate-notion` and `pack sync` with Notion: what a person sees, and the token nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pack_servers.wiring import notion as wiring_notion

from tests.standins.faults import FaultKind
from tests.standins.notion import NotionStandIn
from tests.stories.cli_driver import Ended, new_memory
from tests.stories.test_cli_remote import Folder
from tests.support import make_again

pytestmark = pytest.mark.contract("C11")


class Desk:
    """A memory of two files, and a Notion that its settings name."""

    def __init__(self, memory: Folder, notion: NotionStandIn) -> None:
        self.memory = memory
        self.notion = notion

    def pack(self, *words: str, stdin: str = "") -> Ended:
        ended = self.memory.pack(*words, stdin=stdin)
        assert self.notion.token not in ended.text + ended.err
        return ended

    def ok(self, *words: str, stdin: str = "") -> Ended:
        ended = self.pack(*words, stdin=stdin)
        assert ended.status == 0, ended
        return ended

    def log(self) -> list[str]:
        return self.memory.git("log", "--format=%s").splitlines()


def _with_a_note(folder: Path) -> None:
    made = new_memory(folder)
    made.ok("update", "projects/site.md", stdin="# Site\n\nSee [me](../context/general.md).\n")


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git_identity: tuple[str, str]
) -> Iterator[Desk]:
    notion = NotionStandIn()
    monkeypatch.setenv("NOTION_TOKEN", notion.token)
    monkeypatch.setenv("NOTION_SYNC_PAGE_ID", notion.page.url)
    monkeypatch.setattr(
        wiring_notion,
        "_api",
        lambda settings, _: notion.api(settings.notion_token.get_secret_value()),
    )
    memory = Folder(tmp_path / "memory")
    make_again(_with_a_note, memory.path)
    yield Desk(memory, notion)
    for file in memory.path.rglob("*"):
        assert not file.is_file() or notion.token.encode() not in file.read_bytes()
    notion.check()


def test_one_page_then_several(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ok("sync")
    assert "Site" in desk.notion.shown()
    assert desk.notion.titles() == []

    plan = desk.ok("migrate-notion", "--dry-run")
    assert "projects/site.md" in plan.text
    assert desk.notion.titles() == []
    asked = desk.pack("migrate-notion")
    assert (asked.status, "--yes" in asked.err) == (1, True)
    assert desk.notion.titles() == []

    done = desk.ok("migrate-notion", "--yes")
    assert "new page" in done.text
    assert "NOTION_SYNC_MODE=multi" in done.err
    assert "Site" in desk.notion.titles()
    assert desk.log()[0].startswith(".notion-pages.json: record")

    monkeypatch.setenv("NOTION_SYNC_MODE", "multi")
    assert desk.ok("migrate-notion", "--yes", "--format", "json").json["created"] == []
    desk.ok("update", "projects/new.md", stdin="# New\n\ntext\n")
    desk.ok("sync")
    assert "New" in desk.notion.titles()
    commits = desk.log()
    desk.ok("sync")
    assert desk.log() == commits
    assert desk.ok("validate").status == 0


def test_another_page_gets_all_of_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.ok("sync")
    other = desk.notion.state.add_page("Other", None)
    monkeypatch.setenv("NOTION_SYNC_PAGE_ID", other.id)
    desk.ok("sync")
    assert "Site" in desk.notion.shown(other)


def test_multi_without_a_migration_warns(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTION_SYNC_MODE", "multi")
    ended = desk.ok("sync")
    assert "migrate-notion" in ended.text + ended.err
    assert desk.notion.titles() == []
    assert "Site" in desk.notion.shown()


def test_a_failed_migration_says_why_and_goes_on(desk: Desk) -> None:
    desk.notion.faults.add(FaultKind.FORBIDDEN, "post-page", skip=1, times=9)
    failed = desk.pack("migrate-notion", "--yes")
    assert failed.status == 1
    assert "capabilities" in failed.err
    assert desk.log()[0] == ".notion-pages.json: record 1 page"
    desk.notion.faults.clear()
    desk.ok("migrate-notion", "--yes")
    assert len(desk.notion.titles()) == len(set(desk.notion.titles()))


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("NOTION_TOKEN", "", "NOTION_TOKEN: it is not set"),
        ("NOTION_SYNC_PAGE_ID", "", "NOTION_SYNC_PAGE_ID: it is not set"),
        ("NOTION_SYNC_PAGE_ID", "my page", "NOTION_SYNC_PAGE_ID: it is neither"),
        ("NOTION_SYNC_MODE", "several", "NOTION_SYNC_MODE"),
    ],
)
def test_settings_that_cannot_be_used_are_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    ended = desk.pack("migrate-notion", "--yes")
    assert (ended.status, said in ended.err) == (1, True), ended
