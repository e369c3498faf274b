"""The first files of a kit that somebody begins to write."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from pack.errors import InvalidRequest
from pack.kits.manifest import MANIFEST
from pack.paths import fold

README: Final = "README.md"
_LONGEST: Final = 64
_MANIFEST: Final = """\
schema: 1
name: {name}
version: 0.1.0
description: What it is for, in one line
# What others may do with it, as an SPDX expression. Without one they may do nothing:
# license: CC-BY-4.0
# Where it is developed, and where problems are reported:
# repository: {{type: git, url: https://example.org/kits.git, directory: {name}}}
# bugs: {{url: https://example.org/kits/issues}}
# What belongs to it, as in .gitignore, and the folder it goes to:
# files: ["**/*.md"]
# install_to: kits/{name}/
"""
_README: Final = """\
---
topic: What {name} is for
tags: [{name}]
---

# What {name} is for

Say here what is in this kit, and what somebody should change after installing it.
"""


def kit_name(called: str) -> str:
    """The name of a kit whose folder is called so.

    Raises:
        InvalidRequest: There is no letter or digit in it that a name can have.
    """
    plain = unicodedata.normalize("NFKD", fold(called)).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].rstrip("-")
    if not name:
        raise InvalidRequest(f"no name of a kit can be made of {called[:80]!r}")
    return name


def first_files(called: str) -> dict[str, bytes]:
    """The first files of a kit, by path below its folder.

    Args:
        called: What its folder is called.

    Raises:
        InvalidRequest: No name can be made of that.
    """
    name = kit_name(called)
    texts = {MANIFEST: _MANIFEST, README: _README}
    return {path: text.format(name=name).encode("utf-8") for path, text in texts.items()}
