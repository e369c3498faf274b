"""The answers of the memory tool: to the letter those of the SDK's own tool over a folder.

Known differences, which the guide names: what the SDK's tool lets through as an error of the
operating system is refused in words; the sizes of folders; `/memoriesfoo` is no path of the memory;
names that no memory file can have are refused.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pack.provenance import Origin, Source
from tests.memory_tools import BothTools, Command, answer, compare_sequences, differences

SEQUENCES = 45


@pytest.mark.parametrize("part", range(3))
def test_random_sequences_of_commands_get_the_answers_of_the_sdks_own_tool(
    tmp_path: Path, part: int
):
    each = SEQUENCES // 3
    compare_sequences(tmp_path, range(part * each, (part + 1) * each))


SIZES = (0, 1, 19, 1023, 1024, 1025, 1536, 10240, 2**20 - 1, 2**20, 2**20 + 2**19)


def test_sizes_and_long_files_are_shown_alike(tmp_path: Path):
    both = BothTools(tmp_path)
    commands: list[Command] = [
        {"command": "create", "path": f"/memories/{size}.md", "file_text": "x" * size}
        for size in SIZES
    ]
    commands += [
        {"command": "create", "path": "/memories/lines.md", "file_text": "\n" * 999_999},
        {"command": "view", "path": "/memories/lines.md", "view_range": None},
        {"command": "view", "path": "/memories", "view_range": None},
    ]
    assert differences(both, commands) == []


def test_a_path_that_only_begins_like_the_root_is_refused(tmp_path: Path):
    both = BothTools(tmp_path)
    command = {"command": "create", "path": "/memoriesfoo", "file_text": "x"}
    theirs, ours = both.answers(command)
    assert theirs == "ok: File created successfully at: /memoriesfoo"
    assert ours == "refused: Path must start with /memories, got: /memoriesfoo"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/memories/CON.md", "it is a reserved name on Windows"),
        ("/memories/a:b.md", "it contains a character some file systems forbid"),
        ("/memories/.env", "a component must not begin with a dot"),
        ("/memories/legacy/a.md", "legacy/ keeps originals and is not written to"),
        ("/memories/A.md", "some file systems confuse it with a.md"),
        ("/memories/a.md/b.md", "/memories/a.md is a file"),
        ("/memories/a\\b.md", "it contains a character some file systems forbid"),
        ("/memories/nul\0.md", "it contains a character some file systems forbid"),
    ],
)
def test_a_name_that_no_memory_file_can_have_is_refused(tmp_path: Path, path: str, reason: str):
    both = BothTools(tmp_path)
    answer(both.ours, {"command": "create", "path": "/memories/a.md", "file_text": "x"})
    for command in (
        {"command": "create", "path": path, "file_text": "x"},
        {"command": "rename", "old_path": "/memories/a.md", "new_path": path},
    ):
        if path != "/memories/A.md" or command["command"] == "create":
            assert answer(both.ours, command) in (
                f"refused: The path {path} cannot be used: {reason}",
                f"refused: The path {path} cannot be used: a folder cannot be moved into itself",
            )


def test_what_the_user_wrote_is_proposed_and_the_answer_says_so(protected_tool):
    tool, memory = protected_tool
    edit = {
        "command": "str_replace",
        "path": "/memories/mine.md",
        "old_str": "short",
        "new_str": "x",
    }
    said = answer(tool, edit)
    (waiting,) = (offer.proposal for offer in memory.proposals.list())
    assert said == (
        "ok: Nothing was changed yet: /memories/mine.md holds text that the user wrote, so your "
        f"change is now a proposal ({waiting.id}). Tell the user that it waits for their decision, "
        "and go on with other work."
    )
    memory.written_by(Origin(Source.USER, "cli")).proposals.reject(waiting.id, "no")
    assert answer(tool, edit) == (
        "ok: Nothing was changed: the user has refused this change of /memories/mine.md before. "
        "Do not ask for it again."
    )
    gone = answer(tool, {"command": "delete", "path": "/memories/mine.md"})
    assert gone.startswith("ok: Nothing was changed yet: /memories/mine.md holds text")
    assert "short" in answer(tool, {"command": "view", "path": "/memories/mine.md"})
