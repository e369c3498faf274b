import itertools
import ssl
from contextlib import contextmanager

import httpx
import pytest
from pack_connectors.github.commit.method import WriteMethod
from pack_connectors.github.connector import GitHub

from pack.model import Delete, Identity
from pack.testing import (
    ConcurrencyContract,
    ConnectorContract,
    ConnectorHooks,
    LoggedCommit,
    ReadingContract,
    WritingContract,
)
from tests.standins.faults import FaultKind
from tests.standins.github import GithubStandIn

# Loading the certificates of the world for each connector takes longer than most tests.
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
REF_MOVES = {
    WriteMethod.GRAPHQL: "graphql/mutation",
    WriteMethod.GIT_DATA: "git/update-ref",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with GithubStandIn(tmp_path_factory.mktemp("github")) as standin:
        yield standin


class GithubHooks(ConnectorHooks):
    method: WriteMethod
    numbers = itertools.count()

    @pytest.fixture
    def connector(self, service, tmp_path):
        self._service, self._folder = service, tmp_path / "cache"
        name = f"memory-{next(self.numbers)}"
        service.add_repository(f"ada/{name}")
        self._opened = []
        yield self._open(name)
        for connector in self._opened:
            connector.close()
        service.repository(f"ada/{name}").git.git("fsck", "--strict")
        assert service.limiter.most_writes_at_once <= 1
        service.faults.clear()
        assert service.take_violations() == []

    def _open(self, name, lock_seconds=60.0):
        connector = GitHub(
            "ada",
            name,
            lambda: self._service.token,
            self._service.clock,
            api_url=self._service.url,
            cache_dir=self._folder,
            method=self.method,
            sleep=self._service.clock.sleep,
            transport=httpx.HTTPTransport(verify=NO_CERTIFICATES),
            lock_seconds=lock_seconds,
        )
        self._opened.append(connector)
        return connector

    def log(self, connector):
        git = self._service.repository(connector.place.full_name).git
        found = []
        for oid in git.log("main"):
            data = git.commit_data(oid)
            who = Identity(data.author.name, data.author.email)
            found.append(LoggedCommit(oid, list(data.parents), data.message, who))
        return found

    def reopen(self, connector):
        return self._open(connector.place.name)

    def impatient(self, connector):
        return self._open(connector.place.name, 0.05)

    def external_commit(self, connector, changes):
        files = {c.path: None if isinstance(c, Delete) else c.content for c in changes}
        return self._service.commit(connector.place.full_name, files)

    @contextmanager
    def answer_lost(self, connector):
        self._service.faults.add(FaultKind.CUT_AFTER, REF_MOVES[self.method])
        yield
        assert not self._service.faults.waiting

    @contextmanager
    def broken(self, connector):
        with self._service.down():
            yield


class TestGraphql(GithubHooks, ConnectorContract):
    method = WriteMethod.GRAPHQL


class TestGitData(GithubHooks, WritingContract, ConcurrencyContract):
    method = WriteMethod.GIT_DATA


@pytest.mark.soak
class TestGitDataReading(GithubHooks, ReadingContract):
    """How commits are made has no part in reading."""

    method = WriteMethod.GIT_DATA
