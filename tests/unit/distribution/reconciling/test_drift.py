"""What differs from the record, outside of overrides."""

from pack.distribution.reconciling.drift import find_drift
from tests.distribution_support import World

ONE = b"one\ntwo\nthree\n"


def drift(world, state):
    return find_drift(
        state, world.downstream.files(world.downstream.head), world.downstream.read_blobs
    )


def test_what_was_changed_or_removed_by_hand_has_drifted():
    world = World()
    world.upstream.release("v1.0.0", {f"guides/{name}.md": ONE for name in "abcde"})
    state = world.sync("v1.0.0").state
    assert drift(world, state) == []
    world.change({"docs/a.md": b"x\n", "docs/b.md": None, "docs/c.md": ONE.replace(b"\n", b"\r\n")})
    world.change({"other.md": b"x\n"})
    assert drift(world, state) == ["docs/a.md", "docs/b.md"]


def test_an_override_is_no_drift_and_a_change_beside_it_is():
    world = World()
    world.upstream.release("v1.0.0", {"guides/a.md": ONE})
    world.sync("v1.0.0")
    world.change({".pack-overrides/a.md": ONE.replace(b"one", b"ONE")})
    world.upstream.release("v2.0.0", {"guides/a.md": ONE.replace(b"three", b"drei")})
    state = world.sync("v2.0.0").state
    assert drift(world, state) == []
    world.change({"docs/a.md": b"x\n"})
    assert drift(world, state) == ["docs/a.md"]


def test_a_change_that_a_sync_kept_is_still_drift():
    world = World()
    world.upstream.release("v1.0.0", {"guides/a.md": ONE})
    world.sync("v1.0.0")
    world.change({"docs/a.md": ONE.replace(b"one", b"ONE")})
    world.upstream.release("v2.0.0", {"guides/a.md": ONE.replace(b"three", b"drei")})
    assert drift(world, world.sync("v2.0.0").state) == ["docs/a.md"]
