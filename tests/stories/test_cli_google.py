"""A Google document as a person has one: the installed command, and Google on loopback."""

from __future__ import annotations

import re
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.standins.google_docs import GET, TOKEN, UPDATE, GoogleStandIn
from tests.standins.google_http import GoogleOnWire, browse
from tests.stories.cli_driver import Ended, new_memory, run
from tests.stories.prepared import pack_command

_ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/authorize\?\S+")


class Desk:
    """A memory, a document, and the settings that bring the one to the other."""

    def __init__(self, memory: Path, wire: GoogleOnWire) -> None:
        self.memory = new_memory(memory)
        self.wire = wire
        self.google = wire.google
        self.document = self.google.document()

    def pack(self, *words: str, stdin: str = "") -> Ended:
        ended = self.memory.pack(*words, stdin=stdin)
        assert "canary" not in ended.text + ended.err
        return ended

    def ok(self, *words: str, stdin: str = "") -> Ended:
        ended = self.pack(*words, stdin=stdin)
        assert ended.status == 0, ended
        return ended

    def write(self, text: str) -> None:
        self.memory.ok("update", "context/new.md", stdin=text)

    def rewrite(self, text: str) -> None:
        sha = self.memory.sha("context/new.md")
        self.memory.ok("update", "context/new.md", "--sha", sha, stdin=text)


@pytest.fixture
def desk(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, git_identity: tuple[str, str]
) -> Iterator[Desk]:
    with GoogleOnWire(GoogleStandIn()) as wire:
        given = {
            **wire.settings,
            "GOOGLE_CLIENT_ID": "client-id",
            "GOOGLE_CLIENT_SECRET": "client-secret-canary",
            "GOOGLE_REFRESH_TOKEN": "1//refresh-token-canary",
            "GOOGLE_DOC_ID": "https://docs.google.com/document/d/document-1/edit?tab=t.0",
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        made = Desk(tmp_path / "memory", wire)
        yield made
    for file in made.memory.path.rglob("*"):
        assert not file.is_file() or b"canary" not in file.read_bytes()


@pytest.mark.contract("C3", "C11")
def test_the_life_of_a_document(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write("# New 😀\n\none two three\n")
    desk.ok("sync")
    assert "# New 😀\n\none two three\n" in desk.document.text
    assert desk.google.asked == [(TOKEN, 200), (GET, 200), (UPDATE, 200)]

    desk.google.asked.clear()
    desk.ok("sync")
    assert desk.google.asked == []

    monkeypatch.setenv("NOTION_SYNC_MODE", "multi")  # which is none of its business
    desk.rewrite("# New 😀\n\none deux three\n")
    desk.ok("sync")
    removed, inserted = desk.google.edits[-1]
    place = removed["deleteContentRange"]["range"]
    assert place["endIndex"] - place["startIndex"] == len("two")
    assert inserted["insertText"]["text"] == "deux"


@pytest.mark.contract("C1")
def test_an_edit_by_somebody_else_at_the_same_time(desk: Desk) -> None:
    desk.write("# New\n\none\n")
    desk.memory.ok("sync")

    def edit() -> None:
        desk.document.first.insert(0, "mine ")
        desk.document.number += 1

    desk.google.others.append(edit)
    desk.google.asked.clear()
    desk.rewrite("# New\n\ntwo\n")
    ended = desk.ok("sync")
    assert [status for name, status in desk.google.asked if name == UPDATE] == [400, 200]
    assert "somebody else edited" in ended.text + ended.err
    assert "mine" not in desk.document.text
    assert "two" in desk.document.text


@pytest.mark.contract("C1")
def test_revoked_access_parks_the_target_and_a_new_one_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    desk.memory.ok("sync")
    desk.google.revoke()
    desk.write("# New\n")
    ended = desk.pack("sync")
    assert (ended.status, "pack google-auth" in ended.text + ended.err) == (1, True), ended
    assert "revoked" in ended.text + ended.err
    asked = len(desk.google.asked)
    assert desk.pack("sync").status == 1
    assert len(desk.google.asked) == asked
    assert "google-docs" in desk.ok("status").text

    monkeypatch.delenv("GOOGLE_REFRESH_TOKEN")
    status, _, said = authorise(desk)
    assert (status, "stored GOOGLE_REFRESH_TOKEN" in said) == (0, True), said
    desk.ok("sync")
    assert "# New" in desk.document.text


def authorise(desk: Desk) -> tuple[int, tuple[int, str], str]:
    """`pack google-auth` and its user: how it ended, the user's last page, what it said."""
    command = [pack_command(), "google-auth", "--timeout", "60"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            said, url = _invitation(process)
            page = browse(url)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()  # nothing happens where it has ended
    everything = said + err + out
    assert "canary" not in everything.replace(url, "")
    return process.returncode, page, everything


def _invitation(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What it says until it has said where to agree; and where."""
    assert process.stderr is not None
    said = ""
    while not (found := _ADDRESS.search(said)):
        line = process.stderr.readline()
        assert line, said
        said += line
    return said, found[0]


def test_the_permission_is_asked_for_and_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.delenv("GOOGLE_REFRESH_TOKEN")
    file = home / ".pack.env"
    file.write_bytes(b"# mine\r\nA=1\r\n")
    status, (shown, text), said = authorise(desk)
    assert (status, shown) == (0, 200), said
    assert "close this page" in text
    (token,) = desk.google.refresh_tokens - {"1//refresh-token-canary"}
    assert file.read_bytes() == f"# mine\r\nA=1\r\nGOOGLE_REFRESH_TOKEN={token}\r\n".encode()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert desk.google.asked == [(TOKEN, 200)]
    desk.ok("sync")


def test_a_user_who_says_no(desk: Desk, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.delenv("GOOGLE_REFRESH_TOKEN")
    desk.wire.is_denied = True
    status, _, said = authorise(desk)
    assert (status, "was not granted" in said) == (1, True), said
    assert not (home / ".pack.env").exists()


@pytest.mark.parametrize("name", ["GOOGLE_API_URL", "GOOGLE_TOKEN_URI"])
@pytest.mark.parametrize("url", ["http://docs.example", "http://127.0.0.1.evil.example", "x"])
def test_a_server_that_others_could_listen_to_gets_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    monkeypatch.setenv(name, url)
    ended = desk.memory.pack("sync")
    assert (ended.status, name in ended.text + ended.err) == (1, True), ended
    assert desk.google.asked == []


@pytest.mark.parametrize("name", ["GOOGLE_AUTH_URI", "GOOGLE_TOKEN_URI"])
def test_the_permission_is_asked_for_nowhere_else(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "http://accounts.example/")
    ended = run("google-auth", "--timeout", "1")
    assert (ended.status, name in ended.err) == (1, True), ended
