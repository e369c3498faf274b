"""What a merge withholds is the same proposal on every machine, and is decided on once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pack_connectors.local_git.connector import LocalGit

from pack.core.truths import TruthMode
from pack.errors import InvalidRequest
from pack.memory import Memory
from pack.proposals.proposal import ProposalStatus
from pack.proposals.withheld import is_withheld
from pack.provenance import Origin, Source
from pack.remote.remote import Outcome
from pack.truth.deciding.offers import Offer
from pack.use_cases.merging import Merging
from pack.use_cases.withheld import WithheldProposals
from tests.compat.remote_support import Machine, Net, make_template

pytestmark = [pytest.mark.contract("C1", "C12", "C14"), pytest.mark.usefixtures("git_identity")]

A = "context/a.md"
RULE, OTHER = "Never deploy on Fridays.", "Ask before you delete."
TEXT = f"---\ntopic: Rules\n---\n\n# Rules\n\n{RULE}\n\nBetween.\n\n{OTHER}\n"
AGENT = "agent\n\nCo-authored-by: Claude <noreply@anthropic.com>"
USER, CLAUDE = Origin(Source.USER, "cli"), Origin(Source.AI_CLOUD, "claude-code")


class Crash(BaseException):
    """The process is gone."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Net:
    """Two machines that have what the person wrote; an agent has changed it on the first."""
    net = make_template(tmp_path_factory.mktemp("net"))
    one, two = (net.open(net.folder / name) for name in ("one", "two"))
    person(one).notes.update(A, TEXT)
    one.exchange()
    two.exchange()
    for name, value in (("name", "Somebody Else"), ("email", "else@example.org")):
        one.git("config", f"user.{name}", value)
    text = one.text(A).replace("Never", "Rarely").replace("Ask", "Do not ask")
    (one.folder / A).write_text(text, encoding="utf-8")
    one.git("commit", "--quiet", "--all", "-m", AGENT)
    one.git("push", "--quiet", "origin", "HEAD")
    net.close()
    return net


@pytest.fixture
def machines(template: Net, tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    net = template.copy_to(tmp_path / "net")
    one, two = (net.open(net.folder / name, truth=TruthMode.ENFORCE) for name in ("one", "two"))
    net.clock.advance(hours=1)
    yield one, two
    net.close()


def person(machine: Machine) -> Memory:
    return machine.memory.written_by(USER)


def refs(machine: Machine, folder: str = "proposals") -> dict[str, str]:
    return dict(machine.local.side_refs(folder))


def offer(machine: Machine) -> Offer:
    (found,) = person(machine).proposals.list()
    return found


def meet(one: Machine, two: Machine) -> str:
    """The second merges, and the first goes forward to the merge; the proposal that both have."""
    done = two.exchange()
    assert (done.outcome, done.copies) == (Outcome.MERGED, ())
    assert one.exchange().outcome is Outcome.RECEIVED
    assert one.head() == two.head()
    assert refs(one) == refs(two)
    (name,) = done.proposals
    assert is_withheld(name)
    assert list(refs(one)) == [name]
    return name


def test_all_machines_have_the_same_proposal_and_nothing_else(
    machines: tuple[Machine, Machine],
) -> None:
    one, two = machines
    before = two.files()
    name = meet(one, two)
    assert two.files() == before == one.files()
    for machine in machines:
        machine.assert_sound()
        found = offer(machine)
        assert [(hunk.old, hunk.new) for hunk in found.hunks] == [
            ((f"{RULE}\n",), (f"{RULE}\n".replace("Never", "Rarely"),)),
            ((f"{OTHER}\n",), (f"{OTHER}\n".replace("Ask", "Do not ask"),)),
        ]
        assert (found.proposal.id, found.proposal.origin) == (name, CLAUDE.label)
        assert found.proposal.base == machine.head()
        assert machine.exchange().proposals == ()
    form = "--format=%an <%ae> %ad%n%cn <%ce> %cd"
    said = two.git("show", "--no-patch", form, f"refs/pack/proposals/{name}")
    at = two.git("show", "--no-patch", "--format=%cd", "HEAD")
    assert said.splitlines() == [
        f"claude-code <ai-cloud.claude-code@pack.invalid> {at}",
        f"PACK merge <merge@pack.invalid> {at}",
    ]


def test_what_was_accepted_on_one_machine_is_accepted_on_all(
    machines: tuple[Machine, Machine],
) -> None:
    one, two = machines
    name = meet(one, two)
    person(two).proposals.accept(name, offer(two).shown, "tty")
    two.exchange()
    assert list(refs(one)) == [name]
    one.exchange()
    assert "Rarely deploy" in one.text(A)
    for machine in machines:
        machine.catalog.clear()  # so that all merges are looked at again
        assert machine.exchange().proposals == ()
        assert refs(machine) == {}


def test_a_part_that_was_accepted_leaves_the_rest_open_everywhere(
    machines: tuple[Machine, Machine],
) -> None:
    one, two = machines
    name = meet(one, two)
    person(two).proposals.accept(name, offer(two).shown, "tty", [1])
    two.exchange()
    one.exchange()
    for machine in machines:
        (hunk,) = offer(machine).hunks
        assert hunk.old == (f"{OTHER}\n",)
    person(one).proposals.accept(name, offer(one).shown, "tty")
    one.exchange()
    two.exchange()
    assert refs(two) == {}


def test_what_was_refused_or_withdrawn_does_not_come_back_on_that_machine(
    machines: tuple[Machine, Machine],
) -> None:
    one, two = machines
    name = meet(one, two)
    person(two).proposals.reject(name, "I mean it")
    one.memory.written_by(CLAUDE).proposals.withdraw(name)
    for machine in machines:
        machine.catalog.clear()
        assert machine.exchange().proposals == ()
        assert refs(machine) == {}
        assert list(refs(machine, "rejected")) == [name]
    assert two.memory.proposals.show(name).proposal.reason == "I mean it"
    with pytest.raises(InvalidRequest, match="withdrawn"):
        person(one).proposals.reject(name)


def test_a_refusal_counts_on_its_own_machine_only(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    name = meet(one, two)
    person(two).proposals.reject(name)
    person(two).notes.update("context/b.md", "mine\n")
    two.exchange()
    one.exchange()
    assert list(refs(one)) == [name]
    person(one).proposals.accept(name, offer(one).shown, "tty")  # another machine, another answer
    one.exchange()
    two.exchange()
    assert "Rarely deploy" in two.text(A)
    assert two.memory.proposals.show(name).proposal.status is ProposalStatus.REJECTED


@pytest.mark.parametrize("step", ["propose", "merge", "fast_forward"])
def test_a_process_that_dies_between_loses_no_proposal(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """The branch is never at a merge of which there is no proposal."""

    def die(*_: object) -> None:
        raise Crash

    for machine in (two := machines[1], machines[0]):
        before = machine.head()
        with monkeypatch.context() as patch, suppress(Crash):
            patch.setattr(LocalGit, step, die)
            machine.exchange()
        assert machine.head() == before or refs(machine)
        machine.exchange()
        assert machine.head() == two.head()
        assert refs(machine) == refs(two) != {}


def test_a_merge_that_came_to_nothing_leaves_its_proposal_to_the_next_one(
    machines: tuple[Machine, Machine],
) -> None:
    """A file is in the way, and by the time it is not, there is another head to merge."""
    one, two = machines
    in_the_way = two.folder / "context/b.md"
    in_the_way.write_text("other\n", encoding="utf-8")
    person(one).notes.update("context/b.md", "mine\n")
    one.git("push", "--quiet", "origin", "HEAD")
    assert two.exchange().outcome is Outcome.WAITING
    ((name, early),) = refs(two).items()
    in_the_way.unlink()
    person(two).notes.update("context/c.md", "mine\n")
    assert two.exchange().outcome is Outcome.MERGED
    one.exchange()
    assert refs(one) == refs(two) != {name: early}
    assert list(refs(one)) == [name]


def test_a_merge_that_came_by_the_persons_own_git_has_its_proposal_too(
    machines: tuple[Machine, Machine],
) -> None:
    one, two = machines
    two.exchange()
    one.git("pull", "--quiet", "--ff-only")
    assert refs(one) == {}
    assert len(one.exchange().proposals) == 1
    assert refs(one) == refs(two)


def test_a_commit_that_only_says_that_it_is_a_merge_proposes_nothing(
    machines: tuple[Machine, Machine],
) -> None:
    one, two = machines
    name = meet(one, two)
    message = two.git("log", "-1", "--format=%B").replace(name, f"z{name[::-1][:6]}{name[-3:]}")
    tree, parents = f"{two.head()}^{{tree}}", [f"-p{two.head()}^{number}" for number in (1, 2)]
    false = two.git("commit-tree", tree, *parents, "-m", message)
    two.git("reset", "--quiet", "--hard", false)
    assert bring_up(two) == []
    assert list(refs(two)) == [name]


def test_of_two_merges_that_withhold_the_same_all_machines_take_the_same(
    machines: tuple[Machine, Machine],
) -> None:
    """Both merge the agent's commit with another one of their own, at the same time."""
    one, two = machines
    agents = one.head()
    one.git("reset", "--quiet", "--hard", "HEAD^")
    for machine, path in ((one, "context/x.md"), (two, "context/y.md")):
        person(machine).notes.update(path, "mine\n")
        machine.git("fetch", "--quiet")
        planner = Merging(machine.memory.events._core, machine.local)
        ours = machine.local.head()
        assert ours is not None
        plan = planner.plan(ours, type(ours)(agents))
        machine.local.merge(ours, plan.commit, planner.changes(plan, ours))
        assert len(bring_up(machine)) == 1
    assert one.head() != two.head()
    assert list(refs(one)) == list(refs(two))
    assert refs(one) != refs(two)
    for machine in (one, two, one):
        machine.exchange()
    assert one.head() == two.head()
    assert refs(one) == refs(two)


def bring_up(machine: Machine) -> list[str]:
    core = machine.memory.events._core
    merging = Merging(core, machine.local)
    return list(WithheldProposals(core, machine.local, merging).bring_up(machine.local.head()))
