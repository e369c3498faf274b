"""Markdown files of a source; and what readers do with whatever is in them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pack_connectors.import_sources.folders.markdown_files import identity, without_top
from pack_connectors.import_sources.opening import open_source
from pack_connectors.import_sources.recognising import FORMATS

from pack.errors import PackError
from tests.import_support import folder_of, read, zip_of
from tests.support import examples
from tests.unit.exports.exported_notes import texts

_NAMES = (
    *("MEMORY.md", "AGENTS.md", "index.md", "a/b.md", "x.mdc", "memory.jsonl", "memories.json"),
    *("pages/a___b.md", "journals/2020_05_14.md", "t 0123456789abcdef0123456789abcdef.csv"),
    "memories.jsonl.gz",
)
_PARTS = (
    *(
        '{"type": "entity", "name": 1}',
        '{"name": "x", "observations": {"a": []}}',
        "[[",
        "]]",
        "\0",
    ),
    *('{"id": [], "content": "c", "state": 1, "metadata": 7}', '{"memories": [1, null]}', "a:: \n"),
    *(
        "<!-- pack:note {} -->\n",
        "<!-- BEGIN PACK MEMORY -->\n",
        '---\npack_path: "\\u"\n',
        "---\n",
    ),
    *('"a\n', "| x,\r", "# ", "\ud7ff", "title::\n", "[x](%ff.md)", "```\n", "x: &a [*a]\n"),
)
OURS = {"memory-jsonl", "mem0", "logseq", "obsidian", "notion", "claude-code", "pack"}
contents = st.one_of(
    st.binary(max_size=30),
    texts.map(str.encode),
    st.lists(st.sampled_from(_PARTS), max_size=6).map(lambda some: "".join(some).encode()),
)


@pytest.mark.parametrize("kind", [one.kind for one in FORMATS])
def test_whatever_is_in_a_source_a_reader_takes_it_or_says_why_not(kind, tmp_path_factory):
    @settings(max_examples=examples(15))
    @given(st.dictionaries(st.sampled_from(_NAMES), contents, min_size=1, max_size=4))
    def check(files):
        folder = folder_of(tmp_path_factory.mktemp("any"), files)
        try:
            found = read(folder, kind)
        except PackError:
            return
        is_said = found.records or found.skipped or not any(map(bytes.strip, files.values()))
        assert is_said or kind not in OURS

    check()


def test_a_folder_is_known_by_its_name_and_by_that_above_it_if_it_says_nothing(tmp_path):
    for name, expected in (("My vault", "My vault"), ("notes", "work/notes")):
        with open_source(folder_of(tmp_path / "work" / name, {"a.md": "x"})) as source:
            assert identity(source) == expected
    file = tmp_path / "backup.zip"
    for files, expected, paths in (
        ({"v/a.md": "", "v/b/c.md": ""}, "v", ["a.md", "b/c.md"]),
        ({"v/a.md": "", "b.md": ""}, "backup", ["b.md", "v/a.md"]),
    ):
        file.write_bytes(zip_of(files))
        with open_source(file) as source:
            assert identity(source) == expected
            assert [one.path for one in without_top(source).files] == paths
