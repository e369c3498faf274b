from dataclasses import replace

import pytest

from pack.merge.tree import MachineWriter, Withheld
from pack.model import BlobId, CommitId, MemoryPath, blob_id
from pack.proposals.proposal import is_id, make_id, tag_of
from pack.proposals.withheld import is_withheld, withheld_in, withheld_text
from pack.provenance import Origin, Source, is_ours
from tests.support import START

A = MemoryPath("notes/ä b.md")
COMMIT, MERGE = CommitId("1" * 40), CommitId("2" * 40)
ITS = blob_id(b"its\n")
FOUND = Withheld(A, ITS, ITS, b"mine\nits\n", MachineWriter("ai-cloud:claude-code", COMMIT))


def text(found: Withheld = FOUND):
    made = withheld_text(found)
    assert made is not None
    return made


def test_its_id_stands_for_a_version_that_a_commit_made() -> None:
    made = text()
    assert is_id(made.id)
    assert is_withheld(made.id)
    assert made.id.endswith(tag_of(A))
    assert not is_withheld(make_id(A, START, 1))
    other = replace(FOUND, content=b"of another merge\n", blob=BlobId("0" * 40))
    assert text(other).id == made.id
    others = (
        replace(FOUND, path=MemoryPath("notes/b.md")),
        replace(FOUND, said=BlobId("0" * 40)),
        replace(FOUND, writer=MachineWriter("ai-cloud:claude-code", MERGE)),
    )
    assert len({made.id, *(text(other).id for other in others)}) == 4


def test_a_merge_names_it_and_its_commit_says_whose_it_is() -> None:
    made = text()
    name, value = made.trailer()
    assert value == f"{made.id} {FOUND.blob} ai-cloud:claude-code notes/%C3%A4%20b.md"
    assert list(withheld_in(f"merge\n\nPack-Merge: 1\n{name}: {value}\n")) == [made.id]
    message = made.message(MERGE)
    assert message == made.message(MERGE) != made.message(COMMIT)
    assert is_ours(message)
    assert "Pack-Origin: ai-cloud:claude-code\nPack-Truth-Level: 5\n" in message
    assert message.endswith(f"\nPack-Proposal: {made.id}")
    assert made.origin == Origin(Source.AI_CLOUD, "claude-code")


@pytest.mark.parametrize("origin", ["unattributed:x", "me", "ai-cloud:\x1b[2J", ""])
def test_what_nobody_is_known_to_have_written_is_no_proposal(origin: str) -> None:
    assert withheld_text(replace(FOUND, writer=MachineWriter(origin, COMMIT))) is None


@pytest.mark.parametrize(
    "line",
    [
        "Pack-Withheld: ",
        "Pack-Withheld: z",
        "Pack-Withheld: ../../heads/main x",
        "Pack-Withheld: 0000000aaa x",  # one that is made by the hour
        "pack-withheld: zaaaaaaaaa x",
        "  Pack-Withheld: zaaaaaaaaa x",
    ],
)
def test_only_ids_of_withheld_texts_count(line: str) -> None:
    assert not list(withheld_in(f"merge\n\nPack-Merge: 1\n{line}"))
    assert not list(withheld_in("Pack-Withheld: zaaaaaaaaa x\n\nPack-Merge: 1"))
