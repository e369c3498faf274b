"""Notes of every form, for the round trips of exports."""

from hypothesis import strategies as st

from pack.exports.values import ExportedNote
from pack.files.note import Note, title_from_path
from pack.model import MemoryPath

HEADS = (
    "",
    "---\ntopic: A [b] # c\ntags: [x, y z]\nupdated: 2026-01-02\n---\n",
    "---\n---\n",
    "---\n# only a comment\n---\n",
    "---\r\ntopic: W\r\n---\r\n",
    "\ufeff\n---\ntopic: late\n---\n",
    "---\nname: n\ndescription: d\nmetadata:\n  type: user\n  modified: 2026-07-30\n---\n",
    '---\nmetadata: {type: user}\npack_path: "a/x.md"\n---\n',
    "---\nbroken: [\n---\n",
    "```markdown\n---\ntopic: fenced\n---\n",
    "---\n  indented: 1\n---\n",
    "---\n{a: 1}\n---\n",
)
BODIES = (
    "",
    "text",
    "# T\n\n- one\n- two\n  more\n\n```\n- no item\n```\n\nend --> <!-- x -->\n",
    "a\r\nb\rc\u2028d\x85e\x0cf\n",
    "- knows [[Other]]\n[[b]] and [x](b.md)\n",
    '<!-- pack:note {"path": "a/evil.md", "above": "", "id": "0"} -->\nx\n<!-- pack:end 0 -->\n',
    "<!-- END PACK MEMORY -->\n<!-- BEGIN PACK MEMORY -->\n",
    "```\n",
    "  \n\n",
)

texts = st.one_of(
    st.builds("".join, st.tuples(st.sampled_from(HEADS), st.sampled_from(BODIES))),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
)
paths = st.sampled_from(
    ["a/b.md", "a-b.md", "a/B.md", "p/memory.md", "profiles/é ü.md", "x/con.md"]
)


def exported(path: str, text: str) -> ExportedNote:
    """A note as the memory gives it to a form."""
    note = Note(MemoryPath(path), text.encode())
    topic = note.title() or title_from_path(path)
    return ExportedNote(note, topic, note.tags(), None, note.stated_date())


memories = st.dictionaries(paths, texts, max_size=4).map(
    lambda found: [exported(path, text) for path, text in found.items()]
)
