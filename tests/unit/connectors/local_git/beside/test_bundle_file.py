"""The head of a bundle file."""

from io import BytesIO

import pytest
from pack_connectors.local_git.beside.bundle_file import read_bundle_head

from pack.errors import InvalidContent
from pack.mesh.bundles import MOST_REFS

ONE, TWO = b"1" * 40, b"2" * 40
V2 = b"# v2 git bundle\n"


def head(content: bytes):
    return read_bundle_head(BytesIO(content))


def test_refs_and_what_is_needed():
    file = BytesIO(V2 + b"-" + ONE + b" subject\n" + TWO + b" refs/pack/group\n\nPACK")
    found = read_bundle_head(file)
    assert found.refs == {"refs/pack/group": TWO.decode()}
    assert found.needed == (ONE.decode(),)
    assert file.read() == b"PACK"
    assert head(b"# v3 git bundle\n@object-format=sha1\n" + TWO + b" HEAD\n\n").refs


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"# v1 git bundle\n\n",
        V2,
        V2 + ONE + b" refs/a",
        V2 + b"x refs/a\n\n",
        V2 + ONE[:39] + b" refs/a\n\n",
        V2 + b"-x\n\n",
        V2 + b"@filter=blob:none\n\n",
        b"# v3 git bundle\n@filter=blob:none\n\n",
        V2 + ONE + b" \xff\n\n",
        V2 + ONE + b" " + b"x" * 5000 + b"\n\n",
        V2 + b"".join(ONE + b" r%d\n" % number for number in range(MOST_REFS + 1)) + b"\n",
    ],
)
def test_what_is_no_bundle_is_refused(content):
    with pytest.raises(InvalidContent):
        head(content)
