"""How far each client has read, on disk."""

import pytest
from pack_connectors.visit_files import VisitFiles

from pack.errors import Unavailable

COMMIT = "a" * 40


@pytest.mark.parametrize("client", ["claude-code", "../x", "é/\0\ud800", "", "x" * 5000])
def test_what_was_saved_is_loaded(tmp_path, client):
    folder = tmp_path / "visits"
    VisitFiles(folder).save(client, COMMIT)
    assert VisitFiles(folder).load(client.upper()) == COMMIT
    assert VisitFiles(folder).load("another") is None
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "[" * 100_000, '{"commit": 5}', '{"commit": "main"}', "\udcff"]
)
def test_a_damaged_file_counts_as_none(tmp_path, text):
    visits = VisitFiles(tmp_path / "visits")
    visits.save("a", COMMIT)
    (file,) = (tmp_path / "visits").iterdir()
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert visits.load("a") is None


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "visits").write_text("in the way")
    with pytest.raises(Unavailable):
        VisitFiles(tmp_path / "visits").save("a", COMMIT)
    with pytest.raises(Unavailable):
        VisitFiles(tmp_path / "gone" / "a" / "visits").save("a", COMMIT)
    VisitFiles(tmp_path / "made" / "a" / "visits", makes_parents=True).save("a", COMMIT)
