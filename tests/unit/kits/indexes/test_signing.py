"""What was signed of an index is all of it that counts, and nothing can be put beside it."""

import hashlib

import pytest

from pack.errors import BadSignature, RefusedForSafety
from pack.kits.indexes.signing import LIST, SIGNATURE, SignedList, signed_list, write_list
from pack.kits.shipment import Shipment, ShippedFile

FILES = {
    "index.yaml": b"version: 1\n",
    "kits/b.yaml": b"name: b\n",
    "kits/a.yml": b"name: a\n",
    "README.md": b"# Kits\n",
    "observe/kit.yaml": b"name: observe\n",
}


def signed_by(data, signature):
    if signature != b"ann over " + hashlib.sha256(data).digest():
        raise BadSignature("the signature does not match what it should be over")
    return "SHA256:ann"


def signed(files=FILES):
    listed = write_list(files)
    return {**files, LIST: listed, SIGNATURE: b"ann over " + hashlib.sha256(listed).digest()}


def read(files):
    shipped = {path: ShippedFile(content) for path, content in files.items()}
    return signed_list(Shipment("https://x", None, None, shipped), signed_by)


def test_an_index_is_as_it_was_signed():
    files = signed()
    assert files[LIST].decode().splitlines() == [
        f"{hashlib.sha256(FILES[path]).hexdigest()}  {path}"
        for path in ("index.yaml", "kits/a.yml", "kits/b.yaml")
    ]
    assert read(files) == SignedList("SHA256:ann", hashlib.sha256(files[LIST]).hexdigest())
    assert read({**files, "README.md": b"# Changed\n"}) is not None
    assert read(FILES) is None


def test_the_order_and_the_mark_of_sha256sum_do_not_matter():
    lines = reversed(write_list(FILES).decode().replace("  ", " *").splitlines(keepends=True))
    listed = "".join(lines).encode()
    files = {**FILES, LIST: listed, SIGNATURE: b"ann over " + hashlib.sha256(listed).digest()}
    assert read(files) is not None


ATTACKS = {
    "entry changed": {"kits/a.yml": b"name: a\nsource: https://evil\n"},
    "entry added": {"kits/c.yaml": b"name: c\n"},
    "entry left out": {"kits/a.yml": None},
    "entry under another name": {"kits/a.yml": None, "kits/a.yaml": FILES["kits/a.yml"]},
    "day moved on": {"index.yaml": b"version: 1\nexpires: 2099-01-01\n"},
    "about left out": {"index.yaml": None},
    "signature stripped": {SIGNATURE: None},
    "list stripped": {LIST: None},
    "list changed": {LIST: write_list({**FILES, "kits/a.yml": b"x"})},
    "list empty": {LIST: b""},
    "list longer": {LIST: signed()[LIST] + signed()[LIST]},
    "signature of another": {SIGNATURE: b"bob over it"},
    "signature empty": {SIGNATURE: b""},
}


@pytest.mark.parametrize("change", ATTACKS.values(), ids=ATTACKS.keys())
def test_an_index_that_is_not_as_it_was_signed_is_refused(change):
    files = {path: one for path, one in {**signed(), **change}.items() if one is not None}
    with pytest.raises(RefusedForSafety):
        read(files)


@pytest.mark.parametrize("text", [b"x", b"\xff", b"a  b\n", b"0" * 64 + b"  a b\n"])
def test_a_signed_text_that_is_no_list_is_refused(text):
    files = {**FILES, LIST: text, SIGNATURE: b"ann over " + hashlib.sha256(text).digest()}
    with pytest.raises(RefusedForSafety, match="no list of hashes"):
        read(files)
