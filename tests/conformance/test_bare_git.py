import itertools
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from pack.model import Delete, Identity
from pack.testing import ConnectorContract, LoggedCommit
from tests.bare_git.connector import BareGit, create_bare

START = datetime(2026, 1, 2, tzinfo=UTC)


def git(folder, *args):
    command = ["git", "-C", folder, *args]
    return subprocess.run(command, capture_output=True, check=True).stdout


class TestBareGit(ConnectorContract):
    @pytest.fixture
    def connector(self, tmp_path, git_identity):
        create_bare(tmp_path / "memory.git")
        seconds = itertools.count()
        self._clock = lambda: START + timedelta(seconds=next(seconds))
        self._opened = []
        yield self._open(tmp_path / "memory.git", 60.0)
        for connector in self._opened:
            connector.close()
        git(tmp_path / "memory.git", "fsck", "--strict")

    def _open(self, git_dir, lock_seconds):
        connector = BareGit(git_dir, self._clock, lock_seconds=lock_seconds)
        self._opened.append(connector)
        return connector

    def log(self, connector):
        out = git(connector.location, "log", "--format=%H%x00%P%x00%an%x00%ae%x00%B%x00%x01")
        rows = [row.lstrip("\n").split("\0") for row in out.decode().split("\0\1")]
        return [
            LoggedCommit(commit, parents.split(), message, Identity(name, email))
            for commit, parents, name, email, message in rows[:-1]
        ]

    def reopen(self, connector):
        return self._open(connector.git_dir, 60.0)

    def impatient(self, connector):
        return self._open(connector.git_dir, 0.05)

    def external_commit(self, connector, changes):
        clone = connector.git_dir.parent / f"clone-{next(self._numbers)}"
        git(connector.git_dir, "clone", "--quiet", ".", clone)
        for change in changes:
            file = clone / change.path
            if isinstance(change, Delete):
                file.unlink()
            else:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(change.content)
        git(clone, "add", "--all")
        git(clone, "commit", "--quiet", "--message", "by hand")
        git(clone, "push", "--quiet", "origin", "HEAD:main")
        return git(clone, "rev-parse", "HEAD").decode().strip()

    _numbers = itertools.count()

    @contextmanager
    def broken(self, connector):
        away = connector.git_dir.with_name("away")
        connector.close()  # the child that is at work would see an empty repository
        connector.git_dir.rename(away)
        try:
            yield
        finally:
            away.rename(connector.git_dir)
