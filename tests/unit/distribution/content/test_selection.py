"""What a rule takes, and what never goes."""

import random

import pytest

from pack.distribution.content.making import make
from pack.distribution.content.selection import internal_reason, select
from pack.distribution.values import Release
from pack.errors import InvalidConfig
from pack.model import blob_id
from tests.distribution_support import DAY_ONE, rule_of

pytestmark = pytest.mark.contract("C16")

FILES = ["guides/a.md", "guides/web/b.md", "guides/web/private/c.md", "notes/d.md", "guides/e.txt"]


def selected(files=FILES, **rule):
    return list(select(rule_of(**rule), files).paths)


def test_only_what_the_source_meets_goes():
    assert selected() == ["guides/a.md", "guides/web/b.md", "guides/web/private/c.md"]
    assert selected(source="nothing/**") == []


def test_filters_take_away():
    include = {"include": ["guides/web/**"], "exclude": ["guides/web/private/**"]}
    assert selected(filters=include) == ["guides/web/b.md"]
    left_out = select(rule_of(filters=include), FILES).left_out
    assert [(one.path, one.reason) for one in left_out] == [
        ("guides/web/private/c.md", "the rule excludes it")
    ]


@pytest.mark.parametrize(
    "path",
    [
        ".pack/distribution/rules/x.yaml",
        "guides/.pack/x.md",
        ".git/config",
        "guides/.GIT/config",
        ".gitmodules",
        "legacy/MEMORY.md",
        "MEMORY.md",
        "index.md",
        "Index.md",
        "guides/a.conflict-0123abcd.md",
    ],
)
def test_what_is_packs_or_gits_never_goes_whatever_is_asked_for(path):
    for source in ("**", "**/*", path, f"{path.rpartition('/')[0] or '*'}/**"):
        assert path not in selected([path, "a.md"], source=source)


@pytest.mark.parametrize(
    "head",
    [
        "internal: true",
        "internal: yes",
        "Internal: True",
        '"internal": "true"',
        "internal: until May",
        "internal: [team]",
        "sync: false",
        "sync: no",
        "Sync: 'False'",
        "sync:",
        "a: [\ninternal: true",
        "globs: *.ts\nsync: false",
        "title: {{ x }}\ninternal: true",
        "{internal: true, a: [}",
        "{a: [, 'sync': false}",
        "a: [\n? internal\n: true",
    ],
)
def test_what_says_that_it_is_internal_never_goes(head):
    for text in (f"---\n{head}\n---\nx\n", f"\ufeff---\r\n{head}\r\n---\r\nx\r\n"):
        assert internal_reason("guides/a.md", text.encode()) is not None


@pytest.mark.parametrize("head", ["internal = true", "a = 1\nsync=false # x", "'Internal' = 'y'"])
def test_frontmatter_in_toml_counts_too(head):
    text = f"+++\n{head}\n+++\n\n# A\n"
    assert internal_reason("guides/a.md", text.encode()) is not None
    assert internal_reason("guides/a.md", f"# A\n\n{text}".encode()) is None
    assert internal_reason("guides/a.md", b"+++\ninternal = false\n+++\n\ninternal = 1\n") is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_what_is_internal_is_seen_in_wide_letters(encoding):
    text = "---\ninternal: true\n---\nx\n"
    assert internal_reason("guides/a.md", text.encode(encoding)) is not None


@pytest.mark.parametrize(
    ("path", "text", "stays"),
    [
        ("guides/a.yaml", "a: 1\ninternal: true\n", True),
        ("guides/a.yml", "---\nsync: false\n", True),
        ("guides/a.yaml", "jobs:\n  sync: false\n", False),
        ("guides/a.yaml", "a: [\ninternal: true\n", True),
        ("guides/a.json", '{"a": 1, "internal": true}', True),
        ("guides/a.json", '{"a": {"internal": true}}', False),
        ("guides/a.json", "[1]", False),
        ("guides/a.txt", "internal: true\n", False),
    ],
)
def test_a_file_of_data_may_say_that_it_is_internal_too(path, text, stays):
    assert (internal_reason(path, text.encode()) is not None) is stays


@pytest.mark.parametrize(
    "text",
    [
        "internal: true\n",
        "---\ninternal: false\nsync: true\n---\n",
        "---\ntitle: internal\n---\ninternal: true\n",
        "---\nglobs: *.ts\n---\n",
        "---\ninternal_notes: true\n---\n",
        "",
    ],
)
def test_everything_else_may_go(text):
    assert internal_reason("guides/a.md", text.encode()) is None


def test_an_index_that_pack_writes_stays_and_one_that_a_person_writes_goes():
    assert internal_reason("guides/index.md", b"---\npack_index: folder\n---\n") is not None
    assert internal_reason("guides/index.md", b"---\ntitle: Guides\n---\n") is None


def test_no_glob_lets_out_what_is_internal():
    secret = b"---\ninternal: true\n---\nsecret\n"
    texts = {
        "guides/a.md": b"a\n",
        "guides/web/secret.md": secret,
        "x/y/secret.md": secret,
        "secret.md": secret,
        ".pack/secret.md": b"secret\n",
        "legacy/secret.md": b"secret\n",
    }
    files = {path: blob_id(text) for path, text in texts.items()}
    contents = {blob_id(text): text for text in texts.values()}
    release = Release("v1.0.0", "0" * 40, DAY_ONE)
    parts = ["**", "*", "guides", "web", "x", "y", ".pack", "legacy", "secret.md", "{a,*}.md", "?*"]
    chance, made_any = random.Random(1), 0
    for _ in range(1000):
        source = "/".join(chance.choices(parts, k=chance.randint(1, 4)))
        rule = rule_of(source=source, filters={"include": [chance.choice(["**", source])]})
        try:
            made = make(rule, release, files, lambda ids: ((i, contents[i]) for i in ids), {}, None)
        except InvalidConfig:
            continue
        made_any += bool(made.files)
        assert not any(b"secret" in one.content for one in made.files), source
    assert made_any > 50
