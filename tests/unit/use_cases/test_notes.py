"""What a write costs: each text is cut from its frontmatter once, each file is read once."""

from collections import Counter

import pytest
from pack_connectors.local_git import worktree

from pack.files import frontmatter
from pack.files.edits import Append

A = "context/a.md"


@pytest.fixture
def counted(git_world, monkeypatch):
    """How often each text was cut from its frontmatter, and each file of the folder was read."""
    cuts, reads = Counter(), Counter()
    git_world.init()

    def counting(name):
        plain = getattr(frontmatter, name)

        def cut(text):
            cuts[text] += 1
            return plain(text)

        return cut

    for name in ("split", "split_plain"):
        monkeypatch.setattr(frontmatter, name, counting(name))
    plain_read = worktree._read_file

    def read(descriptor, path, status):
        reads[str(path)] += 1
        return plain_read(descriptor, path, status)

    monkeypatch.setattr(worktree, "_read_file", read)
    return git_world.memory, cuts, reads


def warm(memory, cuts, reads):
    """Write twice, so that everything that is remembered is."""
    first = memory.notes.update(A, "---\ntopic: One\n---\none\n")
    second = memory.notes.update(A, "---\ntopic: One\n---\ntwo\n", first.sha)
    cuts.clear()
    reads.clear()
    return second


def test_a_warm_update_cuts_no_text_twice_and_reads_no_file_twice(counted):
    memory, cuts, reads = counted
    last = warm(memory, cuts, reads)
    memory.notes.update(A, "---\ntopic: One\ntags: [a]\n---\nthree\n", last.sha)
    assert max(cuts.values()) == 1, cuts
    assert max(reads.values()) == 1, reads
    assert sum(cuts.values()) <= 3  # what is there, what was sent, the index


def test_a_warm_edit_costs_no_more(counted):
    memory, cuts, reads = counted
    warm(memory, cuts, reads)
    memory.notes.edit(A, [Append(text="more\n")])
    assert max(cuts.values()) == 1, cuts
    assert max(reads.values()) == 1, reads
