"""A person decides at the command line on what others propose; nobody else can."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pack_servers.config.settings import Settings
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import open_memory

from pack.model import ABSENT, MemoryPath, Put
from pack.provenance import Origin, Source, commit_message
from tests.stories.cli_driver import Folder, new_memory
from tests.stories.terminal_driver import at_terminal

pytestmark = pytest.mark.contract("C13")

CLAUDE = Origin(Source.AI_CLOUD, "claude-code")
RULES, OTHER = "context/rules.md", "context/other.md"
TEXT = "# Rules\n\nNever send mail.\n\nStay short.\n\nAsk first.\n"
TRUE = {"EDITOR": "true"}
FIELDS = ["id", "path", "origin", "level", "time", "base", "stale", "added", "removed", "status"]


@pytest.fixture
def memory(tmp_path: Path) -> Folder:
    """A memory with one note of the person's."""
    made = new_memory(tmp_path / "memory")
    made.ok("update", RULES, stdin=TEXT)
    return made


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A memory with two proposals of one client, of which no test decides."""
    made = new_memory(tmp_path_factory.mktemp("decided") / "memory")
    made.ok("update", RULES, stdin=TEXT)
    made.ok("update", OTHER, stdin="# Other\n\nMine.\n")
    propose(made, MAIL)
    propose(made, ("Mine.", "Ours."), path=OTHER)
    return made


def propose(
    memory: Folder, *words: tuple[str, str], path: str = RULES, origin: Origin = CLAUDE
) -> str:
    """The proposal that an agent's rewrite becomes."""
    with open_memory(Settings(), LocalPlace(memory.path), origin=origin) as opened:
        found = opened.notes.get(path)
        text = found.content
        for old, new in words:
            text = text.replace(old, new)
        made = opened.notes.update(path, text, found.sha, "tidy up")
        assert made.proposal is not None
        return made.proposal


MAIL = ("Never send", "Always send")
ASK = ("Ask first.", "Do not ask.")
SHORT = ("Stay short.", "Be verbose.")


def text_of(memory: Folder) -> str:
    return (memory.path / RULES).read_text(encoding="utf-8")


def test_what_waits_is_listed_shown_and_counted(memory: Folder) -> None:
    assert memory.json("proposals") == {"proposals": []}
    made = propose(memory, MAIL, ASK)
    (listed,) = memory.json("proposals")["proposals"]
    assert list(listed) == FIELDS
    assert (listed["id"], listed["path"], listed["status"]) == (made, RULES, "open")
    assert (listed["origin"], listed["level"], listed["stale"]) == (
        "ai-cloud:claude-code",
        5,
        False,
    )
    assert (listed["added"], listed["removed"]) == (2, 2)
    assert f"{made}  {RULES}  Claude" in memory.ok("proposals").text
    shown = memory.ok("proposals", "show", made)
    assert "[-Never-]{+Always+} send mail." in shown.text
    assert "part 2 of 2" in shown.text
    assert f"pack proposals accept {made} --shown " in shown.err
    assert "1 proposal; run `pack review`" in memory.ok("status").text
    assert memory.json("status")["proposals"] == memory.json("log")["proposals"] == 1
    assert "1 proposal to decide on" in memory.ok("log").err
    assert "1 proposed change waits for the user's decision" in memory.ok("context").text


def test_what_was_shown_is_accepted_and_can_be_undone(memory: Folder) -> None:
    made = propose(memory, MAIL, ASK)
    shown = memory.json("proposals", "show", made)
    before = memory.commits()
    done = memory.json("proposals", "accept", made, "--shown", shown["shown"])
    assert list(done) == ["proposal", "status", "commit"]
    assert (done["proposal"], done["status"], done["commit"]) == (made, "accepted", memory.head())
    assert memory.commits() == before + 1
    assert ("Always send mail." in text_of(memory), "Do not ask." in text_of(memory)) == (
        True,
        True,
    )
    memory.ok("undo", "--yes")
    assert "Never send mail." in text_of(memory)


def test_what_was_not_shown_is_not_accepted(memory: Folder) -> None:
    made = propose(memory, MAIL)
    shown = memory.json("proposals", "show", made)["shown"]
    assert propose(memory, MAIL, ("mail.", "all my mail to everybody.")) == made  # it is folded
    ended = memory.pack("proposals", "accept", made, "--shown", shown)
    assert ended.status == 2
    assert "no longer what you were shown" in ended.err
    assert memory.pack("proposals", "accept", made).status == 1  # nobody can be asked
    assert "Never send mail." in text_of(memory)


def test_parts_are_accepted_and_the_rest_is_refused(memory: Folder) -> None:
    made = propose(memory, MAIL, SHORT, ASK)
    done = memory.json("proposals", "accept", made, "--hunks", "1,3", "--yes")
    assert done["status"] == "open"
    assert "Stay short." in text_of(memory)
    for wrong in ("x", "9" * 5000):
        assert memory.pack("proposals", "accept", made, "--hunks", wrong, "--yes").status == 1
    done = memory.json("proposals", "reject", made, "--reason", "short is good")
    assert (done["status"], done["commit"]) == ("rejected", None)
    assert memory.json("proposals", "show", made)["reason"] == "short is good"
    assert "Be verbose." not in text_of(memory)


def test_an_ai_that_calls_itself_user_is_not_taken_for_one(memory: Folder) -> None:
    propose(memory, MAIL, origin=Origin(Source.AI_CLOUD, "user"))
    assert memory.pack("proposals", "accept", "--all-from", "user", "--yes").status == 1
    assert len(memory.json("proposals")["proposals"]) == 1
    memory.ok("proposals", "reject", "--all-from", "ai-cloud:user")


def test_all_of_one_writer_are_decided_on_together(memory: Folder) -> None:
    memory.ok("update", OTHER, stdin="# Other\n\nMine.\n")
    made = {propose(memory, MAIL), propose(memory, ("Mine.", "Ours."), path=OTHER)}
    done = memory.json("proposals", "reject", "--all-from", "claude")
    assert {one["proposal"] for one in done["decided"]} == made
    assert memory.json("proposals") == {"proposals": []}
    assert memory.pack("proposals", "reject", "--all-from", "claude").status == 1


def test_a_move_and_a_deletion_are_called_so(memory: Folder) -> None:
    memory.ok("update", OTHER, stdin="# Other\n\nMine.\n")
    with open_memory(Settings(), LocalPlace(memory.path), origin=CLAUDE) as opened:
        opened.notes.move(RULES, "notes/rules.md", opened.notes.get(RULES).sha)
        opened.notes.delete(OTHER, opened.notes.get(OTHER).sha)
    listed = memory.ok("proposals").text
    assert re.search(rf"{RULES}.*  moved\n", listed)
    assert re.search(rf"{OTHER}.*  deleted \+0 -8\n", listed)


def test_a_proposal_that_changes_nothing_any_more_is_closed(memory: Folder) -> None:
    made = propose(memory, MAIL)
    memory.ok("edit", RULES, "--replace", *MAIL)
    before = memory.commits()
    said = memory.ok("proposals", "accept", made, "--yes").text
    assert said.startswith(f"{made} is closed: all of it was in the memory already")
    assert (memory.commits(), memory.json("proposals")) == (before, {"proposals": []})


def test_an_edited_proposal_is_accepted(memory: Folder, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i.old 's/Always send/Rarely send/' \"$1\"\n")
    editor.chmod(0o755)
    made = propose(memory, MAIL)
    ended = memory.pack("proposals", "edit", made, env={"EDITOR": str(editor)})
    assert ended.status == 0, ended
    assert "Rarely send mail." in text_of(memory)


def test_an_editor_that_is_closed_without_saving_decides_nothing(memory: Folder) -> None:
    made = propose(memory, MAIL)
    state = memory.state()
    ended = memory.pack("proposals", "edit", made, "--format", "json", env=TRUE)
    assert ended.json == {"proposal": made, "status": "open", "commit": None}
    assert "nothing was saved; the proposal waits" in ended.err
    assert (memory.state(), len(memory.json("proposals")["proposals"])) == (state, 1)


def test_a_proposal_that_is_saved_as_it_is_is_accepted(memory: Folder) -> None:
    made = propose(memory, MAIL)
    assert memory.pack("proposals", "edit", made, env={"EDITOR": "touch"}).status == 0
    assert "Always send mail." in text_of(memory)


def test_a_hand_edit_is_not_taken_for_what_a_stale_proposal_wanted(memory: Folder) -> None:
    made = propose(memory, MAIL)
    (memory.path / RULES).write_text(text_of(memory).replace("Never send mail.", "Mail, never."))
    assert memory.json("proposals")["proposals"][0]["stale"]
    state = memory.state()
    ended = memory.pack("proposals", "edit", made, env={"EDITOR": "touch"})
    assert (ended.status, ended.text) == (0, f"{made} is open\n")
    assert "the text is as it is in the memory; the proposal waits" in ended.err
    assert memory.state() == state


def test_what_is_written_while_the_person_edits_is_not_lost(memory: Folder, tmp_path: Path) -> None:
    """The second file of a proposal is opened long after it was read."""
    memory.ok("update", OTHER, stdin="# Other\n\nMine.\n")
    with open_memory(Settings(), LocalPlace(memory.path), origin=CLAUDE) as opened:
        core = opened.proposals._core
        wanted = [(RULES, *MAIL), (OTHER, "Mine.", "Ours.")]
        found = [(opened.notes.get(path), old, new) for path, old, new in wanted]
        parts = [Put(n.path, n.content.replace(a, b).encode(), ABSENT) for n, a, b in found]
        message = commit_message(f"{RULES}: update", CLAUDE, "request")
        made = core.proposals.add(memory.head(), MemoryPath(RULES), parts, message, None)
    editor = tmp_path / "editor"
    meanwhile = f"sed -i.old 's/Ask first/Ask twice/' {memory.path / RULES}"
    editor.write_text(f'#!/bin/sh\n{meanwhile}\ntouch "$1"\n')
    editor.chmod(0o755)
    ended = memory.pack("proposals", "edit", made.id, env={"EDITOR": str(editor)})
    assert ended.status == 2, ended
    assert ("Never send mail." in text_of(memory), "Ask twice." in text_of(memory)) == (True, True)


def test_what_was_accepted_is_told_if_the_next_one_fails(memory: Folder) -> None:
    propose(memory, MAIL, path=RULES)
    propose(memory, SHORT, path=RULES)  # next to it, so it is no longer what was shown
    ended = memory.pack("proposals", "accept", "--all-from", "claude", "--yes", "--format", "json")
    assert ended.status == 2, ended
    (done,) = ended.json["decided"]
    assert (done["status"], done["commit"]) == ("accepted", memory.head())


@pytest.mark.parametrize(
    "words",
    [
        ("edit", "ID", "--hunks", "1"),
        ("edit", "ID", "--reason", "x"),
        ("accept", "ID", "--reason", "x"),
        ("show", "ID", "--hunks", "1"),
        ("show", "ID", "--all-from", "claude"),
        ("list", "ID"),
        ("list", "--shown", "x"),
        ("accept", "--all-from", "", "--yes"),
        ("reject", "--all-from", " "),
        ("accept", "--all-from", "claude", "--shown", "x"),
        ("reject", "--all-from", "claude", "--hunks", "1"),
        ("reject", "ID", "--shown", "0123456789abcdef"),
        ("accept", "ID", "--yes", "--hunks", "9" * 5000),
    ],
)
def test_what_an_action_has_no_use_for_is_refused(decided: Folder, words: tuple[str, ...]) -> None:
    state, waiting = decided.state(), decided.json("proposals")
    ids = {"ID": waiting["proposals"][0]["id"]}
    ended = decided.pack("proposals", *(ids.get(word, word) for word in words), env=TRUE)
    assert ended.status in (1, 2), ended
    assert "bug" not in ended.err
    assert (decided.state(), decided.json("proposals")) == (state, waiting)


def test_hidden_characters_are_shown(memory: Folder) -> None:
    made = propose(memory, ("Ask first.", "Ask first\u202e now\u200b."))
    shown = memory.ok("proposals", "show", made)
    assert "Ask first{+<U+202E> now<U+200B>+}." in shown.text
    assert "2 hidden characters: 1 bidi, 1 zero width" in shown.err
    assert [one["kind"] for one in memory.json("proposals", "show", made)["hidden"]] == [
        "bidi",
        "zero width",
    ]


def test_text_of_an_ai_is_made_ones_own(memory: Folder) -> None:
    with open_memory(Settings(), LocalPlace(memory.path), origin=CLAUDE) as opened:
        opened.notes.update("context/ai.md", "# Found\n\nOne.\nTwo.\n")
    before = memory.ok("get", "context/ai.md").text
    number = before.splitlines().index("One.") + 1
    memory.ok("accept", f"context/ai.md:{number}")
    assert before.endswith("---\n# Found\n\nOne.\nTwo.\n")
    assert memory.ok("get", "context/ai.md").text.endswith("---\n# Found\n\nOne.\nTwo.\n")
    message = memory.git("log", "-1", "--format=%B")
    assert message.startswith(f"context/ai.md: accept lines {number}-{number}\n")
    assert "Pack-Accepted-Via: script" in message
    again = memory.pack("accept", f"context/ai.md:{number}")
    assert again.status == 1
    assert "nothing to accept" in again.err


def test_text_with_hidden_characters_is_shown_before_it_is_ones_own(memory: Folder) -> None:
    with open_memory(Settings(), LocalPlace(memory.path), origin=CLAUDE) as opened:
        sha = opened.notes.update(OTHER, "# Found\n\nOne\u202e two.\n").sha
    state = memory.state()
    ended = memory.pack("accept", OTHER)
    assert (ended.status, memory.state()) == (1, state)
    assert "One<U+202E> two." in ended.err
    assert "1 hidden character: 1 bidi" in ended.err
    memory.ok("edit", OTHER, "--append", "Mine.")
    assert memory.pack("accept", OTHER, "--yes", "--sha", str(sha)).status == 2
    memory.ok("accept", OTHER, "--yes", "--sha", memory.sha(OTHER))


# --- nobody else -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "env", [{"CLAUDECODE": "1"}, {"PACK_SHELL_SOURCE": "automation"}, {"CURSOR_TRACE_ID": "x"}]
)
def test_an_agent_is_told_what_the_person_must_type(memory: Folder, env: dict[str, str]) -> None:
    made = propose(memory, MAIL)
    shown = memory.json("proposals", "show", made)["shown"]
    state = memory.state()
    for words in (
        ("proposals", "accept", made, "--shown", shown),
        ("proposals", "accept", made, "--yes"),
        ("proposals", "accept", "--all-from", "claude", "--yes"),
        ("proposals", "reject", made),
        ("proposals", "edit", made),
        ("accept", RULES),
        ("review",),
    ):
        ended = memory.pack(*words, env={**env, "EDITOR": "true"})
        assert ended.status == 1
        typed = " ".join(word for word in words if word not in ("--shown", shown, "--yes"))
        assert f"Ask the person to type at a terminal: pack {typed}" in ended.err
    assert memory.state() == state
    assert memory.json("proposals")["proposals"][0]["status"] == "open"


# --- at a terminal ---------------------------------------------------------------------------


def test_a_review_takes_one_key_a_part_and_keeps_what_was_decided(memory: Folder) -> None:
    propose(memory, MAIL, SHORT, ASK)
    keys = [("/?] ", "?"), ("/?] ", "y"), ("/?] ", "n"), ("/?] ", "q")]
    status, screen = at_terminal(memory, "review", typed=keys)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen)
    assert status == 0, plain
    assert "Claude (ai-cloud:claude-code)" in plain
    assert "l  later, leave it open" in plain
    text = text_of(memory)
    assert ("Always send mail." in text, "Stay short." in text, "Ask first." in text) == (True,) * 3
    (left,) = memory.json("proposals")["proposals"]
    assert (left["added"], left["removed"]) == (1, 1)
    assert "1 proposal left" in plain


def reviewed(memory: Folder, keys: str) -> str:
    status, screen = at_terminal(memory, "review", typed=[("/?] ", key) for key in keys])
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", screen)
    assert (status, plain.count("/?] "), "error" in plain) == (0, len(keys), False), plain
    return plain


def test_a_review_goes_by_what_is_there_when_it_shows_a_proposal(memory: Folder) -> None:
    """One is next to what was just accepted, one is what the person has written themselves."""
    propose(memory, MAIL)
    propose(memory, SHORT, origin=Origin(Source.AI_LOCAL, "llama"))
    propose(memory, ASK, origin=Origin(Source.AI_LOCAL, "qwen"))
    memory.ok("edit", RULES, "--replace", ASK[0], ASK[1])
    plain = reviewed(memory, "yy")
    assert "all of it is in the memory already" in plain
    assert "nothing is left to decide on" in plain
    text = text_of(memory)
    assert ("Always send mail." in text, "Be verbose." in text) == (True, True)
    assert memory.json("proposals") == {"proposals": []}


def test_a_stale_proposal_is_shown_whole_and_refused_only_as_a_whole(memory: Folder) -> None:
    made = propose(memory, MAIL, ASK)
    memory.ok("edit", RULES, "--replace", "Never send", "Rarely send")
    assert "Do not ask." in reviewed(memory, "l")
    assert memory.json("proposals", "show", made)["status"] == "open"
    reviewed(memory, "n")
    assert memory.json("proposals", "show", made)["status"] == "rejected"


def test_nobody_decides_on_what_is_not_on_the_screen(memory: Folder) -> None:
    made = propose(memory, MAIL)
    ended = memory.pack("proposals", "accept", made, "--yes", "--format", "json")
    assert ended.json["status"] == "accepted"
    assert "send mail." in ended.err
