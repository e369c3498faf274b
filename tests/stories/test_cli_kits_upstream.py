"""Drafts for whoever keeps a kit: git takes them, and nothing is sent or overwritten (C15)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder, new_memory
from tests.support import make_again

pytestmark = pytest.mark.contract("C15")

_USER = ("-c", "user.name=Upstream", "-c", "user.email=up@example.org")
FAKE = "hf" + "_" + "Ab1Cd2Ef3" * 4


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    upstream = Folder(folder / "upstream")
    manifest = (
        "schema: 1\nname: observer\nversion: 1.0.0\nbugs: {url: 'https://example.org/bugs'}\n"
    )
    upstream.write(
        {
            "sub/observer/kit.yaml": manifest,
            "sub/observer/a.md": "# A\n\none\n\ntwo\n",
            "sub/observer/crlf.md": b"# C\r\n\r\none\r\n",
            "sub/observer/no end.md": "# N\n\none",
        }
    )
    upstream.git("init", "--quiet", "--initial-branch=main")
    upstream.git("add", "--all")
    upstream.git(*_USER, "commit", "-qm", "1.0.0")
    new_memory(folder / "memory")


@pytest.fixture
def story(tmp_path: Path) -> Path:
    make_again(_make, tmp_path / "story")
    return tmp_path / "story"


@pytest.fixture
def upstream(story: Path) -> Folder:
    return Folder(story / "upstream")


@pytest.fixture
def memory(story: Path, upstream: Folder) -> Folder:
    found = Folder(story / "memory")
    found.ok("kit", "install", f"{upstream.path}#sub/observer", "--yes")
    return found


def edit(memory: Folder, name: str, old: bytes, new: bytes) -> None:
    file = memory.path / "kits" / "observer" / name
    file.write_bytes(file.read_bytes().replace(old, new))


def test_git_takes_a_contribution_and_the_update_after_it_changes_nothing(
    memory: Folder, upstream: Folder, story: Path
) -> None:
    memory.ok("edit", "kits/observer/a.md", "--replace", "two", "two, mine")
    edit(memory, "no end.md", b"one", b"one, mine")
    memory.write({"kits/observer/private.md": "# Mine\n"})
    before = memory.state()
    made = memory.json("kit", "contribute", "observer", "Say it bëtter", "--output", "c.patch")
    patch = (story / "c.patch").read_text(encoding="utf-8")
    assert made["patch"] == patch
    assert made["files"] == ["a.md", "no end.md"]
    assert memory.state() == before
    assert memory.pack("kit", "contribute", "observer", "--output", "c.patch").status == 1
    assert (story / "c.patch").read_text(encoding="utf-8") == patch
    upstream.git("switch", "--quiet", "--create", made["branch"])
    upstream.git(*_USER, "am", "--quiet", str(story / "c.patch"))
    message = upstream.git("log", "-1", "--format=%s%n%an%n%b")
    assert message.startswith("Say it bëtter\n")
    assert "Pack-Wrote: a.md line 5: " in message
    assert upstream.git("diff", "--name-only", "HEAD~1").split("\n")[:2] == [
        "sub/observer/a.md",
        "sub/observer/no end.md",
    ]
    assert (upstream.path / "sub/observer/a.md").read_text() == "# A\n\none\n\ntwo, mine\n"
    text = (memory.path / "kits/observer/a.md").read_bytes()
    memory.ok("kit", "update", "observer")
    assert (memory.path / "kits/observer/a.md").read_bytes() == text
    states = {one["path"]: one["state"] for one in memory.json("kit", "status")["kits"][0]["files"]}
    assert states["kits/observer/no end.md"] == "PRISTINE"


def test_lines_that_end_in_cr_lf_arrive_with_them(
    memory: Folder, upstream: Folder, story: Path
) -> None:
    edit(memory, "crlf.md", b"one", b"one, mine")
    said = memory.ok("kit", "contribute", "observer")
    assert "`git am --keep-cr`" in said.text
    (story / "c.patch").write_bytes(said.out)
    upstream.git(*_USER, "am", "--quiet", "--keep-cr", str(story / "c.patch"))
    sent = (upstream.path / "sub/observer/crlf.md").read_bytes()
    assert sent == b"# C\r\n\r\none, mine\r\n"


def test_a_report_is_a_draft_with_where_it_goes(memory: Folder) -> None:
    edit(memory, "a.md", b"two", b"two, mine")
    before = memory.state()
    said = memory.ok("kit", "bug", "observer", "It fails on IPv6", "Nothing happens.")
    assert said.text.startswith("# It fails on IPv6\n\n## What happened\n\nNothing happens.\n")
    assert "| `a.md` | MODIFIED |" in said.text
    assert "two, mine" not in said.text
    assert "nothing was sent; report it at https://example.org/bugs" in said.err
    found = memory.json("kit", "bug", "observer", "It fails", "--patch")
    assert found["address"] == "https://example.org/bugs"
    assert "+two, mine\n" in found["body"]
    assert str(memory.path.parent) not in found["body"]
    assert memory.state() == before


@pytest.mark.parametrize(
    "words",
    [
        ("bug",),
        ("bug", "observer"),
        ("bug", "other", "It fails"),
        ("bug", "observer", f"It fails with {FAKE}"),
        ("bug", "observer", "It fails", "--patch"),
        ("contribute",),
        ("contribute", "observer"),
        ("contribute", "observer", "--output", "no/such/folder/c.patch"),
    ],
)
def test_what_cannot_be_said_is_refused_and_no_secret_is_repeated(
    memory: Folder, words: tuple[str, ...]
) -> None:
    edit(memory, "a.md", b"two", f"two {FAKE}".encode())
    ended = memory.pack("kit", *words)
    assert ended.status != 0
    assert ended.out == b""
    assert FAKE not in ended.err
    assert not list(memory.path.parent.glob("*.patch"))


def test_a_contribution_that_is_sent_is_a_branch_upstream_and_there_once(
    memory: Folder, upstream: Folder
) -> None:
    edit(memory, "a.md", b"two", b"two, mine")
    before = upstream.git("for-each-ref")
    assert memory.pack("kit", "contribute", "observer", "--send").status == 1  # nobody was asked
    memory.ok("kit", "contribute", "observer", "--send", "--dry-run")
    assert upstream.git("for-each-ref") == before
    sent = memory.json("kit", "contribute", "observer", "Say it better", "--send", "--yes")
    assert sent["pushed_to"] == sent["repo"] == str(upstream.path)
    assert sent["pull_request"]["url"] is None
    assert "`sub/observer/a.md`" in sent["pull_request"]["body"]
    assert upstream.git("show", f"{sent['branch']}:sub/observer/a.md").endswith("two, mine\n")
    message = upstream.git("log", "-1", "--format=%B", sent["branch"])
    assert message.startswith("Say it better\n")
    assert "Pack-Wrote: a.md line 5: " in message
    again = memory.json("kit", "contribute", "observer", "Say it better", "--send", "--yes")
    assert (again["branch"], again["commit"]) == (sent["branch"], sent["commit"])
    upstream.git(*_USER, "merge", "--quiet", sent["branch"])
    memory.ok("kit", "update", "observer")
    states = {one["path"]: one["state"] for one in memory.json("kit", "status")["kits"][0]["files"]}
    assert set(states.values()) == {"PRISTINE"}


def test_what_must_stay_here_is_not_sent(memory: Folder, upstream: Folder) -> None:
    edit(memory, "a.md", b"two", f"two, with {FAKE}".encode())
    before = upstream.git("for-each-ref")
    ended = memory.pack("kit", "contribute", "observer", "--send", "--yes")
    assert ended.status != 0
    assert FAKE not in ended.text + ended.err
    assert upstream.git("for-each-ref") == before


def test_a_report_is_sent_only_where_pack_can(memory: Folder) -> None:
    ended = memory.pack("kit", "bug", "observer", "It fails", "--send", "--yes")
    assert ended.status == 1
    assert "only issues on GitHub" in ended.err
