"""Limits that protect the process. They judge size and form, never meaning (C7)."""

from __future__ import annotations

from typing import Final

MAX_FILE_BYTES: Final = 2 * 1024 * 1024
MAX_FRONTMATTER_BYTES: Final = 64 * 1024
MAX_FRONTMATTER_DEPTH: Final = 32
MAX_PATH_BYTES: Final = 400
MAX_COMPONENT_BYTES: Final = 255
MAX_STORED_PATH_BYTES: Final = 4096
MAX_QUERY_BYTES: Final = 1000
MAX_MESSAGE_BYTES: Final = 4096
WHOLE_TOKENS: Final = 25_000
"""About how many tokens a model gets at once, of a note or of the memory, unless set otherwise."""
SHARD_INDEX_ABOVE: Final = 500
"""Files in a memory above which the tables of `index.md` move into the folders."""
SHARD_INDEX_CHARACTERS: Final = 20_000
"""Total length of paths above which they move too: `sync_order` must fit in the frontmatter."""
SHOWN_FILES: Final = 20
"""Files of a commit that an answer of the log names."""
MAX_FOLDERS: Final = 500
"""How many folders may lead to a file that is written."""
