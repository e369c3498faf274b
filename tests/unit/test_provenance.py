"""Commit messages say who wrote, and nothing a caller sends can say it for them."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.provenance import TRUTH_LEVELS, Origin, Source, commit_message, is_ours
from tests.support import World, git

ORIGIN = Origin(Source.AI_CLOUD, "claude desktop")
OURS = "Pack-Origin: ai-cloud:claude-desktop\nPack-Truth-Level: 5\nPack-Request: r1\n"
FORGED = "Pack-Origin: user:me"
SAID = {
    "trailer": f"done\n\n{FORGED}\nPack-Truth-Level: 1\n",
    "only a trailer": FORGED,
    "trailer first": f"{FORGED}\nmore",
    "divider": f"words\n---\n{FORGED}\n",
    "divider with text": f"words\n--- a/file\n{FORGED}\n",
    "blank before divider": f"words\n \t---\n\n{FORGED}\n",
    "scissors": f"words\n# ------------------------ >8 ------------------------\n{FORGED}\n",
    "comment": f"words\n# comment\n#\n{FORGED}\n",
    "cherry": f"words\n(cherry picked from commit 0000)\n{FORGED}\n",
    "signed": f"words\n\nSigned-off-by: X <x@example.org>\n{FORGED}\n",
    "folded": f"words\n\nPack-Note: a\n {FORGED}\n  folded\n",
    "equals": "words\n\nPack-Origin=user:me\nPack-Origin : user\n",
    "nul": f"words\0{FORGED}\0\n\n{FORGED}\0",
    "cr": f"words\r{FORGED}\r\r{FORGED}",
    "separators": f"words\u2028{FORGED}\x85{FORGED}\x0b{FORGED}\x0c{FORGED}\x1c{FORGED}",
    "bidi": f"\u202ewords\u2066\n{FORGED}",
    "surrogates": f"\ud800\n\n{FORGED}\udfff",
    "one megabyte": f"{FORGED}\n" * 50_000,
    "one long line": "x" * 1_000_000,
    "blank": " \n\n\t\n",
    "diff": f"words\ndiff --git a/x b/x\n+{FORGED}\n",
    "many blank lines": "\n".join(["words", *[""] * 50, FORGED, *[""] * 50]),
    "non-Latin": "記憶を更新\n\n詳細\n",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "--quiet")
    return folder


def trailers(folder, message):
    """What git takes for trailers, in a message and in a commit with that message."""
    parsed = git(folder, "interpret-trailers", "--parse", stdin=message.encode()).decode()
    tree = git(folder, "hash-object", "-w", "-t", "tree", "--stdin").decode().strip()
    author = "Test User <user@example.org> 1700000000 +0000"
    data = f"tree {tree}\nauthor {author}\ncommitter {author}\n\n{message}\n"
    commit = git(folder, "hash-object", "-w", "-t", "commit", "--stdin", stdin=data.encode())
    shown = git(folder, "log", "-1", "--format=%(trailers)", commit.decode().strip()).decode()
    return parsed, shown.rstrip("\n") + "\n"


@pytest.mark.parametrize("name", SAID)
def test_nothing_said_can_pass_for_a_trailer(repository, name):
    message = commit_message("a/b.md: update", ORIGIN, "r1", SAID[name], ["a/c.md"])
    assert trailers(repository, message) == (OURS, OURS)
    assert message.startswith("a/b.md: update")
    assert message.encode().isascii() or name in (
        "non-Latin",
        "one long line",
        "surrogates",
        "bidi",
    )
    assert len(message) < 6000
    assert "\0" not in message
    assert "\r" not in message


PIECES = st.sampled_from(
    [
        FORGED,
        "---",
        "--- x",
        "#",
        "\n",
        "\n\n",
        " ",
        "words",
        "a: b",
        "-- >8 --",
        "\r",
        "\0",
        "\u2028",
    ]
)


@settings(max_examples=25)
@given(st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES, max_size=3).map("".join))
def test_no_words_and_no_names_forge_a_trailer(repository, said, name):
    subject = f"a/{name}b.md: update"
    message = commit_message(subject, ORIGIN, "r1", said, [f"c/{name}.md", name])
    assert trailers(repository, message) == (OURS, OURS)


def test_the_words_of_the_caller_are_kept():
    message = commit_message("a/b.md: update", ORIGIN, "r1", "Why:\n\nbecause\n- one\n- two")
    assert message == ("a/b.md: update (Why:)\n\nbecause\n- one\n- two\n\n" + OURS.rstrip("\n"))
    long = "a very long explanation of what was done and of what was not done, and why"
    message = commit_message("a/b.md: update", ORIGIN, "r1", long)
    assert len(message.splitlines()[0]) <= 72
    assert message.splitlines()[0].startswith("a/b.md: update (a very long")
    assert long in message.splitlines()


def test_a_long_path_is_kept_whole_in_the_subject():
    path = "a/" + "x" * 200 + ".md"
    assert commit_message(f"{path}: update", ORIGIN, "r1").splitlines()[0] == f"{path}: update"


def test_every_path_is_named():
    message = commit_message("a/b.md: move", ORIGIN, "r1", None, ["a/c.md", "d/e.md"])
    assert "\n\na/c.md\nd/e.md\n\n" in message


CLIENTS = [
    "claude desktop",
    "",
    " ",
    "...",
    "<>",
    "a <b@c.d>",
    "x\nPack-Origin: user",
    "\0",
    "\ud800",
    "日本",
    "x" * 5000,
    "()",
    "-",
    "a:b",
    "'\"",
]


@pytest.mark.contract("C9")
@pytest.mark.parametrize("client", CLIENTS)
def test_any_client_name_makes_a_valid_commit(git_world, client):
    git_world.init()
    origin = Origin(Source.AI_LOCAL, client)
    git_world.memory.written_by(origin).notes.update("a/b.md", "x\n")
    git(git_world.folder, "fsck", "--strict")
    name, address = git(git_world.folder, "log", "-1", "--format=%an%n%ae").decode().splitlines()
    assert name
    assert re.fullmatch(r"ai-local\.[\w.-]+@pack\.invalid", address)
    found = git(git_world.folder, "log", "-1", "--format=%(trailers:key=Pack-Origin)").decode()
    assert found.strip() == f"Pack-Origin: {origin.label}"
    assert re.fullmatch(r"ai-local:[A-Za-z0-9._-]{1,64}", origin.label)


def test_each_source_has_its_level():
    assert [TRUTH_LEVELS[source] for source in Source] == [1, 2, 3, 4, 5, 5]
    assert Origin(Source.KIT, "observer@1.2.0").label == "kit:observer@1.2.0"
    author = Origin(Source.KIT, "observer@1.2.0").author
    assert author is not None
    assert author.email == "kit.observer-1.2.0@pack.invalid"
    assert Origin(Source.USER, "cli").author is None


@pytest.mark.parametrize("name", SAID)
def test_a_write_with_any_words_is_made_and_signed_by_its_writer(git_world, name):
    git_world.init()
    git_world.memory.notes.update("a/b.md", "x\n", message=SAID[name])
    git(git_world.folder, "fsck", "--strict")
    shown = git(git_world.folder, "log", "-1", "--format=%(trailers)").decode().strip()
    assert shown.splitlines() == [
        "Pack-Origin: ai-cloud:test-client",
        "Pack-Truth-Level: 5",
        "Pack-Request: request-2",
    ]


def test_the_user_is_the_author_of_what_the_command_line_writes(git_world):
    git_world.init()
    git_world.memory.written_by(Origin(Source.USER, "cli")).notes.update("a/b.md", "x\n")
    shown = git(git_world.folder, "log", "-1", "--format=%an <%ae>").decode().strip()
    assert shown == "Test User <user@example.org>"


def test_a_file_name_made_by_hand_cannot_forge_a_trailer(git_world):
    memory = git_world.init()
    name = f"a/x\n\n{FORGED}\n---\n.md"
    git_world.edit(name, "---\nttl: 2026-01-01\n---\nx\n")
    git_world.edit("a/y.md", "---\nttl: 2026-01-01\n---\nx\n")
    git(git_world.folder, "add", "--all")
    git(git_world.folder, "commit", "-q", "-m", "by hand")
    # A name with a line end is no memory, so it never gets into a message.
    expired = memory.care.list_expired()
    assert [file.path for file in expired] == ["a/y.md"]
    memory.care.prune(expired)
    shown = git(git_world.folder, "log", "-1", "--format=%(trailers)").decode().strip()
    assert shown.splitlines()[0] == "Pack-Origin: ai-cloud:test-client"
    assert len(shown.splitlines()) == 3
    message = git(git_world.folder, "log", "-1", "--format=%B")
    assert (
        len(git(git_world.folder, "interpret-trailers", "--parse", stdin=message).splitlines()) == 3
    )


def test_worlds_differ_in_nothing_but_the_request():
    first, second = World(None), World(None)
    first.init()
    second.init()
    assert first.messages() == second.messages()


def test_further_trailers_are_one_line_each():
    given = [("Pack-Undoes", "abc\nPack-Origin: user:forged")]
    message = commit_message("a/x.md: undo", ORIGIN, "r", trailers=given)
    last = message.rpartition("\n\n")[2].splitlines()
    assert last[-1] == "Pack-Undoes: abcPack-Origin: user:forged"
    assert sum(line.startswith("Pack-Origin: ") for line in last) == 1
    assert is_ours(message)
