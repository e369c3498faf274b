"""Who wrote each line, whatever writers do and whatever people do with git: against a model.

The model never asks PACK: it knows who put which words where, since it made them all. Each line has
words of its own, and with them the states that it may have: exactly one for what PACK can know, and
`?` as well where people have made commits again in which anything may have been put.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.core.truths import TruthMode
from pack.history.undoing.undone import UndoChoice
from pack.provenance import Origin, Source
from tests.support import World, examples, git, is_soak
from tests.truth_support import levels, put_exactly

pytestmark = pytest.mark.contract("C12")

STEPS = 8
PATHS = ("a/one.md", "a/two.md", "b/three.md")
BY_PACK = {
    "person": Origin(Source.USER, "cli"),
    "automation": Origin(Source.AUTOMATION, "nightly"),
    "local": Origin(Source.AI_LOCAL, "llama"),
    "cloud": Origin(Source.AI_CLOUD, "claude-code"),
}
LEVELS = {"person": 1, "editor": 1, "git": 1, "automation": 2, "local": 3, "cloud": 5}
NOBODY = "?"


class Words(NamedTuple):
    """A line, the states that it may have, and whether git may make it nobody's."""

    text: str
    states: frozenset[int | str]
    is_plain: bool = False

    def made_again(self, *, is_changed: bool = False) -> Words:
        """As it is in a commit that people made again."""
        if self.is_plain or is_changed:
            return self._replace(states=self.states | {NOBODY})
        return self


Files = dict[str, list[Words]]


class Story:
    """A memory, what happens to it, and the model of it."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.count = 0
        self.told: list[str] = []
        self.git("config", "user.name", "Mia")
        self.git("config", "user.email", "mia@example.org")
        world.open()
        world.init()
        world.open(truth=TruthMode.RECORD)
        self.files: Files = {}
        self.states: dict[str, Files] = {}
        self.writers: dict[str, str] = {}
        self.write("person", {PATHS[0]: [self.words("person") for _ in range(6)]})

    # --- words -------------------------------------------------------------------------------

    def words(self, writer: str) -> Words:
        self.count += 1
        text = f"line{self.count} has words of its own number{self.count}"
        return Words(text, frozenset([LEVELS[writer]]), writer == "git")

    def some(self, path: str) -> int:
        return self.random.randrange(len(self.files[path]))

    def used(self) -> list[str]:
        return [path for path, lines in sorted(self.files.items()) if lines]

    # --- commits -----------------------------------------------------------------------------

    def head(self) -> str:
        return self.git("rev-parse", "HEAD").strip()

    def git(self, *args: str, check: bool = True) -> str:
        config = ("-c", "core.editor=true", "-c", "merge.conflictStyle=merge")
        return git(self.world.folder, *config, *args, check=check).decode()

    def keep(self, files: Files, writer: str = "git") -> None:
        """Note what the newest commit holds, and who made it."""
        self.files = {path: list(lines) for path, lines in files.items() if lines}
        self.states[self.head()] = self.files
        self.writers[self.head()] = writer

    def write(self, writer: str, files: Files) -> None:
        """A commit of a writer, after which some files hold these lines."""
        wanted = {**self.files, **files}
        texts = {path: _text(lines) or None for path, lines in files.items()}
        texts = {path: text for path, text in texts.items() if text or path in self.files}
        if all(_text(self.files.get(path, [])) == (text or "") for path, text in texts.items()):
            return
        if writer in BY_PACK:
            memory = self.world.memory.written_by(BY_PACK[writer])
            put_exactly(memory, texts, with_index=False)
        elif writer == "editor":
            for path, text in texts.items():
                self.world.edit(path, text)
            self.world.memory.hand_edits.commit(sorted(texts))
        else:
            self.world.commit(texts, "by hand")
        self.keep(wanted, writer)

    # --- what writers do ---------------------------------------------------------------------

    def add(self, writer: str) -> None:
        path = self.random.choice(PATHS)
        lines = list(self.files.get(path, []))
        at = self.random.randint(0, len(lines))
        lines[at:at] = [self.words(writer) for _ in range(self.random.randint(1, 3))]
        self.write(writer, {path: lines})

    def edit(self, writer: str) -> None:
        path = self.random.choice(self.used())
        lines = list(self.files[path])
        lines[self.some(path)] = self.words(writer)
        self.write(writer, {path: lines})

    def delete(self, writer: str) -> None:
        path = self.random.choice(self.used())
        lines = list(self.files[path])
        del lines[self.some(path)]
        self.write(writer, {path: lines})

    def move(self, writer: str) -> None:
        path = self.random.choice(self.used())
        lines = list(self.files[path])
        lines.insert(self.random.randint(0, len(lines)), lines.pop(self.some(path)))
        self.write(writer, {path: lines})

    def indent(self, writer: str) -> None:
        path = self.random.choice(self.used())
        lines = list(self.files[path])
        at = self.some(path)
        lines[at] = lines[at]._replace(text=f"  {lines[at].text}")
        self.write(writer, {path: lines})

    def copy(self, _writer: str) -> None:
        """A machine copies a line, and then takes one of the two away."""
        path = self.random.choice(self.used())
        lines = list(self.files[path])
        at, made = self.some(path), self.words("cloud")
        here = lines[at]
        there = here._replace(text=self.random.choice(["", "  "]) + here.text)
        first, last = self.random.choice([(here, there), (there, here)])
        memory = self.world.memory.written_by(BY_PACK["cloud"])
        copied = [self.words("cloud"), *lines[:at], first, made, last, *lines[at + 1 :]]
        put_exactly(memory, {path: _text(copied)}, with_index=False)
        copied.pop(at + 1 + 2 * (last is there))
        self.write("cloud", {path: copied})

    def split(self, writer: str) -> None:
        """Some lines go to another file."""
        path = self.random.choice(self.used())
        other = self.random.choice([one for one in PATHS if one != path])
        at = self.some(path)
        kept, gone = self.files[path][:at], self.files[path][at:]
        self.write(writer, {path: kept, other: [*self.files.get(other, []), *gone]})

    def rename(self, writer: str) -> None:
        path = self.random.choice(self.used())
        free = [one for one in PATHS if not self.files.get(one)]
        if free:
            self.write(writer, {path: [], free[0]: list(self.files[path])})

    def undo(self, writer: str) -> None:
        """The writer takes back the newest commit, if it is one of PACK's on another."""
        head = self.head()
        parents = self.git("rev-list", "--parents", "-n1", head).split()[1:]
        if writer not in BY_PACK or len(parents) != 1 or self.writers.get(head) not in BY_PACK:
            return
        before = self.states.get(parents[0])
        if before is None:
            return
        is_weaker = LEVELS[writer] > LEVELS[self.writers[head]]
        there = {one.text.strip(): one for lines in self.files.values() for one in lines}
        own = frozenset([LEVELS[writer]])
        files = {
            path: [
                there.get(one.text.strip(), Words(one.text, own) if is_weaker else one)._replace(
                    text=one.text
                )
                for one in lines
            ]
            for path, lines in before.items()
        }
        memory = self.world.memory.written_by(BY_PACK[writer])
        memory.undo.undo(UndoChoice(commits=[head]))
        self.keep(files, writer)

    # --- what people do with git -------------------------------------------------------------

    def side(self) -> tuple[str, str]:
        """Two branches that differ: the names of what both began with, and of the other one."""
        base = self.head()
        for _ in range(self.random.randint(1, 2)):
            self.act(self.random.choice([*LEVELS]))
        tip, ours = self.head(), self.files
        self.git("checkout", "-q", "-b", f"side{len(self.told)}", base)
        self.files = self.states[base]
        for _ in range(self.random.randint(1, 2)):
            self.act(self.random.choice([*LEVELS]))
        self.told.append(f"theirs {tip[:7]} with {sum(map(len, ours.values()))} lines")
        return base, tip

    def merge(self, _writer: str) -> None:
        _, theirs = self.side()
        known = self.known(self.files, self.states[theirs])
        self.git("merge", "-q", "--no-edit", theirs, check=False)
        self.resolve(known)
        if self.git("status", "--porcelain") or self.is_unfinished("MERGE_HEAD"):
            self.git("commit", "-q", "--no-edit")
        self.read(known)

    def rebase(self, _writer: str) -> None:
        base, onto = self.side()
        again = {path: [*map(Words.made_again, lines)] for path, lines in self.files.items()}
        known = self.known(again, *self.between(base), self.states[onto])
        self.git("rebase", "-q", onto, check=False)
        is_changed = False
        while self.is_unfinished("rebase-merge"):
            is_changed = True
            self.resolve(known)
            self.git("rebase", "--continue", check=False)
            is_stuck = not self.git("diff", "--name-only", "--diff-filter=U")
            if is_stuck and self.is_unfinished("rebase-merge"):  # nothing is left of the commit
                self.git("rebase", "--skip", check=False)
        self.read(known, self.states[onto] if is_changed else None)

    def pick(self, _writer: str) -> None:
        base, other = self.side()
        before = self.files
        picked = self.git("rev-list", "--reverse", f"{base}..{other}").split()[:1]
        if not picked or picked[0] not in self.states:
            return
        theirs = self.states[picked[0]]
        again = {path: [*map(Words.made_again, lines)] for path, lines in theirs.items()}
        known = self.known(again, before)
        self.git("cherry-pick", picked[0], check=False)
        is_changed = self.is_unfinished("CHERRY_PICK_HEAD")
        if is_changed:
            self.resolve(known)
            self.git("commit", "-q", "--no-edit", "--allow-empty")
        self.read(known, before if is_changed else None)

    def between(self, base: str) -> list[Files]:
        """What the commits since then held."""
        commits = self.git("rev-list", f"{base}..HEAD").split()
        found = [self.states[one] for one in commits if one in self.states]
        return [{p: [*map(Words.made_again, own)] for p, own in one.items()} for one in found]

    def squash(self, _writer: str) -> None:
        self.fold(2, self.random.choice([("-m", "all of it"), ("-C", "ORIG_HEAD")]))

    def amend(self, _writer: str) -> None:
        path = self.random.choice(self.used())
        before = self.files
        lines = [*before[path], self.words("git").made_again()]
        self.world.edit(path, _text(lines))
        self.git("add", "--all")
        self.fold(1, ("-C", "ORIG_HEAD"), files={**before, path: lines})

    def fold(self, count: int, message: tuple[str, ...], files: Files | None = None) -> None:
        """Make the newest commits again as one, which whoever has the repository can do."""
        base = self.git("rev-parse", "-q", "--verify", f"HEAD~{count}", check=False).strip()
        if base not in self.states:
            return
        stays = {one.text.strip() for lines in self.states[base].values() for one in lines}
        now, newest = files or self.files, self.head()
        self.git("reset", "-q", "--soft", base)
        self.git("commit", "-q", "--allow-empty", *message)
        # A message that keeps nothing of what was there says that the person wrote it all.
        is_plain = message[0] == "-m" or self.writers.get(newest) not in BY_PACK
        plain: frozenset[int | str] = frozenset([1] if is_plain else [])
        self.keep(
            {
                path: [
                    one
                    if one.text.strip() in stays
                    else one._replace(states=one.states | {NOBODY} | plain, is_plain=True)
                    for one in lines
                ]
                for path, lines in now.items()
            }
        )

    # --- conflicts ---------------------------------------------------------------------------

    def is_unfinished(self, name: str) -> bool:
        assert self.world.folder is not None
        return (self.world.folder / ".git" / name).exists()

    def resolve(self, known: dict[str, Words]) -> None:
        """Settle each conflict: ours, theirs, both or words of the person's own."""
        assert self.world.folder is not None
        for path in self.git("diff", "--name-only", "--diff-filter=U").split():
            file = self.world.folder / path
            if not file.exists() or b"<<<<<<<" not in file.read_bytes():
                how = self.random.choice(["--ours", "--theirs"])
                if self.git("checkout", how, path, check=False) is None or not file.exists():
                    self.git("rm", "-q", "--cached", path, check=False)
                continue
            file.write_text("\n".join(self.settled(file.read_text(), known)) + "\n")
        self.git("add", "--all")

    def settled(self, text: str, known: dict[str, Words]) -> list[str]:
        """The lines of a file in conflict, with each conflict settled in one of four ways."""
        found: list[str] = []
        sides: list[list[str]] = [found]
        for line in text.splitlines():
            if line.startswith("<<<<<<< "):
                sides = [[], []]
                side = sides[0]
            elif line == "=======":
                side = sides[1]
            elif line.startswith(">>>>>>> "):
                ours, theirs = sides
                own = self.words("git")
                known[own.text] = own.made_again()
                found += self.random.choice([ours, theirs, [*ours, *theirs], [own.text]])
                sides = [found]
            else:
                (found if sides[0] is found else side).append(line)
        return found

    def known(self, *sides: Files) -> dict[str, Words]:
        """The words of several states; those in more than one may be as either says."""
        found: dict[str, Words] = {}
        for files in sides:
            for one in (one for lines in files.values() for one in lines):
                text = one.text.strip()
                old = found.get(text, one)
                found[text] = one._replace(states=one.states | old.states)
        return found

    def read(self, known: dict[str, Words], unchanged: Files | None = None) -> None:
        """Note what git has made of the files; the words themselves are the model's.

        Args:
            known: The words that there are.
            unchanged: Where a conflict was settled in a commit made again, what was there before.
        """
        assert self.world.folder is not None
        texts = {path: self.world.folder / path for path in PATHS}
        found = {
            path: [line for line in file.read_text().split("\n") if line.strip()]
            for path, file in texts.items()
            if file.exists()
        }
        count = Counter(line.strip() for lines in found.values() for line in lines)
        files: Files = {}
        for path, lines in found.items():
            kept = {one.text.strip() for one in (unchanged or {}).get(path, [])}
            for line in lines:
                one = known[line.strip()]._replace(text=line)
                if unchanged is not None and line.strip() not in kept:
                    one = one.made_again(is_changed=True)
                if count[line.strip()] > 1:  # the person has kept both
                    one = one._replace(states=one.states | {1, NOBODY})
                files.setdefault(path, []).append(one)
        self.keep(files)

    # --- the whole ---------------------------------------------------------------------------

    def act(self, writer: str) -> None:
        """One thing that any writer does."""
        does = [self.add, self.edit, self.edit, self.delete, self.move, self.indent]
        does += [self.split, self.copy]
        act = self.random.choice([*does, self.rename, self.undo]) if self.used() else self.add
        self.told.append(f"{writer} {act.__name__}")
        act(writer)

    def step(self) -> None:
        """One thing that a writer does, or the person with git."""
        rewriting = [self.merge, self.rebase, self.pick, self.squash, self.amend]
        if self.random.random() < 0.3 and self.used():
            act = self.random.choice(rewriting)
            self.told.append(act.__name__)
            act("git")
        else:
            self.act(self.random.choice([*LEVELS]))

    def check(self) -> None:
        """Each line has one of the states that it may have."""
        for path, lines in self.files.items():
            found = levels(self.world, path)
            wrong = [
                (one.text, found.get(one.text.strip()), sorted(map(str, one.states)))
                for one in lines
                if found.get(one.text.strip()) not in one.states
            ]
            assert not wrong, (path, wrong, self.told)


def _text(lines: list[Words]) -> str:
    return "".join(f"{line.text}\n" for line in lines)


@settings(max_examples=examples(2, 400))
@given(seed=st.integers(0, 2**32))
def test_the_state_of_every_line_is_right(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = World(tmp_path_factory.mktemp("story") / "memory")
    try:
        story = Story(world, seed)
        for _ in range(STEPS * (3 if is_soak() else 1)):
            story.step()
            if is_soak():
                story.check()
        story.check()
        world.open(truth=TruthMode.RECORD)
        story.check()
    finally:
        world.close()
