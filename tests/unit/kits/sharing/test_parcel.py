"""What a peer gives out is what was asked for, and of whom, to the byte; or nothing is taken."""

import json

import pytest

from pack.errors import BadSignature, InvalidContent, PackError, RefusedForSafety
from pack.kits.sharing.parcel import (
    KitRequest,
    parse_wanted,
    read_parcel,
    write_parcel,
    write_wanted,
)
from pack.kits.shipment import EXECUTABLE, MOST_FILES, Shipment, ShippedFile, unpack
from pack.limits import MAX_COMPONENT_BYTES, MAX_PATH_BYTES

WANTED = KitRequest("a" * 40, "laptop-id", "handbook", "0123456789abcdef")
MANIFEST = b"schema: 1\nname: handbook\nversion: 1.0.0\nvisibility: private\n"
FILES = {
    "kit.yaml": ShippedFile(MANIFEST),
    "a.md": ShippedFile(b"# A\n\nOne.\n"),
    "b/run.md": ShippedFile(b"", EXECUTABLE),
    "secret.txt": ShippedFile(b"no part of the kit"),
    ".env": ShippedFile(b"KEY=1"),
}
KIT = unpack(Shipment("/kits/handbook", None, None, FILES, "handbook"))


def sign(data: bytes) -> str:
    return f"laptop-id over {hash(data)}"


def signed_by(data: bytes, signature: bytes) -> str:
    peer, _, over = signature.decode().partition(" over ")
    if over != str(hash(data)):
        raise BadSignature("the signature does not match")
    return peer


def parcel(wanted=WANTED, sign=sign):
    return b"".join(write_parcel(KIT, wanted, sign))


def test_a_kit_arrives_as_it_was_sent_and_nothing_else_of_its_folder():
    found = read_parcel(parcel(), WANTED, signed_by)
    assert found == {path: FILES[path] for path in ("kit.yaml", "a.md", "b/run.md")}
    again = unpack(Shipment("peer:laptop/handbook", None, None, found, "handbook"))
    assert again.tree == KIT.tree
    assert b"no part" not in parcel()
    assert b"KEY=1" not in parcel()


def test_a_request_is_read_as_it_was_written():
    assert parse_wanted(write_wanted(WANTED), WANTED.group, WANTED.peer) == WANTED
    for body in (b"", b"[]", b"{", b'{"name": 1, "nonce": "0123456789abcdef"}', b'{"name": "a"}'):
        with pytest.raises(InvalidContent):
            parse_wanted(body, "g", "p")


@pytest.mark.parametrize(
    "other",
    [
        KitRequest("b" * 40, "laptop-id", "handbook", "0123456789abcdef"),
        KitRequest("a" * 40, "phone-id", "handbook", "0123456789abcdef"),
        KitRequest("a" * 40, "laptop-id", "other", "0123456789abcdef"),
        KitRequest("a" * 40, "laptop-id", "handbook", "an-earlier-answer"),
    ],
    ids=["group", "peer", "name", "replayed"],
)
def test_an_answer_to_another_question_is_refused(other):
    with pytest.raises(RefusedForSafety, match="not what was asked for"):
        read_parcel(parcel(other), WANTED, signed_by)


def test_an_answer_that_another_peer_signed_is_refused():
    def by_phone(data):
        return sign(data).replace("laptop", "phone")

    with pytest.raises(RefusedForSafety, match="not signed by whom"):
        read_parcel(parcel(sign=by_phone), WANTED, signed_by)


def changed(**fields):
    head, _, rest = parcel().partition(b"\n")
    said = json.loads(head)
    statement = json.loads(said["statement"]) | fields
    said["statement"] = json.dumps(statement)
    return json.dumps(said).encode() + b"\n" + rest


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}\n",
        b"no line end",
        parcel()[:-1],
        parcel() + b"x",
        parcel().replace(b"One.", b"Two."),
        changed(files=[]),
        changed(v=2),
        b"[" * 100_000 + b"\n",
    ],
    ids="empty no-head no-line cut more other-bytes other-files other-version nested".split(),
)
def test_what_was_changed_on_the_way_is_refused(content):
    with pytest.raises(PackError):
        read_parcel(content, WANTED, signed_by)


def test_a_peer_cannot_name_a_file_twice_or_one_that_is_too_large():
    row = {
        "path": "a.md",
        "mode": "100644",
        "size": 0,
        "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
    for rows in ([row, row], [row | {"size": 10**12}], [row | {"mode": "120000"}]):
        head, _, _ = parcel().partition(b"\n")
        statement = json.dumps(json.loads(json.loads(head)["statement"]) | {"files": rows})
        said = {"statement": statement, "signature": sign(statement.encode())}
        with pytest.raises(InvalidContent):
            read_parcel(json.dumps(said).encode() + b"\n", WANTED, signed_by)


@pytest.mark.parametrize("letter", ["\u4e2d", "\U0001f600", "a"])
def test_as_many_files_as_a_kit_may_have_with_names_as_long_as_they_may_be_arrive(letter):
    most = (MAX_PATH_BYTES - 30) // len(letter.encode())
    size = MAX_COMPONENT_BYTES // 2 // len(letter.encode())
    long = "/".join(letter * size for _ in range(most // (size + 1)))
    files = {f"{long}/{number}.md": ShippedFile(b"") for number in range(MOST_FILES - 3)}
    kit = unpack(Shipment("/kits/a", None, None, {**FILES, **files}, "handbook"))
    sent = b"".join(write_parcel(kit, WANTED, sign))
    assert len(read_parcel(sent, WANTED, signed_by)) == len(kit.files)
