"""An index that its keeper signs: who serves an old one, or one of their own, is noticed (C15)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pack.mesh.members.keys import PublicKey
from tests.stories.cli_driver import Ended, Folder, new_memory, run
from tests.stories.test_cli_kits_trust import PUBLISHER, SOMEBODY, Upstream
from tests.support import make_again

pytestmark = pytest.mark.contract("C15")

NAMESPACE = "kit-index"
LIST, SIGNATURE = "index.sha256", "index.sha256.sig"


def keygen(*words: str | Path, stdin: bytes = b"") -> str:
    found = subprocess.run(
        ["ssh-keygen", *map(str, words)], input=stdin, capture_output=True, check=True
    )
    return found.stdout.decode()


class Keeper:
    """Whoever keeps an index, in a plain folder."""

    def __init__(self, folder: Path) -> None:
        self.key = folder / "key"
        keygen("-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", self.key)
        self.folder = folder / "index"
        self.copies = folder / "copies"
        self.list("bake")
        (self.folder / "index.yaml").write_text("# kept by Ann\nexpires: 2099-01-31\n")

    @property
    def fingerprint(self) -> str:
        return keygen("-lf", self.key).split()[1]

    def list(
        self, name: str, source: str | Path = "https://example.org/x.git", more: str = ""
    ) -> None:
        file = self.folder / f"kits/{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"name: {name}\nsource: '{source}'\n{more}")

    def sign(self, *words: str | Path, key: Path | None = None) -> Any:
        ended = self.signing(*words, key=key)
        assert ended.status == 0, ended
        return ended.json

    def signing(self, *words: str | Path, key: Path | None = None) -> Ended:
        given = ("--key", key or self.key)
        return run("kit", "index", "sign", self.folder, *given, *words, "--format", "json")

    def keep_copy(self, name: str) -> None:
        shutil.copytree(self.folder, self.copies / name)

    def serve_copy(self, name: str) -> None:
        shutil.rmtree(self.folder)
        shutil.copytree(self.copies / name, self.folder)


@pytest.fixture
def keeper(tmp_path: Path) -> Keeper:
    return Keeper(tmp_path)


@pytest.fixture
def memory(tmp_path: Path) -> Folder:
    make_again(new_memory, tmp_path / "memory")
    return Folder(tmp_path / "memory")


def add(memory: Folder, keeper: Keeper, *flags: str) -> Ended:
    return memory.pack("kit", "index", "add", keeper.folder, *flags)


def names(memory: Folder, status: int = 0) -> set[str]:
    found = memory.pack("kit", "search", "--format", "json")
    assert found.status == status, found
    return {one["name"] for one in found.json["kits"]} - {"project-template", "starter-profile"}


def refused(memory: Folder, keeper: Keeper, said: str, flag: str | None) -> None:
    """Nothing is found in it or installed from it, whoever asks."""
    before = memory.state()
    assert names(memory, 1) == set()
    ended = add(memory, keeper)
    assert ended.status == 1
    for one in (ended.err, memory.pack("kit", "install", "bake", "--yes").err):
        assert said in one
    assert flag is None or flag in ended.err
    assert memory.state() == before


def test_an_index_is_signed_once_for_each_change_and_as_ssh_does(keeper: Keeper) -> None:
    first = keeper.sign()
    assert first == {
        "signer": keeper.fingerprint,
        "version": 1,
        "kits": 1,
        "expires": "2099-01-31",
        "changed": True,
    }
    before = {file: file.read_bytes() for file in keeper.folder.rglob("*.*")}
    assert not keeper.sign()["changed"]
    assert {file: file.read_bytes() for file in keeper.folder.rglob("*.*")} == before
    assert (keeper.folder / "index.yaml").read_text() == (
        "# kept by Ann\nexpires: 2099-01-31\nversion: 1\n"
    )
    keeper.list("brew")
    assert keeper.sign("--dry-run")["version"] == 2
    assert "version: 1" in (keeper.folder / "index.yaml").read_text()
    assert (keeper.sign()["version"], keeper.sign()["version"]) == (2, 2)
    allowed = keeper.folder.parent / "allowed"
    allowed.write_text(f"ann {keeper.key.with_suffix('.pub').read_text()}")
    listed = (keeper.folder / LIST).read_bytes()
    said = ("-Y", "verify", "-f", allowed, "-I", "ann", "-n", NAMESPACE)
    assert "Good" in keygen(*said, "-s", keeper.folder / SIGNATURE, stdin=listed)
    subprocess.run(["sha256sum", "--check", "--strict", LIST], cwd=keeper.folder, check=True)


def test_what_ssh_signs_is_believed(memory: Folder, keeper: Keeper) -> None:
    """Also with a key that only its agent, or whoever knows its passphrase, can use."""
    key = keeper.folder.parent / "locked"
    keygen("-q", "-t", "ed25519", "-N", "secret words", "-f", key)
    ended = keeper.signing(key=key)
    assert ended.status != 0
    assert f"ssh-keygen -Y sign -n {NAMESPACE}" in ended.err
    keygen("-q", "-p", "-P", "secret words", "-N", "", "-f", key)
    keygen("-q", "-Y", "sign", "-n", NAMESPACE, "-f", key, keeper.folder / LIST)
    assert add(memory, keeper).status == 0
    assert names(memory) == {"bake"}
    (keeper.folder / SIGNATURE).unlink()
    keygen("-q", "-Y", "sign", "-n", "git", "-f", key, keeper.folder / LIST)
    refused(memory, keeper, "made for something else", None)


def test_a_key_is_shown_the_first_time_and_remembered(memory: Folder, keeper: Keeper) -> None:
    keeper.sign()
    shown = add(memory, keeper)
    assert shown.status == 0
    assert f"signed by {keeper.fingerprint}, and by no other key from now on" in shown.err
    assert add(memory, keeper).err.count("signed by") == 0
    listed = memory.json("kit", "index", "list")
    assert listed["signed"][str(keeper.folder)] == {"signer": keeper.fingerprint, "version": 1}
    assert keeper.fingerprint in memory.pack("kit", "index", "list").text
    # What is remembered is beside no memory, and outlives the list.
    assert keeper.fingerprint not in (memory.path / ".pack/kits.indexes.json").read_text()
    memory.ok("kit", "index", "remove", keeper.folder)
    (keeper.folder / LIST).unlink()
    (keeper.folder / SIGNATURE).unlink()
    ended = add(memory, keeper)
    assert (ended.status, "signed by nobody" in ended.err) == (1, True)


def test_a_dry_run_remembers_nothing(memory: Folder, keeper: Keeper) -> None:
    keeper.sign()
    assert add(memory, keeper, "--dry-run").status == 0
    (keeper.folder / LIST).unlink()
    (keeper.folder / SIGNATURE).unlink()
    assert add(memory, keeper).status == 0


def test_an_old_index_is_refused(memory: Folder, keeper: Keeper) -> None:
    keeper.sign()
    keeper.keep_copy("first")
    keeper.list("brew")
    keeper.sign()
    assert add(memory, keeper).status == 0
    keeper.serve_copy("first")
    refused(memory, keeper, "version 1 now, and was version 2", "--accept-older")
    assert add(memory, keeper, "--accept-signer", "--accept-moved").status == 1
    assert add(memory, keeper, "--accept-older").status == 0
    assert names(memory) == {"bake"}


def test_two_indexes_of_one_version_are_refused(memory: Folder, keeper: Keeper) -> None:
    keeper.keep_copy("unsigned")
    keeper.sign()
    assert add(memory, keeper).status == 0
    keeper.serve_copy("unsigned")
    keeper.list("evil")
    keeper.sign()
    refused(memory, keeper, "version 1 is not what it was", "--accept-moved")


def test_another_key_is_refused_until_a_person_accepts_it(memory: Folder, keeper: Keeper) -> None:
    keeper.sign()
    assert add(memory, keeper).status == 0
    other = keeper.folder.parent / "other"
    keygen("-q", "-t", "ed25519", "-N", "", "-f", other)
    keeper.list("brew")
    keeper.sign(key=other)
    refused(memory, keeper, "signed by another key", "--accept-signer")
    shown = add(memory, keeper, "--accept-signer")
    assert (shown.status, "by no other key from now on" in shown.err) == (0, True)
    assert names(memory) == {"bake", "brew"}
    keeper.list("bread")
    keeper.sign()
    refused(memory, keeper, "signed by another key", "--accept-signer")


def test_a_signature_that_is_taken_away_is_missed(memory: Folder, keeper: Keeper) -> None:
    keeper.sign()
    assert add(memory, keeper).status == 0
    (keeper.folder / SIGNATURE).unlink()
    refused(memory, keeper, f"{SIGNATURE} is missing", None)
    (keeper.folder / LIST).unlink()
    refused(memory, keeper, "signed by nobody", "--accept-signer")
    assert add(memory, keeper, "--accept-signer").status == 0
    assert names(memory) == {"bake"}


def test_whoever_serves_an_index_changes_nothing_in_it(memory: Folder, keeper: Keeper) -> None:
    keeper.sign()
    assert add(memory, keeper).status == 0
    keeper.keep_copy("signed")
    keeper.list("bake", "https://example.org/evil.git")
    refused(memory, keeper, "kits/bake.yaml is not as it was signed", None)
    keeper.serve_copy("signed")
    keeper.list("evil")
    refused(memory, keeper, "kits/evil.yaml is not as it was signed", None)
    keeper.serve_copy("signed")
    about = keeper.folder / "index.yaml"
    about.write_text(about.read_text().replace("version: 1", "version: 9"))
    refused(memory, keeper, "index.yaml is not as it was signed", None)


def test_an_expired_index_is_refused_and_not_signed(memory: Folder, keeper: Keeper) -> None:
    (keeper.folder / "index.yaml").write_text("version: 4\nexpires: 2020-01-31\n")
    ended = keeper.signing()
    assert ended.status != 0
    assert "expired on 2020-01-31" in ended.err
    assert not (keeper.folder / LIST).exists()
    assert add(memory, keeper).status == 1


@pytest.mark.parametrize(
    "broken", [{"kits/x.yaml": "["}, {"kits/x.yaml": "name: y\nsource: z\n"}, {"index.yaml": "["}]
)
def test_what_cannot_be_used_is_not_signed(keeper: Keeper, broken: dict[str, str]) -> None:
    for path, text in broken.items():
        (keeper.folder / path).write_text(text)
    assert keeper.signing().status != 0
    assert not (keeper.folder / SIGNATURE).exists()


@pytest.mark.parametrize("key", ["missing", "open"])
def test_a_key_that_is_none_or_that_others_can_read_signs_nothing(keeper: Keeper, key: str) -> None:
    given = keeper.folder.parent / key
    if key == "open":
        shutil.copy(keeper.key, given)
        given.chmod(0o644)
    assert keeper.signing(key=given).status != 0
    assert not (keeper.folder / SIGNATURE).exists()


def test_the_key_that_an_index_names_is_asked_for_the_first_time(
    memory: Folder, keeper: Keeper, tmp_path: Path
) -> None:
    upstream = Upstream(tmp_path / "upstream")
    upstream.write({"README.md": "# Kits\n"})
    upstream.git("init", "--quiet", "--initial-branch=main")
    upstream.publish("1.0.0", SOMEBODY)
    line = PublicKey(PUBLISHER.public_key().public_bytes_raw()).line
    keeper.list("observer", upstream.path, f"signer: {line} ann@example.org\n")
    keeper.sign()
    assert add(memory, keeper).status == 0
    head = memory.head()
    ended = memory.pack("kit", "install", "observer", "--yes")
    assert ended.status == 1
    assert "it is signed by another key" in ended.err
    assert "--accept-signer" in ended.err
    assert memory.head() == head
    upstream.publish("1.1.0", None)
    assert "signed by nobody" in memory.pack("kit", "install", "observer", "--yes").err
    upstream.publish("1.2.0", PUBLISHER)
    assert memory.json("kit", "install", "observer", "--yes")["version"] == "1.2.0"
    entry = next(one for one in memory.json("kit", "search")["kits"] if one["name"] == "observer")
    assert entry["signer"].startswith("SHA256:")


def test_where_another_index_steps_in_for_one_that_is_refused_it_is_said(
    memory: Folder, keeper: Keeper, index_of_somebody: Path
) -> None:
    keeper.sign()
    assert add(memory, keeper).status == 0
    memory.ok("kit", "index", "add", index_of_somebody)
    (keeper.folder / SIGNATURE).unlink()
    shown = memory.pack("kit", "install", "bake", "--dry-run")
    assert shown.status == 0, shown
    assert f"warning: the index {keeper.folder} cannot be read: {SIGNATURE} is missing" in shown.err


@pytest.fixture
def index_of_somebody(tmp_path: Path) -> Path:
    found = Folder(tmp_path / "somebody")
    found.write({"kits/bake.yaml": "name: bake\nsource: '#bake'\n"})
    found.write({"bake/kit.yaml": "schema: 1\nname: bake\nversion: 1.0.0\n"})
    return found.path
