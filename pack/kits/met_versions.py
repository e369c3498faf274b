"""What two machines left that met with different versions of one kit.

Of two texts of a file that nobody has edited, a merge keeps one in its place and the other as a
conflict copy beside it, and it cannot know which is newer. The lock does, as it has the higher
version.
"""

from __future__ import annotations

from collections.abc import Iterable

from pack.kits.states import Files
from pack.kits.updating import Read
from pack.merge.copies import essence, is_conflict_copy, original_path_of
from pack.model import BlobId, MemoryPath


def former_texts(
    base: Files, here: Files, earlier: Iterable[Files], read: Read
) -> dict[MemoryPath, BlobId]:
    """The files of which a merge kept an earlier version's text, with a copy of the newer one.

    The earlier text counts as what was installed, so that an update brings the newer one. The copy
    stays, because a conflict copy is for the user to remove. An earlier text without such a copy
    was put there by the user.

    Args:
        base: The files of the version that is installed.
        here: The files as they are now.
        earlier: The files of versions that were installed before.
        read: Returns the bytes of a blob.
    """
    copies, found = list(filter(is_conflict_copy, here)), dict[MemoryPath, BlobId]()
    former = list(earlier) if copies else []
    for copy in copies:
        content = read(here[copy])
        path = MemoryPath(original_path_of(copy, content))
        present, wanted = here.get(path), base.get(path)
        if copy in base or wanted is None or present is None or present == wanted:
            continue
        is_former = any(files.get(path) == present for files in former)
        if is_former and essence(content) == essence(read(wanted)):
            found[path] = present
    return found
