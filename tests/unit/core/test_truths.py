"""How far a line is trusted."""

from pack.core.truths import LineState, LineTruth, NoteTruth


def test_what_is_stronger_is_protected():
    line = LineTruth(3, "ai-local:llama", LineState.WRITTEN, None)
    assert [level for level in range(1, 6) if line.is_protected_from(level)] == [4, 5]


def test_a_note_is_as_weak_as_its_weakest_text():
    line = LineTruth(3, "ai-local:llama", LineState.WRITTEN, None)
    note = NoteTruth((line,), {}, line)
    assert (note.level, note.origin) == (3, "ai-local:llama")
    assert (NoteTruth(()).level, NoteTruth(()).origin) == (1, "")
