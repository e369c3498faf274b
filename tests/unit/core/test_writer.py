"""A memory against a dictionary: agents, a person with an editor and git, crashes, fresh processes.

Model: for each path, what a reader must see. A hand edit changes what readers see, too. A crash is
an error raised inside the store at a random step of a write; what was acknowledged before it stays,
and what was not is there whole or not at all.
"""

import random
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from pack_connectors.local_git.journal import Journal
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.process import RefUpdater
from pack_connectors.local_git.swap import FileSwap
from pack_connectors.local_git.write import GitWrite

from pack.errors import AlreadyExists, BlobChanged, PackError
from pack.files.edits import Append
from pack.model import blob_id
from pack.paths import GENERAL, is_memory_file
from tests.support import World, assert_true_index, examples, git

pytestmark = pytest.mark.contract("C1", "C9", "C10")

PATHS = st.sampled_from(["a/x.md", "a/y.md", "b/x.md", "b/c/z.md"])
TEXTS = st.sampled_from(["one\n", "two\r\n", "", "---\ntopic: T\n---\nthree", "# Four\n\nfour\n"])
STEPS = (
    (ObjectStore, "write"),
    (FileSwap, "stage"),
    (FileSwap, "apply"),
    (Journal, "record"),
    (Journal, "clear"),
    (RefUpdater, "swap"),
)


class Crash(BaseException):
    """The process ends here."""


class MemoryMachine(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="pack-machine-"))
        self.world = World(self.folder / "memory")
        git(self.world.folder, "config", "user.name", "Test User")
        git(self.world.folder, "config", "user.email", "user@example.org")
        self.world.init()
        self.visible = self.read_folder()
        self.acknowledged = {}  # commit id: the path it must name, and the blob it stored
        self.hand_made = set()  # blobs of bytes a person saved
        self.lines = set()  # what pathless updates brought

    def teardown(self):
        self.world.close()
        assert git(self.world.folder, "fsck", "--strict", "--no-dangling") == b""
        self.check_history()
        shutil.rmtree(self.folder)

    # --- looking -------------------------------------------------------------------------------

    @property
    def memory(self):
        return self.world.memory

    def read_folder(self):
        root = self.world.folder
        found = (p.relative_to(root).as_posix() for p in root.rglob("*.md"))
        return {p: (root / p).read_bytes() for p in found if is_memory_file(p)}

    def history(self):
        """Commit ids, the newest first, and every blob that is reachable from any of them."""
        commits = git(self.world.folder, "rev-list", "--all", "--reflog").decode().split()
        listed = git(self.world.folder, "rev-list", "--objects", "--all", "--reflog").decode()
        return commits, {line.split(" ", 1)[0] for line in listed.splitlines()}

    def check_history(self):
        commits, objects = self.history()
        assert set(self.acknowledged) <= set(commits)
        for commit, (path, blob) in self.acknowledged.items():
            subject = git(self.world.folder, "log", "-1", "--format=%s", commit).decode()
            assert subject.startswith(f"{path}: ")
            if blob is not None:
                stored = git(self.world.folder, "rev-parse", f"{commit}:{path}").decode().strip()
                assert stored == blob
        in_folder = {blob_id(content) for content in self.read_folder().values()}
        assert self.hand_made <= objects | in_folder

    # --- agents --------------------------------------------------------------------------------

    def wrote(self, made):
        """An acknowledged write: exactly one commit, and it is the current one."""
        head = git(self.world.folder, "rev-parse", "HEAD").decode().strip()
        assert made.commit == head
        assert made.commit not in self.acknowledged
        self.acknowledged[made.commit] = (made.path, made.sha)
        if made.sha is None:
            assert made.path not in self.read_folder()
        else:
            assert blob_id(self.read_folder()[made.path]) == made.sha
        assert_true_index(self.world)

    def sha(self, path):
        return blob_id(self.visible[path]) if path in self.visible else None

    @rule(path=PATHS, text=TEXTS)
    def update(self, path, text):
        made = self.memory.notes.update(path, text, self.sha(path))
        content = self.read_folder()[path]
        assert content.endswith(text.encode().rpartition(b"---\n")[2])
        self.visible[path] = content
        self.wrote(made)

    @rule(path=PATHS, text=TEXTS)
    def update_with_a_wrong_sha(self, path, text):
        before = self.world.connector.head()
        with pytest.raises(BlobChanged):
            self.memory.notes.update(path, text, "0" * 40)
        assert self.world.connector.head() == before

    @precondition(lambda self: self.visible)
    @rule(data=st.data(), text=st.sampled_from(["more\n", "- x\n"]))
    def edit(self, data, text):
        path = data.draw(st.sampled_from(sorted(self.visible)))
        made = self.memory.notes.edit(path, [Append(text=text)])
        content = self.read_folder()[path]
        assert content.decode().splitlines()[-1] == text.strip()
        self.visible[path] = content
        self.wrote(made)

    @precondition(lambda self: self.visible)
    @rule(data=st.data())
    def delete(self, data):
        path = data.draw(st.sampled_from(sorted(self.visible)))
        made = self.memory.notes.delete(path, self.sha(path))
        del self.visible[path]
        self.wrote(made)

    @precondition(lambda self: self.visible)
    @rule(data=st.data(), goal=PATHS)
    def move(self, data, goal):
        path = data.draw(st.sampled_from(sorted(self.visible)))
        if goal in self.visible:
            with pytest.raises(AlreadyExists):
                self.memory.notes.move(path, goal, self.sha(path))
            return
        made = self.memory.notes.move(path, goal, self.sha(path))
        self.visible[goal] = self.visible.pop(path)
        self.wrote(made)

    @rule(number=st.integers(0, 9), was_read=st.booleans())
    def pathless(self, number, was_read):
        line = f"fact {number}"
        read = self.memory.whole.get().content if was_read else None
        before = set(self.visible.get(GENERAL, b"").splitlines())
        made = self.memory.whole.add(f"{read or ''}\n{line}\n", read)
        self.visible[made.path] = self.read_folder()[made.path]
        kept = {row for row in before if not row.startswith(b"updated:")}
        assert kept <= set(self.visible[made.path].splitlines())
        assert line in self.memory.whole.get().content
        self.wrote(made)

    # --- a person ------------------------------------------------------------------------------

    def save(self, path, content):
        """What was staged before is unstaged: PACK refuses to lose a staged version."""
        self.world.edit(path, content)
        git(self.world.folder, "reset", "-q", "--", path)

    @rule(path=PATHS, text=TEXTS)
    def edit_by_hand(self, path, text):
        content = f"by hand\n{text}".encode()
        self.hand_made.discard(self.sha(path))  # the person replaced it
        self.save(path, content)
        self.visible[path] = content
        self.hand_made.add(blob_id(content))

    @precondition(lambda self: self.visible)
    @rule(data=st.data())
    def delete_by_hand(self, data):
        path = data.draw(st.sampled_from(sorted(self.visible)))
        self.hand_made.discard(self.sha(path))  # that was asked for
        self.save(path, None)
        del self.visible[path]

    @rule(text=st.sampled_from(["", "# Mine\n", "---\nversion: 2\n---\n"]))
    def edit_the_index_by_hand(self, text):
        self.world.edit("index.md", text)

    @rule()
    def commit_by_hand(self):
        git(self.world.folder, "add", "--all")
        git(self.world.folder, "commit", "-q", "--allow-empty", "-m", "by hand")

    @rule(path=PATHS, back=st.integers(1, 3))
    def take_back_an_older_file(self, path, back):
        rev = f"HEAD~{back}"
        if git(self.world.folder, "rev-parse", "-q", "--verify", f"{rev}:{path}", check=False):
            self.hand_made.discard(self.sha(path))
            git(self.world.folder, "checkout", "-q", rev, "--", path)
            self.visible[path] = (self.world.folder / path).read_bytes()

    # --- processes -----------------------------------------------------------------------------

    @rule()
    def start_again(self):
        self.world.close()
        self.world.open()

    @rule(seed=st.integers(0, 10_000), path=PATHS, is_killed=st.booleans())
    def crash(self, seed, path, is_killed):
        """A write fails at a random step; a process that is killed cannot even undo it."""
        numbers = random.Random(seed)
        kind, name = numbers.choice(STEPS)
        left = [numbers.randrange(4)]
        text = f"from the crashed write {seed}\n"
        with pytest.MonkeyPatch.context() as patch:
            original = getattr(kind, name)

            def step(*args, **kwargs):
                left[0] -= 1
                if left[0] == 0 and numbers.random() < 0.5:
                    original(*args, **kwargs)
                if left[0] <= 0:
                    raise Crash
                return original(*args, **kwargs)

            def end(*args):
                raise Crash

            patch.setattr(kind, name, step)
            if is_killed:
                patch.setattr(GitWrite, "_undo", end)
            try:
                made = self.memory.notes.update(path, text, self.sha(path))
            except (Crash, PackError):
                made = None
        self.world.close()
        self.world.open()
        self.memory.care.status()  # the first call repairs
        self.after_crash(path, text, made)

    def after_crash(self, path, text, made):
        now = self.read_folder()
        if made is not None or now.get(path) != self.visible.get(path):
            assert now[path].endswith(text.encode())
            self.visible[path] = now[path]
            head = self.world.connector.head()
            assert git(self.world.folder, "rev-parse", f"{head}:{path}").decode().strip() == (
                blob_id(now[path])
            )

    # --- always --------------------------------------------------------------------------------

    @invariant()
    def readers_see_the_model(self):
        assert self.read_folder() == self.visible
        seen = {path: self.memory.notes.get(path).content.encode() for path in self.world.listed()}
        assert seen == self.visible


MemoryMachine.TestCase.settings = settings(
    max_examples=examples(3, soak=500),
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
)
TestMemoryMachine = MemoryMachine.TestCase
