"""The files of a release as they go downstream."""

import pytest

from pack.distribution.content.making import make
from pack.distribution.values import Release
from pack.errors import InvalidConfig, InvalidContent
from pack.model import blob_id
from tests.distribution_support import DAY_ONE, rule_of

RELEASE = Release("v1.2.0", "0" * 40, DAY_ONE)


def made(texts, variables=None, **rule):
    files = {path: blob_id(text) for path, text in texts.items()}
    contents = {blob_id(text): text for text in texts.values()}

    def read(blobs):
        return ((blob, contents[blob]) for blob in blobs)

    def permalink(release, path):
        return f"handbook@{release.version}:{path}"

    return make(rule_of(**rule), RELEASE, files, read, variables or {}, permalink)


def test_a_copy_has_the_very_bytes():
    texts = {"guides/a.md": b"\xff\r\n\0", "guides/b.md": b"---\nx: [\n---\n"}
    assert list(made(texts).contents().values()) == list(texts.values())


def test_the_same_arguments_make_the_same_files_in_one_order():
    texts = {f"guides/{name}.md": name.encode() for name in "cab"}
    one, other = made(texts), made(dict(reversed(texts.items())))
    assert one == other
    assert [file.path for file in one.files] == ["docs/a.md", "docs/b.md", "docs/c.md"]
    assert [file.source for file in one.files] == ["guides/a.md", "guides/b.md", "guides/c.md"]


def test_what_does_not_go_is_told_with_the_reason():
    texts = {
        "guides/a.md": b"a\n",
        "guides/b.md": b"---\ninternal: true\n---\n",
        "guides/c.md": b"---\nsync: false\n---\n",
        "guides/x/d.md": b"d\n",
        "guides/con.md": b"e\n",
    }
    found = made(texts, filters={"exclude": ["guides/x"]})
    assert list(found.contents()) == ["docs/a.md"]
    assert {one.path: one.reason for one in found.left_out}.keys() == texts.keys() - {"guides/a.md"}


def test_two_files_for_one_path_are_refused_by_name():
    rewrites = [{"rewrite_paths": {"from": "guides/x/", "to": "docs/"}}]
    texts = {"guides/a.md": b"a\n", "guides/x/a.md": b"b\n"}
    with pytest.raises(InvalidConfig, match=r"guides/a\.md and guides/x/a\.md .* docs/a\.md"):
        made(texts, transforms=rewrites)


def test_names_that_some_systems_take_for_one_are_refused():
    with pytest.raises(InvalidConfig, match=r"would both become"):
        made({"guides/A.md": b"a\n", "guides/a.md": b"b\n"})


def test_a_template_tells_which_variables_it_used():
    texts = {"guides/a.md": b"{{ team }}\n", "guides/b.bin.md": b"{{ team }}\xff"}
    found = made(texts, {"team": "Web", "other": "x"}, strategy="template")
    assert found.contents() == {"docs/a.md": b"Web\n", "docs/b.bin.md": b"{{ team }}\xff"}
    assert found.variables == {"team": "Web"}


def test_a_template_that_cannot_be_filled_in_names_its_file():
    with pytest.raises(InvalidContent, match=r"guides/a\.md: .*team.*line 1"):
        made({"guides/a.md": b"{{ team }}\n"}, strategy="template")


def test_a_copy_is_no_template():
    assert made({"guides/a.md": b"{{ team }}\n"}).contents() == {"docs/a.md": b"{{ team }}\n"}


def test_a_reference_has_no_text_of_the_file():
    texts = {"guides/a.md": b"# Title\n\nsecret\n", "guides/b.json": b"{}"}
    found = made(texts, strategy="reference", source="guides/**")
    assert list(found.contents()) == ["docs/a.md", "docs/b.json.md"]
    assert all(b"handbook@v1.2.0:guides/" in one.content for one in found.files)
    assert not any(b"secret" in one.content for one in found.files)


def test_links_are_changed_as_the_rule_says():
    texts = {
        "guides/a.md": b"[b](guides/b.md) [c](../notes/c.md) `[c](../notes/c.md)`\n",
        "guides/b.md": b"b\n",
        "notes/c.md": b"c\n",
    }
    transforms = [
        {"strip_internal_links": True},
        {"rewrite_paths": {"from": "guides/", "to": "docs/"}},
    ]
    found = made(texts, transforms=transforms).contents()
    assert found["docs/a.md"] == b"[b](docs/b.md) c `[c](../notes/c.md)`\n"
    assert made(texts).contents()["docs/a.md"] == texts["guides/a.md"]
