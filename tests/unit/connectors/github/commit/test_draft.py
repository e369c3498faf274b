"""After a lost answer, the branch is looked at before anything else is said or sent."""

import pytest
from pack_connectors.github.commit.method import WriteMethod

from pack.errors import AuthFailed, OutcomeUnknown, RateLimited, Unavailable
from pack.model import ABSENT, MemoryPath
from tests.github_support import NAME, GithubWorld, memory_of
from tests.standins.faults import FaultKind

A, B = MemoryPath("context/a.md"), MemoryPath("context/b.md")
REF_MOVES = {WriteMethod.GRAPHQL: "graphql/mutation", WriteMethod.GIT_DATA: "git/update-ref"}


@pytest.fixture(params=WriteMethod)
def world(request, tmp_path):
    with GithubWorld(tmp_path, memory_of({}), request.param) as made:
        made.connect().put_contents(B, b"b", ABSENT, "m")  # all that is asked once is known
        yield made


@pytest.mark.contract("C9")
@pytest.mark.parametrize(
    ("then", "error"), [(FaultKind.FORBIDDEN, AuthFailed), (FaultKind.TOO_MANY, RateLimited)]
)
def test_a_refusal_after_a_lost_answer_without_effect_stands(world, then, error):
    connector = world.connect(most_wait=0.0)
    world.service.faults.add(FaultKind.CUT, REF_MOVES[world.method])
    world.service.faults.add(then, REF_MOVES[world.method])
    with pytest.raises(error):
        connector.put_contents(A, b"a", ABSENT, "m")
    assert len(world.service.messages(NAME)) == 2
    assert not world.service.faults.waiting


@pytest.mark.contract("C9")
@pytest.mark.parametrize("then", [FaultKind.FORBIDDEN, FaultKind.TOO_MANY])
def test_a_commit_that_was_made_after_all_is_the_answer(world, then):
    connector = world.connect(most_wait=0.0)
    moves = REF_MOVES[world.method]
    world.service.faults.add(FaultKind.CUT_AFTER, moves)
    # The branch is shown as it was before, so that the write is sent again, and refused.
    world.service.faults.add(FaultKind.STALE_READ, "repos/list-commits", skip=1)
    world.service.faults.add(then, moves)
    made = connector.put_contents(A, b"a", ABSENT, "m")
    assert not world.service.faults.waiting
    assert world.service.head(NAME) == made.id
    assert len(world.service.messages(NAME)) == 3


@pytest.mark.contract("C9")
def test_an_outcome_that_cannot_be_looked_up_is_unknown(world):
    connector = world.connect()
    world.service.faults.add(FaultKind.CUT_AFTER, REF_MOVES[world.method])
    world.service.faults.add(FaultKind.UNAVAILABLE, "repos/list-commits", skip=1, times=50)
    with pytest.raises(OutcomeUnknown):
        connector.put_contents(A, b"a", ABSENT, "m")


def test_a_write_that_never_arrives_is_given_up(world):
    connector = world.connect()
    world.service.faults.add(FaultKind.CUT, REF_MOVES[world.method], times=50)
    with pytest.raises(Unavailable, match="nothing was written"):
        connector.put_contents(A, b"a", ABSENT, "m")
    assert len(world.service.messages(NAME)) == 2
