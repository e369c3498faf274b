"""The lock: the same installation is the same bytes, and nothing that is unknown is lost."""

import pytest

from pack.errors import InvalidConfig
from pack.kits.lock import Lock, LockedFile, LockedKit, read_lock, write_lock

ONE = LockedKit(
    name="observer",
    source="https://example.org/kits.git#observer",
    ref="v1.0.0",
    commit="1" * 40,
    tree="e" * 39 + "1",
    version="1.0.0",
    manifest_sha256="0" * 64,
    installed_to="kits/observer/",
    files={"kit.yaml": LockedFile("0" * 64), "a: b.md": LockedFile("f" * 64, "100755")},
)


def test_what_was_written_is_read_again():
    lock = Lock().with_kit(ONE)
    assert read_lock(write_lock(lock)) == lock
    assert write_lock(read_lock(write_lock(lock))) == write_lock(lock)
    assert read_lock(None) == Lock()
    assert read_lock(write_lock(Lock())) == Lock()
    assert lock.without("observer") == Lock()


def test_kits_and_files_are_sorted_whatever_came_first():
    other = LockedKit(**{**{name: getattr(ONE, name) for name in ONE.__slots__}, "name": "a"})
    first, second = Lock().with_kit(ONE).with_kit(other), Lock().with_kit(other).with_kit(ONE)
    assert write_lock(first) == write_lock(second)


def test_keys_of_a_newer_pack_stay():
    text = write_lock(Lock().with_kit(ONE)).decode()
    text = text.replace("kits:\n", "policy: {strict: true, also: [1, x]}\nkits:\n")
    text = text.replace("    files:\n", "    channel: beta\n    files:\n")
    text = text.replace('mode: "100755"}', 'mode: "100755", pin: yes-please}')
    again = write_lock(read_lock(text.encode())).decode()
    for part in ("policy: {strict: true, also: [1, x]}", "channel: beta", "pin: yes-please"):
        assert part in again
    assert write_lock(read_lock(again.encode())).decode() == again


@pytest.mark.parametrize(
    "content",
    [
        b"version: 2\nkits: {}\n",
        b"kits: {}\n",
        b"version: 1\nkits: []\n",
        b"version: 1\nkits:\n  a: {}\n",
        b"version: 1\nkits:\n  a: {source: [x]}\n",
        b"\xff\xfe",
        b"version: 1\nversion: 1\n",
        b"<<<<<<< ours\n",
    ],
)
def test_a_lock_that_cannot_be_used_is_refused_and_never_replaced(content):
    with pytest.raises(InvalidConfig, match=r"kits\.lock"):
        read_lock(content)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("installed_to: kits/observer/", f"installed_to: {folder}")
        for folder in ("../x/", "/etc/", ".pack/", "profiles/", "Profiles/", '"/"')
    ]
    + [("  observer:", f"  {name}:") for name in ("Observer", "a/b", '"../x"', '"*"')],
)
def test_a_lock_leads_nowhere_else(was, now):
    text = write_lock(Lock().with_kit(ONE)).decode()
    assert was in text
    with pytest.raises(InvalidConfig):
        read_lock(text.replace(was, now).encode())
