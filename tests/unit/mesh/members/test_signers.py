"""The files that stock git needs to come to the same verdict."""

import pytest

from pack.errors import InvalidContent
from pack.mesh.members.signers import allowed_signers, parse_revoked, revoked_keys
from tests.mesh_support import public_key

ONE, OTHER = public_key("one"), public_key("other")


def test_the_lists_are_sorted_and_the_same_for_the_same_keys():
    first = allowed_signers({ONE.peer: ONE, OTHER.peer: OTHER})
    assert first == allowed_signers({OTHER.peer: OTHER, ONE.peer: ONE})
    assert first.splitlines() == sorted(first.splitlines())
    assert f'{ONE.peer} namespaces="git" {ONE.line}' in first
    assert revoked_keys([ONE, OTHER, ONE]) == revoked_keys([OTHER, ONE])


def test_revoked_keys_are_read_back():
    assert parse_revoked(revoked_keys([ONE, OTHER])) == {ONE, OTHER}
    assert parse_revoked("") == frozenset()


@pytest.mark.parametrize("text", ["x", "# none\n", f"{ONE.line}\n\n", "ssh-ed25519 AAAA\n"])
def test_a_list_that_cannot_be_read_does_not_pass_for_a_shorter_one(text):
    with pytest.raises(InvalidContent):
        parse_revoked(text)
