"""The contents API of the GitHub stand-in, and repositories that are empty."""

import base64
from urllib.parse import quote

import pytest

from pack.model import blob_id
from tests.standins.github import GithubStandIn

MEMORY = "/repos/ada/memory"
PATHS = [
    "context/ünï côdé.md",
    "a b/#1 100% + more & less?.md",
    "記憶/夏.md",
    "deep/er/and/deeper.md",
]


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


def contents(path: str) -> str:
    return f"{MEMORY}/contents/{quote(path)}"


@pytest.mark.parametrize("path", PATHS)
def test_contents_put_get_and_delete_a_file_as_one_commit_each(github, client, path):
    content = "grüße 夏\r\n".encode()
    put = client.put(contents(path), json={"message": "new", "content": b64(content)})
    assert put.status_code == 201
    assert put.json()["content"]["path"] == path
    assert put.json()["content"]["sha"] == blob_id(content)
    assert github.files("ada/memory")[path] == content
    assert github.head("ada/memory") == put.json()["commit"]["sha"]

    got = client.get(contents(path)).json()
    assert base64.b64decode(got["content"]) == content
    raw = client.get(contents(path), headers={"accept": "application/vnd.github.raw+json"})
    assert raw.content == content

    sha = got["sha"]
    gone = client.request("DELETE", contents(path), json={"message": "gone", "sha": sha})
    assert gone.status_code == 200
    assert path not in github.files("ada/memory")
    assert github.messages("ada/memory") == ["gone", "new", "first"]


def test_contents_needs_the_right_sha_to_replace(github, client):
    body = {"message": "m", "content": b64(b"two")}
    missing = client.put(contents("context/a.md"), json=body)
    assert missing.status_code == 422
    assert '"sha" wasn\'t supplied.' in missing.json()["message"]
    stale = blob_id(b"something else")
    wrong = client.put(contents("context/a.md"), json=body | {"sha": stale})
    assert wrong.status_code == 409
    assert wrong.json()["message"] == f"context/a.md does not match {stale}"
    right = client.put(contents("context/a.md"), json=body | {"sha": blob_id(b"one\r\ntwo")})
    assert right.status_code == 200
    assert github.messages("ada/memory") == ["m", "first"]


def test_contents_refuses_what_it_cannot_store(github, client):
    bad = client.put(contents("n.md"), json={"message": "m", "content": "not base64!"})
    assert (bad.status_code, bad.json()["message"]) == (422, "content is not valid Base64")
    body = {"message": "m", "content": b64(b"x"), "branch": "nowhere"}
    assert client.put(contents("n.md"), json=body).status_code == 404
    assert client.put(contents(".git/config"), json=body).status_code == 422
    with github.unchecked():
        gone = client.request("DELETE", contents("x.txt"), json={"message": "m"})
    assert gone.status_code == 422
    assert github.messages("ada/memory") == ["first"]


def test_contents_wraps_base64_at_sixty_columns(github, client):
    github.commit("ada/memory", {"long.md": b"0123456789" * 20})
    lines = client.get(contents("long.md")).json()["content"].split("\n")
    assert {len(line) for line in lines[:-2]} == {60}
    assert lines[-1] == ""


def test_contents_by_size(github, client):
    sizes = github.service.sizes
    sizes.json_content, sizes.blob = 10, 20
    github.commit("ada/memory", {"10.md": b"x" * 10, "11.md": b"x" * 11, "21.md": b"x" * 21})
    raw = {"accept": "application/vnd.github.raw+json"}
    as_object = {"accept": "application/vnd.github.object"}
    assert client.get(contents("10.md")).status_code == 200
    assert client.get(contents("11.md")).status_code == 403
    assert client.get(contents("11.md"), headers=raw).content == b"x" * 11
    shown = client.get(contents("11.md"), headers=as_object).json()
    assert (shown["content"], shown["encoding"], shown["size"]) == ("", "none", 11)
    for headers in ({}, raw, as_object):
        refused = client.get(contents("21.md"), headers=headers)
        assert refused.status_code == 403
        assert refused.json()["errors"][0]["code"] == "too_large"
    blob = blob_id(b"x" * 21)
    assert client.get(f"{MEMORY}/git/blobs/{blob}").status_code == 403


def test_contents_lists_a_folder_up_to_a_limit(github, client):
    github.service.sizes.directory_entries = 3
    github.commit("ada/memory", {f"many/{number}.md": b"" for number in range(5)})
    listed = client.get(contents("many")).json()
    assert [entry["name"] for entry in listed] == ["0.md", "1.md", "2.md"]
    root = client.get(f"{MEMORY}/contents/", headers={"accept": "application/vnd.github.object"})
    kinds = {entry["path"]: entry["type"] for entry in root.json()["entries"]}
    assert kinds == {"context": "dir", "many": "dir", "x.txt": "file"}


def test_contents_follows_a_link_to_a_file_and_shows_others(github, client):
    links = {"to-file": "context/a.md", "to-nowhere": "../outside"}
    tree = [{"path": p, "mode": "120000", "type": "blob", "content": t} for p, t in links.items()]
    head = github.head("ada/memory")
    made = client.post(f"{MEMORY}/git/trees", json={"base_tree": head, "tree": tree}).json()
    body = {"message": "links", "tree": made["sha"], "parents": [head]}
    commit = client.post(f"{MEMORY}/git/commits", json=body).json()["sha"]
    client.patch(f"{MEMORY}/git/refs/heads/main", json={"sha": commit})
    followed = client.get(contents("to-file")).json()
    assert base64.b64decode(followed["content"]) == b"one\r\ntwo"
    shown = client.get(contents("to-nowhere")).json()
    assert (shown["type"], shown["target"]) == ("symlink", "../outside")


# --- an empty repository -----------------------------------------------------------------------


def test_an_empty_repository_takes_its_first_commit_from_contents_only(github, client):
    empty = "/repos/ada/empty"
    for method, path, body in (
        ("GET", "/git/ref/heads/main", None),
        ("GET", "/git/trees/main", None),
        ("GET", "/commits", None),
        ("POST", "/git/blobs", {"content": "x"}),
        ("POST", "/git/trees", {"tree": [{"path": "a.md", "mode": "100644", "content": "x"}]}),
        ("POST", "/git/refs", {"ref": "refs/heads/main", "sha": "0" * 40}),
    ):
        answer = client.request(method, empty + path, json=body)
        assert answer.status_code == 409, path
        assert answer.json()["message"] == "Git Repository is empty."
    root = client.get(f"{empty}/contents/")
    assert (root.status_code, root.json()["message"]) == (404, "This repository is empty.")
    assert client.get(f"{empty}/branches").json() == []
    put = client.put(f"{empty}/contents/a.md", json={"message": "first", "content": b64(b"x")})
    assert put.status_code == 201
    assert put.json()["commit"]["parents"] == []
    assert client.get(f"{empty}/git/ref/heads/main").json()["object"]["sha"] == github.head(
        "ada/empty"
    )
