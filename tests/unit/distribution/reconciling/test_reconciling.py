"""What a sync does to a downstream, against all kinds of changes on both sides."""

import random

import pytest

from pack.distribution.ports import DownstreamEntry
from pack.distribution.values import Region, StaleOverride
from pack.errors import RefusedForSafety
from pack.model import BlobId
from tests.distribution_support import World
from tests.support import examples

pytestmark = pytest.mark.contract("C16")

ONE = b"# A\n\nfirst\n\nsecond\n\nthird\n"
TWO = ONE.replace(b"third", b"third, v2")
CLASH = ONE.replace(b"first", b"first, v2")
MINE = ONE.replace(b"first", b"first, mine")
BOTH = MINE.replace(b"third", b"third, v2")
OVERRIDE = ".pack-overrides/a.md"
FILE = "docs/a.md"
REGION = Region(3, 3, "first, mine\n", "first, v2\n")


def synced(files=None, **rule):
    """A downstream that has v1."""
    world = World(**rule)
    world.upstream.release("v1.0.0", files or {"guides/a.md": ONE})
    world.sync("v1.0.0")
    return world


def release(world, version, content, **others):
    """A release in which the file says this; `None` for none."""
    files = {"guides/a.md": content, "guides/stays.md": b"stays\n", **others}
    world.upstream.release(version, {path: one for path, one in files.items() if one is not None})


# --- one side only -------------------------------------------------------------------------------


def test_the_first_sync_brings_every_file():
    world = World()
    world.upstream.release("v1.0.0", {"guides/a.md": ONE, "guides/x/b.md": TWO, "c.md": ONE})
    plan = world.sync("v1.0.0")
    assert plan.added == ["docs/a.md", "docs/x/b.md"]
    assert (plan.modified, plan.removed, plan.conflicts) == ([], [], [])
    assert world.downstream.now()[FILE] == ONE


def test_a_second_sync_of_the_same_version_changes_nothing():
    world = synced()
    plan = world.plan("v1.0.0")
    assert not plan.changes_files
    path = ".pack-sync-state/guides.json"
    assert plan.state.to_bytes() == world.downstream.now()[path]


def test_what_only_upstream_changed_is_taken():
    world = synced()
    release(world, "v2.0.0", TWO)
    plan = world.sync("v2.0.0")
    assert (plan.modified, plan.added) == ([FILE], ["docs/stays.md"])
    assert world.downstream.now()[FILE] == TWO


def test_what_only_the_downstream_changed_stays():
    world = synced()
    world.change({FILE: MINE})
    release(world, "v2.0.0", ONE)
    plan = world.sync("v2.0.0")
    assert (plan.modified, plan.conflicts) == ([], [])
    assert world.downstream.now()[FILE] == MINE


def test_changes_of_both_are_merged_where_that_is_possible():
    world = synced()
    world.change({FILE: MINE})
    release(world, "v2.0.0", TWO)
    assert world.sync("v2.0.0").conflicts == []
    assert world.downstream.now()[FILE] == BOTH


def test_lines_that_both_changed_stay_and_are_listed_with_both_texts():
    world = synced()
    world.change({FILE: MINE})
    release(world, "v2.0.0", CLASH.replace(b"third", b"third, v2"))
    (conflict,) = world.sync("v2.0.0").conflicts
    assert (conflict.path, conflict.regions) == (FILE, (REGION,))
    assert world.downstream.now()[FILE] == BOTH


def test_a_merge_never_leaves_markers():
    world = synced()
    world.change({FILE: MINE})
    release(world, "v2.0.0", CLASH)
    world.sync("v2.0.0")
    assert not any(b"<<<<" in text or b">>>>" in text for text in world.downstream.now().values())


# --- overrides -----------------------------------------------------------------------------------


def test_an_override_alone_is_kept_and_comes_into_the_file():
    world = synced()
    world.change({OVERRIDE: MINE})
    release(world, "v2.0.0", ONE)
    plan = world.sync("v2.0.0")
    assert (plan.conflicts, plan.stale) == ([], [])
    assert world.downstream.now()[FILE] == world.downstream.now()[OVERRIDE] == MINE


def test_upstream_alone_goes_past_an_override_that_says_nothing_new():
    world = synced()
    world.change({OVERRIDE: ONE})
    release(world, "v2.0.0", TWO)
    world.sync("v2.0.0")
    assert world.downstream.now()[FILE] == TWO
    assert world.downstream.now()[OVERRIDE] == ONE


def test_an_override_and_upstream_are_merged_and_the_override_is_never_written():
    world = synced()
    world.change({OVERRIDE: MINE})
    release(world, "v2.0.0", TWO)
    plan = world.sync("v2.0.0")
    assert plan.conflicts == []
    assert world.downstream.now()[FILE] == BOTH
    assert world.downstream.now()[OVERRIDE] == MINE


def test_a_conflict_with_an_override_names_the_lines_of_both():
    world = synced()
    world.change({OVERRIDE: MINE})
    release(world, "v2.0.0", CLASH)
    (conflict,) = world.sync("v2.0.0").conflicts
    assert (conflict.path, conflict.regions) == (FILE, (REGION,))
    assert world.downstream.now()[OVERRIDE] == MINE
    assert b"first, mine" in world.downstream.now()[FILE]


def test_an_override_does_not_take_back_what_came_since():
    world = synced()
    world.change({OVERRIDE: MINE})
    release(world, "v2.0.0", TWO)
    world.sync("v2.0.0")
    release(world, "v3.0.0", TWO.replace(b"second", b"second, v3"))
    plan = world.sync("v3.0.0")
    assert plan.conflicts == []
    assert world.downstream.now()[FILE] == BOTH.replace(b"second", b"second, v3")
    assert world.downstream.now()[OVERRIDE] == MINE


def test_a_conflict_that_was_decided_does_not_come_back():
    world = synced()
    world.change({OVERRIDE: MINE})
    release(world, "v2.0.0", CLASH)
    assert world.sync("v2.0.0").conflicts
    release(world, "v3.0.0", CLASH.replace(b"third", b"third, v3"))
    assert world.sync("v3.0.0").conflicts == []
    assert world.downstream.now()[FILE] == MINE.replace(b"third", b"third, v3")


def test_an_old_override_is_shown_with_the_versions_that_it_lags():
    world = synced()
    world.change({OVERRIDE: MINE})
    for number in (2, 3, 4):
        release(world, f"v{number}.0.0", ONE.replace(b"third", b"third, v%d" % number))
        assert world.sync(f"v{number}.0.0").stale == [StaleOverride(OVERRIDE, number - 1)]


def test_an_override_is_not_old_if_its_file_is_as_it_was():
    world = synced()
    world.change({OVERRIDE: MINE})
    release(world, "v2.0.0", ONE)
    assert world.sync("v2.0.0").stale == []


def test_an_override_that_was_brought_up_to_date_is_not_old():
    world = synced()
    world.change({OVERRIDE: MINE})
    release(world, "v2.0.0", TWO)
    world.sync("v2.0.0")
    world.change({OVERRIDE: BOTH.replace(b"second", b"second, mine")})
    assert world.sync("v2.0.0").stale == []
    assert world.downstream.now()[FILE] == BOTH.replace(b"second", b"second, mine")


def test_an_override_that_was_edited_keeps_the_text_it_was_made_on():
    world = synced()
    world.change({OVERRIDE: MINE})
    release(world, "v2.0.0", TWO)
    world.sync("v2.0.0")
    world.change({OVERRIDE: MINE.replace(b"second", b"second, mine")})
    assert world.sync("v2.0.0").conflicts == []
    assert world.downstream.now()[FILE] == BOTH.replace(b"second", b"second, mine")


def test_an_override_that_is_taken_away_gives_the_file_back_to_upstream():
    world = synced()
    world.change({OVERRIDE: MINE})
    release(world, "v2.0.0", TWO)
    world.sync("v2.0.0")
    world.change({OVERRIDE: None})
    assert world.sync("v2.0.0").modified == [FILE]
    assert world.downstream.now()[FILE] == TWO


def test_an_override_and_another_change_of_the_file_are_put_together():
    world = synced()
    world.change({OVERRIDE: MINE, FILE: ONE.replace(b"second", b"second, drifted")})
    release(world, "v2.0.0", TWO)
    assert world.sync("v2.0.0").conflicts == []
    assert world.downstream.now()[FILE] == BOTH.replace(b"second", b"second, drifted")


def test_a_change_that_was_moved_to_an_override_is_no_conflict():
    world = synced()
    world.change({FILE: MINE})
    world.change({OVERRIDE: MINE.replace(b"second", b"second, mine")})
    release(world, "v2.0.0", TWO)
    assert world.sync("v2.0.0").conflicts == []
    assert world.downstream.now()[FILE] == BOTH.replace(b"second", b"second, mine")


def test_an_override_of_lines_that_were_changed_beside_it_is_for_people_to_decide():
    world = synced()
    drifted = ONE.replace(b"first", b"first, drifted")
    world.change({OVERRIDE: MINE, FILE: drifted})
    release(world, "v2.0.0", TWO)
    (conflict,) = world.sync("v2.0.0").conflicts
    assert conflict.path == FILE
    assert world.downstream.now()[FILE] == drifted
    assert world.downstream.now()[OVERRIDE] == MINE


# --- what goes, and what is renamed --------------------------------------------------------------


def test_what_upstream_removes_goes():
    world = synced({"guides/a.md": ONE, "guides/stays.md": b"stays\n"})
    release(world, "v2.0.0", None)
    assert world.sync("v2.0.0").removed == [FILE]
    assert FILE not in world.downstream.now()


@pytest.mark.parametrize("change", [{FILE: MINE}, {OVERRIDE: MINE}])
def test_what_upstream_removes_stays_if_it_was_changed(change):
    world = synced({"guides/a.md": ONE, "guides/stays.md": b"stays\n"})
    world.change(change)
    release(world, "v2.0.0", None)
    plan = world.sync("v2.0.0")
    assert (plan.removed, [one.path for one in plan.conflicts]) == ([], [FILE])
    assert FILE in world.downstream.now()
    assert world.plan("v2.0.0").conflicts == []


def test_what_was_removed_there_stays_removed():
    world = synced({"guides/a.md": ONE, "guides/stays.md": b"stays\n"})
    world.change({FILE: None})
    release(world, "v2.0.0", TWO)
    plan = world.sync("v2.0.0")
    assert (plan.added, plan.conflicts) == ([], [])
    assert any(FILE in note for note in plan.notes)
    assert FILE not in world.downstream.now()


def test_a_rename_takes_along_what_was_changed_there():
    world = synced({"guides/a.md": ONE, "guides/stays.md": b"stays\n"})
    world.change({FILE: MINE})
    release(world, "v2.0.0", None, **{"guides/new/b.md": ONE})
    plan = world.sync("v2.0.0")
    assert (plan.added, plan.removed, plan.conflicts) == (["docs/new/b.md"], [FILE], [])
    assert world.downstream.now()["docs/new/b.md"] == MINE


def test_a_rename_with_an_edit_takes_along_what_was_changed_there():
    world = synced({"guides/a.md": ONE, "guides/stays.md": b"stays\n"})
    world.change({FILE: MINE})
    release(world, "v2.0.0", None, **{"guides/b.md": TWO})
    world.sync("v2.0.0")
    assert FILE not in world.downstream.now()
    assert world.downstream.now()["docs/b.md"] == BOTH


def test_a_rename_takes_along_the_override():
    world = synced({"guides/a.md": ONE, "guides/stays.md": b"stays\n"})
    world.change({OVERRIDE: MINE})
    release(world, "v2.0.0", None, **{"guides/b.md": TWO})
    world.sync("v2.0.0")
    now = world.downstream.now()
    assert now["docs/b.md"] == BOTH
    assert now[".pack-overrides/b.md"] == MINE
    assert now.keys().isdisjoint({FILE, OVERRIDE})
    release(world, "v3.0.0", None, **{"guides/b.md": TWO.replace(b"second", b"second, v3")})
    assert world.sync("v3.0.0").conflicts == []
    assert world.downstream.now()["docs/b.md"] == BOTH.replace(b"second", b"second, v3")


def test_files_move_when_the_rule_names_another_folder():
    world = synced()
    world.change({FILE: MINE})
    world.rule = World(target_path="handbook/").rule
    plan = world.sync("v1.0.0")
    assert (plan.added, plan.removed) == (["handbook/a.md"], [FILE])
    assert world.downstream.now()["handbook/a.md"] == MINE


def test_a_rule_that_meets_nothing_any_more_removes_nothing():
    world = synced()
    world.upstream.release("v2.0.0", {"elsewhere/a.md": ONE})
    with pytest.raises(RefusedForSafety, match="all 1 files"):
        world.plan("v2.0.0")


# --- what is in the way --------------------------------------------------------------------------

LINK = DownstreamEntry("120000", BlobId("1" * 40))
SUBMODULE = DownstreamEntry("160000", BlobId("2" * 40))


@pytest.mark.parametrize(
    ("there", "what"),
    [
        ({FILE: LINK}, "a link"),
        ({FILE: SUBMODULE}, "a submodule"),
        ({"docs": LINK}, "docs is a link"),
        ({"docs": b"a file\n"}, "docs is a file"),
        ({"docs/A.md": b"theirs\n"}, "docs/A.md is there"),
        ({"Docs/other.md": b"theirs\n"}, "spelt Docs"),
    ],
)
def test_nothing_is_written_where_something_is_in_the_way(there, what):
    world = World()
    world.downstream.commit(there)
    world.upstream.release("v1.0.0", {"guides/a.md": ONE})
    plan = world.plan("v1.0.0")
    assert (dict(plan.writes), plan.removes) == ({}, [])
    assert what in plan.conflicts[0].what


def test_a_folder_in_the_way_is_no_place_for_a_file():
    world = World()
    world.downstream.commit({"docs/a.md/inside.md": b"theirs\n"})
    world.upstream.release("v1.0.0", {"guides/a.md": ONE})
    plan = world.plan("v1.0.0")
    assert not plan.changes_files
    assert "folder" in plan.conflicts[0].what


def test_a_file_that_is_there_already_is_adopted_if_it_says_the_same():
    world = World()
    world.downstream.commit({FILE: ONE})
    world.upstream.release("v1.0.0", {"guides/a.md": ONE})
    plan = world.sync("v1.0.0")
    assert (plan.changes_files, plan.conflicts) == (False, [])


def test_a_file_that_is_there_already_and_says_something_else_stays():
    world = World()
    world.downstream.commit({FILE: MINE})
    world.upstream.release("v1.0.0", {"guides/a.md": CLASH})
    (conflict,) = world.sync("v1.0.0").conflicts
    assert conflict.regions == (REGION,)
    assert world.downstream.now()[FILE] == MINE


def test_names_that_no_memory_would_accept_are_left_alone():
    names = ["docs/con", "docs/a\\b.md", "docs/-x", "docs/\udce9.md", "a\nb", ".pack-overrides/.."]
    world = World()
    world.downstream.commit(dict.fromkeys(names, b"theirs\n"))
    world.upstream.release("v1.0.0", {"guides/a.md": ONE})
    world.sync("v1.0.0")
    assert {name: world.downstream.now()[name] for name in names} == dict.fromkeys(
        names, b"theirs\n"
    )


def test_line_ends_of_the_downstream_are_its_own():
    world = synced()
    world.change({FILE: ONE.replace(b"\n", b"\r\n")})
    release(world, "v2.0.0", TWO)
    plan = world.sync("v2.0.0")
    assert plan.conflicts == []
    assert world.downstream.now()[FILE] == TWO.replace(b"\n", b"\r\n")
    release(world, "v3.0.0", None)
    assert world.sync("v3.0.0").removed == [FILE]


# --- histories -----------------------------------------------------------------------------------


def lines_of(chance, number):
    kept = [f"line {n}\n" if chance.random() < 0.8 else f"line {n} v{number}\n" for n in range(6)]
    return "".join(kept).encode()


def upstream_files(chance, number):
    names = chance.sample("abcdef", 4)
    return {f"guides/{name}.md": lines_of(chance, number) for name in names}


def people_change(world, chance, number):
    """Some edit that people make; returns the line that they wrote."""
    now = world.downstream.now()
    mine = [path for path in now if path.startswith("docs/")]
    path, line = chance.choice(sorted(mine)), f"people {number}\n".encode()
    what = chance.choice(["edit", "override", "override", "delete", "line ends", "lose the state"])
    if what == "delete":
        world.change({path: None})
    elif what == "line ends":
        world.change({path: now[path].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")})
    elif what == "lose the state":
        world.change({".pack-sync-state/guides.json": None})
    else:
        override = f".pack-overrides/{path.removeprefix('docs/')}"
        place = path if what == "edit" else override
        rows = now.get(place, now[path]).splitlines(keepends=True)
        rows.insert(chance.randint(0, len(rows)), line)
        world.change({place: b"".join(rows)})
        return line.strip()
    return None


def is_somewhere(world, line):
    return any(line in text.splitlines() for text in world.downstream.now().values())


@pytest.mark.parametrize("seed", range(examples(10, soak=400)))
def test_whatever_both_sides_do_nothing_of_people_is_lost_and_a_sync_is_done_once(seed):
    chance, written = random.Random(seed), list[bytes]()
    world = World()
    for number in range(1, 6):
        world.upstream.release(f"v{number}.0.0", upstream_files(chance, number))
        world.sync(f"v{number}.0.0", chance.choice(["", "Squashed (#1)"]))
        assert all(is_somewhere(world, line) for line in written), written
        again = world.plan(f"v{number}.0.0")
        assert (dict(again.writes), again.removes) == ({}, [])
        assert again.state == world.plan(f"v{number}.0.0").state
        for _ in range(chance.randint(0, 2)):
            before = {line for line in written if is_somewhere(world, line)}
            line = people_change(world, chance, len(written))
            written = [one for one in written if one in before and is_somewhere(world, one)]
            written += [line] if line else []


@pytest.mark.parametrize("seed", range(examples(4, soak=200)))
def test_a_downstream_that_nobody_changes_has_just_what_the_release_makes(seed):
    chance, world = random.Random(seed), World()
    for number in range(1, 8):
        files = upstream_files(chance, number)
        world.upstream.release(f"v{number}.0.0", files)
        assert world.sync(f"v{number}.0.0").conflicts == []
        wanted = {path.replace("guides/", "docs/"): text for path, text in files.items()}
        now = world.downstream.now()
        assert {path: text for path, text in now.items() if path.startswith("docs/")} == wanted
