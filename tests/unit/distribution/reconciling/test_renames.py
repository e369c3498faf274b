"""Which new file an old one has become."""

from pack.distribution.reconciling.renames import find_renames

TEXT = b"# Title\n\none\ntwo\nthree\nfour\n"
EDITED = TEXT.replace(b"four", b"vier")


def test_the_same_bytes_are_the_same_file():
    assert find_renames({"a": TEXT}, {"b": TEXT}, []) == {"a": "b"}
    assert find_renames({"a": TEXT, "c": TEXT}, {"b": TEXT}, []) == {}
    assert find_renames({"a": TEXT}, {"a": TEXT, "b": TEXT}, ["a"]) == {}


def test_a_file_that_was_edited_too_is_looked_for_only_if_it_matters():
    assert find_renames({"a": TEXT}, {"b": EDITED}, []) == {}
    assert find_renames({"a": TEXT}, {"b": EDITED}, ["a"]) == {"a": "b"}


def test_the_most_alike_counts_and_each_file_is_one_only():
    new = {"b": EDITED, "c": b"# Title\n\nother\n", "d": EDITED.replace(b"two", b"zwei")}
    assert find_renames({"a": TEXT}, new, ["a"]) == {"a": "b"}
    both = find_renames({"a": TEXT, "e": TEXT.replace(b"one", b"eins")}, {"b": EDITED}, ["a", "e"])
    assert both == {"a": "b"}


def test_what_is_hardly_alike_is_another_file():
    assert find_renames({"a": TEXT}, {"b": b"one\nother\ntext\nhere\n"}, ["a"]) == {}
    assert find_renames({"a": b""}, {"b": b""}, ["a"]) == {}
