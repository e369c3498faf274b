"""A source that somebody took over: older versions and other keys are refused, and said (C15)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pack_connectors.peers.sshsig import sign

from tests.stories.cli_driver import Folder, new_memory
from tests.support import make_again

pytestmark = pytest.mark.contract("C15")

_USER = ("-c", "user.name=Upstream", "-c", "user.email=up@example.org")
PUBLISHER, SOMEBODY = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))


class Upstream(Folder):
    """A repository whose tags are signed."""

    def publish(self, version: str, key: Ed25519PrivateKey | None) -> None:
        self.write({"kit.yaml": f"schema: 1\nname: observer\nversion: {version}\n"})
        self.write({"a.md": f"# {version}\n"})
        self.git("add", "--all")
        self.git(*_USER, "commit", "-qm", version)
        if key is not None:
            self.tag(f"v{version}", key)

    def tag(self, name: str, key: Ed25519PrivateKey) -> None:
        text = (
            f"object {self.head()}\ntype commit\ntag {name}\ntagger U <u@example.org> 1 +0000\n\n"
        )
        made = subprocess.run(
            ["git", "-C", self.path, "mktag"],
            input=text + f"{name}\n" + sign(f"{text}{name}\n".encode(), key),
            capture_output=True,
            text=True,
            check=True,
        )
        self.git("update-ref", f"refs/tags/{name}", made.stdout.strip())


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    found = Upstream(tmp_path / "upstream")
    found.write({"README.md": "# Kits\n"})
    found.git("init", "--quiet", "--initial-branch=main")
    found.publish("1.0.0", PUBLISHER)
    found.publish("1.1.0", PUBLISHER)
    return found


@pytest.fixture
def memory(upstream: Upstream, tmp_path: Path) -> Folder:
    make_again(new_memory, tmp_path / "memory")
    found = Folder(tmp_path / "memory")
    found.ok("kit", "install", f"{upstream.path}@v1.0.0", "--yes")
    found.ok("kit", "update")
    return found


def refused(memory: Folder, *words: str, said: str, flag: str) -> None:
    before, refs = memory.state(), memory.git("for-each-ref", "refs/pack/kits")
    for more in ([], ["--yes"], ["--dry-run"]):
        ended = memory.pack("kit", *words, *more)
        assert ended.status not in (0, 2)
        assert said in ended.err
        assert flag in ended.err
    assert (memory.state(), memory.git("for-each-ref", "refs/pack/kits")) == (before, refs)


def test_a_signed_version_after_a_signed_one_is_taken(memory: Folder, upstream: Upstream) -> None:
    upstream.publish("1.2.0", PUBLISHER)
    (done,) = memory.json("kit", "update")["updated"]
    assert (done["from"], done["to"]) == ("1.1.0", "1.2.0")
    assert memory.json("kit", "update")["updated"][0]["commit"] is None


@pytest.mark.parametrize(
    ("key", "said"), [(None, "signed by nobody"), (SOMEBODY, "signed by another key, SHA256:")]
)
def test_another_key_or_none_is_refused(
    memory: Folder, upstream: Upstream, key: Ed25519PrivateKey | None, said: str
) -> None:
    upstream.publish("1.2.0", key)
    refused(memory, "update", said=said, flag="--accept-signer")
    shown = memory.pack("kit", "install", upstream.path, "--yes")
    assert f"warning  it is {said}" in shown.text
    memory.ok("kit", "update", "--accept-signer")
    assert memory.json("kit", "status")["kits"][0]["version"] == "1.2.0"


def test_an_old_tag_under_a_new_name_is_signed_by_nobody(
    memory: Folder, upstream: Upstream
) -> None:
    old = upstream.git("rev-parse", "refs/tags/v1.1.0").strip()
    upstream.publish("1.2.0", None)
    upstream.git("update-ref", "refs/tags/v1.2.0", old)
    refused(memory, "update", said="signed by nobody", flag="--accept-signer")


def test_a_source_that_goes_back_is_refused(memory: Folder, upstream: Upstream) -> None:
    upstream.git("reset", "--quiet", "--hard", "v1.0.0")
    refused(memory, "update", said="1.0.0 now, and was 1.1.0", flag="--accept-older")
    (status,) = memory.json("kit", "status")["kits"]
    assert (status["version"], status["latest"]) == ("1.1.0", "1.0.0")
    memory.ok("kit", "install", f"{upstream.path}@v1.0.0", "--yes")
    memory.ok("kit", "update")
    assert memory.json("kit", "status")["kits"][0]["version"] == "1.0.0"
