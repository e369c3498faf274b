"""Whatever happens to a memory, and in whichever process: what is found is what is there."""

import os
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pack.errors import PackError
from tests.support import World, examples, git

PATHS = st.sampled_from([f"{folder}/{name}.md" for folder in ("a", "a/b", "c") for name in "xyz"])
WORDS = ("apple", "banana", "cherry", "数据库")
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


def seen(memory):
    """Everything that lists and searches say of a memory."""
    listed = [
        (file.path, file.topic, file.tags, file.updated)
        for file in memory.notes.list(limit=500).files
    ]
    found = {
        word: [
            (m.path, m.line, m.snippet, round(m.score, 6)) for m in memory.search.find(word).matches
        ]
        for word in (*WORDS, "nan", "据库", "apple banana", '"cherry apple"', "-apple banana")
    }
    return listed, found


class ManyProcesses(RuleBasedStateMachine):
    """Two processes share a catalog; a third begins with none, each time it is compared."""

    def __init__(self):
        super().__init__()
        self.temporary = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        folder = Path(self.temporary.name) / "memory"
        self.world = World(folder)
        for name, value in (("name", "A Person"), ("email", "person@example.org")):
            git(folder, "config", f"user.{name}", value)
        self.world.init()
        self.memories = [self.world.open(folder / ".git" / "pack" / "c.sqlite") for _ in range(2)]
        self.commits = []

    @initialize()
    def begin(self):
        self.note_commit()

    def note_commit(self):
        self.commits.append(git(self.world.folder, "rev-parse", "HEAD").decode().strip())

    @rule(path=PATHS, text=TEXTS, number=st.integers(0, 1))
    def write(self, path, text, number):
        memory = self.memories[number]
        try:
            found = memory.notes.get(path)
        except PackError:
            memory.notes.update(path, f"# Note\n\n{text}\n")
        else:
            memory.notes.update(path, f"# Note\n\n{text}\n", sha=found.sha)
        self.note_commit()

    @rule(path=PATHS, number=st.integers(0, 1))
    def delete(self, path, number):
        memory = self.memories[number]
        try:
            memory.notes.delete(path, memory.notes.get(path).sha)
        except PackError:
            return
        self.note_commit()

    @rule(path=PATHS, text=TEXTS)
    def edit_by_hand(self, path, text):
        self.world.edit(path, f"---\ntopic: By hand\ntags: [hand]\n---\n\n{text}\n")

    @rule(path=PATHS)
    def remove_by_hand(self, path):
        (self.world.folder / path).unlink(missing_ok=True)

    @rule()
    def commit_by_hand(self):
        git(self.world.folder, "add", "--all")
        git(self.world.folder, "commit", "--quiet", "--allow-empty", "-m", "by hand")
        self.note_commit()

    @rule(data=st.data())
    def reset(self, data):
        git(
            self.world.folder,
            "reset",
            "--quiet",
            "--hard",
            data.draw(st.sampled_from(self.commits)),
        )

    @rule(data=st.data(), path=PATHS)
    def check_out_an_old_version(self, data, path):
        commit = data.draw(st.sampled_from(self.commits))
        git(self.world.folder, "checkout", "--quiet", commit, "--", path, check=False)

    @rule(path=PATHS, text=TEXTS)
    def merge_a_branch(self, path, text):
        folder = self.world.folder
        git(folder, "stash", "--quiet", "--include-untracked", check=False)
        git(folder, "switch", "--quiet", "--create", "side")
        self.world.commit({path: f"from the side: {text}\n"})
        git(folder, "switch", "--quiet", "main")
        git(folder, "merge", "--quiet", "--no-ff", "-X", "theirs", "-m", "merge", "side")
        git(folder, "branch", "--quiet", "--delete", "--force", "side")
        self.note_commit()

    @rule()
    def gc(self):
        git(self.world.folder, "gc", "--quiet")

    @precondition(lambda self: len(self.memories) == 2)
    @rule(number=st.integers(0, 1))
    def ask(self, number):
        self.memories[number].search.find("apple")

    @rule()
    def lose_the_catalog(self):
        for file in (self.world.folder / ".git" / "pack").glob("c.sqlite*"):
            file.unlink()

    @invariant()
    def all_processes_agree(self):
        fresh = seen(self.world.open())
        for memory in self.memories:
            assert seen(memory) == fresh

    def teardown(self):
        self.world.close()
        self.temporary.cleanup()


TestManyProcesses = ManyProcesses.TestCase
TestManyProcesses.settings = settings(
    max_examples=examples(3, soak=200),
    stateful_step_count=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def test_the_date_of_a_file_without_one_is_that_of_its_commit(git_world):
    memory = git_world.init()
    git_world.commit({"a/x.md": "no date\n", "a/y.md": "none here\n"})
    stamp = git(git_world.folder, "log", "-1", "--format=%cd", "--date=format-local:%FT%TZ")
    (git_world.folder / "a/x.md").touch()  # as a clone would
    assert memory.notes.get("a/x.md").updated_at == stamp.decode().strip()
    memory.notes.update("a/z.md", "another commit\n")
    assert memory.notes.get("a/x.md").updated_at == stamp.decode().strip()
    git_world.edit("a/y.md", "edited\n")
    os.utime(git_world.folder / "a/y.md", (1_000_000_000, 1_000_000_000))
    assert memory.notes.get("a/y.md").updated_at == "2001-09-09T01:46:40Z"


def test_dates_follow_a_history_that_was_changed(git_world):
    memory = git_world.init()
    git_world.commit({"a/x.md": "one\n"})
    first = memory.notes.get("a/x.md").updated_at
    git_world.commit({"a/x.md": "two\n", "a/y.md": "new\n"})
    assert memory.notes.get("a/y.md").updated_at >= first
    git(git_world.folder, "reset", "--quiet", "--hard", "HEAD~1")
    assert memory.notes.get("a/x.md").updated_at == first
