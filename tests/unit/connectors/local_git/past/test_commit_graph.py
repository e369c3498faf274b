"""The commit-graph in PACK's own folder."""

import pytest
from pack_connectors.local_git.past.commit_graph import CommitGraph
from pack_connectors.local_git.process import GitRunner

from pack.log import LogQuery
from tests.support import git


@pytest.fixture
def graph(git_world):
    git_world.init()
    for number in range(3):
        git_world.commit({"notes/a.md": f"{number}\n", f"notes/{number}.md": "x\n"})
    connector = git_world.connector
    made = CommitGraph(GitRunner(connector.repository), connector.repository.state_dir / "mine")
    yield made
    made.close()


def test_the_log_is_the_same_with_the_graph_and_the_repository_stays_as_it_is(git_world, graph):
    head = git_world.connector.head()
    assert graph.environment() == {}
    graph.tend(head)
    assert graph._child.wait(60) == 0
    env = graph.environment()
    assert env
    objects = git_world.folder / ".git" / "objects"
    assert not (objects / "info" / "commit-graph").exists()
    command = ("log", "--format=%H")
    shown = graph._runner.run([*command, head, "--", "notes/a.md"], env=env, cwd=git_world.folder)
    asked = LogQuery(head, path="notes/a.md")
    found = [commit.id for commit in git_world.connector.log(asked)]
    assert shown.decode().split() == found

    assert git(git_world.folder, *command, "--", "notes/a.md").decode().split() == found
    git_world.commit({"notes/a.md": "later\n"})
    later = git_world.connector.head()
    shown = graph._runner.run([*command, later, "--", "notes/a.md"], env=env, cwd=git_world.folder)
    assert shown.decode().split() == [later, *found]


def test_a_graph_of_just_now_is_kept(git_world, graph):
    graph.tend(git_world.connector.head())
    graph._child.wait(60)
    again = CommitGraph(graph._runner, graph._folder)
    again.tend(git_world.connector.head())
    assert again._child is None


def test_writing_ends_with_the_connector_and_only_tries_now_and_then(git_world, graph):
    graph.tend(git_world.connector.head())
    child = graph._child
    graph.tend(git_world.connector.head())
    assert graph._child is child
    graph.close()
    assert child.returncode is not None


def test_a_folder_whose_name_an_alternate_cannot_have(git_world, graph):
    odd = CommitGraph(graph._runner, graph._folder.with_name("a:b"))
    odd.tend(git_world.connector.head())
    assert odd.environment() == {}
    assert odd._child is None


def test_a_folder_that_cannot_be_made_is_no_matter(git_world, graph):
    graph._folder.write_text("in the way")
    graph.tend(git_world.connector.head())
    assert graph.environment() == {}
