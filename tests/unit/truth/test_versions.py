"""The truth of lines through what happens to files."""

from random import Random

import pytest

from pack.history.undoing.choice import UndoChoice
from pack.model import MemoryPath
from pack.provenance import Origin, Source, commit_message
from pack.truth.acceptances import acceptance_trailer
from pack.use_cases.exchange import MERGER
from tests.support import git
from tests.truth_support import AGENT, PERSON, Writers, levels, put_exactly, truth_of

RULE, OTHER = "Never deploy on a Friday.", "Ask Anna before a release."
MADE = "The machine deployed version 7."


@pytest.fixture
def writers(world):
    return Writers(world)


@pytest.fixture
def git_writers(git_world):
    return Writers(git_world)


def test_words_in_another_file_stay_whose_they_were(writers):
    writers.person(f"{RULE}\n{OTHER}\n")
    writers.agent(f"{RULE}\n{OTHER}\n{MADE}\n")
    memory = writers.world.memory.written_by(PERSON)
    put_exactly(memory, {"a/x.md": f"{OTHER}\n", "b/y.md": f"{RULE}\n{MADE}\nnew\n"})
    assert writers.levels("b/y.md") == {RULE: 1, MADE: 5, "new": 1}
    put_exactly(memory, {"b/y.md": None, "a/x.md": f"{OTHER}\n{MADE}\n"})
    assert writers.levels() == {OTHER: 1, MADE: 5}


def test_a_copy_in_another_file_is_the_copiers(writers):
    writers.person(f"{RULE}\n{OTHER}\n")
    writers.agent(f"{RULE}\n{OTHER}\n", "b/copy.md")
    put_exactly(
        writers.world.memory, {"a/x.md": f"{OTHER}\n", "c/1.md": f"{RULE}\n", "c/2.md": f"{RULE}\n"}
    )
    assert writers.levels("b/copy.md") == {RULE: 5, OTHER: 5}
    assert [writers.levels("c/1.md")[RULE], writers.levels("c/2.md")[RULE]] == [1, 5]


@pytest.mark.parametrize("others", [0, 120])
def test_it_does_not_matter_how_many_files_change_when_words_move(writers, others):
    writers.agent(f"{MADE}\n{OTHER}\n")
    files = {f"n/{number}.md": f"{number}\n" for number in range(others)}
    writers.world.commit({"a/x.md": f"{OTHER}\n", "b/y.md": f"{RULE}\n{MADE}\n", **files})
    assert writers.levels("b/y.md") == {RULE: 1, MADE: 5}


def test_words_that_moved_in_a_commit_too_large_to_compare_are_nobodys(writers):
    many = {f"n/{number}.md": f"{number}\n" for number in range(1000)}
    writers.agent(f"{MADE}\n{OTHER}\n")
    writers.world.commit({"a/x.md": f"{OTHER}\n", "b/y.md": f"{MADE}\n", **many})
    assert writers.levels("b/y.md") == {MADE: "?"}
    assert writers.levels() == {OTHER: 5}
    writers.world.commit({f"m/{number}.md": f"{number}\n" for number in range(1001)})
    assert writers.levels("m/7.md") == {"7": 1}


@pytest.mark.parametrize(("moves", "level"), [(12, 5), (36, "?")])
def test_words_that_went_through_many_files_never_become_the_persons(writers, moves, level):
    writers.agent(f"{MADE}\n", "n/0.md")
    for number in range(moves):
        writers.world.commit({f"n/{number}.md": "x\n", f"n/{number + 1}.md": f"{MADE}\ny\n"})
    assert writers.levels(f"n/{moves}.md") == {MADE: level, "y": 1}


def test_a_moved_file_and_what_is_added_on_the_way(writers):
    text = "".join(f"{RULE} {number}\n" for number in range(9))
    writers.person(text)
    put_exactly(writers.world.memory, {"a/x.md": None, "b/y.md": text})
    writers.agent(f"{text}{MADE}\n", "b/y.md")
    found = writers.levels("b/y.md")
    assert found.pop(MADE) == 5
    assert set(found.values()) == {1}


def test_words_deleted_and_written_again_are_the_last_writers(writers):
    writers.person(f"{RULE}\n{OTHER}\n")
    writers.agent(f"{OTHER}\n")
    writers.agent(f"{OTHER}\n{RULE}\n")
    assert writers.levels() == {OTHER: 1, RULE: 5}
    writers.person(f"{OTHER}\n{RULE} Really.\n")
    assert writers.levels() == {OTHER: 1, f"{RULE} Really.": 1}


def test_an_undo_a_redo_and_a_restore_bring_back_what_was(writers):
    memory = writers.world.memory
    writers.person(f"yes\n{RULE}\n")
    start = writers.agent(f"yes\n{RULE}\n{MADE}\n")
    writers.agent(f"{MADE}\n")
    memory.undo.undo(UndoChoice())
    assert writers.levels() == {"yes": 1, RULE: 1, MADE: 5}
    memory.undo.redo()
    assert writers.levels() == {MADE: 5}
    memory.written_by(PERSON).undo.restore("a/x.md", start)
    assert writers.levels() == {"yes": 1, RULE: 1, MADE: 5}


def test_a_machine_that_brings_back_what_the_person_deleted_has_written_it(writers):
    memory = writers.world.memory
    writers.person(f"yes\n{RULE}\n{OTHER}\n")
    start = writers.world.connector.head()
    writers.person(f"{OTHER}\n")
    memory.undo.undo(UndoChoice())
    assert writers.levels() == {"yes": 5, RULE: 5, OTHER: 1}
    writers.person(f"{OTHER}\n")
    memory.undo.restore("a/x.md", start)
    assert writers.levels() == {"yes": 5, RULE: 5, OTHER: 1}


def test_a_frontmatter_key_has_the_level_of_its_value(writers):
    writers.person("---\ntopic: Releases\ntags:\n  - a\npin: true\n---\n\ntext\n")
    writers.agent(
        "---\ntopic: Releases\ntags:\n  - a\n  - b\npin: false\nupdated: 2026-03-01\n---\n\ntext\n"
    )
    found = truth_of(writers.world)
    assert {key: one.level for key, one in found.keys.items()} == {
        "topic": 1,
        "tags": 5,
        "pin": 5,
        "updated": 5,
    }
    assert (found.level, found.origin) == (5, "ai-cloud:test-client")
    writers.person("---\ntopic: Releases\nupdated: 2026-03-01\n---\n\ntext\n")
    assert truth_of(writers.world).level == 1


def test_a_ticked_task_keeps_its_words(writers):
    writers.person("- [ ] call Anna\n")
    writers.agent("- [x] call Anna\n")
    assert writers.levels() == {"- [x] call Anna": 1}


def test_an_edit_by_hand_is_the_persons(git_writers):
    git_writers.agent(f"{MADE}\n")
    git_writers.world.edit("a/x.md", f"{MADE}\n{RULE}\n")
    assert git_writers.levels() == {MADE: 5, RULE: 1}
    git_writers.world.edit("a/new.md", f"{RULE}\n")
    assert git_writers.levels("a/new.md") == {RULE: 1}


def test_both_sides_of_a_merge_by_git(git_writers):
    world, lines = git_writers.world, [f"{RULE} {number}" for number in range(6)]
    base = git_writers.person("\n".join(lines) + "\n")
    git_writers.agent("\n".join([*lines, MADE]) + "\n")
    git(world.folder, "checkout", "-q", "-b", "side", base)
    world.commit({"a/x.md": "\n".join([OTHER, *lines]) + "\n"})
    git(world.folder, "checkout", "-q", "-")
    git(world.folder, "merge", "-q", "--no-edit", "side")
    found = git_writers.levels()
    assert (found.pop(MADE), set(found.values())) == (5, {1})


@pytest.mark.parametrize("is_last", [False, True])
def test_a_copy_that_one_side_of_a_merge_takes_away_is_the_weaker_of_the_two(git_writers, is_last):
    world, lines = git_writers.world, [f"{OTHER} {number}" for number in range(4)]
    git_writers.person("\n".join([RULE, *lines]) + "\n")
    copied = [RULE, "", MADE, "", RULE, *lines]
    base = git_writers.agent("\n".join(["its", *copied]) + "\n")
    left = copied[:4] + lines if is_last else copied[2:]
    git_writers.agent("\n".join(["its", *left]) + "\n")
    git(world.folder, "checkout", "-q", "-b", "side", base)
    world.commit({"a/x.md": "\n".join(["its", *copied, "more"]) + "\n"})
    git(world.folder, "checkout", "-q", "-")
    git(world.folder, "merge", "-q", "--no-edit", "side")
    found = git_writers.levels()
    assert (found[RULE], found[MADE], found["more"]) == (1, 5, 1)


def test_of_equal_lines_the_weaker_one_goes_to_another_file(writers):
    writers.agent(f"{RULE}\n")
    writers.person(f"{RULE}\n{MADE}\n{RULE}\n")
    writers.world.commit({"a/x.md": f"{MADE}\n{RULE}\n", "b/y.md": f"{RULE}\n"})
    assert writers.levels() == {MADE: 1, RULE: 1}
    assert writers.levels("b/y.md") == {RULE: 5}


@pytest.mark.parametrize("is_amended", [False, True])
def test_a_merge_of_pack_has_no_words_of_its_own_unless_it_was_amended(git_writers, is_amended):
    world, lines = git_writers.world, [f"{RULE} {number}" for number in range(6)]
    base = git_writers.person("\n".join(lines) + "\n")
    git_writers.person("\n".join([*lines, "here"]) + "\n")
    git(world.folder, "checkout", "-q", "-b", "side", base)
    world.commit({"a/x.md": "\n".join(["there", *lines]) + "\n"})
    git(world.folder, "checkout", "-q", "main")
    said = commit_message("a/x.md: merge", MERGER, "r1")
    git(world.folder, "merge", "-q", "-m", said, "side")
    merged = "\n".join(["there", *lines[:3], "Always deploy.", *lines[4:], "here"]) + "\n"
    world.edit("a/x.md", merged)
    date = ("--date=2026-01-01T00:00:00Z",) if is_amended else ("--reset-author",)
    found = rewritten(git_writers, "commit", "-q", "--all", "--amend", "--no-edit", *date)
    assert found.pop("Always deploy.") == ("?" if is_amended else 1)
    assert set(found.values()) == {1}


# --- what people do with git to the commits of PACK ----------------------------------------------


def rewritten(writers, *args, **options):
    git(writers.world.folder, *args, **options)
    writers.world.open(truth=writers.world.truth)
    return writers.levels()


def two_commits(writers):
    """A commit of the person, and one of a machine."""
    base = writers.person(f"{OTHER}\n")
    writers.person(f"{OTHER}\n\n{RULE}\n")
    writers.agent(f"{OTHER}\n\n{RULE}\n\n{MADE}\n")
    return base


def test_a_rebase_keeps_who_wrote_what(git_writers):
    world = git_writers.world
    base = two_commits(git_writers)
    git(world.folder, "checkout", "-q", "-b", "side", base)
    world.commit({"b/other.md": "x\n"})
    found = rewritten(git_writers, "rebase", "-q", "side", "main")
    assert found == {OTHER: 1, "": 5, RULE: 1, MADE: 5}


@pytest.mark.parametrize("options", [(), ("-x",), ("--signoff",)])
def test_a_cherry_pick_keeps_it_or_it_is_nobodys(git_writers, options):
    world = git_writers.world
    base = two_commits(git_writers)
    git(world.folder, "checkout", "-q", "-b", "side", base)
    found = rewritten(git_writers, "cherry-pick", *options, "main~1", "main")
    assert found[OTHER] == 1
    assert found[RULE] in (1, "?")
    assert found[MADE] == ("?" if options == ("-x",) else 5)


@pytest.mark.parametrize(
    "options",
    [
        ("--no-edit",),
        ("--no-edit", "--reset-author"),
        ("--no-edit", "--date=2026-03-01T12:00:00Z"),
        ("-m", "said otherwise"),
        ("-m", "said otherwise", "--date=2026-03-01T12:00:00Z"),
    ],
)
def test_what_was_amended_is_nobodys(git_writers, options):
    world = git_writers.world
    git_writers.person(f"{OTHER}\n")
    git_writers.agent(f"{OTHER}\n{MADE}\n")
    world.edit("a/x.md", f"{OTHER}\n{MADE}\n{RULE}\n")
    found = rewritten(git_writers, "commit", "-q", "--all", "--amend", *options)
    assert found == {OTHER: 1, MADE: "?", RULE: "?"}


def test_a_machines_words_in_an_amended_commit_of_the_person_are_nobodys(git_writers):
    world = git_writers.world
    git_writers.agent(f"{MADE}\n")
    git_writers.person(f"{MADE}\n{RULE}\n")
    git(world.folder, "reset", "-q", "--soft", "HEAD~2")
    found = rewritten(git_writers, "commit", "-q", "--reuse-message", "ORIG_HEAD")
    assert found == {MADE: "?", RULE: "?"}


@pytest.mark.parametrize("is_fixup", [False, True])
def test_squashed_commits_are_nobodys(git_writers, is_fixup):
    world = git_writers.world
    two_commits(git_writers)
    word = "fixup" if is_fixup else "squash"
    git(
        world.folder,
        *("-c", f"sequence.editor=sed -i '2s/pick/{word}/'", "-c", "core.editor=true"),
        *("rebase", "-q", "-i", "HEAD~2"),
    )
    world.open(truth=world.truth)
    found = git_writers.levels()
    assert (found[OTHER], found[RULE], found[MADE]) == (1, "?", "?")


def test_a_squashed_merge_is_nobodys(git_writers):
    world = git_writers.world
    base = two_commits(git_writers)
    git(world.folder, "checkout", "-q", "-b", "side", base)
    git(world.folder, "merge", "-q", "--squash", "main")
    found = rewritten(git_writers, "commit", "-q", "--no-edit")
    assert (found[OTHER], found[RULE], found[MADE]) == (1, "?", "?")


@pytest.mark.parametrize(
    "squash", [("reset", "-q", "--soft", "HEAD~2"), ("merge", "-q", "--squash", "main")]
)
def test_squashed_commits_under_the_persons_own_message_are_nobodys(git_writers, squash):
    """The index that PACK wrote is among what was squashed."""
    world = git_writers.world
    base = git_writers.person(f"{OTHER}\n")
    git_writers.person(f"# Releases\n\n{OTHER}\n\n{RULE}\n")
    git_writers.agent(f"# Releases\n\n{OTHER}\n\n{RULE}\n\n{MADE}\n")
    if squash[0] == "merge":
        git(world.folder, "checkout", "-q", "-b", "side", base)
    git(world.folder, *squash)
    found = rewritten(git_writers, "commit", "-q", "-m", "releases")
    assert (found[OTHER], found[RULE], found[MADE]) == (1, "?", "?")


def test_a_note_that_says_whose_it_is_and_comes_in_a_plain_commit(git_writers):
    git_writers.world.commit({"a/x.md": f"---\ntruth_level: 5\n---\n{MADE}\n"})
    assert git_writers.levels()[MADE] == "?"
    git_writers.world.commit({"a/x.md": f"---\ntruth_level: 5\n---\n{MADE}\n{RULE}\n"})
    assert git_writers.levels()[RULE] == 1


def test_a_revert_brings_back_what_was(git_writers):
    world = git_writers.world
    git_writers.agent(f"{MADE}\n{RULE}\n")
    git_writers.person("other\n")
    assert rewritten(git_writers, "revert", "--no-edit", "HEAD") == {MADE: 5, RULE: 5}
    assert levels(world) == {MADE: 5, RULE: 5}


def test_a_clone_that_lacks_the_beginning(git_writers, tmp_path):
    two_commits(git_writers)
    folder = tmp_path / "shallow"
    git(
        git_writers.world.folder,
        "clone",
        "-q",
        "--depth",
        "1",
        f"file://{git_writers.world.folder}",
        str(folder),
    )
    git_writers.world.folder = folder
    git_writers.world.open(truth=git_writers.world.truth)
    assert set(git_writers.levels().values()) == {"?"}


def test_a_later_write_of_pack_costs_one_step(writers):
    world = writers.world
    writers.person(f"{RULE}\n")
    assert writers.levels() == {RULE: 1}
    asked = []
    read = world.connector.read_blobs
    world.connector.read_blobs = lambda shas: read(asked.extend(wanted := list(shas)) or wanted)
    writers.agent(f"{RULE}\n{MADE}\n")
    del asked[:]
    assert writers.levels() == {RULE: 1, MADE: 5}
    assert len(set(asked)) <= 2


# --- which files have only weak text -------------------------------------------------------------


def weak(writers, *paths, level=5):
    """Those of some files of which it is known, without a look at them, that they are weak."""
    core = writers.world.memory._session.core
    notes = [core.reader.find(MemoryPath(path)) for path in paths or ("a/x.md",)]
    assert core.truths._versions.read_history()
    return sorted(core.truths.weak_among(notes, level))


def test_a_file_that_only_weak_writers_touched_is_weak(writers):
    writers.agent(f"{MADE}\n")
    writers.agent(f"{MADE}\n{OTHER}\n")
    assert weak(writers) == ["a/x.md"]
    assert weak(writers, level=4) == ["a/x.md"]
    writers.person(f"{MADE}\n{OTHER}\n{RULE}\n")
    assert weak(writers) == []
    writers.agent(f"{MADE}\n{OTHER}\n{RULE}\n{RULE} {RULE}\n")
    assert weak(writers) == []


def test_a_stronger_machine_is_not_weak_for_a_weaker_one(writers):
    writers.write(Origin(Source.AUTOMATION, "script"), f"{MADE}\n")
    assert weak(writers) == []
    assert weak(writers, level=Origin(Source.AUTOMATION, "script").level) == ["a/x.md"]


def test_a_file_that_may_have_text_of_another_is_as_strong_as_that(writers):
    memory = writers.world.memory
    writers.person(f"{RULE}\n{OTHER}\n", "a/mine.md")
    writers.agent(f"{MADE}\n")
    put_exactly(memory, {"a/mine.md": f"{OTHER}\n", "a/x.md": f"{MADE}\n{RULE}\n"})
    assert writers.levels() == {MADE: 5, RULE: 1}
    writers.agent("Another one, of nobody else.\n", "a/y.md")
    put_exactly(memory, {"a/x.md": f"{MADE}\n", "a/y.md": f"{RULE}\n"})
    writers.agent("A third one, alone.\n", "a/z.md")
    assert weak(writers, "a/x.md", "a/y.md", "a/z.md") == ["a/z.md"]


def test_a_file_that_was_moved_is_as_strong_as_where_it_was(writers):
    text = "".join(f"{RULE} {number}\n" for number in range(9))
    writers.person(text)
    put_exactly(writers.world.memory, {"a/x.md": None, "b/y.md": text})
    assert weak(writers, "b/y.md") == []


def test_text_that_may_have_come_back_and_what_was_accepted_is_not_weak(writers):
    memory = writers.world.memory
    start = writers.agent(f"{MADE}\n{OTHER}\n")
    writers.agent(f"{OTHER}\n")
    memory.undo.restore("a/x.md", start)
    assert weak(writers) == []
    writers.agent(f"{MADE}\n", "a/y.md")
    assert weak(writers, "a/y.md") == ["a/y.md"]
    sha = memory.notes.get("a/y.md").sha
    trailers = [("Pack-Accepted-By", "user:cli"), acceptance_trailer("a/y.md", sha, [(1, 1)])]
    put_exactly(memory.written_by(PERSON), {"b/z.md": "z\n"}, trailers)
    assert writers.levels("a/y.md") == {MADE: "+"}
    assert weak(writers, "a/y.md") == []


def test_an_edit_by_hand_and_a_commit_that_was_amended_are_not_weak(git_writers):
    world = git_writers.world
    git_writers.agent(f"{MADE}\n")
    world.edit("a/x.md", f"{MADE}\n{RULE}\n")
    assert weak(git_writers) == []
    git(world.folder, "add", "a/x.md")
    git(world.folder, "commit", "-q", "--amend", "--no-edit")
    assert git_writers.levels()[RULE] in (1, "?")
    assert weak(git_writers) == []


@pytest.mark.parametrize("seed", range(6))
def test_what_is_called_weak_has_no_line_that_is_not(writers, seed):
    """Writers write, take from each other's files, move them, and take back what was done."""
    chance, memory = Random(seed), writers.world.memory
    paths = [f"a/{name}.md" for name in "pqrs"]
    lines = [f"This is sentence number {number}, which is long enough." for number in range(12)]
    script = Origin(Source.AUTOMATION, "script")
    for step in range(25):
        origin = chance.choice([PERSON, AGENT, AGENT, AGENT, script])
        by, held = memory.written_by(origin), set(writers.world.files())
        texts = {path: "".join(f"{one}\n" for one in chance.sample(lines, 3)) for path in paths}
        chosen = chance.sample(paths, chance.choice([1, 1, 2]))
        wanted = {path: texts[path] for path in chosen}
        if step % 7 == 6 and held >= set(paths):
            wanted = {chosen[0]: None, f"a/moved{step}.md": memory.notes.get(chosen[0]).content}
            paths[paths.index(chosen[0])] = f"a/moved{step}.md"
        put_exactly(by, wanted)
        if step % 9 == 8:
            memory.undo.undo(UndoChoice())
            paths = [path for path in writers.world.files() if path.startswith("a/")]
    there = [path for path in writers.world.files() if path.startswith("a/")]
    for level in (2, script.level, 5):
        for path in weak(writers, *there, level=level):
            assert all(line.level >= level for line in truth_of(writers.world, path).lines)
