"""The private key of this machine."""

import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pack_connectors.peers.key_file import KeyFile

from pack.errors import InvalidConfig, NotFound, RefusedForSafety, Unavailable
from pack.mesh.members.keys import PublicKey


@pytest.fixture
def key_file(tmp_path):
    return KeyFile(tmp_path / "mesh" / "key")


def raw(key):
    return key.private_bytes_raw()


def test_a_key_is_made_once_and_is_nobody_elses(key_file):
    assert not key_file.exists()
    made = key_file.load_or_make("laptop")
    assert raw(key_file.load_or_make("other")) == raw(key_file.load()) == raw(made)
    assert key_file.path.stat().st_mode & 0o777 == 0o600
    assert key_file.path.parent.stat().st_mode & 0o777 == 0o700
    assert sorted(file.name for file in key_file.path.parent.iterdir()) == ["key", "key.pub"]


def test_openssh_reads_it(key_file):
    key = key_file.load_or_make("ann's laptop")
    command = ["ssh-keygen", "-y", "-P", "", "-f", str(key_file.path)]
    out = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    mine = PublicKey(key.public_key().public_bytes_raw())
    assert PublicKey.parse(out) == PublicKey.parse(key_file.public_path.read_text()) == mine
    assert key_file.public_path.read_text() == f"{mine.line} ann's laptop\n"


def test_those_who_make_it_at_once_get_the_same_one(key_file):
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: raw(key_file.load_or_make("x")), range(16)))
    assert len(set(keys)) == 1
    assert sorted(file.name for file in key_file.path.parent.iterdir()) == ["key", "key.pub"]


def test_a_key_that_others_can_read_is_not_used(key_file):
    key_file.load_or_make("x")
    key_file.path.chmod(0o640)
    with pytest.raises(RefusedForSafety, match="others can read") as refused:
        key_file.load()
    assert "chmod 600" in refused.value.remedy


def test_a_missing_key_is_told(key_file):
    with pytest.raises(NotFound):
        key_file.load()


def write(path, content):
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content)
    path.chmod(0o600)


def test_what_is_no_key_is_told(key_file):
    write(key_file.path, b"nonsense")
    with pytest.raises(InvalidConfig, match="passphrase"):
        key_file.load()
    other = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    write(key_file.path, other)
    with pytest.raises(InvalidConfig, match="Ed25519"):
        key_file.load()


def test_a_link_is_not_followed(key_file, tmp_path):
    KeyFile(tmp_path / "real").load_or_make("x")
    key_file.path.parent.mkdir()
    key_file.path.symlink_to(tmp_path / "real")
    with pytest.raises(InvalidConfig, match="symbolic link, which is not followed"):
        key_file.load()


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        KeyFile(tmp_path / "file" / "key").load_or_make("x")
