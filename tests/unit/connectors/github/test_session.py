"""Whatever goes wrong on the way: what was acknowledged is there once, what was refused is not."""

import re

import pytest
from pack_connectors.github.commit.method import WriteMethod

from pack.errors import ConnectorError, OutcomeUnknown, PackError, RateLimited, Unavailable
from pack.model import ABSENT, MemoryPath, Put
from tests.github_support import NAME, GithubWorld, memory_of
from tests.standins.faults import AFTER, TIMEOUTS, FaultKind
from tests.support import note

A = MemoryPath("context/a.md")
REF_MOVES = {WriteMethod.GRAPHQL: "graphql/mutation", WriteMethod.GIT_DATA: "git/update-ref"}
WRITES = 4
PATIENT = 4 * 3600.0
PASSING = AFTER | {
    FaultKind.CUT,
    FaultKind.SERVER_ERROR,
    FaultKind.BAD_GATEWAY,
    FaultKind.UNAVAILABLE,
    FaultKind.GATEWAY_TIMEOUT,
    FaultKind.TOO_MANY,
    FaultKind.SECONDARY_LIMIT,
    FaultKind.SECONDARY_LIMIT_BARE,
    FaultKind.PRIMARY_LIMIT,
    FaultKind.CUT_IN_BODY,
    FaultKind.GARBAGE,
    FaultKind.SLOW_BODY,
    FaultKind.OTHER_WRITER,
}
"""What a write survives without its caller noticing."""


def requests_in(world: GithubWorld) -> list[str]:
    """The request ids of all commits."""
    return re.findall(
        r"^Pack-Request: (\S+)$", "\n".join(world.service.messages(NAME)), re.MULTILINE
    )


def timeout_for(kind: FaultKind) -> float:
    """Seconds of real time; short where they will pass, long enough for a busy machine."""
    return 0.25 if kind in TIMEOUTS else 30.0


def campaign(world: GithubWorld, kind: FaultKind, seed: int) -> None:
    """Writes under faults of one kind, and what must be true after them."""
    world.open().notes.list()
    memory = world.open(timeout=timeout_for(kind), most_wait=PATIENT)
    world.service.faults.at_random(seed, [kind], rate=0.3)
    ended = {}
    for number in range(1, WRITES + 1):
        try:
            memory.notes.update(f"context/n{number}.md", note(number))
            ended[f"request-{number}"] = "acknowledged"
        except PackError as error:
            ended[f"request-{number}"] = error.code
    world.service.faults.clear()
    world.service.clock.advance(PATIENT)
    made = requests_in(world)
    assert len(made) == len(set(made)), "a write was made twice"
    for request, how in ended.items():
        if how == "acknowledged":
            assert request in made
        elif how != OutcomeUnknown.code:
            assert request not in made, how
    healthy = world.open()
    healthy.notes.update("context/last.md", note(9))
    assert healthy.care.validate() == []
    assert {
        f"context/n{request[-1]}.md" for request in made if request != f"request-{WRITES + 1}"
    } < set(world.service.files(NAME))
    world.service.repository(NAME).git.git("fsck", "--strict")


@pytest.mark.contract("C1", "C9")
@pytest.mark.parametrize("kind", FaultKind)
def test_nothing_acknowledged_is_lost_and_nothing_made_twice(tmp_path, kind):
    method = list(WriteMethod)[list(FaultKind).index(kind) % 2]
    with GithubWorld(tmp_path, memory_of({}), method) as world:
        campaign(world, kind, seed=7)


@pytest.mark.soak
@pytest.mark.timeout(600)
@pytest.mark.contract("C1", "C9")
@pytest.mark.parametrize("method", WriteMethod)
@pytest.mark.parametrize("kind", FaultKind)
def test_twenty_times_nothing_is_lost_and_nothing_made_twice(tmp_path, kind, method):
    for seed in range(20):
        with GithubWorld(tmp_path / str(seed), memory_of({}), method) as world:
            campaign(world, kind, seed)


@pytest.mark.contract("C1", "C9")
@pytest.mark.parametrize("kind", sorted(PASSING))
def test_a_write_is_made_once_though_its_request_failed(tmp_path, kind):
    # The campaign above takes the other way for each kind.
    method = list(WriteMethod)[(list(FaultKind).index(kind) + 1) % 2]
    with GithubWorld(tmp_path, memory_of({}), method) as world:
        healthy = world.open()
        healthy.notes.list()
        memory = world.open(timeout=timeout_for(kind), most_wait=PATIENT)
        world.service.faults.add(kind, REF_MOVES[method])
        written = memory.notes.update(A, note(1))
        assert not world.service.faults.waiting
        assert requests_in(world) == ["request-1"]
        assert healthy.notes.get(A).sha == written.sha
        assert healthy.care.validate() == []


@pytest.mark.parametrize("method", WriteMethod)
@pytest.mark.parametrize("kind", [FaultKind.FORBIDDEN, FaultKind.UNAUTHORIZED])
def test_a_write_that_is_refused_is_not_made(tmp_path, kind, method):
    with GithubWorld(tmp_path, memory_of({}), method) as world:
        memory = world.open()
        memory.notes.list()
        before = world.service.head(NAME)
        world.service.faults.add(kind, REF_MOVES[method])
        with pytest.raises(ConnectorError) as caught:
            memory.notes.update(A, note(1))
        assert caught.value.code == "auth_failed"
        assert world.service.head(NAME) == before


@pytest.mark.contract("C1")
@pytest.mark.parametrize("method", WriteMethod)
def test_the_outcome_is_unknown_only_where_nobody_can_look(tmp_path, method):
    with GithubWorld(tmp_path, memory_of({}), method) as world:
        memory = world.open()
        memory.notes.update(MemoryPath("context/b.md"), note(2))
        world.service.faults.add(FaultKind.CUT_AFTER, REF_MOVES[method])
        world.service.faults.add(FaultKind.SERVER_ERROR, "repos/list-commits", skip=1, times=5)
        with pytest.raises(OutcomeUnknown):
            memory.notes.update(A, note(1))
        assert requests_in(world) == ["request-2", "request-1"]
        with pytest.raises(PackError) as caught:  # it is there: whoever reads, sees it
            memory.notes.update(A, note(2))
        assert caught.value.code == "conflict"


@pytest.mark.contract("C1", "C9")
@pytest.mark.parametrize("method", WriteMethod)
def test_an_answer_is_lost_and_the_branch_is_shown_as_it_was(tmp_path, method):
    with GithubWorld(tmp_path, memory_of({}), method) as world:
        memory = world.open()
        memory.notes.update(MemoryPath("context/b.md"), note(2))
        world.service.faults.add(FaultKind.GATEWAY_TIMEOUT_AFTER, REF_MOVES[method])
        world.service.faults.add(FaultKind.STALE_READ, "repos/list-commits", skip=1, times=3)
        written = memory.notes.update(A, note(1))
        assert requests_in(world) == ["request-2", "request-1"]
        assert world.service.head(NAME) == written.commit


@pytest.mark.contract("C1")
@pytest.mark.parametrize("method", WriteMethod)
def test_somebody_elses_commit_is_not_taken_for_ours(tmp_path, method):
    with GithubWorld(tmp_path, memory_of({}), method) as world:
        connector = world.connect()
        base = connector.head()
        world.service.faults.add(FaultKind.CUT, REF_MOVES[method])
        connector.get_tree()
        other = world.connect(cache_dir=world.folder / "elsewhere")

        def overtake(seconds: float) -> None:
            if other.head() == base:
                other.commit(base, [Put(A, b"theirs", ABSENT)], "the same words")

        late = world.connect(sleep=overtake)
        with pytest.raises(PackError) as caught:
            late.commit(base, [Put(A, b"mine", ABSENT)], "the same words")
        assert caught.value.code == "stale_base"
        assert world.service.files(NAME)[A] == b"theirs"
        assert len(world.service.messages(NAME)) == 2


@pytest.mark.contract("C1")
@pytest.mark.parametrize("kind", [FaultKind.STALE_READ, FaultKind.WRONG_ETAG])
def test_what_was_written_is_what_is_read(tmp_path, kind):
    with GithubWorld(tmp_path, memory_of({})) as world:
        connector = world.connect()
        made = connector.put_contents(A, b"one", ABSENT, "m")
        world.service.faults.add(kind, "repos/list-commits", times=3)
        assert connector.head() == made.id
        assert connector.get_contents(A).content == b"one"


@pytest.mark.contract("C1")
def test_a_new_memory_is_not_taken_for_an_empty_repository(tmp_path):
    with GithubWorld(tmp_path) as world:
        connector = world.connect()
        made = connector.put_contents(A, b"one", ABSENT, "m")
        world.service.faults.add(FaultKind.STALE_READ, "repos/list-commits", times=2)
        assert connector.head() == made.id


@pytest.mark.contract("C1")
def test_another_process_on_this_machine_reads_what_was_written(tmp_path):
    with GithubWorld(tmp_path, memory_of({})) as world:
        made = world.connect().put_contents(A, b"one", ABSENT, "m")
        later = world.connect()
        world.service.faults.add(FaultKind.STALE_READ, "repos/list-commits", times=2)
        assert later.head() == made.id


def test_a_branch_that_was_moved_back_is_believed_when_it_stays(tmp_path):
    with GithubWorld(tmp_path, memory_of({})) as world:
        connector = world.connect()
        base = connector.head()
        connector.put_contents(A, b"one", ABSENT, "m")
        world.service.repository(NAME).git.git("update-ref", "refs/heads/main", base)
        assert connector.head() == base
        assert connector.get_tree() == connector.get_tree(base)


def test_reads_outlast_what_passes(tmp_path):
    with GithubWorld(tmp_path, memory_of({A: b"# A\n"})) as world:
        for kind in sorted(PASSING - TIMEOUTS - {FaultKind.OTHER_WRITER}):
            memory = world.open(most_wait=PATIENT, cache_dir=tmp_path / kind.name)
            for operation in ("repos/list-commits", "git/get-tree", "git/get-blob"):
                world.service.faults.add(kind, operation)
            assert memory.notes.get(A).content == "# A\n"
            assert not world.service.faults.waiting
            world.service.clock.advance(PATIENT)


def test_what_stays_is_an_error_in_words(tmp_path):
    with GithubWorld(tmp_path, memory_of({})) as world:
        connector = world.connect()
        world.service.faults.add(FaultKind.SERVER_ERROR, times=50)
        with pytest.raises(Unavailable, match="GitHub cannot be used now"):
            connector.head()
        world.service.faults.clear()
        with world.service.down(), pytest.raises(Unavailable, match="cannot be reached"):
            connector.head()
        world.service.faults.add(FaultKind.PRIMARY_LIMIT)
        with pytest.raises(RateLimited):
            connector.head()
