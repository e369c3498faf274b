"""The vectors of a version of the merge: how they are written down, recorded and replayed.

`python -m tests.golden.vectors` records those of the present version, from what the tests of the
merge ask; it refuses to touch those that exist.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, Final

from pack.merge import file as file_merge
from pack.merge import tree as tree_merge
from pack.merge.file import Merged
from pack.merge.heads import MERGE_VERSION, HeadMerger
from pack.merge.moves import Trio
from pack.merge.tree import Aside, MachineWriter, TreeMerge, Withheld
from pack.merge.two_sides import Authority, TwoSides
from pack.model import BlobId, CommitId, MemoryPath, Put, blob_id
from tests.merge_support import LevelRules, MemoryGraph, pull

FOLDER: Final = Path(__file__).parent / f"merge_v{MERGE_VERSION}"
_ABOUT: Final = "Never edited: see README.md beside this file."
_LONGEST: Final = 3000
_FROM_ONE_TEST: Final = 25
_Json = Any


NAMES: Final = ("files", "trees", "histories")


def load(name: str) -> list[_Json]:
    """The vectors of a file."""
    found = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert found["about"] == _ABOUT
    return list(found["vectors"])


def _save(name: str, vectors: Iterable[_Json]) -> None:
    lines = ",\n".join(json.dumps(one, ensure_ascii=True, sort_keys=True) for one in vectors)
    text = f'{{"about": {json.dumps(_ABOUT)}, "vectors": [\n{lines}\n]}}\n'
    (FOLDER / f"{name}.json").write_text(text, encoding="ascii")


def _shown(content: bytes | None) -> _Json:
    """Bytes as text, if they are that."""
    try:
        return content.decode("utf-8") if content is not None else None
    except UnicodeDecodeError:
        return {"hex": content.hex() if content is not None else ""}


def _bytes(shown: _Json) -> bytes | None:
    if shown is None:
        return None
    return bytes.fromhex(shown["hex"]) if isinstance(shown, dict) else shown.encode("utf-8")


def _shown_sides(sides: TwoSides | None) -> _Json:
    if sides is None:
        return None
    return [
        [side.level, list(side.rank), list(side.lines), dict(side.keys)]
        for side in (sides.ours, sides.theirs)
    ]


def _sides(shown: _Json) -> TwoSides | None:
    if shown is None:
        return None
    return TwoSides(
        *(Authority(level, tuple(rank), lines, keys) for level, rank, lines, keys in shown)
    )


# --- files ----------------------------------------------------------------------------------------


def file_result(merged: Merged) -> _Json:
    """What a merge of a file gave."""
    clashes = [[one.kind, one.kept, one.discarded] for one in merged.clashes]
    return [*map(_shown, (merged.content, merged.kept, merged.kept_ours)), clashes]


def replay_file(vector: _Json) -> _Json:
    """What it gives now."""
    versions = [_bytes(vector[name]) for name in ("base", "ours", "theirs")]
    if vector["kind"] == "mapping":
        return file_result(file_merge.merge_mapping_file(*versions))
    merge = file_merge.merge_text_file if vector["kind"] != "markdown" else file_merge.merge_file
    options = {"keep_both": vector["kind"] == "prose"} if vector["kind"] != "markdown" else {}
    return file_result(merge(*versions, _sides(vector["sides"]), **options))


# --- trees ----------------------------------------------------------------------------------------


def tree_result(merged: TreeMerge) -> _Json:
    """What a merge of trees gave, without its words for people."""
    changes = {
        one.path: _shown(one.content) if isinstance(one, Put) else None for one in merged.changes
    }
    told = [[one.path, one.copy, one.kind, one.kept, one.discarded] for one in merged.conflicts]
    return [changes, told, withheld_result(merged.withheld)]


def withheld_result(withheld: Iterable[Withheld]) -> _Json:
    """What waits for the person."""
    return [
        [one.path, one.blob, one.said, _shown(one.content), one.writer.commit] for one in withheld
    ]


def replay_tree(vector: _Json) -> _Json:
    """What it gives now."""
    blobs = {BlobId(blob): _bytes(shown) or b"" for blob, shown in vector["blobs"].items()}
    sides = {path: _sides(shown) for path, shown in vector["sides"].items()}
    settled, writers = vector["settled"], vector["writers"]

    def find_writer(trio: Trio, is_ours: bool) -> MachineWriter | None:
        return _writer(writers[f"{trio.path} {is_ours}"])

    is_settled = None if settled is None else lambda path, *_: settled[path]
    trees = (vector[name] for name in ("base", "ours", "theirs"))
    found = tree_merge.merge_trees(
        *trees,
        blobs.__getitem__,
        lambda trio: sides[trio.path],
        [_aside(one) for one in vector["asides"]],
        is_settled,
        find_writer=find_writer,
    )
    return tree_result(found)


def _writer(shown: _Json) -> MachineWriter | None:
    return MachineWriter(*shown) if shown is not None else None


def _shown_writer(writer: MachineWriter | None) -> _Json:
    return [writer.origin, writer.commit] if writer is not None else None


def _aside(shown: _Json) -> Aside:
    path, content, writer, before = shown
    return Aside(path, _bytes(content), "", _writer(writer), _bytes(before))


def _shown_aside(aside: Aside) -> _Json:
    writer = _shown_writer(aside.writer)
    return [aside.path, _shown(aside.content), writer, _shown(aside.before)]


# --- histories ------------------------------------------------------------------------------------


def replay_history(vector: _Json) -> _Json:
    """The files of the merge of two heads, whichever is named first, and what waits."""
    graph = MemoryGraph(LevelRules(vector["levels"]) if vector["levels"] else None)
    for shown in vector["blobs"]:
        content = _bytes(shown) or b""
        graph.blobs[blob_id(content)] = content
    for commit, parents, tree in vector["commits"]:
        graph.add(CommitId(commit), parents, tree)
    merger = HeadMerger(graph, graph.blobs.__getitem__, graph.rules)
    merged = merger.merge(*vector["heads"])
    assert merged == merger.merge(*vector["heads"][::-1])
    files = {path: _shown(merger.read(blob)) for path, blob in merged.files.items()}
    return [files, withheld_result(merged.withheld)]


def _histories() -> Iterable[_Json]:
    from tests.unit.merge.test_heads import BASE, EDITS, NOTE  # noqa: PLC0415

    for edit, of_machines in product(EDITS, (False, True)):
        for peers in (2, 3, 5):
            random, levels = Random(f"{edit.__name__} {peers}"), dict[CommitId, int]()
            graph = MemoryGraph(LevelRules(levels) if of_machines else None)
            base = graph.write(None, {NOTE: BASE})
            heads = [edit(graph, base, peer, random) for peer in range(peers)]
            if of_machines:
                levels.update({head: random.choice((1, 2, 5)) for head in heads[1:]})
            for _ in range(0 if of_machines else 3):
                pull(graph, heads, random, at_once=True)
            one, other = (sorted(set(heads)) * 2)[:2]
            commits = [[name, list(graph.parents[name]), graph.trees[name]] for name in graph.trees]
            vector = {
                "blobs": [_shown(content) for content in graph.blobs.values()],
                "commits": commits,
                "heads": [one, other],
                "levels": levels,
            }
            yield vector | {"result": replay_history(vector)}


# --- recording ------------------------------------------------------------------------------------


class _Recorder:
    """Stands in for functions of the merge, and notes what they are asked."""

    def __init__(self) -> None:
        self.files: dict[str, _Json] = {}
        self.trees: dict[str, _Json] = {}
        self.counts: dict[str, int] = {}

    def _note(self, into: dict[str, _Json], vector: _Json) -> None:
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition("[")[0].partition(" ")[0]
        text = json.dumps(vector, sort_keys=True)
        count = self.counts.get(test, 0)
        if len(text) <= _LONGEST and text not in into and count < _FROM_ONE_TEST:
            into[text] = vector
            self.counts[test] = count + 1

    def file(self, kind: str, merge: Callable[..., Merged], *args: Any, **options: Any) -> Merged:
        """A merge of one file."""
        found = merge(*args, **options)
        sides = args[3] if len(args) > 3 else options.get("sides")
        if kind == "text":
            kind = "prose" if options.get("keep_both", True) else "program"
        versions = dict(zip(("base", "ours", "theirs"), map(_shown, args[:3]), strict=True))
        vector = {"kind": kind, **versions, "sides": _shown_sides(sides)}
        self._note(self.files, vector | {"result": file_result(found)})
        return found

    def tree(self, merge: Callable[..., TreeMerge], *args: Any, **options: Any) -> TreeMerge:
        """A merge of trees."""
        blobs: dict[str, _Json] = {}
        sides: dict[str, _Json] = {}
        settled: dict[str, bool] = {}
        base, ours, theirs, read, *rest = args
        weigh = rest[0] if rest else options.get("weigh", lambda _: None)
        asides = rest[1] if len(rest) > 1 else options.get("asides", ())
        asked = options.get("is_settled")
        find_writer = options.get("find_writer", lambda *_: None)
        writers: dict[str, _Json] = {}

        def reading(blob: BlobId) -> bytes:
            blobs[blob] = _shown(content := read(blob))
            return bytes(content)

        def weighing(trio: Trio) -> TwoSides | None:
            found = weigh(trio)
            sides[trio.path] = _shown_sides(found)
            return found if found is None else TwoSides(found.ours, found.theirs)

        def settling(path: MemoryPath, blob: BlobId, is_ours: bool) -> bool:
            settled[path] = asked(path, blob, is_ours)
            return settled[path]

        def finding(trio: Trio, is_ours: bool) -> MachineWriter | None:
            found = find_writer(trio, is_ours)
            writers[f"{trio.path} {is_ours}"] = _shown_writer(found)
            return found

        given = settling if asked is not None else None
        found = merge(base, ours, theirs, reading, weighing, asides, given, find_writer=finding)
        vector = {
            "base": dict(base),
            "ours": dict(ours),
            "theirs": dict(theirs),
            "blobs": blobs,
            "sides": sides,
            "settled": settled if asked is not None else None,
            "writers": writers,
            "asides": [_shown_aside(one) for one in asides],
        }
        self._note(self.trees, vector | {"result": tree_result(found)})
        return found


def _record() -> None:
    """Run the tests of the merge, and write down what they ask of it."""
    import pytest  # noqa: PLC0415

    if (FOLDER / "trees.json").exists():
        sys.exit(f"{FOLDER.name} has its vectors, which are never recorded again")
    recorder = _Recorder()
    merges: Mapping[str, Callable[..., Merged]] = {
        "markdown": file_merge.merge_file,
        "text": file_merge.merge_text_file,
        "mapping": file_merge.merge_mapping_file,
    }
    for kind, merge in merges.items():
        setattr(file_merge, merge.__name__, partial(recorder.file, kind, merge))
        setattr(tree_merge, merge.__name__, partial(recorder.file, kind, merge))
    whole = tree_merge.merge_trees
    tree_merge.merge_trees = partial(recorder.tree, whole)  # type: ignore[assignment]
    tests = [f"tests/unit/merge/test_{name}.py" for name in ("file", "tree", "two_sides")]
    if pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", "--hypothesis-seed=1", *tests]):
        sys.exit("the tests of the merge fail")
    tree_merge.merge_trees = whole
    _save("files", recorder.files.values())
    _save("trees", recorder.trees.values())
    _save("histories", _histories())


if __name__ == "__main__":
    _record()
