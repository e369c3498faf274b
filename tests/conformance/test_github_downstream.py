"""A downstream on GitHub: the stand-in has a real bare repository behind it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import ClassVar

import httpx
import pytest
from pack_connectors.github.downstream import GithubDownstream
from pack_connectors.github.session import GithubSession

from pack.distribution.ports import Downstream
from tests.conformance.downstream_contract import (
    FILES,
    DownstreamContract,
    DownstreamPlace,
    head_of,
    new_commit,
    run_git,
)
from tests.github_support import NO_CERTIFICATES
from tests.standins.github import GithubStandIn
from tests.standins.github_protection import BranchRule


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GithubStandIn]:
    with GithubStandIn(tmp_path_factory.mktemp("github")) as standin:
        yield standin


@pytest.fixture(scope="module")
def session(service: GithubStandIn) -> Iterator[GithubSession]:
    made = GithubSession(
        service.url,
        lambda: service.token,
        clock=service.clock,
        sleep=service.clock.sleep,
        transport=httpx.HTTPTransport(verify=NO_CERTIFICATES),
    )
    yield made
    made.close()


class TestGithub(DownstreamContract):
    numbers: ClassVar[itertools.count[int]] = itertools.count()

    @pytest.fixture
    def empty(self, service: GithubStandIn, session: GithubSession) -> Iterator[DownstreamPlace]:
        name = f"webapp-{next(self.numbers)}"
        found = service.add_repository(f"ada/{name}")
        git = run_git(found.git.folder)
        yield DownstreamPlace(
            lambda: GithubDownstream(session, "ada", name),
            git,
            lambda branch: found.rules.append(BranchRule(branch)),
        )
        git("fsck", "--strict")
        assert service.take_violations() == []

    @pytest.fixture
    def place(self, empty: DownstreamPlace) -> DownstreamPlace:
        empty.commit("main", FILES)
        return empty

    @pytest.fixture
    def missing(self, session: GithubSession) -> Downstream:
        return GithubDownstream(session, "ada", "nothing")

    def test_what_a_branch_has_already_is_not_made_again(
        self, place: DownstreamPlace, service: GithubStandIn
    ) -> None:
        downstream = place.open()
        writes = {"a.md": b"a\n", "b.bin": b"\xff\0", "docs/guides/a.md": b"new\n"}
        wanted = new_commit(head_of(downstream), writes=writes, removes=("README.md",))
        downstream.move_branch("pack-sync/x", downstream.commit(wanted), None)
        again = place.open()
        seen = again.branches("pack-sync/")
        with service.log.counting() as asked:
            made = again.commit(wanted)
        assert seen == {"pack-sync/x": made}
        assert [one for one in asked.operations() if "create" in one] == []
