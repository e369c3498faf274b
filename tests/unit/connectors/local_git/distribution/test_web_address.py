import pytest
from pack_connectors.local_git.distribution.web_address import (
    web_address_of_file,
    web_address_of_repository,
)
from pack_connectors.local_git.repository import create_repository, open_repository

from tests.support import git


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("https://github.com/ada/memory.git", "https://github.com/ada/memory"),
        ("https://ada:token@github.com/ada/memory", "https://github.com/ada/memory"),
        ("git@github.com:ada/memory.git", "https://github.com/ada/memory"),
        ("ssh://git@gitlab.example.org:2222/a/b/c.git", "https://gitlab.example.org/a/b/c"),
        ("/srv/memory", None),
        ("file:///srv/memory.git", None),
        ("https://git.example.org/ada/memory", None),
        ("ext::sh -c x", None),
    ],
)
def test_where_the_web_shows_what_was_cloned(tmp_path, origin, expected):
    create_repository(tmp_path)
    git(tmp_path, "config", "remote.origin.url", origin)
    assert web_address_of_repository(open_repository(tmp_path)) == expected


def test_a_repository_without_a_remote_is_nowhere_on_the_web(tmp_path):
    create_repository(tmp_path)
    assert web_address_of_repository(open_repository(tmp_path)) is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://github.com/a/b", "https://github.com/a/b/blob/v1/x%20y.md"),
        ("https://gitlab.com/a/b/c", "https://gitlab.com/a/b/c/-/blob/v1/x%20y.md"),
        ("https://codeberg.org/a/b", "https://codeberg.org/a/b/src/tag/v1/x%20y.md"),
        ("https://example.org/github/b", None),
        ("memory", None),
    ],
)
def test_where_the_web_shows_a_file(source, expected):
    assert web_address_of_file(source, "v1", "x y.md") == expected
