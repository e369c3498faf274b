"""Why records are left out, in the same words in every reader."""

from __future__ import annotations

from typing import Final

TO_BE_FORGOTTEN: Final = "they are marked as not to be remembered"
EMPTY: Final = "it has no text"
BROKEN: Final = "it is damaged, or of a form that is not known"
NOT_JSON: Final = "it is not JSON from some point on"
TOO_DEEP: Final = "its brackets are nested too deep from some point on"
NOT_UTF8: Final = "it is not UTF-8 text"
OTHER_FILES: Final = "they hold no text that is taken, such as images and settings"
BAD_PATH: Final = "no file of a memory can have its path"
TOO_LARGE: Final = "it is larger than a note may be"
TOO_LARGE_FILE: Final = "it is larger than a file of a memory may be"
DELETED_THERE: Final = "it was deleted there"
HIDDEN: Final = "it is in a hidden folder"
ORG: Final = "it is an Org file; only markdown is read"
HTML: Final = "it is HTML: export as markdown"
DRAWING: Final = "it is a drawing"
KEPT_COPY: Final = "it is a copy that the tool keeps of what was changed or deleted"
NOT_PART: Final = "it is no part of what is remembered"
MADE_BY_PACK: Final = "PACK makes it by itself"
SAME_TEXT: Final = "another file has the same text"
OF_OTHERS: Final = "it is in a folder of programs that others wrote"
TOO_MANY_ROWS: Final = "the table has too many rows for a note"
UNTAKEN_RELATION: Final = "an end of the relation is not there"
