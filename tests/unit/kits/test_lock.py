"""The lock: the same installation is the same bytes, and nothing that is unknown is lost."""

from dataclasses import replace

import pytest

from pack.errors import InvalidConfig
from pack.files import yaml_block
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


@pytest.mark.parametrize("first", "0123456789abcdef")
def test_a_digest_is_written_as_any_text_is(first):
    for digest in (first * 64, f"{first}e{'1' * 62}", f"{first}{'a' * 63}", first):
        one = replace(ONE, files={"a.md": LockedFile(digest)})
        assert f"sha256: {yaml_block.write(digest, flow=True)}," in write_lock(
            Lock().with_kit(one)
        ).decode("utf-8")


def test_marks_of_a_file_are_read_however_they_are_written():
    marked = LockedFile("1" * 64, is_left_out=True)
    both = LockedFile("2" * 64, is_own=True, is_left_out=True)
    lock = Lock().with_kit(replace(ONE, files={"a.md": marked, "b.md": both}))
    text = write_lock(lock)
    assert b"left_out: true" in text
    as_yaml = text.replace(b"kits:\n", b"kits: # by hand\n")
    assert read_lock(text) == read_lock(as_yaml) == lock
    odd = as_yaml.replace(b"left_out: true", b"left_out: 7")
    assert b"left_out: 7" in write_lock(read_lock(odd))


def test_kits_and_files_are_sorted_whatever_came_first():
    other = replace(ONE, name="a")
    first, second = Lock().with_kit(ONE).with_kit(other), Lock().with_kit(other).with_kit(ONE)
    assert write_lock(first) == write_lock(second)


ODD = [
    "x: y.md",
    "yes",
    "1e5",
    "2026-01-01.md",
    'a"b.md',
    "a\\b",
    "# a.md",
    "é.md",
    " a.md",
    "a b.md",
]


@pytest.mark.parametrize("path", ODD)
@pytest.mark.parametrize("digest", ["1" * 64, "1e" + "1" * 62, "f" * 64])
@pytest.mark.parametrize("commit", [None, "1" * 40, "a" * 40])
def test_the_quick_way_to_read_it_reads_the_same(path, digest, commit):
    files = {path: LockedFile(digest), "kit.yaml": LockedFile("0" * 64)}
    one = replace(ONE, commit=commit, source=f"/up {path}", ref=path, files=files)
    plain = replace(ONE, name="plain", ref=None, source="git@example.org:k.git#d", files=files)
    text = write_lock(Lock().with_kit(one).with_kit(plain))
    as_yaml = text.replace(b"kits:\n", b"kits: # by hand\n")
    assert read_lock(text) == read_lock(as_yaml) == Lock().with_kit(one).with_kit(plain)
    assert write_lock(read_lock(as_yaml)) == write_lock(read_lock(text)) == text
    changed = replace(read_lock(text).kits["plain"], version="2.0.0")
    assert b"version: 2.0.0" in write_lock(read_lock(text).with_kit(changed)).replace(b'"', b"")


def test_a_file_that_was_the_users_is_noted_and_an_older_lock_is_read():
    files = {"a.md": LockedFile("1" * 64, is_own=True), "kit.yaml": LockedFile("0" * 64)}
    text = write_lock(Lock().with_kit(replace(ONE, files=files)))
    assert b', mode: "100644", own: true}\n' in text
    as_yaml = text.replace(b"kits:\n", b"kits: # by hand\n")
    assert read_lock(text) == read_lock(as_yaml) == Lock().with_kit(replace(ONE, files=files))
    assert write_lock(read_lock(as_yaml)) == text
    older = read_lock(text.replace(b", own: true", b"")).kits["observer"]
    assert not any(one.is_own for one in older.files.values())
    odd = text.replace(b"own: true", b"own: perhaps")
    assert read_lock(odd).kits["observer"].files["a.md"].more == {"own": "perhaps"}
    assert write_lock(read_lock(odd)) == odd


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
