"""Frontmatter that is read without a YAML parser says what one says."""

from hypothesis import example, given
from hypothesis import strategies as st

from pack.errors import InvalidContent, LimitExceeded
from pack.files import frontmatter, yaml_block
from pack.files.plain_frontmatter import read_plain, set_plain, split_plain
from pack.files.yaml_edit import set_by_marks
from tests.support import note


def text(file):
    file.write_text("not a database\n" * 2000)


KEYS = ["topic", "tags", "updated", "true", "null", "y", "Topic", "a_b", "topic "]
VALUES = [
    "One two", "true", "Null", "yes", "2026-01-02", "2026-01-02 x", "[a, b]", "[]", "[a,b ]",
    "[ a]", "[true]", "[a, Null]", "a: b", "a #b", "a#b", "'q'", "a'b", "a, b", "-a", "a -b", "é",
    "", "a ", "[a, [b]]", "&x a", "1", "a/b.md", "[a b, c-d]", "~", "[2026-01-02]", "a\tb",
    "[a, a]", "a [b]", "5", "05", "12", "-1", "1.5", "ai-cloud:test-client", "user:cli", "a:",
    "a:b:c", "12:30", "y:1", "[user:cli]", "no:1 x", "a:-",
]  # fmt: skip


@given(
    st.lists(
        st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES), st.sampled_from(["\n", "\r\n"])),
        max_size=4,
    )
)
@example([("topic", value, "\n") for value in ["One two"]])
def test_plain_frontmatter_says_what_yaml_says(lines):
    block = "".join(f"{key}: {value}{end}" for key, value, end in lines)
    plain = read_plain(block)
    try:
        fields = yaml_block.load(block)
    except (InvalidContent, LimitExceeded):
        assert plain is None
    else:
        assert plain is None or repr(plain) == repr(fields)


@given(
    st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(VALUES)), max_size=4),
    st.dictionaries(
        st.sampled_from(KEYS), st.sampled_from([*VALUES, 5, 0, 12, -1, True, False]), max_size=3
    ),
)
@example([("a_b", "True"), ("topic", "1")], {"a_b": True, "topic": True})
@example([("a_b", "true"), ("topic", "0")], {"a_b": 1, "topic": False})
@example([("topic", "One two"), ("updated", "2026-01-02")], {"updated": "2026-01-03"})
@example([], {"topic": "One two", "updated": "2026-01-02"})
def test_plain_frontmatter_is_set_as_yaml_is(lines, values):
    block = "".join(f"{key}: {value}\n" for key, value in lines)
    plain = set_plain(block, values)
    if plain is not None:
        assert plain == set_by_marks(block, values, "\n")[:2]


FENCES = ["---\n", "---", "\n", "--- \n", "...\n", "---\r\n", "\ufeff", "topic: One\n", "a\n", "\r"]


@given(st.lists(st.sampled_from(FENCES), max_size=7).map("".join))
@example("---\n---\n")
@example("---\ntopic: One\n---\nbody\n---\n")
def test_plain_fences_are_where_all_fences_are(text):
    plain = split_plain(text)
    if plain is None or (fields := read_plain(plain[0])) is None:
        return
    parts = frontmatter.split(text)
    assert plain == (parts.block, parts.body)
    assert frontmatter.read_parts(parts).fields == fields
    assert frontmatter.read(text) == frontmatter.read_parts(parts)


def test_most_frontmatter_is_plain():
    made = note(1, topic="One two", tags="[a, b c]", updated="2026-01-02", created="2026-01-01")
    block = made.split("---\n")[1]
    assert read_plain(block) == yaml_block.load(block)


def test_what_pack_says_of_who_wrote_a_note_is_plain():
    fields = {
        "truth_level": 5,
        "origin_source": "ai-cloud:claude-code",
        "accepted_by_user": False,
        "last_modified_by_level": 2,
    }
    block, said = set_plain("topic: One\n", fields)
    assert said == {"topic": "One", **fields}
    assert read_plain(block) == yaml_block.load(block) == said
