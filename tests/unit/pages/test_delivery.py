"""Pages in Notion that others made, edited, moved or removed; records that others wrote; deaths."""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pack_connectors.notion.checkpoint_file import CheckpointFile
from pack_connectors.notion.target import NotionPages
from pack_servers.config.settings import Settings
from pack_servers.wiring.github import GithubPlace
from pack_servers.wiring.notion import checkpoint_in, open_checkpoint

from pack.errors import (
    ConnectorError,
    InvalidConfig,
    LimitExceeded,
    NotFound,
    RepositoryBusy,
    Unavailable,
)
from pack.pages.contents import EXPORT_TITLE
from pack.pages.delivery import OTHER_PAGE
from pack.pages.mapping import MAPPING, PageMap, write_map
from pack.sync.routes import TargetFailed
from pack.sync.target import PageId
from tests.standins.faults import FaultKind
from tests.standins.notion_state import BOT, PERSON
from tests.unit.pages.test_run import FILES, A, B, Bench


@pytest.fixture
def fast() -> Iterator[Bench]:
    made = Bench(None)
    yield made
    made.world.close()
    made.notion.check()


@pytest.fixture
def migrated(fast: Bench) -> Bench:
    fast.migrate()
    fast.sync()
    fast.notion.log.clear()
    return fast


# --- a record that somebody else wrote ---------------------------------------------------------


@pytest.mark.contract("C1", "C11")
@pytest.mark.parametrize("path", ["projects/b.md", "projects/gone.md", "export"])
@pytest.mark.parametrize("whose", ["theirs", "parent"])
def test_a_page_that_a_person_made_is_never_touched(migrated: Bench, path: str, whose: str) -> None:
    theirs = migrated.notion.state.add_page("Plans", None)
    migrated.notion.state.write_as_person(theirs, "of great value")
    victim = theirs if whose == "theirs" else migrated.notion.page
    before = (victim.title, migrated.notion.shown(victim), victim.in_trash)
    now = migrated.map()
    page = PageId(victim.id)
    evil = now.with_export(page) if path == "export" else now.with_page(path, page)
    evil = replace(evil, parent=None)
    migrated.world.commit({MAPPING: write_map(evil), "projects/b.md": f"{B}\nmore\n"})
    with pytest.raises(TargetFailed) as caught:
        migrated.sync(full=True)
    error = caught.value.error
    assert isinstance(error, InvalidConfig)
    assert f"{path}: " in str(error)
    assert str(MAPPING) in error.remedy
    assert (victim.title, migrated.notion.shown(victim), victim.in_trash) == before


@pytest.mark.contract("C11")
def test_a_record_for_another_page_is_not_that_of_this_one(migrated: Bench) -> None:
    old = {title: migrated.notion.titled(title) for title in migrated.notion.titles()}
    shown = {title: migrated.notion.shown(page) for title, page in old.items()}
    migrated.notion.page = migrated.notion.state.add_page("Elsewhere", None)
    migrated.receipt, migrated.start = "", None
    migrated.world.commit({"projects/c.md": None, "projects/b.md": f"{B}\nmore\n"})
    done = migrated.sync()
    assert OTHER_PAGE in done.warnings
    assert "more" in migrated.notion.shown(migrated.notion.page)
    plan = migrated.migrate(dry_run=True)
    assert len(plan.created) == 2
    finished = migrated.migrate()
    assert finished.is_complete
    assert any("another page" in one for one in finished.warnings)
    assert {title: migrated.notion.shown(page) for title, page in old.items()} == shown
    assert not any(page.in_trash for page in old.values())
    assert migrated.map().pages.keys() == FILES.keys() - {"projects/c.md"}
    assert not {*migrated.map().pages.values()} & {page.id for page in old.values()}
    assert migrated.sync().warnings == ()


def test_a_record_that_does_not_say_for_which_page_is_for_this_one(migrated: Bench) -> None:
    now = migrated.map()
    old = PageMap(now.pages, now.export, now.is_complete)
    migrated.world.commit({MAPPING: write_map(old), "projects/b.md": f"{B}\nmore\n"})
    assert migrated.sync().warnings == ()
    assert migrated.map() == now
    assert len(migrated.notion.titles()) == 4


# --- what others do to pages -------------------------------------------------------------------


@pytest.mark.contract("C11")
def test_an_edit_of_the_index_is_told_though_new_pages_lie_on_it(migrated: Bench) -> None:
    migrated.notion.state.write_as_person(migrated.notion.page, "by hand")
    migrated.world.commit({"x/new.md": "# New\n", "projects/c.md": None})
    done = migrated.sync()
    assert "by hand" not in migrated.notion.shown()
    assert any("'Memory' was edited in Notion" in one for one in done.warnings), done.warnings


@pytest.mark.contract("C11")
def test_an_edit_of_the_index_is_told_after_a_failure_too(
    migrated: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = migrated.pages()
    monkeypatch.setattr(migrated, "pages", lambda: pages)  # as a server keeps them
    migrated.world.commit({"x/new.md": "# New\n"})
    migrated.notion.faults.add(FaultKind.FORBIDDEN, "patch-block-children", times=9)
    with pytest.raises(TargetFailed):
        migrated.sync()
    migrated.notion.faults.clear()
    migrated.notion.clock.advance(60)
    migrated.notion.state.write_as_person(migrated.notion.page, "by hand")
    done = migrated.sync()
    assert "by hand" not in migrated.notion.shown()
    assert any("'Memory' was edited in Notion" in one for one in done.warnings), done.warnings


@pytest.mark.contract("C11")
def test_an_edit_between_reading_and_writing_is_told(migrated: Bench) -> None:
    page = migrated.notion.titled("Beta")
    migrated.world.commit({"projects/b.md": f"{B.replace('Text', 'Another text')}\nmore\n"})

    def edit() -> None:
        migrated.notion.service.after.clear()
        migrated.notion.state.write_as_person(page, "by hand")

    migrated.notion.service.after["get-block-children"] = edit
    done = migrated.sync()
    assert any("'Beta' was edited in Notion" in one for one in done.warnings), done.warnings


@pytest.mark.contract("C11")
def test_a_foreign_edit_is_told_before_it_is_replaced(
    migrated: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    page = migrated.notion.titled("Beta")
    migrated.notion.state.write_as_person(page, "by hand")
    told: list[bool] = []
    # Whatever happens to the write: its answer is lost, and so is Notion.
    migrated.notion.faults.add(FaultKind.TIMEOUT_AFTER, "patch-block-children")
    migrated.notion.service.after["patch-block-children"] = lambda: told.append(
        any("'Beta' was edited" in one.getMessage() for one in caplog.records)
    )
    migrated.world.commit({"projects/b.md": "# Beta\n\nquite another text\n"})
    with caplog.at_level(logging.WARNING):
        migrated.sync()
    assert told[0]
    assert "by hand" not in migrated.notion.shown(page)


def test_nothing_is_told_where_nobody_edited(migrated: Bench) -> None:
    migrated.world.commit(
        {"projects/b.md": f"{B}\nmore\n", "x/new.md": "# New\n", "projects/c.md": None}
    )
    assert migrated.sync().warnings == ()


@pytest.mark.contract("C1")
def test_a_page_of_a_deleted_file_with_a_page_on_it_stays(migrated: Bench) -> None:
    page = migrated.notion.titled("Beta")
    theirs = migrated.notion.state.add_page("Mine", page)
    migrated.world.commit({"projects/b.md": None})
    done = migrated.sync()
    assert any("'Beta' stays" in one for one in done.warnings)
    assert not page.in_trash
    assert not theirs.in_trash
    assert "projects/b.md" not in migrated.map().pages
    assert migrated.sync().warnings == ()


def test_an_edit_of_a_page_that_goes_to_the_trash_is_told(migrated: Bench) -> None:
    page = migrated.notion.titled("Beta")
    migrated.notion.state.write_as_person(page, "by hand")
    migrated.world.commit({"projects/b.md": None})
    assert any("trash" in one and "'Beta'" in one for one in migrated.sync().warnings)
    assert page.in_trash


@pytest.mark.contract("C11")
def test_an_export_that_somebody_trashed_stops_nothing(migrated: Bench) -> None:
    export = migrated.notion.titled(EXPORT_TITLE)
    export.in_trash = True
    migrated.world.commit({"projects/b.md": f"{B}\nmore\n", "x/new.md": "# New\n"})
    done = migrated.sync()
    assert any("full export" in one for one in done.warnings)
    assert "New" in migrated.notion.shown()
    export.in_trash = False
    migrated.world.commit({"projects/b.md": f"{B}\neven more\n"})
    migrated.sync()
    assert "even more" in migrated.notion.shown(export)
    assert "New" in migrated.notion.shown(export)


def test_a_page_that_is_gone_for_good_can_be_made_again(migrated: Bench) -> None:
    page = migrated.notion.titled("Beta")
    del migrated.notion.state.pages[page.id]
    there = migrated.notion.page.children
    there[:] = [one for one in there if one.id != page.id]
    migrated.world.commit({"projects/b.md": f"{B}\nmore\n"})
    (said,) = migrated.sync().warnings
    assert str(MAPPING) in said
    migrated.world.commit({MAPPING: write_map(migrated.map().without("projects/b.md"))})
    migrated.migrate()
    assert migrated.map().pages["projects/b.md"] != page.id


def test_a_text_that_is_refused_stops_no_other_from_being_made(fast: Bench) -> None:
    fast.notion.service.refuses = "First."
    with pytest.raises(ConnectorError, match="refused"):
        fast.migrate()
    assert fast.map().pages.keys() == FILES.keys()
    assert not fast.map().is_complete
    assert "Text of beta" in fast.shown("Beta")
    fast.notion.faults.clear()
    fast.notion.service.refuses = ""
    assert fast.migrate().is_complete
    assert "First." in fast.shown("Alpha")
    assert len(fast.notion.titles()) == 4


def test_a_workspace_that_is_full_says_what_helps(fast: Bench) -> None:
    fast.notion.state.block_budget = 3
    fast.migrate()
    fast.notion.clock.advance(4 * 24 * 3600)
    fast.world.commit({"x/new.md": "# New\n\ntext\n"})
    with pytest.raises(TargetFailed) as caught:
        fast.sync()
    assert isinstance(caught.value.error, LimitExceeded)
    assert "plan" in caught.value.error.remedy


@pytest.mark.contract("C11")
@pytest.mark.parametrize("is_known", [True, False])
def test_a_file_that_was_moved_and_edited_keeps_its_page(migrated: Bench, is_known: bool) -> None:
    page = migrated.notion.titled("Beta")
    made = migrated.notion.state.blocks_made
    migrated.world.commit(
        {"projects/b.md": None, "archive/b.md": f"{B}\nmore\n", "projects/c.md": None}
    )
    if not is_known:
        migrated.receipt, migrated.start = "", None
    assert migrated.sync().warnings == ()
    assert migrated.map().pages["archive/b.md"] == page.id
    assert migrated.map().pages.keys() == {"archive/b.md", "context/a.md"}
    assert not page.in_trash
    assert "more" in migrated.notion.shown(page)
    assert sorted(migrated.notion.titles()) == ["Alpha", "Beta", EXPORT_TITLE]
    assert migrated.links("Alpha") == ["https://w.example"]
    assert migrated.notion.state.blocks_made - made < 8


def test_a_file_that_takes_a_title_or_gives_it_back_is_told_from_the_other(migrated: Bench) -> None:
    migrated.world.commit({"projects/c.md": "# Alpha\n\nother\n"})
    migrated.sync()
    own = ["Alpha (context/a.md)", "Alpha (projects/c.md)"]
    assert sorted(migrated.notion.titles()) == [*own, "Beta", EXPORT_TITLE]
    migrated.world.commit({"projects/c.md": "# Gamma\n\nother\n"})
    migrated.sync()
    assert sorted(migrated.notion.titles()) == ["Alpha", "Beta", "Gamma", EXPORT_TITLE]


def test_titles_are_right_after_a_failure_too(migrated: Bench) -> None:
    migrated.world.commit({"x/a.md": "# Alpha\n\nother\n", "projects/b.md": f"{B}\nmore\n"})
    migrated.notion.faults.add(FaultKind.FORBIDDEN, "patch-page", times=9)
    with pytest.raises(TargetFailed):
        migrated.sync()
    migrated.notion.faults.clear()
    migrated.sync()
    assert "Alpha (context/a.md)" in migrated.notion.titles()


@pytest.mark.contract("C11")
def test_links_to_a_trashed_page_are_gone_after_a_failure_too(migrated: Bench) -> None:
    migrated.world.commit({"projects/b.md": None})
    migrated.notion.faults.add(FaultKind.FORBIDDEN, "patch-block-children", times=9)
    with pytest.raises(TargetFailed):
        migrated.sync()
    migrated.notion.faults.clear()
    assert "projects/b.md" not in migrated.map().pages
    migrated.sync()
    assert migrated.links("Alpha") == ["https://w.example"]


# --- a run that dies ---------------------------------------------------------------------------


class _Killed(BaseException):
    pass


def die(bench: Bench, journal: CheckpointFile, step: int) -> None:
    """A migration of a process that is killed before a step, and says nothing any more."""
    steps: list[str] = []

    def report(text: str) -> None:
        steps.append(text)
        if len(steps) == step:
            raise _Killed

    writer = bench.world.memory._session.core.writer
    write, writer.write = writer.write, None  # type: ignore[assignment,method-assign]  # dies, too
    with pytest.raises((_Killed, TypeError)):
        bench.world.memory.pages.migrate(bench.pages(), report, journal=journal)
    writer.write = write  # type: ignore[method-assign]
    assert MAPPING not in bench.world.files()


@pytest.mark.contract("C11")
@pytest.mark.parametrize("step", [2, 3])
def test_what_a_killed_run_made_is_kept_whatever_its_title_is_now(
    fast: Bench, tmp_path: Path, step: int
) -> None:
    journal = CheckpointFile(tmp_path / "sync" / "journal.json")
    die(fast, journal, step)
    fast.world.commit({"context/a.md": A.replace("Alpha", "Omega"), "x/b.md": "# Beta\n"})
    plan = fast.world.memory.pages.migrate(
        fast.pages(), lambda _: None, journal=journal, dry_run=True
    )
    assert len(plan.created) == 5 - step
    done = fast.world.memory.pages.migrate(fast.pages(), lambda _: None, journal=journal)
    assert done.is_complete
    own = ["Beta (projects/b.md)", "Beta (x/b.md)"]
    assert sorted(fast.notion.titles()) == sorted(["Omega", *own, "Gamma", EXPORT_TITLE])
    assert journal.read() == b""


@pytest.mark.contract("C6", "C11")
@pytest.mark.parametrize("text", [None, b"", b"{", b"\xff", b"[]"])
def test_without_its_journal_a_run_finds_pages_by_their_titles(
    fast: Bench, tmp_path: Path, text: bytes | None
) -> None:
    journal = CheckpointFile(tmp_path / "sync" / "journal.json")
    die(fast, journal, 3)
    if text is None:
        shutil.rmtree(tmp_path / "sync")
    else:
        journal.write(text)
    fast.world.memory.pages.migrate(fast.pages(), lambda _: None, journal=journal)
    assert sorted(fast.notion.titles()) == ["Alpha", "Beta", "Gamma", EXPORT_TITLE]


def test_a_record_that_cannot_be_saved_is_in_the_journal(fast: Bench, tmp_path: Path) -> None:
    journal = CheckpointFile(tmp_path / "sync" / "journal.json")

    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("the disk is full")

    writer = fast.world.memory._session.core.writer
    write, writer.write = writer.write, refuse  # type: ignore[assignment,method-assign]
    with pytest.raises(Unavailable):
        fast.world.memory.pages.migrate(fast.pages(), lambda _: None, journal=journal)
    writer.write = write  # type: ignore[method-assign]
    made = len(fast.notion.titles())
    fast.world.commit({"context/a.md": A.replace("Alpha", "Omega")})
    fast.world.memory.pages.migrate(fast.pages(), lambda _: None, journal=journal)
    assert len(fast.notion.titles()) == made


def test_two_migrations_at_once_are_one(fast: Bench, tmp_path: Path) -> None:
    file = tmp_path / "sync" / "journal.json"
    with CheckpointFile(file).exclusive(), pytest.raises(RepositoryBusy):
        fast.world.memory.pages.migrate(fast.pages(), lambda _: None, journal=CheckpointFile(file))
    assert fast.notion.titles() == []


ONE, TWO, THREE, FOUR = (PageId(f"0000000{n}-0000-0000-0000-000000000000") for n in range(1, 5))


def test_a_journal_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "sync").write_bytes(b"a file")
    journal = CheckpointFile(tmp_path / "sync" / "journal.json")
    for action in (journal.read, journal.clear, lambda: journal.write(b"x")):
        with pytest.raises(Unavailable):
            action()
    with pytest.raises(Unavailable), journal.exclusive():
        pass


# --- cost --------------------------------------------------------------------------------------


def asked(bench: Bench) -> Counter[str]:
    found = Counter(one.operation for one in bench.notion.log)
    bench.notion.log.clear()
    return found


def test_pages_of_a_hundred_files_cost_few_requests() -> None:
    bench = Bench(None)
    bench.world.commit({f"x/n{number}.md": f"# Note {number}\n" for number in range(97)})
    with bench.notion.unchecked():
        bench.migrate()
        assert asked(bench).total() < 100 + 35
        bench.sync()
        assert asked(bench).total() < 2 * 100 + 35
        bench.world.commit({"x/n5.md": "# Note 5\n\nmore\n"})
        bench.sync()
        assert asked(bench).total() <= 12
        bench.world.commit({"notes.txt": "outside\n"})
        bench.sync()
        assert asked(bench).total() == 1
    bench.world.close()


def test_the_journal_of_a_migration_is_that_of_the_sync(tmp_path: Path) -> None:
    page = "0" * 32
    settings = Settings(notion_sync_page_id=page, pack_cache_dir=tmp_path)
    place = GithubPlace("ada", "memory", "--github")
    state_dir = place.state_dir(settings)
    state_dir.parent.mkdir(parents=True)
    open_checkpoint(settings, place).write(b"noted")
    url = f"https://www.notion.so/Memory-{page}"
    assert checkpoint_in(state_dir, Settings(notion_sync_page_id=url)).read() == b"noted"
    other = Settings(notion_sync_page_id="1" * 32)
    assert checkpoint_in(state_dir, other).read() == b""


def test_pages_know_their_parent_however_it_is_written(fast: Bench) -> None:
    for text in (fast.notion.page.id, fast.notion.page.url, fast.notion.page.id.replace("-", "")):
        pages = NotionPages(fast.notion.api(), text)
        assert pages.parent == fast.notion.page.id
    assert BOT != PERSON
    with pytest.raises(NotFound):
        fast.pages().write(ONE, "x", "y", "")
