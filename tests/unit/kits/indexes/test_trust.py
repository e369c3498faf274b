"""An index goes on from how it was seen last, or a person says that it may not."""

import pytest

from pack.errors import RefusedForSafety
from pack.kits.indexes.trust import SeenIndex, index_doubts, news_of, refuse_doubtful_index
from pack.kits.trust import Distrust

ANN, EVE = "SHA256:ann", "SHA256:eve"
SEEN = SeenIndex(ANN, 5, "five")


@pytest.mark.parametrize(
    ("now", "kind"),
    [
        (SEEN, None),
        (SeenIndex(ANN, 6, "six"), None),
        (SeenIndex(ANN, 4, "four"), Distrust.OLDER),
        (SeenIndex(ANN, 5, "other"), Distrust.MOVED),
        (SeenIndex(EVE, 6, "six"), Distrust.SIGNER),
        (SeenIndex(EVE, 4, "four"), Distrust.SIGNER),
        (SeenIndex(EVE, 5, "five"), Distrust.SIGNER),
        (SeenIndex(None, 6, ""), Distrust.SIGNER),
        (SeenIndex(), Distrust.SIGNER),
    ],
)
def test_what_does_not_go_on_from_before_is_refused(now, kind):
    assert [one.kind for one in index_doubts(now, SEEN)] == ([kind] if kind else [])
    if kind is None:
        refuse_doubtful_index(now, SEEN, ())
        return
    for accepted in ((), {*Distrust} - {kind}):
        with pytest.raises(RefusedForSafety, match="may not be from whoever keeps it"):
            refuse_doubtful_index(now, SEEN, accepted)
    refuse_doubtful_index(now, SEEN, {kind})


@pytest.mark.parametrize("now", [SeenIndex(), SeenIndex(ANN, 1, "one"), SeenIndex(None, 3)])
def test_what_was_never_seen_is_believed(now):
    refuse_doubtful_index(now, None, ())


def test_an_index_that_nobody_signs_does_not_go_back_either():
    with pytest.raises(RefusedForSafety, match="version 2 now, and was version 3"):
        refuse_doubtful_index(SeenIndex(None, 2), SeenIndex(None, 3), ())
    refuse_doubtful_index(SeenIndex(ANN, 3, "three"), SeenIndex(None, 3), ())


def test_a_key_is_told_when_it_is_new_and_when_it_is_gone():
    assert news_of(SEEN, None) == news_of(SEEN, SeenIndex(EVE, 9, "nine"))
    assert ANN in news_of(SEEN, None)
    assert news_of(SeenIndex(ANN, 6, "six"), SEEN) == ""
    assert news_of(SeenIndex(), None) == ""
    assert "nobody signs" in news_of(SeenIndex(), SEEN)
