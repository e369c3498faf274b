"""Where a kit comes from, as people type it."""

import pytest

from pack.errors import InvalidRequest
from pack.kits.address import KitAddress, parse_address

THERE = {"kits", "a@b", "a#b", "/x/kits.bundle", "kits/one@2"}


@pytest.mark.parametrize(
    ("text", "place", "ref", "folder"),
    [
        ("kits", "kits", None, ""),
        ("kits@v1.2.0", "kits", "v1.2.0", ""),
        ("kits@feature/x#sub/one/", "kits", "feature/x", "sub/one"),
        ("kits#one", "kits", None, "one"),
        ("kits#sub/one@v1.2.0", "kits", "v1.2.0", "sub/one"),
        ("kits#one@2", "kits", None, "one@2"),
        ("kits#@scope/one@v1", "kits", "v1", "@scope/one"),
        ("git@example.org:o/k.git#d@v2", "git@example.org:o/k.git", "v2", "d"),
        ("a@b", "a@b", None, ""),
        ("a#b", "a#b", None, ""),
        ("a@b@v1", "a@b", "v1", ""),
        ("/x/kits.bundle@main", "/x/kits.bundle", "main", ""),
        ("https://example.org/k.git", "https://example.org/k.git", None, ""),
        ("https://me@example.org/k.git", "https://me@example.org/k.git", None, ""),
        ("https://me@example.org/k.git@v1#d", "https://me@example.org/k.git", "v1", "d"),
        ("git@example.org:o/k.git", "git@example.org:o/k.git", None, ""),
        ("git@example.org:o/k.git@v2", "git@example.org:o/k.git", "v2", ""),
        ("ssh://git@example.org/k.git@v2", "ssh://git@example.org/k.git", "v2", ""),
        ("kits@-x", "kits@-x", None, ""),
        ("kits@a..b", "kits@a..b", None, ""),
    ],
)
def test_a_place_a_ref_and_a_folder_are_told_apart(text, place, ref, folder):
    assert parse_address(text, THERE.__contains__) == KitAddress(place, ref, folder)


@pytest.mark.parametrize("text", ["", "#x", "kits#../x", "kits#a/./b"])
def test_what_names_no_place_is_refused(text):
    with pytest.raises(InvalidRequest):
        parse_address(text, THERE.__contains__)


def test_the_lock_names_the_folder_and_not_the_ref():
    assert parse_address("kits@v1#one", THERE.__contains__).text == "kits#one"
