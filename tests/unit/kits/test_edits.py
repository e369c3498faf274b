"""What goes to upstream is what the user changed, without what PACK noted beside it."""

import pytest

from pack.kits.edits import edit_of, outgoing, without_notes
from pack.model import MemoryPath

STAMPS = "updated: 2026-11-30\ntruth_level: 5\norigin_source: kit:observer@1.0.0\n"


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        pytest.param(
            "# A\n\none\n", f"---\ntopic: A\n{STAMPS}---\n\n# A\n\ntwo\n", "# A\n\ntwo\n", id="none"
        ),
        pytest.param(
            "---\ntopic: B\n---\n# B\n",
            f"---\ntopic: B\ntags: [x]\n{STAMPS}---\n# B\n",
            "---\ntopic: B\ntags: [x]\n---\n# B\n",
            id="own keys stay",
        ),
        pytest.param(
            "---\nupdated: 2020-01-01\n---\n# B\n",
            f"---\n{STAMPS}---\n# B\n",
            "---\nupdated: 2020-01-01\n---\n# B\n",
            id="upstream's date stays",
        ),
        pytest.param(
            "# A\n",
            "---\ntopic: Other\n---\n\n# A\n",
            "---\ntopic: Other\n---\n\n# A\n",
            id="topic",
        ),
        pytest.param("# A\n", "---\n: [\n---\n# A\n", "---\n: [\n---\n# A\n", id="unreadable"),
    ],
)
def test_what_pack_noted_is_taken_out(before: str, after: str, wanted: str) -> None:
    assert without_notes(before, after) == wanted


def edited(before: bytes, here: bytes):
    return edit_of(MemoryPath("kits/observer/a.md"), MemoryPath("a.md"), before, here)


def test_a_file_in_which_only_pack_noted_something_is_not_changed() -> None:
    assert edited(b"# A\n", f"---\n{STAMPS}---\n\n# A\n".encode()) is None
    assert edited(b"\xff", b"# A\n") is None


def test_only_added_lines_go_out_and_each_is_found_again_here() -> None:
    here = f"---\n{STAMPS}---\n\n# A\n\none\nmine\nthree\nmore"
    edit = edited(b"# A\n\none\ntwo\nthree\n", here.encode())
    assert edit is not None
    (found,) = outgoing([edit])
    assert (found.name, found.text, found.lines) == ("kits/observer/a.md", edit.after, {4, 6})
    lines = here.splitlines(keepends=True)
    for number, text in edit.added():
        at = edit.written_at(number, text)
        assert at is not None
        assert lines[at - 1] == text
    assert edit.patch("sub").startswith("diff --git a/sub/a.md b/sub/a.md\n")
