"""What came of several bundles in a row."""

from pack.mesh.intake import Refusal
from pack.mesh.views import TakenIn


def test_what_came_adds_up_and_what_waits_is_what_waited_last():
    refused = Refusal("refs/pack/peers/x", "a" * 40, "unsigned")
    first = TakenIn(1, (refused,), ("b" * 40,), ("busy",), "c" * 40, is_restored=True)
    both = first.and_then(TakenIn(2, (), (), (), "d" * 40, is_cloned=True))
    assert (both.received, both.quarantined, both.pending) == (3, (refused,), ("b" * 40,))
    assert (both.waiting, both.head) == ((), "d" * 40)
    assert both.is_restored
    assert both.is_cloned
