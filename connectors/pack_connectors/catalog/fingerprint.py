"""A fingerprint of how PACK reads notes: a catalog that was made by other code is rebuilt.

It is taken of what a catalog stores of sample notes: their rows with the line for `index.md`,
their passages, the words in these, and the stems of the words. When code changes what any of this
looks like, `reading` changes with it, and a test says so: what it gives now belongs in `READING`,
since to read the samples takes longer than to open a catalog. If you change something that the
samples do not show, add a line to them that shows it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final
from zlib import crc32

import Stemmer  # type: ignore[import-not-found]  # a C module without type information

from pack.catalog.imported import dated
from pack.catalog.row import describe
from pack.files.note import Note
from pack.model import BlobId, MemoryPath
from pack.search.stems import stem_keys
from pack.search.words import index_terms, indexed_text
from pack_connectors.catalog.rows import row_values, tag_values

# Frontmatter that needs no YAML parser: to load one takes 10 ms.
_SHORT: Final = """\
---
topic: A topic <of> one
tags: [Red, blue car, home/desk]
created: 2026-01-02
updated: 2026-01-03
ttl: 30d
sync: false
pin: true
truth_level: 4
---
# Its | [title]

She painted and went; the children's knives. getUserName in snake_case v1.2.3, Caf\u00e9, e\u0301,
\u5168\u6587\u691c\u7d22 \u0e20\u0e32\u0e29\u0e32
\ufb01ne \u1e9e \u0130 \U0001f600 \u0915\u093f \u2013 \u201cquoted\u201d
"""
_LONG: Final = f"""\
---
author: Ann
title: Long
aliases: [Annie, Nan]
updated: soon
lastmod: 2026-01-04
---
First lines, #inside/out.

Title | [in] *a* <cell>
=====

{"One sentence, and more. " * 45}

{"Another paragraph. " * 30}

## Part ##

```
# no heading
```

- {"a long list item " * 60}

## {"A long title " * 20}

{"A long line. " * 700}

x{chr(0x301) * 40}
"""
_LEFT_OUT: Final = "files that a git filter manages, and files out of scope"
"""What is in commits but not in catalogs; a catalog that knows less is rebuilt."""
_LATE: Final = "\n---\ntag: one two\n---\nx\n"
_SAMPLES: Final = {
    "a-b/Some (name)_1.md": _SHORT,
    "stra\u00dfe/b c.md": _LONG,
    "journals/2020_05_14.md": _LATE,
}


READING: Final = 2296843441
"""What `reading` gives."""


def fingerprint() -> int:
    """A number that depends on everything a catalog stores of the samples."""
    # Other versions of these give other words and stems.
    versions = (unicodedata.unidata_version, Stemmer.version(), _LEFT_OUT)
    return crc32(repr((*versions, READING)).encode())


def reading() -> int:
    """A number that depends on how this code reads the samples."""
    return crc32(repr([*_stored()]).encode())


def _stored() -> Iterator[object]:
    for path, text in _SAMPLES.items():
        row = describe(Note.stored(MemoryPath(path), BlobId(""), text.encode()))
        if row is not None:
            yield row_values(dated(row, {})), tag_values(0, row.tags)
            for one in row.passages:
                yield one, indexed_text(one.heading), indexed_text(one.text)
        yield stem_keys(sorted(set(index_terms(text))))
