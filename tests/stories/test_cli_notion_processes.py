"""Notion as a person has it: the installed command, Notion on loopback, kills at any request."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from pack.pages.contents import EXPORT_TITLE
from tests.standins.github_http import Request
from tests.standins.github_service import Delivery
from tests.standins.notion import NotionStandIn
from tests.stories.cli_driver import Ended, Folder, Installed, new_memory
from tests.stories.prepared import Process, pack_command, start
from tests.support import make_again

FILES = {
    "context/a.md": "# Alpha\n\nFirst. See [Beta](../projects/b.md).\n\n- one\n- two\n",
    "projects/b.md": "---\ntopic: Beta\n---\n\nText, back to [Alpha](/context/a.md).\n",
    "projects/c.md": "# Gamma 日本 😀\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
}


def _with_notes(folder: Path) -> None:
    made = new_memory(folder)
    for file, text in FILES.items():
        made.ok("update", file, stdin=text)


class Desk:
    """A memory, and a Notion on a port of this machine."""

    def __init__(self, path: Path, notion: NotionStandIn) -> None:
        self.memory = Installed(path, pack_command())
        self.notion = notion
        make_again(_with_notes, path)
        self._handle = notion.service.handle
        self._process: Process | None = None
        self._left = 0
        notion.service.handle = self._counted  # type: ignore[method-assign]  # what stands before

    def _counted(self, request: Request) -> Delivery:
        """The request has its effect; the one that asked may be dead before it is told."""
        delivery = self._handle(request)
        self._left -= 1
        if self._left == 0 and self._process is not None:
            self._process.kill()
        return delivery

    def ok(self, *words: str) -> Ended:
        ended = self.memory.pack(*words)
        assert ended.status == 0, ended
        assert self.notion.token not in ended.text + ended.err
        return ended

    def killed_at(self, request: int, *words: str) -> bool:
        """Run a command that is killed when Notion has done a request; whether it was."""
        command, *rest = words
        self._left = request
        with start([command, "--local", str(self.memory.path), *rest]) as process:
            self._process = process
            process.communicate(timeout=60)
        self._process = None
        return process.returncode == -9


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git_identity: tuple[str, str]
) -> Iterator[Desk]:
    notion = NotionStandIn()
    with notion.serving() as url:
        monkeypatch.setenv("NOTION_API_URL", url)
        monkeypatch.setenv("NOTION_TOKEN", notion.token)
        monkeypatch.setenv("NOTION_SYNC_PAGE_ID", notion.page.url)
        yield Desk(tmp_path / "memory", notion)
    notion.check()


@pytest.mark.contract("C11")
def test_one_page_then_several(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    quick = Folder(desk.memory.path)
    quick.ok("sync")
    assert "Gamma 日本 😀" in desk.notion.shown()
    desk.ok("migrate-notion", "--yes")
    monkeypatch.setenv("NOTION_SYNC_MODE", "multi")
    quick.ok("update", "projects/new.md", stdin="# New\n\n[a](../context/a.md)\n")
    desk.ok("sync")
    assert "New" in desk.notion.titles()
    assert "New" in desk.notion.shown(desk.notion.titled(EXPORT_TITLE))
    desk.notion.log.clear()
    quick.ok("sync")
    assert len(desk.notion.log) == 0


@pytest.mark.parametrize("command", ["sync", "migrate-notion"])
@pytest.mark.parametrize("url", ["http://api.example", "http://127.0.0.1.evil.example", "x"])
def test_a_server_that_others_could_listen_to_gets_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, command: str, url: str
) -> None:
    monkeypatch.setenv("NOTION_API_URL", url)
    ended = Folder(desk.memory.path).pack(command)
    assert (ended.status, "NOTION_API_URL" in ended.text + ended.err) == (1, True), ended
    assert len(desk.notion.log) == 0


@pytest.mark.contract("C11")
@pytest.mark.parametrize("kills", [2, pytest.param(40, marks=pytest.mark.soak)])
def test_a_migration_that_is_killed_goes_on_and_makes_nothing_twice(desk: Desk, kills: int) -> None:
    chance = random.Random(kills)
    killed = sum(
        desk.killed_at(chance.randint(1, 16), "migrate-notion", "--yes") for _ in range(kills)
    )
    assert killed > kills / 3
    desk.ok("migrate-notion", "--yes")
    pages = {title: desk.notion.shown(desk.notion.titled(title)) for title in desk.notion.titles()}
    made, index = desk.notion.state.blocks_made, desk.notion.shown()

    # The same on another page, without a kill: a workspace may have so many blocks, ever.
    before = {page.id for page in desk.notion.state.pages.values()}
    elsewhere = desk.notion.state.add_page("Elsewhere", None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NOTION_SYNC_PAGE_ID", elsewhere.id)
        desk.ok("migrate-notion", "--yes")
    new = [page for page in desk.notion.state.pages.values() if page.id not in before]
    assert {page.title: desk.notion.shown(page) for page in new if page.parent} == pages
    assert desk.notion.shown(elsewhere) == index
    assert desk.notion.state.blocks_made == 2 * made
