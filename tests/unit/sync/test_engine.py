"""Bringing targets to the current commit, whatever fails on the way."""

import itertools
import json
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pack.errors import (
    AuthFailed,
    InternalError,
    InvalidConfig,
    NotFound,
    RateLimited,
    RepositoryBusy,
    Unavailable,
)
from pack.log import Lineage
from pack.memory import Memory
from pack.model import MemoryPath
from pack.provenance import commit_message, skips_sync
from pack.sync.engine import Sync
from pack.sync.payload import PayloadVersion
from pack.sync.results import Standing, Urgency
from pack.sync.routes import Destination, EventRoute, WholeRoute
from pack.sync.state import DamagedState
from pack.sync.target import Delivered
from pack.sync.text import TextSource
from tests.support import AGENT, World, examples


class Killed(BaseException):
    """The process ends at once: nothing after it is done."""


class States:
    """States in memory, which can be damaged, held by somebody else, or fail."""

    def __init__(self):
        self.states, self.damaged, self.held, self.fault = {}, set(), set(), None
        self.unreadable = None

    def load(self, key):
        if self.unreadable is not None:
            raise self.unreadable
        if key in self.damaged:
            raise DamagedState(key)
        return self.states.get(key)

    def save(self, key, state):
        if self.fault is not None:
            raise self.fault
        self.damaged.discard(key)
        self.states[key] = state

    @contextmanager
    def exclusive(self, key):
        if key in self.held:
            raise RepositoryBusy("held")
        yield


class Page:
    """Shows a text. Faults are raised in turn, before or after it did what it was asked."""

    name = "page"

    def __init__(self):
        self.text, self.calls, self.before, self.after, self.warnings = None, [], [], [], ()
        self.receipt = None

    def deliver(self, markdown, key, receipt):
        if self.before and (fault := self.before.pop(0)) is not None:
            raise fault
        changed = self.text != markdown or not receipt
        self.calls.append((markdown, key, receipt))
        self.text = markdown
        if self.after and (fault := self.after.pop(0)) is not None:
            raise fault
        return Delivered(self.receipt or f"receipt of {key}", changed, self.warnings)

    def close(self):
        self.closed = True


class Hook:
    """Is told of events. Faults as for `Page`."""

    name = "hook"

    def __init__(self):
        self.sent, self.before, self.after = [], [], []

    def send(self, key, body):
        if self.before and (fault := self.before.pop(0)) is not None:
            raise fault
        self.sent.append((key, body))
        if self.after and (fault := self.after.pop(0)) is not None:
            raise fault

    @property
    def keys(self):
        return [key for key, _ in self.sent]

    def close(self):
        self.closed = True


class Setting:
    """A memory with a page and a hook."""

    def __init__(self, folder=None, *, version=PayloadVersion.V2, is_empty=False):
        self.world = World(folder)
        if not is_empty:
            self.world.init()
        self.page, self.hook, self.states = Page(), Hook(), States()
        self.configs = {"page": "1", "hook": "1"}
        self.version = version
        self.opening = {}
        self.start()

    def start(self):
        """As a new process."""
        connector, path = self.world.connector, MemoryPath(self.world.v1_path)

        def whole():
            self.fail_to_open("page")
            return WholeRoute(self.page, TextSource(connector, path))

        def each():
            self.fail_to_open("hook")
            source = TextSource(connector, path)
            return EventRoute(
                self.hook, connector, source, v1_path=path, repo="memory", version=self.version
            )

        destinations = [
            Destination("page", "page", self.configs["page"], only_newest=True, open=whole),
            Destination(
                "hook", "hook", self.configs["hook"],
                only_newest=False, open=each, form=str(self.version),
            ),
        ]  # fmt: skip
        self.sync = Sync(connector, destinations, self.states, self.world.clock, lambda: 1.0)

    def fail_to_open(self, name):
        if name in self.opening:
            raise self.opening[name]

    def write(self, text="text\n", path="context/a.md"):
        self.world.commit({path: text})
        return self.world.connector.head()

    def deliver(self, name, urgency=Urgency.DUE, **options):
        return self.sync.deliver(name, urgency, **options)

    @property
    def head(self):
        return self.world.connector.head()


@pytest.fixture
def setting():
    found = Setting()
    yield found
    found.world.close()


# --- the first time, and the queue -----------------------------------------------------------


def test_a_new_page_gets_the_current_state_and_a_new_hook_begins_now(setting):
    assert setting.deliver("page").standing is Standing.DELIVERED
    assert "General" in setting.page.text
    assert setting.deliver("hook").standing is Standing.STARTED
    assert setting.hook.sent == []
    assert not setting.sync.is_due("page")
    assert not setting.sync.is_due("hook")


def test_a_memory_without_commits_has_nothing_to_deliver_and_then_everything():
    setting = Setting(is_empty=True)
    assert setting.deliver("page").standing is Standing.STARTED
    assert setting.deliver("hook").standing is Standing.STARTED
    first = setting.write("first\n", "index.md")
    second = setting.write("second\n")
    assert setting.deliver("page").changed
    assert setting.deliver("hook").commits == 2
    assert setting.hook.keys == [second]  # the first one changed no file of the memory
    assert first != second
    setting.world.close()


@pytest.mark.contract("C1", "C3")
def test_only_the_newest_state_matters_for_a_page_and_every_commit_for_a_hook(setting):
    setting.deliver("page")
    setting.deliver("hook")
    commits = [setting.write(f"{number}\n") for number in range(4)]
    assert setting.deliver("page").commits == 4
    assert [key for _, key, _ in setting.page.calls[1:]] == [commits[-1]]
    assert setting.deliver("hook").commits == 4
    assert setting.hook.keys == commits


def test_a_commit_of_several_files_is_several_events(setting):
    setting.deliver("hook")
    setting.world.commit({"context/a.md": "a", "context/b.md": "b"})
    setting.deliver("hook")
    assert setting.hook.keys == [setting.head, f"{setting.head}:2"]


def test_v1_consumers_get_the_whole_memory_once_a_commit():
    setting = Setting(version=PayloadVersion.V1)
    setting.deliver("hook")
    setting.world.commit({"context/a.md": "aaa", "context/b.md": "bbb"})
    setting.write("ccc\n")
    setting.deliver("hook")
    assert len(setting.hook.sent) == 2
    first, second = (body.decode() for _, body in setting.hook.sent)
    assert "aaa" in first
    assert "bbb" in first
    assert "ccc" in second
    assert "aaa" not in second
    setting.world.close()


def test_commits_that_are_marked_trigger_nothing(setting):
    setting.deliver("page")
    setting.deliver("hook")
    message = commit_message("x: map", AGENT, "1", skips_sync=True)
    setting.world.commit({"context/a.md": "a"}, message)
    for name in ("page", "hook"):
        setting.deliver(name)
        assert not setting.sync.is_due(name)
    assert len(setting.page.calls) == 1
    assert setting.hook.sent == []
    last = setting.write("b\n")
    assert setting.deliver("hook").commits == 1
    assert setting.hook.keys == [last]


def test_a_caller_cannot_mark_a_commit():
    said = "words\n\nPack-Sync: skip\n\nPack-Request: 1\nPack-Sync: skip"
    assert not skips_sync(commit_message("x: update", AGENT, "1", said))
    assert not skips_sync(commit_message("Pack-Sync: skip", AGENT, "1", "Pack-Sync: skip"))
    assert skips_sync(commit_message("x: map", AGENT, "1", said, skips_sync=True))
    assert not skips_sync("by hand\n\nPack-Sync: skip")


def test_nothing_new_asks_no_target(setting):
    setting.deliver("page")
    setting.page.before = [AssertionError]
    assert setting.deliver("page").standing is Standing.UP_TO_DATE


def test_full_writes_all_anew_but_repeats_no_event(setting):
    setting.deliver("page")
    setting.deliver("hook")
    done = setting.deliver("page", Urgency.NOW, full=True)
    assert done.changed
    assert [receipt for _, _, receipt in setting.page.calls] == ["", ""]
    setting.deliver("hook", Urgency.NOW, full=True)
    assert setting.hook.sent == []


def test_a_full_delivery_that_failed_is_made_up_for(setting):
    setting.deliver("page")
    setting.page.before = [Unavailable("down")]
    assert setting.deliver("page", Urgency.NOW, full=True).standing is Standing.WAITING
    assert setting.sync.is_due("page") is False
    setting.world.clock.advance(seconds=6)
    assert setting.deliver("page").standing is Standing.DELIVERED
    assert setting.page.calls[-1][2] == ""


# --- failures --------------------------------------------------------------------------------


@pytest.mark.contract("C1")
def test_a_target_that_fails_keeps_its_queue_and_is_tried_later(setting):
    setting.deliver("hook")
    commits = [setting.write(f"{number}\n") for number in range(3)]
    setting.hook.before = [None, Unavailable("down"), Unavailable("down")]
    failed = setting.deliver("hook")
    assert (failed.standing, failed.commits, failed.problem) == (Standing.WAITING, 1, "down")
    assert not setting.sync.is_due("hook")
    assert setting.deliver("hook").standing is Standing.WAITING
    assert setting.hook.keys == commits[:1]
    setting.world.clock.advance(seconds=6)
    assert setting.deliver("hook").standing is Standing.WAITING
    setting.world.clock.advance(seconds=31)
    assert setting.sync.is_due("hook")
    assert setting.deliver("hook").commits == 2
    assert setting.hook.keys == commits


def test_a_person_need_not_wait_but_for_a_time_that_the_service_named(setting):
    setting.write()
    until = setting.world.clock() + timedelta(seconds=100)
    setting.page.before = [Unavailable("down"), RateLimited("it", 100, until)]
    setting.deliver("page")
    assert setting.deliver("page", Urgency.NOW).problem.startswith("it accepts no more requests")
    assert setting.deliver("page", Urgency.NOW).standing is Standing.WAITING
    assert setting.page.calls == []
    assert setting.deliver("page", Urgency.UNPARKED).standing is Standing.DELIVERED


def test_what_only_a_person_can_put_right_parks_the_target_until_they_act(setting):
    setting.deliver("page")
    setting.write()
    setting.page.before = [AuthFailed("the token was revoked", "Make another one.")]
    parked = setting.deliver("page")
    assert (parked.standing, parked.remedy) == (Standing.PARKED, "Make another one.")
    setting.world.clock.advance(days=30)
    assert not setting.sync.is_due("page")
    assert setting.deliver("page", Urgency.NOW).standing is Standing.PARKED
    (notice,) = setting.sync.notices()
    assert "page: the token was revoked" in notice
    status = setting.sync.status()[0]
    assert (status.parked.reason, status.backlog) == ("the token was revoked", 1)
    assert setting.deliver("page", Urgency.UNPARKED).standing is Standing.DELIVERED
    assert setting.sync.notices() == ()


def test_other_settings_unpark_a_target(setting):
    setting.opening["page"] = InvalidConfig("PAGE", "is none")
    assert setting.deliver("page").standing is Standing.PARKED
    setting.opening.clear()
    setting.start()
    assert setting.deliver("page").standing is Standing.PARKED
    setting.configs["page"] = "2"
    setting.start()
    assert setting.sync.notices() == ()
    assert setting.deliver("page").standing is Standing.DELIVERED


@pytest.mark.contract("C1")
def test_settings_of_a_new_hook_that_cannot_be_used_are_told_at_once_and_cost_no_commit(setting):
    setting.opening["hook"] = InvalidConfig("HOOK", "is none")
    assert setting.deliver("hook").standing is Standing.PARKED
    commit = setting.write()
    assert setting.deliver("hook").standing is Standing.PARKED
    setting.opening.clear()
    setting.configs["hook"] = "2"
    setting.start()
    assert setting.deliver("hook").commits == 1
    assert setting.hook.keys == [commit]  # and not what was there before


def test_a_memory_that_cannot_be_read_parks_nothing(setting, monkeypatch):
    setting.deliver("hook")
    setting.write()

    def fail(*args):
        raise NotFound("object")

    with monkeypatch.context() as patch:
        patch.setattr(setting.world.connector, "read_blobs", fail)
        assert setting.deliver("hook").standing is Standing.WAITING
    setting.world.clock.advance(seconds=6)
    assert setting.deliver("hook").commits == 1


def test_a_parent_that_is_not_there_is_no_commit_without_changes(setting, monkeypatch):
    setting.deliver("hook")
    setting.write()
    monkeypatch.setattr(setting.world.connector, "changes_between", lambda old, new: None)
    assert setting.deliver("hook").standing is Standing.WAITING
    assert setting.hook.sent == []


def test_a_state_that_cannot_be_stored_is_said(setting):
    setting.deliver("hook")
    setting.write()
    setting.states.fault = Unavailable("no space")
    for _ in range(3):
        with pytest.raises(Unavailable, match="no space"):
            setting.deliver("hook")
    assert setting.hook.sent == []  # not the same again and again
    setting.states.fault = None
    assert setting.deliver("hook").commits == 1
    assert len(setting.hook.sent) == 1


@pytest.mark.contract("C1")
def test_a_state_that_cannot_be_stored_after_the_delivery_repeats_it_once(setting):
    setting.deliver("hook")
    setting.write()
    send, full = setting.hook.send, Unavailable("no space")

    def fill(key, body):
        send(key, body)
        setting.states.fault = full

    setting.hook.send = fill
    for _ in range(3):
        with pytest.raises(Unavailable, match="no space"):
            setting.deliver("hook")
    setting.states.fault, setting.hook.send = None, send
    assert setting.deliver("hook").commits == 1
    assert setting.hook.keys == [setting.head] * 2


@pytest.mark.contract("C1")
def test_a_state_that_cannot_be_read_now_gives_nothing_up(setting):
    for name in ("page", "hook"):
        setting.deliver(name)
    commits = [setting.write(f"{number}\n") for number in range(2)]
    setting.states.unreadable = Unavailable("too many open files")
    for name in ("page", "hook"):
        with pytest.raises(Unavailable):
            setting.sync.is_due(name)
        with pytest.raises(Unavailable):
            setting.deliver(name, Urgency.UNPARKED)
    assert [one.problem for one in setting.sync.status()] == ["too many open files"] * 2
    assert all("too many open files" in notice for notice in setting.sync.notices())
    setting.states.unreadable = None
    assert setting.sync.notices() == ()
    setting.deliver("hook")
    assert setting.hook.keys == commits


@pytest.mark.parametrize(("size", "is_kept"), [(64 * 1024, True), (64 * 1024 + 1, False)])
def test_a_memo_beyond_its_limit_is_dropped_and_said(setting, size, is_kept):
    receipt = "\N{GREEK SMALL LETTER PI}" * (size // 2) + "x" * (size % 2)
    setting.page.receipt = receipt
    done = setting.deliver("page")
    assert done.standing is Standing.DELIVERED
    assert setting.states.states["page"].receipt == (receipt if is_kept else "")
    assert [("64 KiB" in warning) for warning in done.warnings] == [True] * (not is_kept)
    setting.write()
    setting.deliver("page")
    assert setting.page.calls[-1][2] == (receipt if is_kept else "")


def test_one_deliverer_at_a_time(setting):
    setting.states.held.add("page")
    assert setting.deliver("page").standing is Standing.BUSY
    assert setting.page.calls == []


def test_a_target_that_is_none(setting):
    with pytest.raises(NotFound, match="nobody"):
        setting.deliver("nobody")


def test_leaving_ends_between_two_deliveries_and_is_no_failure(setting):
    setting.deliver("hook")
    commits = [setting.write(f"{number}\n") for number in range(3)]
    asked = itertools.count()
    done = setting.deliver("hook", is_leaving=lambda: next(asked) >= 1)
    assert done.commits == 2
    setting.hook.before = [Unavailable("closed")]
    assert setting.deliver("hook", is_leaving=lambda: True).problem is None
    assert setting.sync.is_due("hook")
    setting.deliver("hook")
    assert setting.hook.keys == commits


@pytest.mark.parametrize("fault", [KeyError("closed"), Unavailable("closed"), "the memory"])
def test_what_fails_while_leaving_is_no_failure(setting, fault, monkeypatch):
    setting.deliver("hook")
    setting.write()
    with monkeypatch.context() as patch:
        if fault == "the memory":
            patch.setattr(setting.world.connector, "lineage", lambda *_: 1 / 0)
        else:
            setting.hook.before = [fault]
        assert setting.deliver("hook", is_leaving=lambda: True).problem is None
    assert setting.sync.status()[1].failures == 0
    assert setting.sync.is_due("hook")


def test_a_time_that_a_service_names_counts_while_leaving_too(setting):
    setting.deliver("hook")
    setting.write()
    until = setting.world.clock() + timedelta(seconds=100)
    setting.hook.before = [RateLimited("it", 100, until)]
    assert setting.deliver("hook", is_leaving=lambda: True).standing is Standing.WAITING
    assert not setting.sync.is_due("hook")


def test_warnings_are_told_and_remembered(setting):
    setting.page.warnings = ("somebody else had edited it",)
    assert setting.deliver("page").warnings == ("somebody else had edited it",)
    assert setting.sync.status()[0].notice == "somebody else had edited it"
    setting.deliver("page", Urgency.UNPARKED)
    assert setting.sync.status()[0].notice is None


def test_the_circuit_of_a_target_that_keeps_failing_is_open(setting):
    setting.page.before = [Unavailable("down")] * 5
    for _ in range(5):
        setting.world.clock.advance(days=1)
        setting.deliver("page")
    assert setting.sync.status()[0].is_open
    setting.world.clock.advance(seconds=1799)
    assert not setting.sync.is_due("page")


def test_a_write_tells_whoever_delivers(setting):
    told = []
    setting.sync.on_news(lambda: told.append(1))
    world = setting.world
    memory = Memory.over(
        world.connector, world.catalog, clock=world.clock, origin=AGENT,
        new_request=lambda: "1", sync=setting.sync,
    )  # fmt: skip
    memory.written_by(AGENT).notes.update("context/n.md", "x\n")
    assert told == [1]
    assert memory.care.status().targets[0].name == "page"


# --- a history that was changed --------------------------------------------------------------


def test_a_cursor_that_is_no_commit_any_more(setting):
    for name in ("page", "hook"):
        setting.deliver(name)
        lost = replace(setting.states.states[name], cursor="f" * 40)
        setting.states.states[name] = lost
    setting.write()
    assert setting.deliver("page").standing is Standing.DELIVERED
    done = setting.deliver("hook")
    assert "the history does not connect" in done.warnings[0]
    assert setting.hook.sent == []
    assert setting.sync.status()[1].notice == done.warnings[0]
    last = setting.write("more\n")
    setting.deliver("hook")
    assert setting.hook.keys == [last]


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_a_history_that_has_nothing_in_common_is_not_sent_from_its_beginning(
    setting, monkeypatch, is_forgotten
):
    setting.deliver("hook")
    old = setting.head
    for number in range(3):
        setting.write(f"{number}\n")
    lineage = setting.world.connector.lineage

    def unrelated(since, head):
        """As for `old`, where nothing leads from it to `head`, before and after git forgets it."""
        if since != old:
            return lineage(since, head)
        return None if is_forgotten else Lineage(lineage(None, head).commits, is_rewritten=True)

    with monkeypatch.context() as patch:
        patch.setattr(setting.world.connector, "lineage", unrelated)
        assert "the history does not connect" in setting.deliver("hook").warnings[0]
    assert setting.hook.sent == []
    last = setting.write("more\n")
    setting.deliver("hook")
    assert setting.hook.keys == [last]


def test_a_state_that_is_damaged_begins_anew_and_says_so(setting):
    for name in ("page", "hook"):
        setting.deliver(name)
    setting.write()
    setting.states.damaged |= {"page", "hook"}
    setting.start()
    setting.page.before = [Unavailable("down")]
    assert setting.deliver("page").standing is Standing.WAITING
    assert "could not be read" in setting.sync.status()[0].notice  # though nothing was delivered
    assert setting.deliver("page", Urgency.NOW).changed
    assert "could not be read" in setting.deliver("hook").warnings[0]
    assert "could not be read" in setting.sync.status()[1].notice


@pytest.mark.contract("C1", "C6")
@pytest.mark.parametrize("how", ["removed", "damaged"])
def test_states_that_are_taken_away_under_a_process_give_nothing_up(setting, how):
    for name in ("page", "hook"):
        setting.deliver(name)
    commits = [setting.write(f"{number}\n") for number in range(2)]
    if how == "removed":
        setting.states.states.clear()
    else:
        setting.states.damaged |= {"page", "hook"}
    assert setting.sync.is_due("hook")
    assert setting.deliver("hook").commits == 2
    assert setting.hook.keys == commits
    assert setting.deliver("page").commits == 2
    assert set(setting.states.states) == {"page", "hook"}
    setting.start()
    assert not setting.sync.is_due("hook")


# --- mistakes of our own -----------------------------------------------------------------------


@pytest.mark.contract("C1")
def test_a_mistake_is_tried_again_later_and_later_and_quotes_nothing(setting):
    setting.deliver("hook")
    commit = setting.write()
    setting.hook.before = [KeyError("canary"), RecursionError("canary")]
    failed = setting.deliver("hook")
    assert (failed.standing, failed.code) == (Standing.WAITING, "internal_error")
    assert "a bug in PACK: builtins.KeyError at sync/test_engine.py:" in failed.problem
    assert not setting.sync.is_due("hook")
    setting.world.clock.advance(seconds=6)
    assert "RecursionError" in setting.deliver("hook").problem
    (_, status) = setting.sync.status()
    assert (status.failures, status.backlog, status.parked) == (2, 1, None)
    assert "canary" not in f"{failed} {status}"
    setting.world.clock.advance(seconds=6)
    assert not setting.sync.is_due("hook")
    setting.world.clock.advance(seconds=30)
    setting.deliver("hook")
    assert setting.hook.keys == [commit]
    assert setting.sync.status()[1].problem is None


def test_a_mistake_in_opening_a_target_is_one_too(setting):
    setting.opening["page"] = ImportError("canary")
    assert setting.deliver("page").code == "internal_error"


def test_a_mistake_in_the_store_is_told_and_delivers_nothing(setting):
    setting.deliver("hook")
    setting.write()
    setting.states.unreadable = ZeroDivisionError("canary")
    for ask in (setting.sync.begin, setting.sync.is_due, setting.deliver):
        with pytest.raises(InternalError, match="ZeroDivisionError"):
            ask("hook")
    assert all("ZeroDivisionError" in one.problem for one in setting.sync.status())
    assert len(setting.sync.notices()) == 2
    assert setting.hook.sent == []


def test_what_ends_the_process_is_no_mistake(setting):
    setting.page.before = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        setting.deliver("page")


# --- the beginning, and another form -----------------------------------------------------------


@pytest.mark.contract("C1", "C8")
def test_a_hook_that_has_begun_gets_what_was_written_before_its_first_look(setting):
    assert setting.sync.begin("hook")
    assert not setting.sync.begin("hook")
    assert not setting.sync.begin("page")
    commits = [setting.write(f"{number}\n") for number in range(2)]
    setting.start()
    assert setting.deliver("hook").commits == 2
    assert setting.hook.keys == commits
    setting.states.held.add("hook")
    assert not setting.sync.begin("hook")  # whoever delivers is not waited for


def test_a_hook_that_has_begun_tells_of_its_settings_at_the_first_attempt(setting):
    setting.opening["hook"] = InvalidConfig("HOOK", "is none")
    assert setting.sync.begin("hook")
    assert setting.deliver("hook").standing is Standing.PARKED


def test_a_damaged_hook_that_begins_anew_before_its_first_look_is_told_of(setting):
    setting.deliver("hook")
    setting.states.damaged.add("hook")
    setting.start()
    assert setting.sync.begin("hook")
    assert "could not be read" in setting.deliver("hook").warnings[0]
    assert "could not be read" in setting.sync.status()[1].notice


def test_somebody_else_may_be_letting_it_begin(setting):
    setting.states.held.add("hook")
    with pytest.raises(RepositoryBusy):
        setting.sync.begin("hook")


@pytest.mark.contract("C1", "C8")
@pytest.mark.parametrize("first", list(PayloadVersion))
def test_another_version_in_the_middle_of_a_commit_skips_nothing(first, monkeypatch):
    setting = Setting(version=first)
    setting.deliver("hook")
    setting.world.commit({f"context/{name}.md": name for name in "abc"})
    head, save = setting.head, setting.states.save

    def save_until_all_is_sent(key, state):
        if state.cursor == head:
            raise Killed
        save(key, state)

    setting.hook.after = [None] * (2 if first is PayloadVersion.V2 else 1) + [Unavailable("down")]
    with monkeypatch.context() as patch, suppress(Killed):
        patch.setattr(setting.states, "save", save_until_all_is_sent)
        setting.deliver("hook")
    assert setting.states.states["hook"].part == (2 if first is PayloadVersion.V2 else 1)
    sent, setting.hook.after = len(setting.hook.sent), []
    second = setting.version = PayloadVersion(3 - first)
    setting.start()
    setting.deliver("hook", Urgency.NOW)
    bodies = [json.loads(body) for _, body in setting.hook.sent[sent:]]
    assert [body.get("version", 1) for body in bodies] == [second] * len(bodies)
    assert len(bodies) == (1 if second is PayloadVersion.V1 else 3)
    setting.world.close()


# --- crashes ---------------------------------------------------------------------------------


@pytest.mark.contract("C1")
@pytest.mark.parametrize("is_after", [False, True])
def test_a_crash_repeats_at_most_what_was_under_way(setting, is_after):
    setting.deliver("hook")
    setting.world.commit({f"context/{name}.md": name for name in "abc"})
    faults = setting.hook.after if is_after else setting.hook.before
    faults += [None, Killed()]
    with pytest.raises(Killed):
        setting.deliver("hook")
    setting.start()
    setting.deliver("hook")
    head = setting.head
    repeated = [f"{head}:2"] * is_after
    assert setting.hook.keys == [head, *repeated, f"{head}:2", f"{head}:3"]


FAULTS = st.lists(st.sampled_from(["none", "down", "limited", "killed", "revoked"]), max_size=4)
TEXTS = st.text("ab", max_size=3)


class SyncMachine(RuleBasedStateMachine):
    """Writes, faults, crashes and time, in any order. In the end nothing is missing.

    The model: what each commit has to send, in order. The hook has got a prefix of it, but for
    repetitions of what was under way; the page shows some state that was, and never an older one.
    """

    @initialize()
    def begin(self):
        self.setting = Setting()
        self.setting.deliver("page")
        self.setting.deliver("hook")
        self.due = []
        self.texts = [self.setting.page.text]
        self.crashes = 0

    def teardown(self):
        if hasattr(self, "setting"):
            self.catch_up()
            self.setting.world.close()

    @rule(names=st.sets(st.sampled_from("abc"), min_size=1), text=TEXTS, skip=st.booleans())
    def commit(self, names, text, skip):
        world = self.setting.world
        before = world.files()
        files = {f"context/{name}.md": f"{text}{name}" for name in names}
        if skip:  # what PACK marks so holds no memory
            files = {".notion-pages.json": text}
        message = commit_message("x: map", AGENT, "1", skips_sync=True) if skip else "by hand"
        world.commit(files, message)
        changed = [path for path, content in files.items() if before.get(path) != content.encode()]
        if not skip:
            head = self.setting.head
            keys = [head] + [f"{head}:{n}" for n in range(2, len(changed) + 1)]
            self.due += keys[: len(changed)]
        source = TextSource(world.connector, MemoryPath(world.v1_path))
        self.texts.append(source.text_at(self.setting.head))

    @rule(name=st.sampled_from(["page", "hook"]), before=FAULTS, after=FAULTS)
    def deliver(self, name, before, after):
        target = getattr(self.setting, name)
        target.before, target.after = self.faults(before), self.faults(after)
        try:
            self.setting.deliver(name)
        except Killed:
            self.crashes += 1
            self.setting.start()
        target.before, target.after = [], []

    def faults(self, kinds):
        until = self.setting.world.clock() + timedelta(minutes=5)
        made = {
            "none": None,
            "down": Unavailable("down"),
            "limited": RateLimited("it", 300, until),
            "killed": Killed(),
            "revoked": AuthFailed("revoked"),
        }
        return [made[kind] for kind in kinds]

    @rule(seconds=st.sampled_from([1, 40, 4000]))
    def wait(self, seconds):
        self.setting.world.clock.advance(seconds=seconds)

    @rule(name=st.sampled_from(["page", "hook"]))
    def person(self, name):
        self.setting.deliver(name, Urgency.UNPARKED)

    @precondition(lambda self: hasattr(self, "setting"))
    @rule()
    def start_again(self):
        self.setting.start()

    def catch_up(self):
        for name in ("page", "hook"):
            self.setting.deliver(name, Urgency.UNPARKED)
        assert list(dict.fromkeys(self.setting.hook.keys)) == self.due
        assert self.setting.page.text == self.texts[-1]

    @invariant()
    def events_came_in_order_and_none_was_passed_over(self):
        if not hasattr(self, "setting"):
            return
        keys = self.setting.hook.keys
        distinct = list(dict.fromkeys(keys))
        assert distinct == self.due[: len(distinct)]
        # A repetition is of the newest one only.
        last = -1
        for key in keys:
            place = self.due.index(key)
            assert place in (last, last + 1)
            last = place

    @invariant()
    def the_page_shows_a_state_that_was(self):
        if hasattr(self, "setting"):
            assert self.setting.page.text in self.texts


SyncMachine.TestCase.settings = settings(
    max_examples=examples(15, soak=1500),
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestSyncMachine = SyncMachine.TestCase
TestSyncMachine.pytestmark = [pytest.mark.contract("C1")]
