"""What coding agents leave in commits, and what only looks like it."""

import pytest

from pack.history.marks import agent_in_commit
from pack.model import Identity

ANN = Identity("Ann Example", "ann@example.org")


@pytest.mark.parametrize(
    ("line", "agent"),
    [
        ("Co-Authored-By: Claude <noreply@anthropic.com>", "claude-code"),
        ("Co-authored-by: Claude", "claude-code"),
        ("Co-authored-by:Claude   ", "claude-code"),
        ("Co-authored-by: Claude <noreply@anthropic.com> (an AI)", "claude-code"),
        ("Co-Authored-By: Claude Opus 4.1 <a@example.org>", "claude-code"),
        ("co-authored-by: claude code <x@example.org>", "claude-code"),
        ("\U0001f916 Generated with [Claude Code](https://claude.ai/code)", "claude-code"),
        ("Generated with Claude Code", "claude-code"),
        ("Claude-Session: https://claude.ai/code/session_1", "claude-code"),
        ("Co-authored-by: Copilot <223556219+Copilot@users.noreply.github.com>", "copilot"),
        ("Co-authored-by: GitHub Copilot <x@example.org>", "copilot"),
        ("Co-authored-by: Cursor <cursoragent@cursor.com>", "cursor"),
        ("Made-with: Cursor", "cursor"),
        ("Co-authored-by: aider (gpt-4o) <aider@aider.chat>", "aider"),
        ("Co-authored-by: Ann Example (aider) <ann@example.org>", "aider"),
        ("Co-authored-by: Codex <noreply@openai.com>", "codex"),
        ("Co-authored-by: gemini-cli <x@example.org>", "gemini"),
        ("Generated with [opencode](https://opencode.ai)", "opencode"),
        ("Amp-Thread-ID: https://ampcode.com/threads/T-1", "amp"),
        ("Assisted-by: Claude:claude-3-opus coccinelle", "claude-code"),
        ("Generated-by: Windsurf", "windsurf"),
    ],
)
def test_the_mark_of_an_agent(line, agent):
    assert agent_in_commit(ANN, f"notes: more\n\nwhy\n\n{line}\n") == agent
    assert (
        agent_in_commit(None, f"notes: more\n\n{line}\nSigned-off-by: A <a@example.org>") == agent
    )


@pytest.mark.parametrize(
    "line",
    [
        "Co-authored-by: Claude Monet <claude@example.org>",
        "Co-authored-by: Claude <claude@example.org>",
        "Co-authored-by: Devin Townsend <devin@example.org>",
        "Co-authored-by: Ann <not-noreply@anthropic.com.example.org>",
        "Signed-off-by: Amp Lifier <amp@example.org>",
        "I asked Claude Code. Generated with [Claude Code] it was not",
        "Claude Code was generated with care",
        "see Co-authored-by: Claude <noreply@anthropic.com> in the log",
        "Reviewed-by: Claude Code",
        "Generated with cursors",
        "Generated with [a script](https://example.org/claude)",
        "Assisted-by: my friend Claude",
    ],
)
def test_what_is_no_mark(line):
    assert agent_in_commit(ANN, f"notes: more\n\n{line}\n") is None


@pytest.mark.parametrize(
    ("name", "address", "agent"),
    [
        ("Claude", "noreply@anthropic.com", "claude-code"),
        ("claude[bot]", "209825114+claude[bot]@users.noreply.github.com", "claude-code"),
        ("copilot-swe-agent[bot]", "198982749+Copilot@users.noreply.github.com", "copilot"),
        ("Cursor Agent", "x@example.org", "cursor"),
        ("Ann Example (aider)", "ann@example.org", "aider"),
        (
            "google-labs-jules[bot]",
            "161369871+google-labs-jules[bot]@users.noreply.github.com",
            "jules",
        ),
        ("Claude", "claude@example.org", None),
        ("Ann Aider", "ann@example.org", None),
        ("Ann", "ann@cursor.com", None),
        ("", "", None),
    ],
)
def test_an_agent_as_the_author(name, address, agent):
    assert agent_in_commit(Identity(name, address), "notes: more") == agent


@pytest.mark.parametrize("name", ["co-authored-by", "assisted-by", "signed-off-by", "made-with"])
def test_a_message_of_blanks_takes_no_longer_to_read(name):
    """It would be hours, if each blank were tried in each place."""
    line = f"{name}:{' ' * 280}<x"
    assert agent_in_commit(ANN, "\n".join([line] * 300)) is None
