"""Signed commits: PACK and git come to the same verdict."""

import hashlib
import subprocess
from pathlib import Path

import pytest
from pack_connectors.peers import sshsig
from pack_connectors.peers.signed_commits import divided, signed, signer_of

from pack.errors import BadSignature
from pack.mesh.members.signers import allowed_signers, revoked_keys
from tests.mesh_support import private_key, public_key
from tests.support import git

TREE = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n"
WHO = b"A <a@example.org> 1767225600 +0000"
PLAIN = TREE + b"author " + WHO + b"\ncommitter " + WHO + b"\n\nsubject\n\nbody\n"
MINE, GONE = private_key("laptop"), private_key("gone")
SIGNED = signed(PLAIN, MINE)


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signed")
    git(folder, "init", "-q", "-b", "main", ".")
    keys = {public_key(name).peer: public_key(name) for name in ("laptop", "gone")}
    allowed, revoked = folder / ".git" / "allowed", folder / ".git" / "revoked"
    allowed.write_text(allowed_signers(keys))
    revoked.write_text(revoked_keys([public_key("gone")]))
    git(folder, "config", "gpg.ssh.allowedSignersFile", str(allowed))
    git(folder, "config", "gpg.ssh.revocationFile", str(revoked))
    git(folder, "mktree", stdin=b"")
    return folder


def git_trusts(folder: Path, commit: bytes) -> bool:
    made = git(folder, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=commit)
    command = ["git", "-C", str(folder), "verify-commit", made.decode().strip()]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def pack_trusts(commit: bytes) -> bool:
    try:
        return signer_of(commit) == public_key("laptop")
    except BadSignature:
        return False


def with_signature(text: str, header: bytes = b"gpgsig") -> bytes:
    head, _, rest = PLAIN.partition(b"\n\n")
    lines = text.rstrip("\n").encode().split(b"\n")
    return head + b"\n" + header + b" " + b"\n ".join(lines) + b"\n\n" + rest


def moved(commit: bytes, before: bytes) -> bytes:
    """The signature in front of another line."""
    payload, signature = divided(commit)
    header = b"gpgsig " + signature.rstrip(b"\n").replace(b"\n", b"\n ") + b"\n"
    return payload.replace(before, header + before, 1)


def with_mergetag() -> bytes:
    head, _, rest = PLAIN.partition(b"\n\n")
    return signed(head + b"\nmergetag object 0\n type commit\n  indented\n\n" + rest, MINE)


OTHER_HASH = with_signature(sshsig.sign(PLAIN, MINE), b"gpgsig-sha256")
COMMITS = {
    "signed": (SIGNED, True),
    "unsigned": (PLAIN, False),
    "another message": (SIGNED.replace(b"subject", b"Subject"), False),
    "another tree": (SIGNED.replace(b"tree 4b", b"tree 4c", 1), False),
    "another date": (SIGNED.replace(b"1767225600", b"1767225601", 1), False),
    "unknown key": (signed(PLAIN, private_key("stranger")), False),
    "revoked key": (signed(PLAIN, GONE), False),
    "for files": (with_signature(sshsig.sign(PLAIN, MINE, "file")), False),
    "in front": (moved(SIGNED, b"tree "), False),
    "before the author": (moved(SIGNED, b"author "), True),
    "with a merged tag": (with_mergetag(), True),
    "no message": (signed(PLAIN.partition(b"subject")[0], MINE), True),
    "another header after it": (SIGNED.replace(b"\n\n", b"\nencoding UTF-8\n\n", 1), False),
    "for the other hash": (OTHER_HASH, False),
    "both hashes": (signed(PLAIN, MINE).replace(b"\n\n", b"\ngpgsig-sha256 x\n y\n\n", 1), True),
    "text behind the signature": (with_signature(sshsig.sign(PLAIN, MINE) + "more\n"), True),
    "of another program": (with_signature("-----BEGIN PGP SIGNATURE-----\n\nx\n-----END"), False),
    "damaged": (SIGNED.replace(b"U1NIU0lH", b"U1NIU0lI", 1), False),
    "signed twice": (with_signature(sshsig.sign(PLAIN, MINE) + sshsig.sign(PLAIN, GONE)), True),
    "a signature in the message": (PLAIN + sshsig.sign(PLAIN, MINE).encode(), False),
}


@pytest.mark.parametrize("name", COMMITS)
def test_git_and_pack_agree(repository, name):
    commit, trusted = COMMITS[name]
    assert pack_trusts(commit) is trusted
    assert git_trusts(repository, commit) is trusted


def test_a_signed_commit_is_the_same_commit_for_git(repository):
    out = git(repository, "hash-object", "-t", "commit", "-w", "--stdin", stdin=SIGNED)
    ours = hashlib.sha1(b"commit %d\0" % len(SIGNED) + SIGNED, usedforsecurity=False)
    assert out.decode().strip() == ours.hexdigest()
    shown = git(repository, "log", "-1", "--format=%G?|%GS|%s", ours.hexdigest()).decode()
    assert shown.strip() == f"G|{public_key('laptop').peer}|subject"


def test_the_message_may_hold_anything():
    for message in (b"", b"\n\n", b"\n gpgsig x\n", b"gpgsig x\n\nmore", "ü€".encode(), b"\xff"):
        commit = PLAIN.partition(b"\n\n")[0] + b"\n\n" + message
        assert divided(signed(commit, MINE)).payload == commit
        assert signer_of(signed(commit, MINE)) == public_key("laptop")
    assert signer_of(PLAIN) is None
