"""Drafts say what happened and what to do, and nothing in them acts."""

import pytest

from pack.distribution.notices.decisions import RollbackEntry
from pack.distribution.notices.issue_drafts import drift_issue, rollback_issue


def test_drift_names_the_files_and_two_remedies() -> None:
    draft = drift_issue("team notes", "web", "v1.2.0", ["docs/a.md", "docs/`@b`.md"])
    assert draft.title == "2 files differ from team notes (web)"
    assert "- `docs/a.md`\n- ``docs/`@b`.md``\n" in draft.body
    assert "1. Sync again" in draft.body
    assert "2. Move the changes to `.pack-overrides/`" in draft.body


def test_much_drift_is_counted() -> None:
    draft = drift_issue("n", "web", "v1.2.0", [f"{n}.md" for n in range(150)])
    assert "- and 50 more\n" in draft.body


@pytest.mark.parametrize(
    ("repo", "shown"),
    [
        ("org/webapp", "org/webapp"),
        ("/srv/mem/../git/webapp.git", "webapp"),
        ("file:///srv/git/webapp/", "webapp"),
        ("../webapp", "webapp"),
    ],
)
def test_a_rollback_shows_its_entry_and_nothing_of_this_machine(repo: str, shown: str) -> None:
    entry = RollbackEntry(
        *("2026-01-30", "v1.2.0", "abc1234", "It ```broke``` @all", "v1.1.0 sync state"),
        *("to be opened", "jo"),
    )
    draft = rollback_issue("team", "web", repo, entry)
    assert draft.title == f"v1.2.0 was taken back by {shown}"
    assert draft.body.startswith(f"{shown} took back v1.2.0 of team")
    assert "srv" not in draft.body
    assert "````yaml\nrollback:\n" in draft.body
