"""Signing an index that somebody keeps in a folder, with an SSH key of theirs."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Final

from pack_connectors.kit_sources.folder import FolderSource
from pack_connectors.peers import sshsig
from pack_connectors.peers.key_file import KeyFile, public_half
from pack_connectors.system.durable_files import write_durably

from pack.deferred import dataclass, pattern
from pack.errors import InvalidConfig, NotFound, RefusedForSafety, Unavailable, UnusableInput
from pack.kits.indexes.entries import ABOUT, about, read_index
from pack.kits.indexes.signing import LIST, NAMESPACE, SIGNATURE, signed_list, write_list
from pack.kits.shipment import Shipment, ShippedFile

_VERSION: Final = pattern(r"^version:.*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SignedIndex:
    """An index that was signed.

    Attributes:
        signer: The fingerprint of the key.
        version: The version that it has now.
        kits: How many public kits it names.
        expires: The last day on which it is believed; `None` if it names none.
        is_new: Whether anything was changed.
    """

    signer: str
    version: int
    kits: int
    expires: date | None
    is_new: bool


def fingerprint_of(data: bytes, signature: bytes) -> str:
    """The fingerprint of the key that signed the list of an index; raises `BadSignature`."""
    return sshsig.verify(data, signature, NAMESPACE).fingerprint


def sign_index(folder: Path, key: Path, today: date, *, dry_run: bool = False) -> SignedIndex:
    """Have an index be signed as it is now, under a version that was never signed before.

    Nothing changes if that is so already.

    Args:
        folder: The index.
        key: An SSH key, Ed25519.
        today: The date.
        dry_run: Only say what would be done.

    Raises:
        InvalidContent: Something in it cannot be used.
        RefusedForSafety: It has expired, or others can read the key.
        NotFound: There is no such folder, or no such key.
        InvalidConfig: The key cannot be used here; the list is written, for ssh-keygen to sign.
        Unavailable: It cannot be written.
    """
    folder = folder.expanduser()
    shipment = FolderSource(folder, str(folder)).ship()
    found = read_index(shipment, today, is_near=True)
    if found.problems:
        raise UnusableInput(found.problems[0])
    said, listed = about(shipment), shipment.files.get(LIST)
    contents = {path: one.content for path, one in shipment.files.items()}
    is_listed = said.version > 0 and listed is not None and listed.content == write_list(contents)
    version = said.version
    if not is_listed:
        version += listed is not None or not version
        contents[ABOUT] = _with_version(contents.get(ABOUT, b""), version)
        contents[LIST] = write_list(contents)
        if not dry_run:
            _write(folder, contents, ABOUT, LIST)
    signature, signer = _signed(contents[LIST], key)
    is_new = not is_listed or _signer(shipment) != signer
    if is_new and not dry_run:
        _write(folder, {SIGNATURE: signature.encode()}, SIGNATURE)
    return SignedIndex(signer, version, len(found.entries), said.expires, is_new)


def _signed(listed: bytes, key: Path) -> tuple[str, str]:
    """The signature of a list, and the fingerprint of the key."""
    try:
        private = KeyFile(key.expanduser()).load()
    except NotFound as error:
        error.remedy = "Name an Ed25519 key with --key."
        raise
    except InvalidConfig as error:
        error.remedy = f"Sign it yourself: ssh-keygen -Y sign -n {NAMESPACE} -f {key} {LIST}"
        raise
    return sshsig.sign(listed, private, NAMESPACE), public_half(private).fingerprint


def _signer(shipment: Shipment) -> str | None:
    """Who signed the index as it is; `None` if nobody did."""
    try:
        found = signed_list(shipment, fingerprint_of)
    except RefusedForSafety:
        return None
    return found.signer if found is not None else None


def _with_version(content: bytes, version: int) -> bytes:
    """What an index says of itself, under another version; every other line as it was."""
    text, line = content.decode("utf-8"), f"version: {version}"
    if _VERSION.search(text):
        written = _VERSION.sub(line, text, count=1)
    else:
        written = f"{text.rstrip()}\n{line}\n".lstrip("\n")
    shipped = {ABOUT: ShippedFile(written.encode())}
    if about(Shipment(ABOUT, None, None, shipped)).version != version:
        raise UnusableInput(f"{ABOUT} has no place for a version; write `{line}` into it")
    return written.encode()


def _write(folder: Path, contents: dict[str, bytes], *names: str) -> None:
    try:
        for name in names:
            file = str(folder / name)
            write_durably(file, contents[name], f"{file}-")
    except OSError as error:
        raise Unavailable(f"{folder}: {error.strerror}") from error
