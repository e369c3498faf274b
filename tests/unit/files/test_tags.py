"""Tags in frontmatter and inside a text."""

import pytest

from pack.files.tags import plain_tag, tags_in_field, tags_in_text
from tests.support import is_soak


@pytest.mark.parametrize(
    ("value", "tags"),
    [
        ("#alpha, #beta", ["alpha", "beta"]),
        ("alpha beta", ["alpha", "beta"]),
        (["#alpha/sub", "machine learning", "", "#", None], ["alpha/sub", "machine learning"]),
        (2024, ["2024"]),
        ({"a": 1}, []),
        (None, []),
    ],
)
def test_tags_in_a_field(value, tags):
    assert tags_in_field(value) == tags


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#alpha and #beta/sub, #alpha\n- #c-d #ünï", ["alpha", "beta/sub", "c-d", "ünï"]),
        ("# Heading #no\n## #no\n#yes", ["yes"]),
        ("#1 #12-3 #2024 #v2", ["v2"]),
        ("https://example.org/#frag [x](#anchor) a#b C# F#", []),
        ("`#code` ``#a ` #b`` #c", ["c"]),
        ("```\n#no\n```\n#yes\n~~~ sh\n#no\n```\n#no\n~~~\n", ["yes"]),
        ("    #indented\n\t#too\n", []),
        ("<!-- #no -->#no <!--\n#no\n--> #yes", ["yes"]),
        ("\\#no ##no # no #", []),
        ("none", []),
    ],
)
def test_tags_inside_a_text(text, tags):
    assert tags_in_text(text) == tags


def test_a_text_has_at_most_a_hundred():
    assert len(tags_in_text(" ".join(f"#t{number}" for number in range(200)))) == 100


@pytest.mark.parametrize("piece", ["#a ", "`", "``a ", "<!--", "-->", "#", "```\n", "<!-- #a --> "])
def test_any_text_takes_linear_time(piece):
    assert len(tags_in_text(piece * (100_000 if is_soak() else 25_000))) <= 1


def test_the_sign_counts_for_nothing():
    assert plain_tag(" ##alpha/ ") == "alpha"
