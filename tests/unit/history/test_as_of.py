"""A memory as it was: every answer is the one that was given then."""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from pack.catalog.questions import Sort
from pack.errors import InvalidRequest, NotFound, PackError
from pack.log import LogQuery
from tests.support import World, examples, git

PATHS = [f"{folder}/{name}.md" for folder in ("context", "notes", "notes/deep") for name in "abc"]
PATHS.append("top.md")
WORDS = ("launch", "plan", "garden", "release", "notes", "secret")
QUERIES = ("launch", "launch plan -garden", '"release notes"', "gard*", "is there a secret?", "…")


# --- exactness ----------------------------------------------------------------------------------


def answers(memory):
    """What a reader can get from a memory, and the refusals."""
    questions = [
        *(lambda sort=sort: memory.notes.list(sort=sort) for sort in Sort),
        lambda: memory.notes.list(tag="x", dir="notes"),
        lambda: memory.notes.list(since="2026-03-05", until="2026-03-20"),
        lambda: memory.notes.list(limit=2),
        *(lambda query=query: memory.search.find(query, explain=True) for query in QUERIES),
        lambda: memory.search.find("plan", dir="notes", limit=1),
        lambda: list(memory.search.lines("la.nch")),
        *(lambda path=path: memory.notes.get(path) for path in (*PATHS, "index.md")),
        lambda: memory.notes.get("context/a.md", section="Plan", max_tokens=5),
        lambda: memory.notes.get("notes/b", lines="2-3"),
        *(lambda path=path: memory.blame.of(path) for path in PATHS[:2]),
        memory.whole.get,
        lambda: memory.whole.get(200),
        memory.mode,
    ]
    return [_answer(question) for question in questions]


def _answer(question):
    try:
        return question()
    except PackError as error:
        return type(error), str(error)


def step(world, pick):
    """Something that happens to a memory."""
    world.clock.advance(hours=pick.randint(1, 60))
    notes, path = world.memory.notes, pick.choice(PATHS)
    text = f"# {pick.choice(WORDS)}\n\n{' '.join(pick.choices(WORDS, k=6))}\n\n## Plan\n\nlaunch\n"
    found = None
    with suppress(PackError):
        found = notes.get(path)
    kind = pick.randrange(9)
    if kind == 0 and found:
        notes.delete(path, found.sha)
    elif kind == 1 and found:
        with suppress(PackError):
            notes.move(path, pick.choice(PATHS), found.sha)
    elif kind == 2:
        world.commit({path: text})
    elif kind == 3:
        root = pick.choice(("true", "false"))
        excluded = pick.choice(PATHS)
        rules = f"version: 1\nroot_notes: {root}\nexclude: [{excluded}]\n"
        world.commit({".pack.yaml": rules})
    elif kind == 4:
        world.commit({".gitattributes": f"{pick.choice(PATHS)} filter=crypt\n"})
    elif kind == 5:
        world.commit({"index.md": None if "index.md" in world.files() else "mine\n"})
    else:
        with suppress(PackError):
            head = f"---\ntags: [{pick.choice('xy')}]\nttl: {pick.randint(1, 9)}d\n---\n"
            notes.update(path, head + text, found.sha if found else None)


@pytest.mark.parametrize("seed", range(examples(2, 60)))
def test_every_answer_is_the_one_that_was_given_then(seed):
    world, pick = World(None), random.Random(seed)
    world.init()
    told = {}
    while len(told) < 8:
        step(world, pick)
        if world.connector.head() not in told:
            told[world.connector.head()] = world.clock.now, answers(world.memory)
    for commit in pick.sample(list(told), len(told)):
        when, then = told[commit]
        assert answers(world.memory.as_of(commit)) == then
        assert world.memory.as_of(when.isoformat()).past.commit == commit
    world.close()


def test_search_and_list_need_no_folder(git_world):
    memory = git_world.init()
    memory.notes.update("notes/a.md", "the launch plan\n")
    then = git_world.connector.head()
    expected = memory.search.find("launch"), memory.notes.list()
    memory.notes.update("notes/a.md", "nothing\n", memory.notes.get("notes/a.md").sha)
    git_world.edit("notes/b.md", "launch by hand\n")
    git_world.edit("notes/a.md", None)
    past = memory.as_of(then)
    assert (past.search.find("launch"), past.notes.list()) == expected
    assert past.notes.get("notes/a.md").content.endswith("the launch plan\n")
    assert [match.path for match in memory.search.find("launch").matches] == ["notes/b.md"]


# --- which state --------------------------------------------------------------------------------


def test_the_present_is_not_past(world):
    memory = world.init()
    assert memory.as_of(None) is memory
    assert memory.past is None


def test_the_answer_names_the_commit_and_its_time(world):
    memory = world.init()
    commit, made = world.connector.head(), world.clock.now
    world.clock.advance(days=3)
    memory.notes.update("notes/a.md", "a\n")
    past = memory.as_of("2d").past
    assert (past.commit, past.at) == (commit, made)
    assert memory.as_of(commit[:7]).past == past


def test_what_expired_since_had_not_expired_then(world):
    memory = world.init()
    memory.notes.update("notes/a.md", "---\nttl: 2d\n---\na\n")
    commit = world.connector.head()
    world.clock.advance(days=9)

    def expired(memory):
        return [file.path for file in memory.notes.list().files if file.expired]

    assert expired(memory) == ["notes/a.md"]
    assert expired(memory.as_of(commit)) == []
    assert expired(memory.as_of("8d")) == []
    assert expired(memory.as_of("1d")) == ["notes/a.md"]
    assert expired(memory.as_of("2100-01-01")) == ["notes/a.md"]


@pytest.mark.parametrize("when", ["soon", "2001-01-01", "0" * 40])
def test_a_moment_without_a_state(world, when):
    memory = world.init()
    with pytest.raises(InvalidRequest):
        memory.as_of(when)


def test_before_there_was_a_memory(world):
    world.commit({"README.md": "no memory yet\n"})
    commit = world.connector.head()
    past = world.init().as_of(commit)
    with pytest.raises(InvalidRequest, match="there is no memory"):
        past.notes.list()
    with pytest.raises(InvalidRequest, match="there is no memory"):
        past.notes.get("context/general.md")


def test_while_it_was_a_v1_memory(world):
    world.commit({"MEMORY.md": "# Memory\n\n- likes gardens\n"})
    commit = world.connector.head()
    if world.folder is not None:  # the present tells the time of the file, the past of the commit
        at = next(iter(world.connector.log(LogQuery(commit)))).at.timestamp()
        os.utime(world.folder / "MEMORY.md", (at, at))
    then = answers(world.memory)
    world.commit({"index.md": "---\nversion: 2\n---\n", "context/a.md": "a\n", "MEMORY.md": None})
    assert answers(world.memory.as_of(commit)) == then
    assert world.memory.as_of(commit).notes.get("MEMORY.md").content.startswith("# Memory")


def test_a_file_that_was_moved_since_is_told_where_it_was(world):
    memory = world.init()
    sha = memory.notes.update("notes/a.md", "several words of a note\n" * 3).sha
    commit = world.connector.head()
    memory.notes.move("notes/a.md", "projects/new.md", sha)
    with pytest.raises(NotFound) as caught:
        memory.as_of(commit).notes.get("projects/new.md")
    assert "it was notes/a.md" in caught.value.remedy
    assert memory.as_of(commit).notes.get("notes/a.md").sha == sha


def test_a_commit_beyond_the_end_of_a_shallow_clone_is_not_known(git_world, tmp_path):
    memory = git_world.init()
    first = git_world.connector.head()
    memory.notes.update("notes/a.md", "a\n")
    shallow = World(tmp_path / "clone")
    try:
        branch = git(git_world.folder, "branch", "--show-current").decode().strip()
        whence = git_world.folder.as_uri()
        git(shallow.folder, "fetch", "--quiet", "--depth=1", whence, branch)
        git(shallow.folder, "reset", "--quiet", "--hard", "FETCH_HEAD")
        with pytest.raises(NotFound):
            shallow.memory.as_of(first)
        last = shallow.memory.as_of(shallow.connector.head())
        assert [file.path for file in last.notes.list().files] == [
            "context/general.md",
            "notes/a.md",
        ]
    finally:
        shallow.close()


# --- writing ------------------------------------------------------------------------------------


def test_a_past_memory_refuses_writes(world):
    memory = world.init()
    head = world.connector.head()
    past = memory.as_of("now")
    for write in (
        lambda: past.notes.update("notes/a.md", "a\n"),
        lambda: past.whole.add("something new\n"),
    ):
        with pytest.raises(InvalidRequest, match="the past cannot be changed"):
            write()
    assert world.connector.head() == head


@pytest.mark.contract("C1")
def test_a_sha_of_the_past_is_stale(world):
    memory = world.init()
    memory.notes.update("notes/a.md", "one\n")
    commit = world.connector.head()
    memory.notes.update("notes/a.md", "two\n", memory.notes.get("notes/a.md").sha)
    read = memory.as_of(commit).notes.get("notes/a.md")
    with pytest.raises(PackError, match="it was changed since it was read"):
        memory.notes.update("notes/a.md", read.content, read.sha)


# --- what is kept -------------------------------------------------------------------------------


def test_only_the_last_few_states_are_kept_and_all_can_be_asked(world):
    memory = world.init()
    pasts = []
    for number in range(7):
        memory.notes.update(f"notes/{number}.md", f"word {number}\n")
        pasts.append(memory.as_of(world.connector.head()))
        assert pasts[-1].search.find("word").total == number + 1
    for number, past in enumerate(pasts):
        assert past.search.find("word").total == number + 1


def test_threads_share_the_past_states(world):
    memory = world.init()
    commits = []
    for number in range(6):
        memory.notes.update(f"notes/{number}.md", f"word {number}\n")
        commits.append(world.connector.head())

    def work(turn):
        number = turn * 5 % 6  # more states than are kept
        past = memory.as_of(commits[number])
        return past.search.find("word").total, past.notes.list().total, number

    with ThreadPoolExecutor(4) as pool:
        for found, listed, number in pool.map(work, range(24)):
            assert (found, listed) == (number + 1, number + 2)


# --- cost ---------------------------------------------------------------------------------------


def commits_of(world, texts):
    """The commits of a note's versions."""
    for text in texts:
        world.commit({"notes/a.md": text})
        yield world.connector.head()


def test_a_past_state_does_not_repeat_what_the_present_had_to_read(world, monkeypatch):
    memory = world.init()
    memory.search.find("launch")
    world.commit({f"notes/{number}.md": f"launch {number}\n" for number in range(12)})
    last = [*commits_of(world, (f"launch {word}\n" for word in WORDS))]
    read, read_blobs = [], type(memory.connector).read_blobs

    def count(connector, shas):
        wanted = list(shas)
        read.extend(wanted)
        return read_blobs(connector, wanted)

    memory.as_of(last[0]).search.find("launch")
    monkeypatch.setattr(type(memory.connector), "read_blobs", count)
    memory.as_of(last[1]).search.find("launch")
    assert len(read) <= 2


def test_a_read_of_the_past_starts_no_process(git_world, monkeypatch):
    memory = git_world.init()
    head = "---\nupdated: 2026-03-01\n---\n"
    commits = [*commits_of(git_world, (f"{head}{word}\n" for word in WORDS))]
    for _ in range(3):
        for commit in commits[:2]:
            memory.as_of(commit).notes.get("notes/a.md")
    started = []
    monkeypatch.setattr("subprocess.Popen.__init__", lambda *words, **_: started.append(words))
    for commit, word in zip(commits[2:], WORDS[2:], strict=True):
        assert word in memory.as_of(commit).notes.get("notes/a.md").content
    assert started == []
