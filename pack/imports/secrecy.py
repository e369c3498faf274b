"""What an import names things by never holds a secret: a title may be the beginning of a text.

The text itself comes along as it is. But file names and answers are seen where nobody expects a
password: in a listing, a log, a commit's subject.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Final

from pack.imports.records import ImportedRecord
from pack.outgoing.secrets_scan import find_secrets

_UNTITLED: Final = "untitled-"
_DIGITS: Final = 8
_CUT: Final = " .,;:…"
"""What a reader may have put in place of the end of a text, or taken from it."""


def untitled(text: str) -> str:
    """A name for what has none that can be shown."""
    digits = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    return f"{_UNTITLED}{digits[:_DIGITS]}"


def shown(text: str) -> str:
    """A name as it may be shown: another one if it holds what looks like a secret."""
    return untitled(text) if find_secrets(text) else text


def is_title_secret(record: ImportedRecord) -> bool:
    """Whether a title holds what looks like a secret, or was cut from a line that does."""
    if not record.title:
        return False
    return bool(find_secrets(record.title) or find_secrets(_line_of_title(record)))


def without_secret_title(record: ImportedRecord) -> ImportedRecord:
    """The record without a title that holds a secret, if its text says the same."""
    is_told = bool(_line_of_title(record)) and is_title_secret(record)
    return replace(record, title="") if is_told else record


def _line_of_title(record: ImportedRecord) -> str:
    """The line of its text that a title begins; empty for none."""
    begin = " ".join(record.title.rstrip(_CUT).split())
    for part in record.parts[:1]:
        lines = (" ".join(line.split()) for line in part.text.splitlines())
        return next((line for line in lines if begin and line.startswith(begin)), "")
    return ""
