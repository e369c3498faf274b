import pytest

from tests.support import World


@pytest.fixture(params=["memory", "git"])
def world(request, tmp_path, git_identity):
    """An empty store, and the memory that it may become: in memory, and in a git repository."""
    made = World(tmp_path / "memory" if request.param == "git" else None)
    yield made
    made.close()


@pytest.fixture
def git_world(tmp_path, git_identity):
    """The same, in a git repository only: for hand edits in the folder."""
    made = World(tmp_path / "memory")
    yield made
    made.close()
