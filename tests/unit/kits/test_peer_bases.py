"""What upstream shipped comes from other machines only as far as the memory names it (C15)."""

import pytest

from pack.core.truths import TruthMode
from pack.errors import NotFound
from pack.kits.bases import KitBases
from pack.kits.peer_bases import PeerBases
from pack.model import ABSENT, MemoryPath, Put
from pack.provenance import Origin, Source
from tests.unit.kits.test_kits import TEXT, kit

pytestmark = pytest.mark.contract("C15")

USER = Origin(Source.USER, "cli")
REF = "kits/observer"


@pytest.fixture
def mine(world):
    world.init()
    return world.open(truth=TruthMode.ENFORCE).written_by(USER)


def kept(memory):
    return [(one.version, one.source) for one in KitBases(memory.connector).chain("observer")]


def lose_bases(memory):
    """Have the bases only under another name, as a machine has them to which they came."""
    (tip,) = memory.connector.side_refs("kits").values()
    memory.connector.move_aside(REF, "imports/observer", tip)
    return tip


def aside(memory, base, content, message, path="a.md"):
    put = Put(MemoryPath(path), content, ABSENT if base is None else before(memory, base, path))
    ref = f"imports/{len(memory.connector.side_refs('imports'))}"
    return memory.connector.commit_aside(ref, None, base, [put], message)


def before(memory, commit, path):
    entries = {entry.path: entry.sha for entry in memory.connector.get_tree(commit)}
    return entries.get(path, ABSENT)


def test_all_versions_that_were_ever_installed_come(mine):
    mine.kits.install(kit())
    mine.kits.update(kit("1.1.0", a_md=f"{TEXT}\nnew\n"))
    versions = kept(mine)
    tip = lose_bases(mine)
    with pytest.raises(NotFound):
        list(mine.kits.diffs("observer"))
    PeerBases(mine.connector).take({REF: tip}, [mine.connector.head()])
    assert kept(mine) == versions == [("1.1.0", "/upstream"), ("1.0.0", "/upstream")]
    PeerBases(mine.connector).take({REF: tip}, [mine.connector.head()])
    assert kept(mine) == versions
    assert mine.kits.rollback("observer").after == "1.0.0"


def test_what_the_memory_does_not_name_is_refused(mine):
    mine.kits.install(kit())
    tip = lose_bases(mine)
    said = "observer 1.0.0\n\nPack-Kit-Version: 1.0.0\nPack-Kit-Source: /upstream"
    forged = aside(mine, None, b"# Evil\n", said)
    over = aside(mine, tip, b"# Evil\n", said.replace("1.0.0", "9.0.0"))
    bases = PeerBases(mine.connector)
    bases.take({REF: forged, "kits/../x": forged, "peers/observer": tip}, [mine.connector.head()])
    assert kept(mine) == []
    bases.take({REF: over}, [mine.connector.head()])
    assert kept(mine) == [("1.0.0", "/upstream")]
    bases.take({"kits/other": tip, REF: "1" * 40}, [mine.connector.head()])
    assert list(mine.connector.side_refs("kits")) == ["observer"]


def test_a_version_is_called_what_the_lock_calls_it(mine):
    mine.kits.install(kit())
    tip = lose_bases(mine)
    said = "observer\n\nPack-Kit-Version: 7.0.0\nPack-Kit-Source: /elsewhere"
    renamed = mine.connector.commit_aside("imports/renamed", None, tip, [], said)
    PeerBases(mine.connector).take({REF: renamed}, [mine.connector.head()])
    assert kept(mine) == [("1.0.0", "/upstream")]


def test_only_what_the_other_machine_lacks_goes_along(mine):
    bases, before_all = PeerBases(mine.connector), mine.connector.head()
    assert bases.new_since(before_all, []) == []
    first = mine.kits.install(kit()).commit
    second = mine.kits.install(kit(name="second", source="/second")).commit
    assert bases.new_since(second, []) == [REF, "kits/second"]
    assert bases.new_since(second, [before_all, first]) == ["kits/second"]
    assert bases.new_since(second, ["1" * 40]) == [REF, "kits/second"]
    third = mine.notes.update("notes/x.md", "# X\n").commit
    assert bases.new_since(third, [second]) == []
    updated = mine.kits.update(kit("1.1.0", a_md="# A\n")).commit
    assert bases.new_since(updated, [third]) == [REF]
    lose_second = mine.connector.side_refs("kits")["second"]
    mine.connector.move_aside("kits/second", "imports/second", lose_second)
    assert bases.new_since(updated, []) == [REF]
