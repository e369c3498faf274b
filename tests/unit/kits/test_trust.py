"""A version that goes back, or that the publisher's key did not sign, is not taken as it comes."""

import pytest

from pack.errors import RefusedForSafety
from pack.kits.shipment import Shipment, ShippedFile, unpack
from pack.kits.trust import Distrust, doubts, is_fixed, refuse_doubtful
from pack.kits.updating import UpdateMode

SOURCE = "https://example.org/kits.git"
KEY, OTHER = "SHA256:publisher", "SHA256:somebody"


def kit(
    version: str,
    signer: str | None = None,
    *,
    ref: str | None = None,
    source: str = SOURCE,
    text: str = "",
):
    files = {
        "kit.yaml": ShippedFile(f"schema: 1\nname: observer\nversion: {version}\n".encode()),
        "a.md": ShippedFile(f"# {version}\n{text}".encode()),
    }
    return unpack(Shipment(source, ref, None, files, "observer", signer))


@pytest.fixture
def kits(world):
    world.init()
    return world.memory.kits


def kinds(kits, newer) -> list[Distrust]:
    """What is odd about a version, as the refusal and the preview have it."""
    warnings = kits.preview(newer).warnings
    if not warnings:
        kits.install(newer, dry_run=True)
        return []
    with pytest.raises(RefusedForSafety) as caught:
        kits.install(newer, dry_run=True)
    error = caught.value
    assert all(said in str(error) for said in warnings)
    assert error.remedy.startswith("If its publisher says")
    accepted = [kind for kind in Distrust if f"accept-{_NAMES[kind]}" in error.remedy]
    assert len(accepted) == len(warnings)
    kits.install(newer, accepted=accepted, dry_run=True)
    return accepted


_NAMES = {
    Distrust.OLDER: "older-kit",
    Distrust.SIGNER: "kit-signer",
    Distrust.MOVED: "moved-kit",
}


@pytest.mark.contract("C15")
@pytest.mark.parametrize(
    ("before", "newer", "wanted"),
    [
        (kit("1.0.0"), kit("1.1.0"), []),
        (kit("1.0.0"), kit("1.1.0", KEY), []),
        (kit("1.1.0"), kit("1.0.0"), [Distrust.OLDER]),
        (kit("1.1.0"), kit("1.0.0", ref="main"), [Distrust.OLDER]),
        (kit("1.1.0"), kit("1.0.0", ref="v1.0.0"), []),
        (kit("1.1.0"), kit("1.0.0", ref="1" * 40), []),
        (kit("1.10.0"), kit("1.9.0"), [Distrust.OLDER]),
        (kit("1.0.0", KEY), kit("1.1.0", KEY), []),
        (kit("1.0.0", KEY), kit("1.1.0", OTHER), [Distrust.SIGNER]),
        (kit("1.0.0", KEY), kit("1.1.0"), [Distrust.SIGNER]),
        (kit("1.1.0", KEY), kit("1.0.0"), [Distrust.OLDER, Distrust.SIGNER]),
        (kit("1.0.0", ref="v1.0.0"), kit("1.0.0", ref="v1.0.0", text="x"), [Distrust.MOVED]),
        (kit("1.0.0", ref="v1.0.0"), kit("1.1.0", ref="v1.0.0"), [Distrust.MOVED]),
        (kit("1.0.0", ref="v1.0.0"), kit("1.0.0", ref="1.0.0", text="x"), []),
        (kit("1.0.0", ref="main"), kit("1.0.0", ref="main", text="x"), []),
        (kit("1.0.0", KEY, ref="v1.0.0"), kit("1.0.0", KEY, ref="v1.0.0", text="x"), []),
        (
            kit("1.0.0", KEY, ref="v1.0.0"),
            kit("1.0.0", ref="v1.0.0", text="x"),
            [Distrust.SIGNER, Distrust.MOVED],
        ),
    ],
)
def test_what_is_odd_is_refused_unless_just_that_is_accepted(kits, before, newer, wanted) -> None:
    kits.install(before)
    assert kinds(kits, newer) == wanted


@pytest.mark.contract("C15")
def test_what_was_seen_outlives_the_kit(kits) -> None:
    kits.install(kit("1.0.0", KEY))
    kits.update(kit("1.1.0", KEY))
    kits.uninstall("observer")
    assert kinds(kits, kit("1.0.0")) == [Distrust.OLDER, Distrust.SIGNER]
    assert kinds(kits, kit("1.0.0", source="https://example.org/other.git")) == []
    assert kinds(kits, kit("1.1.0", KEY)) == []


@pytest.mark.contract("C15")
def test_going_back_on_purpose_is_nothing_odd(kits) -> None:
    kits.install(kit("1.0.0", KEY))
    kits.update(kit("1.1.0", KEY))
    kits.rollback("observer")
    assert kinds(kits, kit("1.0.0")) == []
    assert kinds(kits, kit("1.1.0", KEY)) == []


@pytest.mark.contract("C15")
def test_nothing_is_kept_of_what_was_refused_and_what_was_accepted_counts(kits) -> None:
    kits.install(kit("1.0.0", KEY))
    for newer in (kit("1.1.0"), kit("1.2.0", OTHER)):
        for _ in range(2):
            with pytest.raises(RefusedForSafety, match="may not be from its publisher"):
                kits.update(newer)
        done = kits.update(newer, UpdateMode.MERGE, accepted=[Distrust.SIGNER])
        assert done.after == str(newer.manifest.version)
        assert kits.update(newer).commit is None
        after = f"{done.after[:-1]}1"
        assert kinds(kits, kit(after, newer.shipment.signer)) == []
        kits.update(kit(after, KEY), accepted=[Distrust.SIGNER])
    assert kinds(kits, kit("1.4.0", KEY)) == []


@pytest.mark.parametrize(
    ("ref", "fixed"),
    [
        ("v1.0.0", True),
        ("1.0.0-rc.1", True),
        ("a" * 40, True),
        ("abc1234", True),
        ("main", False),
        ("v1", False),
        ("defaced", False),
        ("20260131", False),
    ],
)
def test_a_version_or_a_commit_is_always_the_same(ref: str, fixed: bool) -> None:
    assert is_fixed(ref) is fixed


def test_without_doubts_nothing_is_refused() -> None:
    assert doubts(kit("1.0.0", KEY), []) == []
    refuse_doubtful("observer", [], [])
