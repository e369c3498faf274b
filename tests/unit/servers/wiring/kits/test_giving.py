"""What is offered is what git has of a folder, where git has any of it."""

import pytest
from pack_servers.wiring.kits.giving import kit_to_offer
from pack_servers.wiring.kits.sources import kit_sources

from pack.errors import InvalidRequest, NotFound
from tests.support import git

MANIFEST = "schema: 1\nname: handbook\nversion: 1.0.0\n"
USER = ("-c", "user.name=x", "-c", "user.email=x@example.org")


@pytest.fixture
def kit(tmp_path):
    """A kit in a folder, beside notes."""
    folder = tmp_path / "memory" / "kits" / "handbook"
    folder.mkdir(parents=True)
    (folder / "kit.yaml").write_text(MANIFEST)
    (folder / "note.md").write_text("# Draft\n")
    (tmp_path / "memory" / "diary.md").write_text("# Mine\n")
    return folder


def offered(place):
    with kit_sources() as sources:
        return kit_to_offer(sources, str(place))


def commit(folder):
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, *USER, "commit", "-q", "-m", "one")


def test_a_folder_of_a_repository_is_given_as_it_was_committed(kit):
    top = kit.parents[1]
    commit(top)
    (kit / "note.md").write_text("# Not committed\n")
    (kit / "new.md").write_text("# Not committed\n")
    found = offered(kit)
    assert found.shipment.source == f"{top}#kits/handbook"
    assert dict(found.files) == {"kit.yaml": MANIFEST.encode(), "note.md": b"# Draft\n"}
    assert offered(f"{top}#kits/handbook").tree == found.tree


def test_a_folder_that_git_does_not_know_is_given_as_it_is(kit):
    assert offered(kit).shipment.source == str(kit)
    top = kit.parents[1]
    (top / ".gitignore").write_text("kits/\n")
    commit(top)
    assert offered(kit).shipment.source == str(kit)


def test_what_is_elsewhere_or_of_a_version_is_not_offered(kit):
    commit(kit.parents[1])
    for place in ("https://example.org/kits.git", f"{kit.parents[1]}@main#kits/handbook"):
        with pytest.raises(InvalidRequest, match="on this machine"):
            offered(place)
    with pytest.raises(InvalidRequest):
        offered("peer:laptop/handbook")
    with pytest.raises(NotFound):
        offered(f"{kit.parents[1]}#no/such")
