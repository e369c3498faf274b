"""The benchmark measures what it says; no test looks at a time."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import pytest

from tests.bench.__main__ import growth, main
from tests.bench.client import do_nothing_command
from tests.bench.corpus import FOLDERS, Corpus
from tests.bench.figures import compare, value
from tests.bench.finding import queries, questions
from tests.bench.report import table
from tests.bench.repositories import Repository, clean_environment
from tests.stories.prepared import COMMAND, Process, start

FIGURES = {
    "update / by hand, fsync",
    "update / by hand, no fsync",
    "objects of a write / note alone",
    "undo / update",
    "undo / git revert by hand, fsync",
    "update, 3 targets hanging",
    "read / a tool that does nothing",
    "start to first answer - doing nothing",
    "resident memory - doing nothing",
    "tools/list, bytes / 4",
    "search, rare word",
    "search, common word",
    "search, three words",
    "search, no hit",
    "search, question",
    "search, question in a folder",
    "memory_list, bytes / 4",
    "read as of a commit",
    "first search as of a commit",
    "search as of a commit / present",
    "context, by a hook",
    "context with a task, over MCP",
    "blame, first",
    "blame, again",
    "blame, first / git blame -w -M",
    "diff of a commit / git show",
    "first build, a note",
    "opening the catalog",
    "catalog / text",
    "changed note, before the answer",
    "changed note, all",
    "history, last 50 commits",
    "history of a note, first",
    "history of a note, again",
    "GitHub, cold start, requests",
    "GitHub, warm read, requests",
    "GitHub, graphql write, requests",
    "GitHub, graphql / file by file",
    "GitHub, graphql, commits",
    "GitHub, git-data write, requests",
    "GitHub, git-data / file by file",
    "GitHub, git-data, commits",
}


def start_quickly(
    command: Sequence[str | Path], *, env: Mapping[str, str], stderr: IO[Any], **_: object
) -> Process:
    """As `subprocess.Popen`, for the two servers of the benchmark, at no cost for their start."""
    if command == do_nothing_command():
        return start([], program=Path(command[-1]).read_text("utf-8"), env=env, stderr=stderr)
    assert str(command[0]) == COMMAND
    return start([str(word) for word in command[1:]], env=env, stderr=stderr)


def test_a_small_run_prints_and_writes_every_figure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    processes = SimpleNamespace(**{**vars(subprocess), "Popen": start_quickly})
    monkeypatch.setattr("tests.bench.client.subprocess", processes)
    monkeypatch.setattr("tests.bench.serving._READS_BEFORE_MEMORY", 2)
    monkeypatch.setattr("tests.bench.serving._UPDATES_BEFORE_MEMORY", 1)
    monkeypatch.setattr("tests.bench.writes.settle", lambda: None)
    for module in ("cataloguing", "copying", "finding", "past", "serving", "writes"):
        monkeypatch.setattr(f"tests.bench.{module}.WARM_UP", 0)
    result_file = tmp_path / "result.json"
    main(["--sizes", "30", "--rounds", "1", "--pause", "0", "--json", str(result_file)])
    result = json.loads(result_file.read_text(encoding="utf-8"))
    figures = {figure["name"]: figure for figure in result["figures"]}
    assert figures.keys() == FIGURES
    assert all(figure["notes"] == 30 for figure in figures.values())
    assert all(figure["measured"] > 0 for figure in figures.values())
    beside = [f["beside"] for f in figures.values() if f["compared_by"] != "value"]
    assert len(beside) == 16
    assert all(other > 0 for other in beside)
    printed = capsys.readouterr().out
    assert all(name in printed for name in FIGURES)
    assert f"python {result['machine']['python']}" in printed


def test_the_same_seed_gives_the_same_notes_of_the_promised_size() -> None:
    notes = list(Corpus(7).notes(200))
    assert notes == list(Corpus(7).notes(200))
    assert notes != list(Corpus(8).notes(200))
    assert len({note.path for note in notes}) == 200
    assert {note.path.split("/")[0] for note in notes} == set(FOLDERS)
    assert all(500 <= len(note.text.encode()) <= 2300 for note in notes)


def test_a_slow_moment_of_the_machine_does_not_move_the_ratio() -> None:
    figure = compare("x", 100, "ms", [2.0, 20.0, 2.0], [4.0, 40.0, 4.0], limit=0.5)
    assert figure.figure == 0.5
    assert figure.is_met
    assert (figure.measured, figure.beside) == (2.0, 4.0)


def test_a_difference_above_its_limit_is_a_miss_in_the_table() -> None:
    figure = compare("start", 100, "ms", [700.0], [500.0], limit=150, by="difference")
    assert figure.figure == 200
    assert figure.is_met is False
    assert table([figure], {}).splitlines()[1].endswith("MISS")


def test_a_figure_without_a_limit_has_no_verdict() -> None:
    figure = value("size", 100, "KB", 3.0, limit=None)
    assert figure.is_met is None
    assert table([figure], {"python": "3"}).splitlines()[1:] == [
        "size                                      100       3.0 KB                      3 KB",
        "",
        "python 3",
    ]


def test_growth_compares_the_largest_memory_with_the_smallest() -> None:
    updates = [
        compare("update / by hand", notes, "ms", [cost], [1.0], None)
        for notes, cost in ((10_000, 6.0), (100, 4.0), (1_000, 5.0))
    ]
    memory = [
        compare("resident memory", notes, "MB", [used], [1.0], None, "difference")
        for notes, used in ((10_000, 81.0), (100, 40.0), (1_000, 50.0))
    ]
    time, space = growth(updates + memory)
    assert (time.figure, time.limit, time.notes) == (1.5, 2.0, 10_000)
    assert (space.figure, space.is_met, space.notes) == (41.0, False, 10_000)
    assert growth(updates[:1] + memory[:1]) == []


def test_queries_are_of_words_that_notes_have_but_for_the_ones_without_a_hit() -> None:
    corpus = Corpus(7)
    text = " ".join(note.text for note in corpus.notes(300)).lower()
    asked = queries(corpus, 20)
    assert all(len(wanted) == 20 for wanted in asked.values())
    assert all(query in text for query in asked["common word"])
    assert not any(query in text for query in asked["no hit"])
    assert all(len(query.split()) == 3 for query in asked["three words"])


def test_questions_are_of_10_to_25_words() -> None:
    asked = questions(Corpus(7), 50)
    assert len(set(asked)) == 50
    assert {len(question.split()) for question in asked} <= set(range(10, 26))


def test_a_commit_by_hand_holds_the_files_and_leaves_nothing_behind(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    directory = tmp_path / "memory"
    directory.mkdir()
    repository = Repository(directory, clean_environment(home))
    repository.git("init", "--quiet")
    repository.commit_by_hand({"a.md": b"1\n", "b.md": b"2\n"})
    files = {"a.md": b"3\n", "b.md": b"4\n"}
    before = repository.loose_bytes()
    assert repository.commit_by_hand(files) > 0
    assert repository.changed_files() == files
    assert repository.loose_bytes() > before
    assert repository.git("status", "--porcelain") == b""
    assert repository.git("rev-list", "--count", "HEAD") == b"2\n"
