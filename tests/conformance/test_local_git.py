import itertools
import subprocess
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.process import RefUpdater
from pack_connectors.local_git.repository import create_repository

from pack.model import Delete, Identity
from pack.testing import ConnectorContract, LoggedCommit
from tests.support import make_again

START = datetime(2026, 1, 2, tzinfo=UTC)


def git(folder, *args, stdin=b""):
    command = ["git", "-C", folder, *args]
    return subprocess.run(command, input=stdin, capture_output=True, check=True).stdout


class TestLocalGit(ConnectorContract):
    @pytest.fixture
    def connector(self, tmp_path, git_identity):
        make_again(create_repository, tmp_path / "memory")
        seconds = itertools.count()
        self._clock = lambda: START + timedelta(seconds=next(seconds))
        self._opened = []
        yield self._open(tmp_path / "memory", 60.0)
        for connector in self._opened:
            connector.close()
        git(tmp_path / "memory", "fsck", "--strict")
        assert list((tmp_path / "memory/.git/pack/work").glob("*")) == []
        assert not list((tmp_path / "memory/.git").rglob("*.lock"))

    def _open(self, folder, lock_seconds):
        connector = LocalGit(folder, self._clock, lock_seconds=lock_seconds)
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
        return self._open(connector.repository.work_tree, 60.0)

    def impatient(self, connector):
        return self._open(connector.repository.work_tree, 0.05)

    def external_commit(self, connector, changes):
        folder = connector.repository.work_tree
        for change in changes:
            content = None if isinstance(change, Delete) else change.content
            self.edit(connector, change.path, content)
            git(folder, "add", "--all", "--", f":(literal){change.path}")
        git(folder, "commit", "--quiet", "--message", "by hand")
        return git(folder, "rev-parse", "HEAD").decode().strip()

    @contextmanager
    def answer_lost(self, connector):
        with pytest.MonkeyPatch.context() as patch:
            exchange = RefUpdater._exchange

            def lose(updater, process, request, lines):
                answers = exchange(process, request, lines)
                return [] if request.startswith(b"commit") else answers

            patch.setattr(RefUpdater, "_exchange", lose)
            yield

    @contextmanager
    def broken(self, connector):
        git_dir, away = connector.repository.git_dir, connector.repository.work_tree / "away"
        connector.close()  # a child that is at work keeps files open
        git_dir.rename(away)
        try:
            yield
        finally:
            away.rename(git_dir)

    @contextmanager
    def unsafe(self, connector):
        file = connector.repository.git_dir / "MERGE_HEAD"
        file.write_text(f"{connector.head()}\n")
        yield
        file.unlink()

    def edit(self, connector, path, content):
        file = connector.repository.work_tree / path
        if content is None:
            file.unlink()
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def stage(self, connector, path):
        git(connector.repository.work_tree, "add", "--", path)

    def link(self, connector, path, target):
        (connector.repository.work_tree / path).symlink_to(target)
