"""Signatures as OpenSSH makes them."""

import base64
import subprocess

import pytest
from pack_connectors.peers.sshsig import sign, verify

from pack.errors import BadSignature
from tests.mesh_support import private_key, public_key

KEY, PUBLIC = private_key("laptop"), public_key("laptop")
DATA = b"some bytes\n"
MADE = sign(DATA, KEY).encode()
BEGIN, *BODY, END = MADE.decode().splitlines()


def armoured(blob: bytes) -> bytes:
    return f"{BEGIN}\n{base64.b64encode(blob).decode()}\n{END}\n".encode()


BLOB = base64.b64decode("".join(BODY))


def test_a_signature_says_whose_it_is():
    assert verify(DATA, MADE) == PUBLIC
    assert max(map(len, BODY)) <= 70


def test_the_lines_may_be_divided_otherwise():
    assert verify(DATA, armoured(BLOB)) == PUBLIC
    assert verify(DATA, MADE + b"anything that follows") == PUBLIC


@pytest.mark.parametrize("byte", range(len(BLOB)))
def test_no_byte_of_it_can_be_changed(byte):
    changed = bytearray(BLOB)
    changed[byte] ^= 1
    try:
        found = verify(DATA, armoured(bytes(changed)))
    except BadSignature:
        return
    assert found != PUBLIC


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        MADE[5:],
        MADE.replace(b"-----END", b"-----AND"),
        f"{BEGIN}\n!!!\n{END}\n".encode(),
        armoured(BLOB[:-1]),
        armoured(BLOB + b"x"),
        armoured(b""),
        armoured(BLOB.replace(b"sha512", b"sha384")),
        armoured(BLOB[:10] + b"\xff\xff\xff\xff" + BLOB[14:]),
    ],
)
def test_what_is_no_signature_is_refused(wrong):
    with pytest.raises(BadSignature):
        verify(DATA, wrong)


def test_a_signature_is_over_its_bytes_and_for_its_purpose_only():
    with pytest.raises(BadSignature):
        verify(DATA + b" ", MADE)
    with pytest.raises(BadSignature, match="something else"):
        verify(DATA, sign(DATA, KEY, "file").encode())


def test_openssh_reads_ours(tmp_path):
    (tmp_path / "sig").write_bytes(MADE)
    (tmp_path / "allowed").write_text(f"me {PUBLIC.line}\n")
    command = ["ssh-keygen", "-Y", "verify", "-n", "git", "-I", "me"]
    command += ["-f", str(tmp_path / "allowed"), "-s", str(tmp_path / "sig")]
    done = subprocess.run(command, input=DATA, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    other = subprocess.run(command, input=b"other", capture_output=True, check=False)
    assert other.returncode != 0
