"""Commits beside the branch on GitHub, where each step is a request that may fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pack_connectors.github.connector import GitHub

from pack.errors import ConnectorError, StaleBase, Unavailable
from pack.model import CommitId
from tests.github_support import NAME, GithubWorld, memory_of
from tests.standins.faults import FaultKind

REF = "proposals/one"
REFUSED = "rejected/one"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[GithubWorld]:
    with GithubWorld(tmp_path, memory_of({"context/a.md": b"a\n"})) as made:
        yield made


@pytest.fixture
def connector(world: GithubWorld) -> GitHub:
    return world.connect()


def commit(connector: GitHub, message: str = "m", expected: CommitId | None = None) -> CommitId:
    base = connector.head()
    assert base is not None
    return connector.commit_aside(REF, expected, base, [], message)


def names(connector: GitHub) -> tuple[list[str], list[str]]:
    return list(connector.side_refs("proposals")), list(connector.side_refs("rejected"))


def test_a_rename_that_got_half_way_is_finished_by_the_next(world, connector):
    made = commit(connector)
    world.service.faults.add(FaultKind.CUT, "git/delete-ref", times=9)
    with pytest.raises(Unavailable):
        connector.move_aside(REF, REFUSED, made)
    world.service.faults.clear()
    assert names(connector) == (["one"], ["one"])  # one of them is always there
    connector.move_aside(REF, REFUSED, made)
    assert names(connector) == ([], ["one"])


def test_a_rename_does_not_replace_another(connector):
    made = commit(connector)
    connector.move_aside(REF, REFUSED, made)
    other = commit(connector, "other")
    with pytest.raises(StaleBase):
        connector.move_aside(REF, REFUSED, other)
    assert connector.side_refs("rejected") == {"one": made}


@pytest.mark.parametrize("operation", ["git/create-ref", "git/delete-ref"])
def test_an_answer_that_is_lost_while_reads_lag_behind_is_no_conflict(world, connector, operation):
    made = None if operation == "git/create-ref" else commit(connector)
    world.service.faults.add(FaultKind.CUT_AFTER, operation)
    world.service.faults.add(FaultKind.STALE_READ, "git/get-ref", skip=0 if made is None else 1)
    if made is None:
        made = commit(connector)
        assert connector.side_refs("proposals") == {"one": made}
    else:
        connector.move_aside(REF, None, made)
        assert names(connector) == ([], [])
    assert not world.service.faults.waiting


def test_one_that_somebody_else_removes_at_this_moment_is_stale(world, connector):
    made = commit(connector)
    git = world.service.repository(NAME).git
    name = f"refs/heads/pack/{REF}"
    git.before_ref_update = lambda: git.swap(name, None, made)
    with pytest.raises(StaleBase):
        connector.move_aside(REF, None, made)


def test_a_refusal_that_has_nothing_to_do_with_the_ref_is_no_conflict(world, connector):
    world.service.faults.add(FaultKind.UNPROCESSABLE, "git/create-ref")
    with pytest.raises(ConnectorError, match="422 Validation Failed") as refused:
        commit(connector)
    assert not isinstance(refused.value, StaleBase)


def test_a_branch_in_the_way_is_named(world, connector):
    git = world.service.repository(NAME).git
    git.swap("refs/heads/pack", connector.head(), None)
    with pytest.raises(ConnectorError, match="pack/proposals/one") as refused:
        commit(connector)
    assert "`pack`" in (refused.value.remedy or "")
