"""What another peer gives is taken only from that peer, and only for what was asked just now."""

from types import SimpleNamespace

import pytest
from pack_connectors.peers import sshsig
from pack_servers.config.settings import Settings
from pack_servers.wiring.kits.peers import FoundPeer, PeerKits
from pack_servers.wiring.kits.sources import KitSources

from pack.errors import BadSignature, InvalidRequest, NotFound, RefusedForSafety
from pack.kits.sharing.parcel import NAMESPACE, parse_wanted, write_parcel
from pack.kits.shipment import Shipment, ShippedFile, unpack
from tests.mesh_support import commit_id, private_key, public_key

GROUP, LAPTOP = commit_id("group"), public_key("laptop")
FILES = {"kit.yaml": ShippedFile(b"schema: 1\nname: handbook\nversion: 1.0.0\n")}
KIT = unpack(Shipment("/kits/handbook", None, None, FILES, "handbook"))


class Laptop:
    """A peer that gives a kit, or what it was told to."""

    def __init__(self):
        self.key, self.namespace, self.last = "laptop", NAMESPACE, None
        self.has_it, self.replays = True, False

    def ask(self, peer, question):
        assert peer == LAPTOP.peer
        return question(self, "t" * 64, GROUP)

    def kit(self, token, group, body):
        if not self.has_it:
            return None
        if not self.replays or self.last is None:
            wanted = parse_wanted(body, group, LAPTOP.peer)
            self.last = b"".join(write_parcel(KIT, wanted, self.sign))
        return self.last

    def sign(self, data):
        return sshsig.sign(data, private_key(self.key), self.namespace)


@pytest.fixture
def laptop():
    return Laptop()


@pytest.fixture
def source(laptop, monkeypatch):
    membership = SimpleNamespace(group=GROUP)
    mesh = SimpleNamespace(roster=SimpleNamespace(membership=lambda: membership))
    kits = PeerKits(Settings(), None, print)
    monkeypatch.setattr(kits, "peer", lambda _: FoundPeer(LAPTOP.peer, LAPTOP, mesh, laptop))
    return KitSources(kits.source).find("peer:laptop/handbook")[0]


def test_a_kit_comes_with_the_key_of_the_peer_as_its_signer(source):
    shipment = source.ship()
    assert (shipment.source, shipment.signer) == ("peer:laptop/handbook", LAPTOP.fingerprint)
    assert shipment.files == FILES
    assert not source.is_near
    with pytest.raises(InvalidRequest, match="newest version"):
        source.ship("v1.0.0")


def test_what_another_key_signed_is_refused(source, laptop):
    laptop.key = "phone"
    with pytest.raises(RefusedForSafety, match="not signed by whom"):
        source.ship()


def test_what_was_signed_for_something_else_is_refused(source, laptop):
    laptop.namespace = "git"
    with pytest.raises(BadSignature):
        source.ship()


def test_what_was_given_before_is_not_given_again(source, laptop):
    laptop.replays = True
    source.ship()
    with pytest.raises(RefusedForSafety, match="not what was asked for"):
        source.ship()


def test_a_kit_that_there_is_not_and_one_that_is_not_granted_are_one_answer(source, laptop):
    laptop.has_it = False
    with pytest.raises(NotFound, match="a kit called handbook that laptop gives to you"):
        source.ship()


@pytest.mark.parametrize(
    "text", ["peer:", "peer:laptop", "peer:laptop/", "peer:laptop/../x", "peer:laptop/X", "peer:/x"]
)
def test_an_address_that_names_no_kit_is_refused(text):
    sources = KitSources(PeerKits(Settings(), None, print).source)
    with pytest.raises(InvalidRequest, match="names no kit of a peer"):
        sources.find(text)
