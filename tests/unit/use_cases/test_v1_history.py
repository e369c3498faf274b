"""When the lines of a v1 file were written, by its log."""

from datetime import date

from pack.use_cases.v1_history import days_of_v1


def days(world):
    core = world.memory.lifecycle._core
    found = core.reader.find(core.reader.v1_path)
    return days_of_v1(core, found)


def test_lines_are_as_old_as_their_commit(git_world, monkeypatch):
    for day, text in (("2023-01-02", "a\n"), ("2024-01-02", "a\nb\n")):
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"{day}T12:00:00+0000")
        git_world.commit({"MEMORY.md": text})
    git_world.edit("MEMORY.md", "a\nb\nc\n")
    first, second, third = days(git_world)
    assert (first, second) == (date(2023, 1, 2), date(2024, 1, 2))
    assert third > second
    plan = git_world.memory.lifecycle.plan_migration()
    assert plan.files[0].created == "2023-01-02"
