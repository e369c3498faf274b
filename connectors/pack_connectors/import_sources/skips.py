"""Why records are left out, in the same words in every reader."""

from __future__ import annotations

from typing import Final

TO_BE_FORGOTTEN: Final = "they are marked as not to be remembered"
EMPTY: Final = "it has no text"
BROKEN: Final = "it is damaged, or of a form that is not known"
NOT_JSON: Final = "it is not JSON from some point on"
NOT_UTF8: Final = "it is not UTF-8 text"
OTHER_FILES: Final = "they hold no text that is taken, such as images and settings"
