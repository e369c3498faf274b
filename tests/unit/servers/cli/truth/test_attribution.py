"""Who wrote what, in the form of Agent Trace."""

from pack_servers.cli.truth.attribution import agent_trace

from pack.core.truths import LineState, LineTruth
from pack.model import BlobId, CommitId, MemoryPath
from pack.truth.attribution import AttributedLines, AttributedNote

HEAD = CommitId("f" * 40)


def lines(first, last, level, state=LineState.WRITTEN, model=None):
    truth = LineTruth(level, "x:y", state, HEAD)
    return AttributedLines(first, last, truth, model, f"{first:064}")


def test_each_contributor_has_its_ranges():
    runs = (
        lines(1, 2, 1),
        lines(3, 3, 5, model="anthropic/claude"),
        lines(4, 4, 1),
        lines(5, 5, 1, LineState.ACCEPTED),
        lines(6, 6, 1, LineState.UNATTRIBUTED),
        lines(7, 7, 3),
        lines(8, 8, 2),
    )
    note = AttributedNote(MemoryPath("a/x.md"), BlobId("1" * 40), 5, "x:y", runs)
    found = agent_trace([note], HEAD, "2026-03-01T12:00:00Z")
    assert found["vcs"] == {"type": "git", "revision": HEAD}
    (file,) = found["files"]
    contributors = [one["contributor"] for one in file["conversations"]]
    assert contributors == [
        {"type": "human"},
        {"type": "ai", "model_id": "anthropic/claude"},
        {"type": "mixed"},
        {"type": "unknown"},
        {"type": "ai"},
    ]
    human = file["conversations"][0]["ranges"]
    assert [(one["start_line"], one["end_line"]) for one in human] == [(1, 2), (4, 4)]
    assert human[0]["content_hash"] == f"sha256:{1:064}"
    assert len(file["conversations"][3]["ranges"]) == 2


def test_a_memory_without_commits_has_no_revision():
    found = agent_trace([], None, "2026-03-01T12:00:00Z")
    assert "vcs" not in found
    assert found["files"] == []
