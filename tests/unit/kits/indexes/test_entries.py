"""An index names public kits, and nothing that it says is taken for more than a name."""

from datetime import date

import pytest

from pack.errors import InvalidContent, InvalidRequest, NotFound, RefusedForSafety
from pack.kits.indexes.entries import IndexEntry, matching, read_index, the_one
from pack.kits.shipment import Shipment, ShippedFile

TODAY = date(2026, 11, 30)
INDEX = "https://example.org/index.git"
FAR = "https://example.org/kits.git#observer"


def index(*, is_near: bool = False, at: str = INDEX, about: str = "", **files: str):
    shipped = {
        f"kits/{name.replace('_', '-')}.yaml": ShippedFile(text.encode())
        for name, text in files.items()
    }
    shipped |= {"README.md": ShippedFile(b"# Index\n"), "kits/sub/x.yaml": ShippedFile(b"[")}
    shipped |= {"index.yaml": ShippedFile(about.encode())} if about else {}
    return read_index(Shipment(at, None, None, shipped), TODAY, is_near=is_near)


def entry(name: str, source: str = FAR, more: str = "") -> str:
    return f"name: {name}\nsource: '{source}'\n{more}"


def test_public_kits_are_named_and_no_others() -> None:
    found = index(
        a=entry("a", more="description: Looks\nversion: 1.2.0\nlater: {x: 1}\n"),
        b=entry("b", more="visibility: unlisted\n"),
        c=entry("c", more="visibility: private\n"),
    )
    assert found.entries == [IndexEntry("a", FAR, "Looks", "1.2.0", INDEX)]
    assert found.problems == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (entry("other"), "it is called other"),
        ("name: a\n", "source: Field required"),
        ("[", "kits/a.yaml"),
        (entry("a", more="visibility: secret\n"), "visibility"),
        (entry("a", "/etc"), "its source is no address"),
        (entry("a", "~/x"), "its source is no address"),
        (entry("a", "file:///x"), "its source is no address"),
        (entry("a", "ext::sh -c x"), "its source is no address"),
        (entry("a", "--upload-pack=x"), "its source is no address"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_rest_counts(text: str, said: str) -> None:
    found = index(a=text, b=entry("b"))
    assert [one.name for one in found.entries] == ["b"]
    assert len(found.problems) == 1
    assert said in found.problems[0]


@pytest.mark.parametrize(
    ("at", "wanted"),
    [(INDEX, f"{INDEX}#kits/a"), (f"{INDEX}#sub", f"{INDEX}#sub/kits/a")],
)
def test_a_kit_may_be_in_the_index_itself(at: str, wanted: str) -> None:
    (found,) = index(at=at, a=entry("a", "#kits/a")).entries
    assert found.source == wanted


@pytest.mark.parametrize(
    ("at", "source", "wanted"),
    [
        ("/index", "../kits#a", "/index/../kits#a"),
        ("/index#sub", "kits", "/index/sub/kits"),
        ("/index", "/srv/kits", "/srv/kits"),
        ("/index", "~/kits", "~/kits"),
        ("/index", "C:\\kits", "C:\\kits"),
        ("/index", "git@example.org:kits.git", "git@example.org:kits.git"),
        ("/index", "pack:starter-profile", "pack:starter-profile"),
    ],
)
def test_a_path_in_an_index_on_this_machine_begins_there(at: str, source: str, wanted: str) -> None:
    (found,) = index(at=at, is_near=True, a=entry("a", source)).entries
    assert found.source == wanted


def test_an_index_on_this_machine_may_name_places_here() -> None:
    (found,) = index(at="/srv/index", is_near=True, a=entry("a", "/srv/kits#a")).entries
    assert found.source == "/srv/kits#a"


def test_a_search_takes_all_words_in_names_and_descriptions() -> None:
    entries = index(a=entry("a", more="description: Team Handbook\n"), book=entry("book")).entries
    assert [one.name for one in matching(entries, ["BOOK"])] == ["a", "book"]
    assert [one.name for one in matching(entries, ["hand", "team"])] == ["a"]
    assert len(list(matching(entries, []))) == 2


def test_a_name_that_means_two_places_is_refused() -> None:
    one, other = index(a=entry("a")).entries, index(a=entry("a", f"{FAR}2")).entries
    assert the_one([*one, *one], "a") == one[0]
    with pytest.raises(InvalidRequest, match=r"several places: .*#observer, .*#observer2"):
        the_one([*one, *other], "a")
    with pytest.raises(NotFound):
        the_one(one, "b")


@pytest.mark.parametrize("about", ["", "later: 1\n", "expires: 2026-11-30\n"])
def test_an_index_counts_until_its_last_day(about: str) -> None:
    assert index(about=about, a=entry("a")).entries


def test_an_index_that_somebody_holds_back_names_nothing_any_more() -> None:
    with pytest.raises(RefusedForSafety, match="expired on 2026-11-29"):
        index(about="expires: 2026-11-29\n", a=entry("a"))


@pytest.mark.parametrize("about", ["expires: soon\n", "[", "- a\n"])
def test_an_index_that_does_not_say_when_it_ends_as_it_should_is_not_used(about: str) -> None:
    with pytest.raises(InvalidContent, match=r"index\.yaml"):
        index(about=about, a=entry("a"))


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
FINGERPRINT = "SHA256:ZkAslGjFiUHdGf/WUL8rQvkib4PTvQatUV0OUQSncCA"


@pytest.mark.parametrize("said", [FINGERPRINT, KEY, f"{KEY} ann@example.org"])
def test_an_entry_names_the_key_of_the_publisher_as_ssh_does(said: str) -> None:
    (found,) = index(a=entry("a", more=f"signer: {said}\n")).entries
    assert found.signer == FINGERPRINT


@pytest.mark.parametrize("said", ["ann", "SHA256:short", KEY[:-1], "ssh-rsa AAAA", "''", "1", "[]"])
def test_a_key_that_is_none_leaves_no_kit_without_its_check(said: str) -> None:
    found = index(a=entry("a", more=f"signer: {said}\n"))
    assert found.entries == []
    assert "signer" in found.problems[0]


@pytest.mark.parametrize("said", ["0", "-1", "1.5", "'7'", "true", "[]"])
def test_a_version_is_a_number_that_can_grow(said: str) -> None:
    with pytest.raises(InvalidContent, match=r"index.yaml: version: it is no whole number"):
        index(about=f"version: {said}\n")
    index(about="version: 7\n")


def test_an_index_that_names_no_key_does_not_undo_one_that_does() -> None:
    entries = [
        IndexEntry("a", FAR, "", None, "https://x/1", None),
        IndexEntry("a", FAR, "", None, "https://x/2", FINGERPRINT),
    ]
    assert the_one(entries, "a").signer == the_one(entries[::-1], "a").signer == FINGERPRINT
    other = IndexEntry("a", FAR, "", None, "https://x/3", "SHA256:" + "A" * 43)
    with pytest.raises(InvalidRequest, match="several keys for a"):
        the_one([*entries, other], "a")
