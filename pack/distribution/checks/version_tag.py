"""Check 5: each file says which version it is of, at its top. It only warns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from pack.deferred import pattern
from pack.distribution.checks.contents import text_of
from pack.distribution.checks.results import result_of
from pack.distribution.values import CheckFinding, CheckName, CheckResult, CheckStatus, MadeFile
from pack.files import frontmatter

_KEYS: Final = ("version", "release", "source_version", "sync_version", "spec_version", "tag")
_HEADER_LINES: Final = 12
_OTHER: Final = pattern(r"(?i)\bversion\b\W{0,6}v?(\d+\.\d+(?:\.\d+)?[\w.+-]*)")


def check_version_tags(files: Sequence[MadeFile], version: str) -> CheckResult:
    """Whether the texts name the version that they come from.

    Args:
        files: The files; those that are no text are left out.
        version: The tag, or the short id of a commit.
    """
    texts = [(file, text) for file in files if (text := text_of(file)) is not None]
    findings = [found for file, text in texts for found in _lacking(file, text, version)]
    present = f"{len(texts) - len(findings)} of {len(texts)} files"
    summary = f"{version} present in {present if findings else 'all files'}"
    return result_of(CheckName.VERSION_TAG, summary, findings, CheckStatus.WARN)


def _lacking(file: MadeFile, text: str, version: str) -> Iterator[CheckFinding]:
    head = frontmatter.read(text)
    bare = version.removeprefix("v")
    named = re.compile(rf"(?<![\w.+-])v?{re.escape(bare)}(?![\w+-]|\.\w)")
    said = [(key, str(head.fields[key])) for key in _KEYS if key in head.fields]
    if any(named.fullmatch(value.strip()) for _, value in said):
        return
    header = [line for line in head.body.split("\n") if line.strip()][:_HEADER_LINES]
    if any(map(named.search, header)):
        return
    if said:
        key, value = said[0]
        place = frontmatter.find_key(text, key)
        yield CheckFinding(
            file.path, place[0] if place else None, f"says {value[:40]}, not {version}"
        )
    elif other := next(filter(None, map(_OTHER.search, header)), None):
        yield CheckFinding(file.path, None, f"says {other[1][:40]}, not {version}")
    else:
        yield CheckFinding(file.path, None, f"does not name {version}")
