"""A tag is signed by whom its signature says, for this name and this commit only."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pack_connectors.peers.sshsig import sign
from pack_servers.wiring.kits.signers import signer_of

from pack.model import CommitId

COMMIT = CommitId("1" * 40)
KEY = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)


def tag(name: str = "v1.0.0", commit: str = COMMIT, said: str = "One\n") -> bytes:
    head = f"object {commit}\ntype commit\ntag {name}\ntagger A <a@example.org> 1 +0000\n\n"
    return (head + said).encode()


def signed(text: bytes, namespace: str = "git") -> bytes:
    return text + sign(text, KEY, namespace).encode()


def test_the_key_of_a_signed_tag_is_named_as_ssh_names_it() -> None:
    found = signer_of(signed(tag()), "v1.0.0", COMMIT)
    assert found is not None
    assert found.startswith("SHA256:")
    assert len(found) == len("SHA256:") + 43
    assert signer_of(signed(tag(said="Two\n")), "v1.0.0", COMMIT) == found


@pytest.mark.parametrize(
    ("text", "name", "commit"),
    [
        pytest.param(tag(), "v1.0.0", COMMIT, id="not signed"),
        pytest.param(signed(tag()), "v2.0.0", COMMIT, id="another name"),
        pytest.param(signed(tag()), "v1.0.0", CommitId("2" * 40), id="another commit"),
        pytest.param(signed(tag()).replace(b"One", b"Two"), "v1.0.0", COMMIT, id="changed"),
        pytest.param(signed(tag(), "file"), "v1.0.0", COMMIT, id="for something else"),
        pytest.param(
            tag() + b"-----BEGIN PGP SIGNATURE-----\nx\n", "v1.0.0", COMMIT, id="another kind"
        ),
        pytest.param(tag() + b"-----BEGIN SSH SIGNATURE-----\nx\n", "v1.0.0", COMMIT, id="no end"),
        pytest.param(b"", "v1.0.0", COMMIT, id="empty"),
    ],
)
def test_anything_else_is_signed_by_nobody(text: bytes, name: str, commit: CommitId) -> None:
    assert signer_of(text, name, commit) is None
