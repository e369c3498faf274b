"""What goes back to upstream is the kit's own files, and nothing private with them (C15)."""

from datetime import UTC, datetime

import pytest

from pack.errors import InvalidRequest, NotFound, RefusedForSafety
from pack.kits.contribution import Message
from pack.kits.shipment import Shipment, ShippedFile, unpack
from pack.model import CommitId, Delete, Identity, blob_id

pytestmark = pytest.mark.contract("C15")

A = "kits/observer/a.md"
TEXT = "# A\n\nfirst\n\nsecond\n"
FAKE = "ghp" + "_" + "Ab1Cd2Ef3" * 4
COMMIT = CommitId("1" * 40)
MESSAGE = Message("", Identity("Ünï <Ada>", "ada@example.org"), datetime(2026, 1, 2, tzinfo=UTC))


@pytest.fixture
def memory(world):
    """A memory with a kit, and a private note beside it."""
    world.init()
    files = {
        "kit.yaml": b"schema: 1\nname: observer\nversion: 1.0.0\nbugs: {email: a@example.org}\n",
        "a.md": TEXT.encode(),
        "b.md": b"# B\n",
    }
    shipped = {path: ShippedFile(text) for path, text in files.items()}
    source = "https://example.org/kits.git#sub/observer"
    world.memory.kits.install(unpack(Shipment(source, None, COMMIT, shipped, "observer")))
    world.memory.notes.update("people/jo.md", "# Jo\n\nprivate\n")
    return world.memory


def edit(memory, new: str) -> None:
    memory.notes.update(A, TEXT.replace("second", new), blob_id(TEXT.encode()))


def test_a_contribution_is_the_hunks_of_the_kits_files_and_who_wrote_them(memory) -> None:
    edit(memory, "second, mine")
    memory.notes.update("kits/observer/mine.md", "# Mine\n\nprivate\n")
    found = memory.kits.upstream.contribution("observer", MESSAGE)
    assert found.branch == "contrib/observer-20260102T000000Z"
    assert (found.subject, found.files) == ("observer: change a.md", ["a.md"])
    head, _, rest = found.text.partition("\n---\n")
    assert "From: =?utf-8?" in head
    assert "Pack-Kit: observer@1.0.0\nPack-Wrote: a.md line 5: " in head
    assert "diff --git a/sub/observer/a.md b/sub/observer/a.md\n" in rest
    assert "-second\n+second, mine\n" in rest
    assert rest.endswith(f"base-commit: {COMMIT}\n")
    for private in ("private", "mine.md", "people", "truth_level", "updated:", "topic"):
        assert private not in found.text


def test_a_file_that_is_no_note_goes_too_and_nobody_is_said_to_have_written_it(world) -> None:
    world.init()
    manifest = b"schema: 1\nname: observer\nversion: 1.0.0\nfiles: ['**']\n"
    files = {"kit.yaml": manifest, "a.md": TEXT.encode(), "run.py": b"one = 1\n"}
    shipped = {path: ShippedFile(text) for path, text in files.items()}
    world.memory.kits.install(unpack(Shipment("/up", None, None, shipped, "observer")))
    edit(world.memory, "mine")
    world.commit({"kits/observer/run.py": b"one = 2\n"})
    found = world.memory.kits.upstream.contribution("observer", MESSAGE)
    assert found.files == ["a.md", "run.py"]
    assert "+one = 2\n" in found.text
    assert "run.py line 1: not known" in found.wrote


def test_what_goes_into_no_patch_is_named(world, memory) -> None:
    memory.connector.commit(
        memory.connector.head(), [Delete("kits/observer/b.md", blob_id(b"# B\n"))], "by hand"
    )
    with pytest.raises(InvalidRequest, match=r"goes into no patch of text: b\.md"):
        memory.kits.upstream.contribution("observer", MESSAGE)


def test_without_a_change_there_is_nothing_to_contribute(memory) -> None:
    with pytest.raises(InvalidRequest, match="nothing that observer shipped was changed"):
        memory.kits.upstream.contribution("observer", MESSAGE)
    for ask in (memory.kits.upstream.contribution, memory.kits.upstream.report):
        with pytest.raises(NotFound):
            ask("other", MESSAGE if ask == memory.kits.upstream.contribution else "It fails")


@pytest.mark.parametrize(
    ("new", "said"),
    [
        (f"use {FAKE}", "a GitHub token"),
        ("see people/jo.md", "the path of a note outside"),
        ("see [[jo]]", "the path of a note outside"),
        ("see [[Jo#plans|him]]", "the path of a note outside"),
        ("see [[own]]", "the path of a note outside"),
        ("see [it](own.md)", "the path of a note outside"),
        ("in /" + "home/jdoe/x", "a folder of somebody's home"),
        ("in ~" + "/Clients/Acme", "a folder of somebody's home"),
        ("<!-- internal: ask Jo -->", "a comment for the people at home"),
        ("internal: true", "a key that says it is internal"),
    ],
)
def test_what_is_private_stays(memory, new: str, said: str) -> None:
    edit(memory, new)
    memory.notes.update("kits/observer/own.md", "# Own\n")
    upstream = memory.kits.upstream
    for make in (
        lambda: upstream.contribution("observer", MESSAGE),
        lambda: upstream.report("observer", "It fails", with_patch=True),
        lambda: upstream.report("observer", new),
        lambda: upstream.report("observer", "It fails", f"First.\n{new}"),
    ):
        with pytest.raises(RefusedForSafety, match=said) as caught:
            make()
        assert new not in str(caught.value)
    shown = upstream.report("observer", "It fails")
    assert new not in shown.body + shown.title + shown.address


def test_what_upstream_knows_is_no_leak(memory) -> None:
    memory.notes.update("people/b.md", "# Private\n")
    edit(memory, "see [[b]] and b.md, or ~" + "/.config/x\n\n```yaml\ninternal: true\n```")
    upstream = memory.kits.upstream
    assert "[[b]]" in upstream.contribution("observer", MESSAGE).text
    assert "a.md" in upstream.report("observer", "It fails", with_patch=True).body


@pytest.mark.parametrize("ref", ["/" + "home/jdoe/x", "people/jo.md"])
def test_all_of_a_report_is_looked_through(world, ref: str) -> None:
    world.init()
    manifest = b"schema: 1\nname: observer\nversion: 1.0.0\nbugs: {email: a@example.org}\n"
    files = {"kit.yaml": ShippedFile(manifest), "a.md": ShippedFile(TEXT.encode())}
    shipment = Shipment("https://example.org/kits", ref, COMMIT, files, "observer")
    world.memory.kits.install(unpack(shipment))
    world.memory.notes.update("people/jo.md", "# Jo\n")
    with pytest.raises(RefusedForSafety, match="report, line"):
        world.memory.kits.upstream.report("observer", "It fails")


def test_what_upstream_itself_says_is_no_leak(world) -> None:
    world.init()
    text = f"# A\n\nAn example: {FAKE}, <!-- internal --> [[jo]]\n\nsecond\n"
    files = {"kit.yaml": b"schema: 1\nname: observer\nversion: 1.0.0\n", "a.md": text.encode()}
    shipped = {path: ShippedFile(one) for path, one in files.items()}
    world.memory.kits.install(unpack(Shipment("/up", None, None, shipped, "observer")))
    world.memory.notes.update("people/jo.md", "# Jo\n")
    new = text.replace("second", "mine")
    world.memory.notes.update(A, new, blob_id(text.encode()))
    assert "+mine\n" in world.memory.kits.upstream.contribution("observer", MESSAGE).text
