"""A report goes where the kit says, and says nothing of the machine that it comes from."""

import pytest

from pack.errors import InvalidRequest, NotFound
from pack.kits.bug_report import Reported, draft, public_source
from pack.kits.edits import edit_of
from pack.kits.lock import LockedKit
from pack.kits.manifest import read_manifest
from pack.kits.states import KitState
from pack.model import CommitId, MemoryPath

AT = "kits/observer/"
COMMIT = CommitId("1" * 40)


def what(more: str = "", source: str = "https://example.org/kits.git#observer", *edits):
    manifest = read_manifest(f"schema: 1\nname: observer\nversion: 1.2.0\n{more}".encode())
    kit = LockedKit("observer", source, "v1.2.0", COMMIT, "", "1.2.0", "", AT, {})
    states = {
        MemoryPath(f"{AT}a.md"): KitState.MODIFIED,
        MemoryPath(f"{AT}b.md"): KitState.PRISTINE,
        MemoryPath(f"{AT}mine.md"): KitState.LOCAL,
    }
    return Reported(kit, manifest, states, edits)


@pytest.mark.parametrize(
    ("more", "address"),
    [
        (
            "bugs: {url: 'https://example.org/bugs', email: a@example.org}",
            "https://example.org/bugs",
        ),
        (
            "repository: {url: 'git@example.org:me/kits.git'}\nbugs: {email: a@example.org}",
            "https://example.org/me/kits/issues/new",
        ),
        (
            "repository: {url: 'https://me:pw@example.org/me/kits.git/'}",
            "https://example.org/me/kits/issues/new",
        ),
        (
            "repository: {url: 'ssh://git@example.org:22/me/kits'}",
            "https://example.org/me/kits/issues/new",
        ),
        (
            "bugs: {url: 'javascript:alert(1)', email: a@example.org}",
            "mailto:a@example.org?subject=It%20fails",
        ),
        (
            "bugs: {url: 'file:///x'}\nrepository: {url: 'file:///x'}",
            "https://example.org/kits/issues/new",
        ),
        ("bugs: {email: 'a@example.org?cc=b'}", "https://example.org/kits/issues/new"),
    ],
)
def test_where_it_goes(more: str, address: str) -> None:
    assert draft(what(more), "It fails").address == address


@pytest.mark.parametrize("source", ["/srv/kits#observer", "pack:observer", "C:\\kits"])
def test_without_an_address_there_is_no_report(source: str) -> None:
    with pytest.raises(NotFound, match="an address for problems with observer"):
        draft(what("", source), "It fails")


@pytest.mark.parametrize("title", ["", " \n ", "x" * 201])
def test_a_title_is_needed(title: str) -> None:
    with pytest.raises(InvalidRequest, match="a title"):
        draft(what(), title)


def test_what_it_says() -> None:
    found = draft(what(), " It\nfails ", "It stops.")
    assert found.title == "It fails"
    assert "It stops." in found.body
    assert "- kit: observer 1.2.0\n- source: https://example.org/kits.git#observer\n" in found.body
    assert f"- commit: {COMMIT}\n" in found.body
    assert "| `a.md` | MODIFIED |" in found.body
    assert "mine.md" not in found.body
    assert "b.md" not in found.body


def test_a_patch_cannot_end_its_block() -> None:
    edit = edit_of(MemoryPath(f"{AT}a.md"), MemoryPath("a.md"), b"# A\n", b"# A\n\n````\n")
    body = draft(what("", "https://example.org/kits", edit), "It fails").body
    assert body.endswith("+````\n`````\n")
    assert "`````diff\ndiff --git a/a.md b/a.md\n" in body


HERE = "a copy on this machine"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("/" + "home/jdoe/kits#observer", HERE),
        ("file:///" + "home/jdoe/kits", HERE),
        ("https://me:pw@example.org/kits", "https://example.org/kits"),
        ("git@github.com:me/kits.git#sub", "git@github.com:me/kits.git#sub"),
        ("ssh://git@codeberg.org/me/kits", "ssh://codeberg.org/me/kits"),
        ("jdoe@nas.example.org:/srv/private/kits.git", HERE),
        ("ssh://jdoe@nas.example.org:2222/srv/kits#sub", HERE),
        ("ssh://nas/srv/kits", HERE),
        ("nas:kits.git", HERE),
        ("http://nas.local:3000/jdoe/kits", HERE),
        ("http://192.168.0.7/kits", HERE),
        ("https://git/kits", HERE),
        ("pack:observer", "pack:observer"),
    ],
)
def test_a_place_on_this_machine_or_in_its_network_is_not_named(source: str, said: str) -> None:
    found = what("bugs: {email: a@example.org}", source)
    assert public_source(found.kit, found.manifest) == said
    report = draft(found, "It fails")
    assert f"- source: {said}\n" in report.body
    if said is HERE:
        assert "nas" not in report.body + report.address
        with pytest.raises(NotFound):
            draft(what("", source), "It fails")


@pytest.mark.parametrize("ending", ["", ".git", "/"])
def test_a_place_that_the_kit_itself_names_is_named(ending: str) -> None:
    source = "git@git.example.org:team/kits"
    found = what(f"repository: {{url: '{source}{ending}'}}", f"{source}.git#sub")
    assert public_source(found.kit, found.manifest) == f"{source}.git#sub"
