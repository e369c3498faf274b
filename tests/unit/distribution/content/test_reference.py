"""The note that stands for a text that is kept upstream."""

import pytest

from pack.distribution.content.reference import reference, stub_name
from pack.distribution.values import Release
from pack.files import frontmatter
from pack.files.markdown import headings
from tests.distribution_support import DAY_ONE

RELEASE = Release("v1.2.0", "0" * 40, DAY_ONE)


def test_a_note_names_title_version_and_address():
    text = b"---\ntitle: 'On call: who'\n---\n# Other\n\nsecret text\n"
    link = "https://example.org/handbook/blob/v1.2.0/guides/a.md"
    note = reference("guides/a.md", text, RELEASE, link).decode()
    head = frontmatter.read(note)
    assert head.fields == {"title": "On call: who", "version": "v1.2.0"}
    assert f"<{link}>" in head.body
    assert "secret" not in note


@pytest.mark.parametrize(
    ("path", "text", "title"),
    [
        ("guides/a.md", b"# From *the* heading\n", "From the heading"),
        ("guides/a.md", b"text\n", "a"),
        ("guides/a.md", b"\xff", "a"),
        ("guides/a.json", b"# x\n", "a.json"),
        ("guides/a.md", b"---\ntitle: '[x](y) <b> # *z*'\n---\n", "[x](y) <b> # *z*"),
    ],
)
def test_a_title_is_only_text(path, text, title):
    body = frontmatter.read(reference(path, text, RELEASE, "h@v1.2.0:x").decode()).body
    assert [one.title for one in headings(body)] == [title]
    assert "`h@v1.2.0:x`" in body


def test_a_note_is_markdown_by_its_name():
    assert stub_name("docs/a.md") == "docs/a.md"
    assert stub_name("docs/a.json") == "docs/a.json.md"
