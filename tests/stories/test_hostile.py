"""Hostile names and contents: a clear error or exact bytes, and the other files stay reachable."""

import contextlib

import pytest

from pack.errors import BlobChanged, InvalidContent, InvalidPath, InvalidRequest, PackError
from pack.files.edits import Append
from pack.model import blob_id
from tests.support import assert_true_index, git, is_soak, note

pytestmark = [pytest.mark.contract("C1", "C7")]
A = "projects/a.md"


@pytest.fixture
def shared(shared_world):
    """A memory with the file `A`, for tests after which no other file is there and none is gone."""
    if A not in shared_world.listed():
        shared_world.memory.notes.update(A, "the only copy\n")
    return shared_world


@pytest.fixture(scope="module", autouse=True)
def _git_finds_no_fault(_worlds):
    """In all that these tests wrote."""
    yield
    for world in _worlds.values():
        if world.folder is not None:
            git(world.folder, "fsck", "--strict")


# Names that no memory file gets, on any system.
REFUSED = [
    "",
    ".",
    "..",
    "/",
    "//",
    "a",
    "a.md",
    "index.md",
    "MEMORY.md",
    "../a/x.md",
    "a/../../x.md",
    "a/../x.md",
    "a/./x.md",
    "a//x.md",
    "~/x.md/",
    "a/",
    "a/x.md/",
    "a/x",
    "a/x.txt",
    "a/.md",
    ".git/x.md",
    ".git/hooks/post-commit.md",
    "a/.git/x.md",
    ".GIT/x.md",
    ".g\u200cit/x.md",
    "a/\u200b.git/x.md",
    "git~1/x.md",
    "GIT~1/x.md",
    "a/git~1.md",
    ".git./x.md",
    ".git /x.md",
    ".git::$INDEX_ALLOCATION/x.md",
    "a/.gitmodules.md",
    ".pack/x.md",
    "legacy/x.md",
    "LEGACY/x.md",
    "Legacy/x.md",
    "a/index.md",
    "a/INDEX.md",
    "C:/x.md",
    "c:x.md",
    "C:\\x.md",
    "\\\\host\\share\\x.md",
    "a\\..\\x.md",
    "a\\x.md",
    "a/con.md",
    "con/x.md",
    "a/NUL.md",
    "a/aux.x.md",
    "a/com1.md",
    "a/lpt¹.md",
    "a/x:y.md",
    "a/x.md:stream",
    "a/x?.md",
    "a/*.md",
    'a/"x".md',
    "a/<x>.md",
    "a/x|y.md",
    ":(glob)*/x.md",
    ":/x.md",
    ":!a/x.md",
    ":(exclude)a.md",
    "-a/x.md",
    "a/-x.md",
    "--help/x.md",
    "a/--output=x.md",
    "-/x.md",
    "a/x\n.md",
    "a/x\0.md",
    "a\0/x.md",
    "a/x\r.md",
    "a/x\t.md",
    "a/\x1b[31mx.md",
    "a/\x7fx.md",
    "a/x\u2028.md",
    "a/\u202exdm.md",
    "a/\ufeffx.md",
    "a/ x.md",
    "a /x.md",
    "a./x.md",
    "a/x\ud800.md",
    "a/e\u0301.md",
    "a/\u212b.md",
    "a/" + "x" * 300 + ".md",
    "a/" * 300 + "x.md",
    "a/" + "é" * 150 + ".md",
    "HEAD",
    "@{u}",
    "refs/heads/main",
    "HEAD:index.md",
    "projects/a.md/b.md",
]
# Unusual ones that are fine everywhere.
ACCEPTED = [
    "@{u}/x.md",
    "HEAD/x.md",
    "refs/heads/main.md",
    "main/@{-1}.md",
    "a/x y.md",
    "a/x'y`z.md",
    "a/$(id).md",
    "a/;ls.md",
    "a/%2e%2e.md",
    "a/x#y&z=1.md",
    "a/[x](y).md",
    "a/{x,y}.md",
    "a/!x.md",
    "a/~x.md",
    "a/..x.md".replace("..x", "x.."),
    "a/日本語.md",
    "a/ñandú.md",
    "a/👩‍🚀.md".replace("\u200d", ""),
    "a/x.MD",
    "a/b/c/d/e/f/g/h.md",
    "a/" + "x" * 200 + ".md",
    "a/null.md",
    "a/console.md",
    "a/^x.md",
    "a/x,y.md",
    "a/@.md",
]


@pytest.mark.parametrize("path", REFUSED)
def test_a_hostile_name_is_refused_by_every_call(shared, path):
    memory = shared.memory
    sha = memory.notes.get(A).sha
    before = shared.connector.head()
    calls = [
        lambda: memory.notes.update(path, "x\n"),
        lambda: memory.notes.update(path, "x\n", sha),
        lambda: memory.notes.edit(path, [Append(text="x")]),
        lambda: memory.notes.delete(path, sha),
        lambda: memory.notes.move(path, "b/moved.md", sha),
        lambda: memory.notes.move(A, path, sha),
    ]
    for call in calls:
        with pytest.raises(PackError) as caught:
            call()
        assert len(str(caught.value)) < 500
        assert str(caught.value).isprintable()
        assert caught.value.remedy
    with contextlib.suppress(PackError):  # what is at the root, or in legacy/, may be read
        assert memory.notes.get(path).path == path
    assert shared.connector.head() == before
    assert memory.notes.get(A).sha == sha


@pytest.mark.parametrize("path", ACCEPTED)
def test_an_unusual_name_works_in_every_call(shared, path):
    world, memory = shared, shared.memory
    other = memory.notes.get(A)
    made = memory.notes.update(path, "# Needle\n", message=path)
    assert world.files()[path].endswith(b"# Needle\n")
    assert memory.notes.get(path).sha == made.sha
    assert memory.search.find("needle").matches[0].path == path
    made = memory.notes.edit(path, [Append(text="more\n")], made.sha)
    made = memory.notes.update(path, "again\n", made.sha)
    assert_true_index(world)
    moved = memory.notes.move(path, "b/plain.md", made.sha)
    moved = memory.notes.move("b/plain.md", path, moved.sha)
    assert path in world.listed()
    assert f"<!-- {path} -->" in memory.whole.get().content
    assert memory.care.validate() == []
    memory.notes.delete(path, moved.sha)
    assert_true_index(world)
    assert memory.notes.get(A) == other
    if world.folder is not None:
        assert git(world.folder, "status", "--porcelain") == b""


def much(count):
    """As many as fit into a file in `make soak`; a quarter of them is hostile enough elsewhere."""
    return count if is_soak() else count // 4


DEEP = "a: " + "[" * 5000 + "]" * 5000
BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]"
CONTENTS = {
    "empty": "",
    "nul": "a\0b\0",
    "crlf": "a\r\nb\r\n",
    "cr": "a\rb\r",
    "bom": "\ufeffa\n",
    "bidi": "\u202ea\u2066b\n",
    "no end": "a",
    "blanks": " \n\t\n",
    "rules": "---\n" * 2000,
    "open rule": "---\na: b\n",
    "odd rule": "--- \n---x\n---\n",
    "tag": "---\na: !!python/object/apply:os.system [id]\n---\nx\n",
    "bomb": f"---\n{BOMB}\n---\nx\n",
    "deep": f"---\n{DEEP}\n---\nx\n",
    "wide": "---\n" + "".join(f"k{n}: v\n" for n in range(much(3000))) + "---\nx\n",
    "long frontmatter": f"---\na: {'x' * 200_000}\n---\nx\n",
    "huge frontmatter": f"---\na: {'x' * 10_000_000}\n---\nx\n",
    "broken": "---\na: [\n---\nx\n",
    "tabs": "---\n\ta: b\n---\nx\n",
    "duplicate": "---\na: 1\na: 2\n---\nx\n",
    "merge": "---\n<<: {topic: x}\n---\nx\n",
    "odd types": "---\ntopic: [a]\ntags: {a: b}\nupdated: 999\nttl: [1]\nsync: maybe\n---\nx\n",
    "huge number": f"---\nttl: {'9' * 5000}\ntags: [{'9' * 5000}]\n---\nx\n",
    "far ttl": "---\nttl: 99999y\nupdated: 9999-12-31\n---\nx\n",
    "topic": "---\ntopic: \"a | b\\n|\\u0000 <b> [x](y)\"\ntags: ['|', \"\\n\", '](']\n---\nx\n",
    "long topic": f"---\ntopic: {'x' * 50_000}\n---\nx\n",
    "surrogate": "a\ud800",
    "one line": "x" * much(2_000_000),
    "many lines": "\n" * much(400_000),
    "large": "x" * 2_200_000,
    "brackets": "[" * much(50_000) + "](",
    "fences": "```\n" * much(50_000),
    "headings": "# a\n" * much(12_000),
    "stars": "*" * much(100_000),
    "html": "<div>" * much(20_000),
    "markers": "<<<<<<< a\n=======\n>>>>>>> b\n",
    "separators": "a\u2028b\x85c\x0bd\x0ce\x1cf\n",
}
# What a repository could take for something else, or not take; for all others, the store in memory
# stands for both in the usual run.
OF_GIT = ["nul", "crlf", "cr", "bom", "surrogate", "large", "one line", "markers"]
# All of them in one memory; `make soak` tries each by itself, too.
STORED = [
    pytest.param("memory", [*CONTENTS], id="memory"),
    pytest.param("git", OF_GIT, id="git"),
    *(
        pytest.param(kind, [name], id=f"{kind}-{name}", marks=pytest.mark.soak)
        for kind in ("memory", "git")
        for name in CONTENTS
    ),
]
MAY_FAIL = {"bomb", "deep", "long frontmatter", "huge frontmatter", "surrogate", "large", "tag"}
NOT_IN_MEMORY = {"large", "huge frontmatter"}
"""The store in memory takes no such file from anybody."""


@pytest.mark.parametrize(("world", "names"), STORED, indirect=["world"])
def test_a_hostile_content_is_stored_exactly_or_refused(world, names):
    memory = world.init()
    memory.notes.update(A, "needle\n")
    for name in names:
        path, text = f"projects/hostile {name}.md", CONTENTS[name]
        before = world.connector.head()
        try:
            made = memory.notes.update(path, text)
        except InvalidRequest as error:
            refused = str(error)
        else:
            refused = ""
        if refused:
            assert name in MAY_FAIL
            assert len(refused) < 300, name
            assert world.connector.head() == before, name
            continue
        stored = world.files()[path]
        assert made.sha == blob_id(stored), name
        body = text.partition("\n---\n")[2] if text.startswith("---\n") else text
        assert stored.endswith(body.removeprefix("\ufeff").encode()), name
        memory.notes.edit(path, [Append(text="more")], made.sha)
    _others_work(world)


@pytest.mark.parametrize(("world", "names"), STORED, indirect=["world"])
def test_a_hostile_content_made_by_hand_harms_no_other_file(world, names):
    memory = world.init()
    memory.notes.update(A, "needle\n")
    taken = set(names) - (NOT_IN_MEMORY if world.folder is None else set())
    contents = {
        f"projects/hostile {name}.md": CONTENTS[name].encode("utf-8", "surrogatepass")
        for name in taken
    }
    world.commit(contents)
    assert contents.keys() <= set(world.listed())
    for path, content in contents.items():
        with contextlib.suppress(PackError):
            assert memory.notes.get(path).content.encode() == content, path
    _others_work(world)
    stored = world.files()
    for path, content in contents.items():
        assert stored[path] == content, path
        if len(content) < 2_000_000:
            memory.notes.move(path, path.replace("projects", "b"), blob_id(content))
    _others_work(world)


def _others_work(world):
    memory = world.memory
    assert memory.search.find("needle").matches[0].path == A
    assert "needle" in memory.whole.get().content
    assert A in world.listed()
    memory.care.validate()
    memory.care.status()
    memory.notes.update(A, "needle, changed\n", memory.notes.get(A).sha)
    memory.whole.add("a line")
    assert_true_index(world)


def test_files_with_odd_names_made_by_hand_can_be_read_and_renamed(git_world):
    memory = git_world.init()
    names = ["a/x: y.md", "a/con.md", "a/-x.md", "a/e\u0301.md", "a/x .md ".strip(), "a/q?.md"]
    git_world.commit({name: note(1) for name in names})
    for number, name in enumerate(names):
        assert name in git_world.listed()
        sha = memory.notes.get(name).sha
        made = memory.notes.update(name, "changed\n", sha)
        memory.notes.move(name, f"b/{number}.md", made.sha)
    assert_true_index(git_world)
    assert git(git_world.folder, "status", "--porcelain") == b""


def test_links_are_neither_followed_nor_replaced(git_world, tmp_path):
    memory = git_world.init()
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "x.md").write_text("secret\n")
    (git_world.folder / "out").symlink_to(secret)
    (git_world.folder / "context" / "link.md").symlink_to(secret / "x.md")
    (git_world.folder / "context" / "inside.md").symlink_to("general.md")
    for path in ("out/x.md", "context/link.md", "context/inside.md"):
        for call in (
            lambda path=path: memory.notes.get(path),
            lambda path=path: memory.notes.update(path, "x\n"),
            lambda path=path: memory.notes.edit(path, [Append(text="x")]),
            lambda path=path: memory.notes.delete(path, blob_id(b"secret\n")),
            lambda path=path: memory.notes.move(path, "b/x.md", blob_id(b"secret\n")),
        ):
            with pytest.raises(PackError):
                call()
    with pytest.raises(PackError):
        memory.notes.update("out/new.md", "x\n")
    assert git_world.listed() == ["context/general.md"]
    assert "secret" not in memory.whole.get().content
    assert memory.search.find("secret").total == 0
    assert [path.name for path in secret.iterdir()] == ["x.md"]
    assert (secret / "x.md").read_text() == "secret\n"


@pytest.mark.parametrize("sha", ["HEAD", "-x", "refs/heads/main", "@{u}", "\n", "'; --", "g" * 40])
def test_a_hostile_sha_is_a_conflict(shared, sha):
    memory = shared.memory
    with pytest.raises(BlobChanged):
        memory.notes.update(A, "y\n", sha)
    with pytest.raises(BlobChanged):
        memory.notes.delete(A, sha)


@pytest.mark.parametrize(
    "filters",
    [
        {"dir": "../.."},
        {"dir": "/etc"},
        {"dir": "\0"},
        {"dir": "projects/a.md"},
        {"tag": "\ud800"},
        {"tag": "%_*"},
        {"tag": "x" * 100_000},
        {"topic": "'; DROP TABLE file; --"},
        {"topic": "\udfff"},
    ],
)
def test_hostile_filters_find_nothing(shared, filters):
    assert shared.memory.notes.list(**filters).total == 0


@pytest.mark.parametrize(
    "query",
    [
        "*",
        "%",
        "_",
        '"',
        "'",
        "(",
        "NEAR(",
        "a OR b",
        "-x",
        "\\",
        "(?:a+)+$",
        "\0",
        "\ud800",
        "NOT",
    ],
)
def test_hostile_queries_are_only_text(shared, query):
    memory = shared.memory
    memory.notes.update(A, "nothing of that\n", memory.notes.get(A).sha)
    for match in memory.search.find(query).matches:
        assert match.path
    memory.notes.update(
        A, f"here: {query.encode('utf-8', 'replace').decode()} it is\n", memory.notes.get(A).sha
    )
    if query.isprintable():
        assert memory.search.find(query).matches[0].path == A


def test_an_invalid_error_never_holds_the_content(world):
    memory = world.init()
    with pytest.raises(InvalidContent) as caught:
        memory.notes.update(A, "a secret\ud800")
    assert "secret" not in str(caught.value)
    with pytest.raises(InvalidPath) as caught:
        memory.notes.update("\n" * 350, "a secret")
    assert len(str(caught.value)) < 400
