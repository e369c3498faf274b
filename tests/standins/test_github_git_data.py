"""The Git Data API of the GitHub stand-in."""

import base64

import httpx
import pytest

from pack.model import blob_id
from tests.standins.github import GithubStandIn

MEMORY = "/repos/ada/memory"


@pytest.fixture
def github(tmp_path):
    with GithubStandIn(tmp_path / "github") as standin:
        standin.add_repository("ada/memory", {"context/a.md": b"one\r\ntwo", "x.txt": b"x"})
        standin.add_repository("ada/empty")
        yield standin


@pytest.fixture
def client(github):
    return github.client()


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def write_by_git_data(
    client: httpx.Client, head: str, tree: list[dict[str, object]]
) -> httpx.Response:
    body = {"base_tree": head, "tree": tree}
    made = client.post(f"{MEMORY}/git/trees", json=body).json()["sha"]
    commit = {"message": "by data", "tree": made, "parents": [head]}
    oid = client.post(f"{MEMORY}/git/commits", json=commit).json()["sha"]
    return client.patch(f"{MEMORY}/git/refs/heads/main", json={"sha": oid, "force": False})


def test_git_data_writes_and_deletes_in_one_commit(github, client):
    blob = client.post(
        f"{MEMORY}/git/blobs", json={"content": b64(b"\0\xff"), "encoding": "base64"}
    )
    assert blob.json()["sha"] == blob_id(b"\0\xff")
    tree = [
        {"path": "bin/b", "mode": "100644", "type": "blob", "sha": blob.json()["sha"]},
        {"path": "context/a.md", "mode": "100644", "type": "blob", "sha": None},
        {"path": "context/ü.md", "mode": "100644", "type": "blob", "content": "ü\n"},
    ]
    moved = write_by_git_data(client, github.head("ada/memory"), tree)
    assert moved.status_code == 200
    files = github.files("ada/memory")
    assert files == {"bin/b": b"\0\xff", "context/ü.md": "ü\n".encode(), "x.txt": b"x"}
    read = client.get(f"{MEMORY}/git/blobs/{blob.json()['sha']}").json()
    assert base64.b64decode(read["content"]) == b"\0\xff"
    commit = client.get(f"{MEMORY}/git/commits/{moved.json()['object']['sha']}").json()
    assert (commit["message"], commit["author"]["name"]) == ("by data", "ada")
    github.repository("ada/memory").git.git("fsck", "--strict")


def test_git_data_refuses_what_does_not_exist(github, client):
    gone = [{"path": "not/there.md", "mode": "100644", "type": "blob", "sha": None}]
    head, nothing = github.head("ada/memory"), "0" * 40
    deleted = client.post(f"{MEMORY}/git/trees", json={"base_tree": head, "tree": gone})
    assert deleted.status_code == 422
    unknown = [{"path": "a.md", "mode": "100644", "type": "blob", "sha": nothing}]
    assert client.post(f"{MEMORY}/git/trees", json={"tree": unknown}).status_code == 422
    commit = client.post(f"{MEMORY}/git/commits", json={"message": "m", "tree": nothing})
    assert (commit.status_code, commit.json()["message"]) == (422, "Tree SHA does not exist")
    assert client.get(f"{MEMORY}/git/blobs/{nothing}").status_code == 404
    assert client.get(f"{MEMORY}/git/blobs/main").status_code == 422
    assert client.get(f"{MEMORY}/git/trees/{nothing}").status_code == 404
    assert client.get(f"{MEMORY}/git/commits/{nothing}").status_code == 404


def test_refs_move_forward_only_unless_forced(github, client):
    base = github.head("ada/memory")
    first = write_by_git_data(client, base, [{"path": "n.md", "mode": "100644", "content": "1"}])
    late = write_by_git_data(client, base, [{"path": "n.md", "mode": "100644", "content": "2"}])
    assert first.status_code == 200
    assert (late.status_code, late.json()["message"]) == (422, "Update is not a fast-forward")
    assert github.files("ada/memory")["n.md"] == b"1"
    forced = client.patch(f"{MEMORY}/git/refs/heads/main", json={"sha": base, "force": True})
    assert forced.status_code == 200
    assert github.head("ada/memory") == base
    unknown = client.patch(f"{MEMORY}/git/refs/heads/nowhere", json={"sha": base})
    assert (unknown.status_code, unknown.json()["message"]) == (422, "Reference does not exist")


def test_refs_are_created_read_and_deleted(github, client):
    head = github.head("ada/memory")
    made = client.post(f"{MEMORY}/git/refs", json={"ref": "refs/heads/side/1", "sha": head})
    assert made.status_code == 201
    again = client.post(f"{MEMORY}/git/refs", json={"ref": "refs/heads/side/1", "sha": head})
    assert (again.status_code, again.json()["message"]) == (422, "Reference already exists")
    assert client.get(f"{MEMORY}/git/ref/heads/side/1").json()["object"]["sha"] == head
    assert client.get(f"{MEMORY}/git/ref/heads/sid").status_code == 404
    assert client.get(f"{MEMORY}/git/ref/refs/heads/main").status_code == 404
    matching = client.get(f"{MEMORY}/git/matching-refs/heads/sid").json()
    assert [ref["ref"] for ref in matching] == ["refs/heads/side/1"]
    assert client.get(f"{MEMORY}/branches/side/1").json()["commit"]["sha"] == head
    assert client.delete(f"{MEMORY}/git/refs/heads/side/1").status_code == 204
    assert client.delete(f"{MEMORY}/git/refs/heads/side/1").status_code == 422


def test_trees_are_recursive_and_truncated_at_a_limit(github, client):
    whole = client.get(f"{MEMORY}/git/trees/main", params={"recursive": "1"}).json()
    assert [entry["path"] for entry in whole["tree"]] == ["context", "context/a.md", "x.txt"]
    assert whole["truncated"] is False
    assert [e.get("size") for e in whole["tree"]] == [None, 8, 1]
    flat = client.get(f"{MEMORY}/git/trees/main").json()
    assert [entry["path"] for entry in flat["tree"]] == ["context", "x.txt"]
    folder = flat["tree"][0]["sha"]
    assert client.get(f"{MEMORY}/git/trees/{folder}").json()["tree"][0]["path"] == "a.md"
    github.service.sizes.tree_entries = 2
    cut = client.get(f"{MEMORY}/git/trees/main", params={"recursive": "1"}).json()
    assert (len(cut["tree"]), cut["truncated"]) == (2, True)
    github.service.sizes.tree_entries, github.service.sizes.tree_bytes = 100, 300
    cut = client.get(f"{MEMORY}/git/trees/main", params={"recursive": "1"}).json()
    assert (len(cut["tree"]), cut["truncated"]) == (1, True)
