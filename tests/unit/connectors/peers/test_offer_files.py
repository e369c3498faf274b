"""Offers are kept in a file that only their owner can read, as they were said."""

import stat

import pytest
from pack_connectors.peers.offer_files import OfferFiles

from pack.errors import Unavailable
from pack.kits.manifest import Visibility
from pack.kits.sharing.offer import KitOffer

OFFER = KitOffer("handbook", "/kits/handbook", "What for", Visibility.PRIVATE, "t0", "Ann")


def test_offers_and_grants_are_kept_as_they_were_said(tmp_path):
    state = OfferFiles(tmp_path / "mesh")
    assert state.offers() == []
    said = [OFFER.granted("desk", "t1", "Ann").revoked("desk", "t2", "Bob")]
    with state.exclusive():
        state.set_offers(said)
    assert OfferFiles(tmp_path / "mesh").offers() == said
    mode = (tmp_path / "mesh" / "kits.json").stat().st_mode
    assert not mode & (stat.S_IRWXG | stat.S_IRWXO)


@pytest.mark.parametrize("text", ["", "[", "{}", '[{"name": "a"}]'])
def test_a_damaged_file_gives_nobody_anything(tmp_path, text):
    state = OfferFiles(tmp_path)
    (tmp_path / "kits.json").write_text(text)
    with pytest.raises(Unavailable, match="damaged"):
        state.offers()
