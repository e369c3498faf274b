"""What a file leaves open is closed, so that it does not swallow the files after it."""

import pytest

from pack.sync.text import make_section


@pytest.mark.parametrize(
    ("body", "end"),
    [
        ("```py\nx", "```"),
        ("````\n```\nx", "````"),
        ("~~~\n```", "~~~"),
        ("<!-- x", "-->"),
        ("<pre>\nx", "</pre>"),
        ("<script>\nx", "</script>"),
        ("<?php\nx", "?>"),
        ("<![CDATA[\nx", "]]>"),
        ("<!DOCTYPE\nx", ">"),
        ("x\n```", "```"),
        ("```x\n\t", "```"),
        ("<!-- x\n ", "-->"),
        ("```\nx\n    ```", "```"),
        ("```\nx\n\t```", "```"),
        ("```\nx\n``` y", "```"),
        ("```\nx\n~~~", "```"),
        ("  <PRE>\n<!-- -->", "</pre>"),
    ],
)
def test_what_a_file_leaves_open_is_closed(body, end):
    assert make_section("T", body) == f"# T\n\n{body}\n{end}"


@pytest.mark.parametrize(
    "body",
    ["```\nx\n```", "```\nx\n   `````  ", "<pre>\nx</script>", "<!-->", "<prefix>\nx", "<!a>",
     "<![cdata[\nx", "<div>\nx", "- ```\n  x", "> <!-- x", "x <!-- y", "    ```", "a\n    <!--"],
)  # fmt: skip
def test_what_is_closed_or_ends_by_itself_stays_as_it_is(body):
    assert make_section("T", body) == f"# T\n\n{body}"


def test_a_file_of_many_fences_costs_one_look():
    # It took minutes to try each of them.
    body = "\n".join("`" * length for length in range(1500, 2, -1))
    assert make_section("T", body) == f"# T\n\n{body}\n{'`' * 1500}"
