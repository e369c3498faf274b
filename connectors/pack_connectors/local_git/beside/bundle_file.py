"""The head of a bundle file: the refs that it offers, and the commits that it builds on.

Source: gitformat-bundle(5).
"""

from __future__ import annotations

from typing import IO, Final

from pack.errors import InvalidContent
from pack.mesh.bundles import MOST_REFS, BundleHead
from pack.model import CommitId
from pack_connectors.local_git.process import is_id

_VERSIONS: Final = {b"# v2 git bundle\n": 2, b"# v3 git bundle\n": 3}
_LONGEST_LINE: Final = 4096
_MOST_NEEDED: Final = 10_000
_CAPABILITIES: Final = (b"@object-format=sha1\n",)


def read_bundle_head(file: IO[bytes]) -> BundleHead:
    """What a bundle says of itself; the file is left where its pack begins.

    Args:
        file: At its beginning.

    Raises:
        InvalidContent: It is no bundle, or one that PACK cannot use.
    """
    version = _VERSIONS.get(file.readline(_LONGEST_LINE))
    if version is None:
        raise InvalidContent("the file is not a git bundle")
    refs: dict[str, CommitId] = {}
    needed: list[CommitId] = []
    while (line := file.readline(_LONGEST_LINE)) != b"\n":
        if not line.endswith(b"\n"):
            raise InvalidContent("the bundle is cut off")
        if line.startswith(b"@"):
            if version < max(_VERSIONS.values()) or line not in _CAPABILITIES:
                raise InvalidContent("the bundle needs something that PACK does not know")
        elif line.startswith(b"-"):
            needed.append(_commit(line[1:].split(b" ")[0].rstrip(b"\n")))
        else:
            commit, _, name = line.rstrip(b"\n").partition(b" ")
            refs[_name(name)] = _commit(commit)
        if len(refs) > MOST_REFS or len(needed) > _MOST_NEEDED:
            raise InvalidContent("the bundle has too many refs")
    return BundleHead(refs, tuple(needed))


def _commit(text: bytes) -> CommitId:
    found = text.decode("ascii", "replace")
    if not is_id(found):
        raise InvalidContent("the bundle names something that is no commit")
    return CommitId(found)


def _name(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidContent("the bundle has a ref whose name is not UTF-8") from error
