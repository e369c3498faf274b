"""What releases made is made again."""

from pack.distribution.reconciling.remaking import Remaker
from pack.distribution.reconciling.sync_state import SyncState
from tests.distribution_support import World, rule_of, rule_text


class Counting:
    """An upstream that counts what is asked of it."""

    def __init__(self, upstream):
        self._upstream, self.blobs = upstream, []

    def __getattr__(self, name):
        return getattr(self._upstream, name)

    def read_blobs(self, blobs):
        wanted = list(blobs)
        self.blobs += wanted
        return self._upstream.read_blobs(wanted)


def test_what_one_downstream_needed_is_not_read_again_for_the_next():
    world = World()
    release = world.upstream.release("v1.0.0", {"guides/a.md": b"a\n", "guides/b.md": b"b\n"})
    upstream = Counting(world.upstream)
    remaker = Remaker(upstream)
    first = remaker.make(world.rule, release, {})
    assert remaker.make(World(target_path="x/").rule, release, {}).contents().keys() == {
        "x/a.md",
        "x/b.md",
    }
    assert len(upstream.blobs) == len(first.files)
    assert remaker.make(World(id="other", target_repo="org/x").rule, release, {}) is first
    assert remaker.make(world.rule, release, {"team": "Web"}) is not first


def test_a_commit_that_upstream_does_not_have_makes_nothing():
    world = World()
    world.upstream.release("v1.0.0", {"guides/a.md": b"a\n"})
    state = world.sync("v1.0.0").state
    remaker = Remaker(world.upstream)
    assert remaker.again(state, "v1.0.0", state.commit) == {"docs/a.md": b"a\n"}
    assert remaker.again(state, "v1.0.0", "ab" * 20) == {}


def test_a_template_is_made_again_with_the_variables_of_then():
    world = World(strategy="template")
    world.upstream.release("v1.0.0", {"guides/a.md": b"{{ team }}\n"})
    world.variables = {"team": "Web"}
    state = world.sync("v1.0.0").state
    assert Remaker(world.upstream).again(state, "v1.0.0", state.commit) == {"docs/a.md": b"Web\n"}
    world.variables = {"team": "Core"}
    assert world.sync("v1.0.0").modified == ["docs/a.md"]
    assert world.downstream.now()["docs/a.md"] == b"Core\n"


EXCLUDING = {"filters": {"exclude": ["private/**", "x.md"]}}
RULES = ".pack/distribution/rules/"
NOTES = {"guides/a.md": b"a\n", "guides/x.md": b"x\n"}


def recorded(world):
    """The state of the first release, as downstream has it."""
    world.upstream.release("v1.0.0", NOTES)
    return SyncState.from_bytes(world.sync("v1.0.0").state.to_bytes(), "guides")


def test_what_a_rule_excludes_is_known_from_the_rule_at_hand():
    world = World(**EXCLUDING)
    state = recorded(world)
    remaker = Remaker(world.upstream)
    assert remaker.again(state, "v1.0.0", state.commit) == {}
    remaker.learn(rule_of(**EXCLUDING))
    assert remaker.again(state, "v1.0.0", state.commit).keys() == {"docs/a.md"}


def test_what_a_rule_excluded_then_is_found_in_the_history_of_the_memory():
    world = World(**EXCLUDING)
    state = recorded(world)
    world.upstream.commit({**NOTES, f"{RULES}g.yaml": rule_text(**EXCLUDING).encode()})
    world.upstream.commit({**NOTES, f"{RULES}g.yaml": rule_text().encode()})
    assert Remaker(world.upstream).again(state, "v1.0.0", state.commit).keys() == {"docs/a.md"}
