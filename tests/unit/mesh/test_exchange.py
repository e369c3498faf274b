"""Exchanging with one peer: what moves, what is asked, and what is remembered of failures."""

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from pack_connectors.peers.state_files import MeshFiles

from pack.errors import (
    AdmissionPending,
    InvalidRequest,
    NotFound,
    RateLimited,
    RefusedForSafety,
    RemovedFromGroup,
    RepositoryBusy,
    Unavailable,
)
from pack.mesh.exchange import LONGEST_PAUSE, PeerExchange, join_openly, join_over
from pack.mesh.members.invitation import Invitation
from pack.mesh.state import MeshEventKind, PeerSource, PeerStatus
from pack.times import parse_time
from tests.mesh_machines import DirectLine, machines_in, pair_in
from tests.support import git

DESK = "http://desk:3005"


@pytest.fixture
def machines(tmp_path):
    pair_in(tmp_path)
    with machines_in(tmp_path, "laptop", "desk", "phone") as made:
        yield made


@pytest.fixture
def pair(machines):
    laptop, desk, _ = machines
    laptop.mesh.book.remember(desk.id, endpoint=DESK)
    return laptop, desk


class Meetings:
    """What exchanges the memory of one machine, and the ways that it finds."""

    def __init__(self, machine, **lines):
        self.lines = {f"http://{name}:3005": line for name, line in lines.items()}
        self.found, self.left = [], set()
        self._files, self._machine = count(), machine
        self.exchange = PeerExchange(machine.mesh, self._find, self.make_file, lambda: machine.now)

    def _find(self, endpoint, *, by_person=False):
        self.found.append(endpoint)
        self.by_person = by_person
        return self.lines[endpoint]

    @contextmanager
    def make_file(self):
        file = self._machine.files / f"{self._machine.name}-{next(self._files)}"
        self.left.add(file)
        yield str(file)
        file.unlink(missing_ok=True)
        self.left.discard(file)


@pytest.fixture
def line(pair):
    return DirectLine(pair[1])


@pytest.fixture
def meetings(pair, line):
    return Meetings(pair[0], desk=line)


def record(machine, other):
    return machine.mesh.book.records()[other.id]


# --- what moves ----------------------------------------------------------------------------------


def test_two_peers_that_know_the_same_only_greet_each_other(pair, line, meetings):
    laptop, desk = pair
    met = meetings.exchange.meet(desk.id)
    before = laptop.git.side_refs("peers")
    assert (met.peer, met.is_agreed) == (desk.id, True)
    assert line.asked[:2] == ["handshake", "heartbeat"]
    line.asked.clear()
    for _ in range(3):
        assert not meetings.exchange.meet(desk.id).sent
    assert line.asked == ["heartbeat"] * 3
    assert laptop.git.side_refs("peers") == before == desk.git.side_refs("peers")
    assert record(laptop, desk).status is PeerStatus.ACTIVE
    assert meetings.left == set()


@pytest.mark.parametrize("writers", [["laptop"], ["desk"], ["laptop", "desk"]])
def test_what_either_wrote_is_at_both_in_one_meeting(pair, meetings, writers):
    laptop, desk = pair
    meetings.exchange.meet(desk.id)
    for machine in pair:
        if machine.name in writers:
            machine.write(f"by {machine.name}")
    met = meetings.exchange.meet(desk.id)
    assert (met.is_agreed, met.sent) == (True, True)
    assert laptop.memory.head() == desk.memory.head() == met.taken.head
    assert parse_time(record(laptop, desk).last_sync_at) == laptop.now
    assert meetings.left == set()


def asked_after_a_write(laptop, desk, line, meetings, text="more"):
    """What a peer is asked in the exchange that follows a write, until it is greeted again."""
    line.asked.clear()
    laptop.write(text)
    met = meetings.exchange.meet(desk.id)
    assert (met.sent, met.is_agreed) == (True, True)
    assert desk.memory.head() == laptop.memory.head()
    return line.asked[: 2 if line.asked[0] == "push" else 3]


def test_a_write_is_sent_before_anything_is_asked_where_both_have_just_agreed(pair, line, meetings):
    laptop, desk = pair
    meetings.exchange.meet(desk.id)
    assert asked_after_a_write(laptop, desk, line, meetings) == ["push", "heartbeat"]
    line.asked.clear()
    assert not meetings.exchange.meet(desk.id).sent
    assert line.asked == ["heartbeat"]


def test_a_peer_is_greeted_first_where_somebody_else_could_be_at_its_address(pair, line, meetings):
    laptop, desk = pair
    greeted = ["heartbeat", "push", "heartbeat"]
    meetings.exchange.meet(desk.id)
    laptop.now += timedelta(minutes=2)
    assert asked_after_a_write(laptop, desk, line, meetings, "late") == greeted
    laptop.now -= timedelta(days=1)
    assert asked_after_a_write(laptop, desk, line, meetings, "a clock set back") == greeted
    meetings.lines["http://moved:3005"] = line
    laptop.mesh.book.remember(desk.id, endpoint="http://moved:3005")
    assert asked_after_a_write(laptop, desk, line, meetings, "elsewhere") == greeted


def test_a_peer_that_wants_signatures_is_greeted_first_as_it_says_over_what(pair, line, meetings):
    laptop, desk = pair
    line.wants_signatures = True
    meetings.exchange.meet(desk.id)
    greeted = ["heartbeat", "push", "heartbeat"]
    assert asked_after_a_write(laptop, desk, line, meetings) == greeted


def test_what_is_sent_to_a_peer_that_went_back_meanwhile_is_sent_again_with_what_it_lacks(
    pair, line, meetings
):
    laptop, desk = pair
    before, said = desk.memory.head(), desk.mesh.outbox.announce()
    laptop.write("what the peer will lack")
    meetings.exchange.meet(desk.id)
    git(desk.folder, "reset", "-q", "--hard", before)
    git(desk.folder, "update-ref", f"refs/pack/peers/{desk.id}", said)
    git(desk.folder, "update-ref", "-d", f"refs/pack/peers/{laptop.id}")
    git(desk.folder, "reflog", "expire", "--expire=now", "--all")
    git(desk.folder, "gc", "-q", "--prune=now")
    line.asked.clear()
    laptop.write("more")
    assert meetings.exchange.meet(desk.id).is_agreed
    assert line.asked[:3] == ["push", "heartbeat", "push"]
    assert desk.memory.head() == laptop.memory.head()
    assert not desk.mesh.inbox.kept()


def test_a_peer_that_knows_the_token_no_more_is_greeted_and_gets_what_is_new(pair, line, meetings):
    laptop, desk = pair
    meetings.exchange.meet(desk.id)
    desk.mesh.book.remember(laptop.id, accepts="")
    line.asked.clear()
    laptop.write("more")
    assert meetings.exchange.meet(desk.id).is_agreed
    assert line.asked[:4] == ["push", "heartbeat", "handshake", "heartbeat"]
    assert desk.memory.head() == laptop.memory.head()


def test_it_asks_for_the_address_that_is_remembered_and_no_other(machines, pair, meetings):
    laptop, desk = pair
    meetings.exchange.meet(desk.id)
    assert meetings.found == [DESK]
    laptop.mesh.book.remember(desk.id, endpoint="")
    for peer in (desk.id, machines[2].id):
        with pytest.raises(NotFound, match="address"):
            meetings.exchange.meet(peer)
    assert meetings.exchange.due(all_of_them=True) == []


# --- who answers ---------------------------------------------------------------------------------


def test_a_peer_that_forgot_our_token_gives_another(pair, line, meetings):
    laptop, desk = pair
    meetings.exchange.meet(desk.id)
    first = record(laptop, desk).token
    desk.mesh.book.remember(laptop.id, accepts="")
    line.asked.clear()
    assert meetings.exchange.meet(desk.id).is_agreed
    assert line.asked[:3] == ["heartbeat", "handshake", "heartbeat"]
    assert record(laptop, desk).token not in ("", first)


def test_another_peer_at_the_address_gets_nothing(machines, pair, meetings):
    laptop, desk = pair
    phone = machines[2]
    laptop.lets_in(phone)
    meetings.lines[DESK] = DirectLine(phone)
    laptop.send(phone)
    laptop.write("not for whoever is there")
    for token in ("", laptop.mesh.book.new_token(desk.id)):
        laptop.mesh.book.remember(desk.id, token=token)
        with pytest.raises(RefusedForSafety):
            meetings.exchange.meet(desk.id)
        assert not (phone.folder / "not-for-whoever-is-there.md").exists()
    assert record(laptop, desk).token in ("", token)
    assert record(laptop, desk).status is PeerStatus.ERROR


class Pretending(DirectLine):
    """Says that it is another peer, or of another group."""

    def __init__(self, machine, **fields):
        super().__init__(machine)
        self.fields = fields

    def heartbeat(self, token, mine):
        return replace(super().heartbeat(token, mine), **self.fields)


@pytest.mark.parametrize("field", ["group", "peer"])
def test_a_peer_of_another_group_or_name_gets_nothing(machines, pair, meetings, field):
    laptop, desk = pair
    line = Pretending(desk, **{field: {"group": "0" * 40, "peer": machines[2].id}[field]})
    meetings.lines[DESK] = line
    laptop.write("more")
    with pytest.raises(RefusedForSafety, match="another peer or group"):
        meetings.exchange.meet(desk.id)
    assert "push" not in line.asked


@pytest.mark.contract("C14")
@pytest.mark.parametrize("caller", ["laptop", "desk"])
def test_a_backup_with_a_write_that_nobody_had_heard_of_is_heard_before_it_speaks(
    pair, line, meetings, caller
):
    laptop, desk = pair
    meetings.exchange.meet(desk.id)
    said = laptop.git.side_refs("peers")[laptop.id]
    untold = laptop.write("not told yet when the backup was made")
    for text in ("first", "second"):
        laptop.write(text)
        meetings.exchange.meet(desk.id)
    newest = laptop.memory.head()
    git(laptop.folder, "reset", "-q", "--hard", untold)
    git(laptop.folder, "update-ref", f"refs/pack/peers/{laptop.id}", said)
    laptop.now += timedelta(hours=1)
    laptop.mesh = laptop.with_key("laptop")  # another process
    if caller == "laptop":
        met = Meetings(laptop, desk=line).exchange.meet(desk.id)
    else:
        desk.mesh.book.remember(laptop.id, endpoint="http://laptop:3005")
        met = Meetings(desk, laptop=DirectLine(laptop)).exchange.meet(laptop.id)
    assert (met.is_agreed, met.taken.quarantined) == (True, ())
    assert laptop.memory.contains(newest, laptop.memory.head())
    assert not laptop.mesh.troubles.found() + desk.mesh.troubles.found()


def test_a_new_process_tells_why_it_says_nothing_too(pair, line, meetings):
    laptop, desk = pair
    meetings.exchange.meet(desk.id)
    laptop.write("private")
    laptop.memory.secret = "it shows a file that git ignores"
    laptop.mesh = laptop.with_key("laptop")  # another process
    met = Meetings(laptop, desk=line).exchange.meet(desk.id)
    assert "it shows a file that git ignores" in met.taken.waiting[0]
    assert not met.is_agreed


@pytest.mark.contract("C14")
def test_what_came_before_a_crash_and_was_not_judged_is_fetched_again(pair, line, meetings):
    laptop, desk = pair
    meetings.exchange.meet(desk.id)
    written = desk.write("more")
    desk.mesh.outbox.announce()
    git(laptop.folder, "fetch", "-q", str(desk.folder), f"refs/pack/peers/{desk.id}")
    assert meetings.exchange.meet(desk.id).is_agreed
    assert laptop.memory.contains(written, laptop.memory.head())
    line.asked.clear()
    meetings.exchange.meet(desk.id)
    assert line.asked == ["heartbeat"]


# --- failures ------------------------------------------------------------------------------------


def test_pauses_grow_to_a_minute_and_a_peer_that_is_back_is_active_at_once(pair, line, meetings):
    laptop, desk = pair
    line.fails = Unavailable("nobody is there")
    pauses = []
    for failure in range(1, 12):
        with pytest.raises(Unavailable):
            meetings.exchange.meet(desk.id)
        now = record(laptop, desk)
        pauses.append((parse_time(now.not_before) - laptop.now).total_seconds())
        assert now.status is (PeerStatus.UNREACHABLE if failure < 10 else PeerStatus.ERROR)
        assert (now.failures, "nobody is there" in now.last_error) == (failure, True)
        assert meetings.exchange.due() == []
        assert meetings.exchange.due(all_of_them=True) == [desk.id]
        laptop.now += timedelta(seconds=pauses[-1])
        assert meetings.exchange.due() == [desk.id]
    assert pauses == [1, 2, 4, 8, 16, 32, *[LONGEST_PAUSE] * 5]
    line.fails = None
    assert meetings.exchange.meet(desk.id).is_agreed
    now = record(laptop, desk)
    assert (now.status, now.failures, now.not_before) == (PeerStatus.ACTIVE, 0, "")
    assert now.last_error == ""


def test_a_peer_that_is_away_for_months_is_still_asked_once_a_minute(pair, line, meetings):
    laptop, desk = pair
    laptop.mesh.book.remember(desk.id, failures=100_000)
    line.fails = Unavailable("nobody is there")
    with pytest.raises(Unavailable):
        meetings.exchange.meet(desk.id)
    assert parse_time(record(laptop, desk).not_before) == laptop.now + timedelta(seconds=60)


def test_a_clock_that_was_set_back_holds_nothing_off_for_longer_than_any_pause(
    pair, line, meetings
):
    laptop, desk = pair
    line.fails = Unavailable("nobody is there")
    right, laptop.now = laptop.now, laptop.now + timedelta(days=10_000)
    with pytest.raises(Unavailable):
        meetings.exchange.meet(desk.id)
    assert meetings.exchange.due() == []
    laptop.now = right
    assert meetings.exchange.due() == [desk.id]


def test_a_peer_that_calls_is_called_again_at_once_where_it_did_not_answer(pair, line, meetings):
    laptop, desk = pair
    line.fails = Unavailable("nobody is there")
    for _ in range(8):
        with pytest.raises(Unavailable):
            meetings.exchange.meet(desk.id)
    laptop.now += timedelta(seconds=20)
    assert meetings.exchange.due() == []
    laptop.mesh.hear(desk.id, desk.mesh.outbox.heard())
    assert meetings.exchange.due() == [desk.id]
    assert record(laptop, desk).failures == 8
    with pytest.raises(Unavailable):
        meetings.exchange.meet(desk.id)
    laptop.mesh.hear(desk.id, desk.mesh.outbox.heard())  # the way there leads nowhere, it seems
    assert meetings.exchange.due() == []


def test_a_peer_that_has_enough_to_do_is_left_alone_also_where_it_calls(pair, line, meetings):
    laptop, desk = pair
    line.fails = RateLimited("desk", 30, laptop.now + timedelta(seconds=30))
    with pytest.raises(RateLimited):
        meetings.exchange.meet(desk.id)
    laptop.mesh.hear(desk.id, desk.mesh.outbox.heard())
    assert meetings.exchange.due() == []


def test_a_repository_that_is_busy_is_no_failure_of_the_peer(pair, line, meetings):
    laptop, desk = pair
    meetings.exchange.meet(desk.id)
    before = record(laptop, desk)
    line.fails = RepositoryBusy("another process writes")
    with pytest.raises(RepositoryBusy):
        meetings.exchange.meet(desk.id)
    assert record(laptop, desk) == before


def test_a_peer_that_is_paused_is_left_alone(pair, meetings):
    laptop, desk = pair
    laptop.mesh.book.remember(desk.id, status=PeerStatus.PAUSED)
    assert meetings.exchange.due(all_of_them=True) == []
    assert meetings.exchange.due() == []


# --- joining -------------------------------------------------------------------------------------


def test_a_machine_joins_over_the_line_that_its_invitation_names(machines, pair):
    laptop, _ = pair
    phone = machines[2]
    line, meetings = DirectLine(laptop), Meetings(phone)
    plain = laptop.mesh.admission.invite()
    invitation = Invitation(plain.peer, ("http://laptop:3005",), plain.secret)
    join_over(phone.mesh, line, meetings.make_file, invitation, "phone", "http://phone:3005")
    assert phone.memory.head() == laptop.memory.head()
    assert record(laptop, phone).endpoint == "http://phone:3005"
    meetings.lines["http://laptop:3005"] = line
    line.asked.clear()
    phone.write("by phone")
    assert meetings.exchange.meet(laptop.id).is_agreed
    assert "handshake" not in line.asked
    assert (laptop.folder / "by-phone.md").exists()
    assert meetings.left == set()


def test_nobody_joins_where_another_than_the_inviter_answers(machines, pair):
    laptop, desk = pair
    phone = machines[2]
    invitation = Invitation(desk.id, (), laptop.mesh.admission.invite().secret)
    line = DirectLine(laptop)
    for wrong in (invitation, Invitation(laptop.id, (), b"x" * 32)):
        with pytest.raises(RefusedForSafety):
            join_over(phone.mesh, line, Meetings(phone).make_file, wrong, "phone", "")
    with pytest.raises(NotFound):
        phone.mesh.roster.membership()
    with pytest.raises(InvalidRequest, match="already"):
        join_over(desk.mesh, line, Meetings(desk).make_file, invitation, "desk", "")
    assert line.asked == ["handshake"] * 2


def test_a_peer_that_has_enough_to_do_is_asked_when_it_says_and_has_not_failed(
    pair, line, meetings
):
    laptop, desk = pair
    meetings.exchange.meet(desk.id)
    line.fails = RateLimited("desk", 90.0, laptop.now)
    with pytest.raises(RateLimited):
        meetings.exchange.meet(desk.id)
    found = record(laptop, desk)
    assert (found.status, found.failures) == (PeerStatus.ACTIVE, 0)
    assert "accepts no more" in found.last_error
    laptop.now += timedelta(seconds=89)
    assert meetings.exchange.due() == []
    laptop.now += timedelta(seconds=1)
    assert meetings.exchange.due() == [desk.id]


def test_an_address_is_a_persons_where_one_gave_it_or_an_invitation_with_it(pair, meetings):
    laptop, desk = pair
    meetings.exchange.meet(desk.id)
    assert not meetings.by_person
    for given in ({"invited_at": DESK}, {"invited_at": "", "source": PeerSource.MANUAL}):
        laptop.mesh.book.remember(desk.id, **given)
        meetings.exchange.meet(desk.id)
        assert meetings.by_person


def test_a_member_that_asked_for_a_new_key_goes_by_it_once_an_owner_has_heard(pair, line, meetings):
    """It is refused by its former key before it has heard why, and asks by the new one."""
    laptop, desk = pair
    desk.mesh.book.remember(laptop.id, endpoint="http://laptop:3005")
    calls = Meetings(desk, laptop=DirectLine(laptop))
    calls.exchange.meet(laptop.id)
    desk.mesh.rekeying.renew()
    old = desk.mesh.me
    met = calls.exchange.meet(laptop.id)
    assert desk.mesh.me != old
    assert met.is_agreed
    desk.write("by the new key")
    assert calls.exchange.meet(laptop.id).is_agreed
    assert {one.name for one in laptop.mesh.overview.peers()} == {"desk"}
    del line, meetings


@pytest.mark.parametrize("is_owner", [False, True], ids=["a member", "another owner"])
def test_an_owner_with_a_new_key_makes_it_known_to_whoever_it_calls(pair, meetings, is_owner):
    laptop, desk = pair
    if is_owner:
        laptop.mesh.roster.set_owners([laptop.id, desk.id])
        laptop.send(desk)
    meetings.exchange.meet(desk.id)
    laptop.mesh.rekeying.renew()
    head = laptop.write("by the new key")
    assert meetings.exchange.meet(desk.id).is_agreed
    assert desk.memory.head() == head
    assert desk.mesh.roster.version().group.owner == laptop.mesh.me
    assert not desk.mesh.approval.waiting()


def test_an_owner_with_a_new_key_makes_it_known_to_whoever_calls_it(pair):
    """By the former one, which is all that the caller knows of it."""
    laptop, desk = pair
    desk.mesh.book.remember(laptop.id, endpoint="http://laptop:3005")
    calls = Meetings(desk, laptop=DirectLine(laptop))
    calls.exchange.meet(laptop.id)
    laptop.mesh.rekeying.renew()
    head = laptop.write("by the new key")
    calls.exchange.meet(laptop.id)
    assert desk.memory.head() == head
    assert desk.mesh.roster.version().group.owner == laptop.mesh.me
    assert calls.exchange.meet(laptop.mesh.me).is_agreed


def test_a_machine_without_an_invitation_is_in_once_an_owner_has_approved(machines, meetings):
    laptop, _, phone = machines

    def joins():
        way, at = DirectLine(laptop), "http://laptop:3005"
        return join_openly(phone.mesh, way, meetings.make_file, at, "phone", "")

    for _ in range(2):
        with pytest.raises(AdmissionPending):
            joins()
    (asking,) = laptop.mesh.approval.waiting()
    assert asking.key.peer == phone.mesh.me
    laptop.mesh.approval.approve(asking.key.peer)
    assert not joins().quarantined
    assert phone.memory.head() == laptop.memory.head()
    assert phone.mesh.book.records()[laptop.id].endpoint == "http://laptop:3005"


def test_everything_is_exchanged_again_whatever_was_believed(pair, line, meetings):
    laptop, desk = pair
    meetings.exchange.meet(desk.id)
    laptop.mesh.book.remember(desk.id, failures=7, last_error="x")
    line.asked.clear()
    assert meetings.exchange.resync(desk.id).is_agreed
    assert line.asked[:4] == ["heartbeat", "fetch", "push", "heartbeat"]
    assert (record(laptop, desk).failures, record(laptop, desk).last_error) == (0, "")
    with pytest.raises(NotFound):
        meetings.exchange.resync(laptop.id)


def test_a_peer_that_another_process_shook_hands_with_meanwhile_is_met_all_the_same(pair):
    laptop, desk = pair

    class Overtaken(DirectLine):
        def fetch(self, *args):
            if self.asked.count("fetch") == 0:
                laptop.mesh.book.remember(desk.id, token="")
                Meetings(laptop, desk=DirectLine(desk)).exchange.meet(desk.id)
            return super().fetch(*args)

    line = Overtaken(desk)
    assert Meetings(laptop, desk=line).exchange.resync(desk.id).is_agreed
    assert line.asked.count("fetch") == 2
    line.fails = RefusedForSafety("no")
    with pytest.raises(RefusedForSafety, match="no"):
        Meetings(laptop, desk=line).exchange.resync(desk.id)


def test_a_look_at_a_peer_changes_nothing(pair, line, meetings):
    laptop, desk = pair
    before = record(laptop, desk), record(desk, laptop)
    found = meetings.exchange.probe(desk.id)
    assert (found.is_reached, found.is_let_in) == (True, False)
    assert found.problem == "there is no token of this peer yet. <<sync-peers>>."
    line.fails = Unavailable("nobody is there")
    found = meetings.exchange.probe(desk.id)
    assert (found.is_reached, found.problem) == (False, "nobody is there")
    assert (record(laptop, desk), record(desk, laptop)) == before
    line.fails = None
    meetings.exchange.meet(desk.id)
    before = record(laptop, desk), record(desk, laptop)
    desk.now = laptop.now + timedelta(minutes=3)
    found = meetings.exchange.probe(desk.id)
    assert (found.is_let_in, found.ahead, found.health.head) == (True, 180.0, desk.memory.head())
    assert (record(laptop, desk), record(desk, laptop)) == before


def test_a_peer_that_fails_for_long_and_comes_back_is_remembered(pair, line, meetings):
    laptop, desk = pair
    line.fails = RemovedFromGroup("gone")
    for _ in range(11):
        with pytest.raises(RemovedFromGroup):
            meetings.exchange.meet(desk.id)
    assert record(laptop, desk).denies
    line.fails = None
    meetings.exchange.meet(desk.id)
    assert not record(laptop, desk).denies
    known = MeshFiles(laptop.git.repository.state_dir / "mesh").events()
    assert [one.kind for one in known][-2:] == [MeshEventKind.ERROR, MeshEventKind.RECOVERED]


# --- other questions -----------------------------------------------------------------------------


def question(line, token, group):
    line._ask("question")
    assert group == line.machine.mesh.roster.membership().group
    return line.machine.mesh.book.caller(token)


def test_a_question_gets_a_token_where_there_is_none_that_counts(pair, line, meetings):
    laptop, desk = pair
    asked = meetings.exchange.ask
    assert asked(desk.id, question) == laptop.id
    assert line.asked == ["handshake", "question"]
    line.asked.clear()
    assert asked(desk.id, question) == laptop.id
    assert line.asked == ["question"]
    desk.mesh.book.remember(laptop.id, accepts="")
    line.asked.clear()
    assert asked(desk.id, question) == laptop.id
    assert line.asked == ["question", "handshake", "question"]


def test_a_peer_that_is_paused_or_nowhere_is_asked_nothing(machines, pair, line, meetings):
    laptop, desk = pair
    with pytest.raises(NotFound, match="address"):
        meetings.exchange.ask(machines[2].id, question)
    laptop.mesh.book.pause(desk.id, is_paused=True)
    with pytest.raises(RefusedForSafety, match="paused here"):
        meetings.exchange.ask(desk.id, question)
    assert line.asked == []


def test_a_question_tells_of_a_removal(pair, line, meetings):
    laptop, desk = pair
    laptop.mesh.book.remember(desk.id, token="t" * 64)
    line.fails = RemovedFromGroup("the peer says that this machine was removed")
    with pytest.raises(RemovedFromGroup):
        meetings.exchange.ask(desk.id, question)
    assert line.asked == ["question"]
