"""The REST half of the GitHub stand-in: contents, Git Data, history, repositories."""

import base64
import io
import tarfile
from urllib.parse import quote

import httpx
import pytest

from pack.model import blob_id
from tests.standins.github import GithubStandIn
from tests.standins.github_state import Permission

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


# --- contents ----------------------------------------------------------------------------------


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


# --- Git Data ----------------------------------------------------------------------------------


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


# --- history and archives ----------------------------------------------------------------------


def test_commits_are_listed_by_pages_and_path(github, client):
    for number in range(5):
        github.commit("ada/memory", {f"n/{number % 2}.md": str(number).encode()}, f"c{number}")
    seen, url = [], f"{MEMORY}/commits?per_page=2"
    while url:
        answer = client.get(url)
        seen += [commit["commit"]["message"] for commit in answer.json()]
        url = answer.links.get("next", {}).get("url")
    assert seen == ["c4", "c3", "c2", "c1", "c0", "first"]
    odd = client.get(f"{MEMORY}/commits", params={"path": "n/1.md"}).json()
    assert [commit["commit"]["message"] for commit in odd] == ["c3", "c1"]
    assert client.get(f"{MEMORY}/commits", params={"sha": "nowhere"}).status_code == 404


def test_a_commit_by_id_alone(github, client):
    sha = {"accept": "application/vnd.github.sha"}
    answer = client.get(f"{MEMORY}/commits/main", headers=sha)
    assert answer.text == github.head("ada/memory")
    again = client.get(
        f"{MEMORY}/commits/main", headers=sha | {"if-none-match": answer.headers["etag"]}
    )
    assert again.status_code == 304
    assert client.get(f"{MEMORY}/commits/nowhere").status_code == 422


def test_compare_says_what_differs(github, client):
    base = github.head("ada/memory")
    moved = {"x.txt": None, "y.txt": b"x", "context/a.md": b"one\ntwo\n", "new.md": b"a\nb\n"}
    github.commit("ada/memory", moved)
    found = client.get(f"{MEMORY}/compare/{base}...main").json()
    assert (found["status"], found["ahead_by"], found["behind_by"]) == ("ahead", 1, 0)
    files = {f["filename"]: (f["status"], f.get("previous_filename")) for f in found["files"]}
    assert files == {
        "context/a.md": ("modified", None),
        "new.md": ("added", None),
        "y.txt": ("renamed", "x.txt"),
    }
    counts = {f["filename"]: (f["additions"], f["deletions"]) for f in found["files"]}
    assert counts == {"context/a.md": (2, 2), "new.md": (2, 0), "y.txt": (0, 0)}
    assert client.get(f"{MEMORY}/compare/main...{base}").json()["status"] == "behind"
    assert client.get(f"{MEMORY}/compare/main...nowhere").status_code == 404
    unrelated = github.state.commit("ada/memory", {"z.md": b"z"}, branch="other", parents=[])
    assert client.get(f"{MEMORY}/compare/main...{unrelated}").status_code == 404


def test_a_tarball_comes_from_another_host_without_the_token(github, client):
    answer = client.get(f"{MEMORY}/tarball/main")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(github.server.other_host_url)
    followed = client.get(f"{MEMORY}/tarball/main", follow_redirects=True)
    with tarfile.open(fileobj=io.BytesIO(followed.content)) as tar:
        files = {m.name.partition("/")[2]: m for m in tar if m.isfile()}
        assert tar.extractfile(files["context/a.md"]).read() == b"one\r\ntwo"
    assert files.keys() == {"context/a.md", "x.txt"}
    client.get(answer.headers["location"])
    assert github.take_violations() == ["the token was sent to the archive host"]
    without_key = answer.headers["location"].partition("?")[0]
    assert httpx.get(without_key).status_code == 404


# --- repositories ------------------------------------------------------------------------------


def test_repositories_are_created_for_users_and_organisations(github, client):
    github.state.add_organisation("lab", {"ada": Permission.WRITE})
    github.state.add_organisation("club", {"ada": Permission.READ})
    own = client.post("/user/repos", json={"name": "second", "private": True})
    assert (own.status_code, own.json()["full_name"]) == (201, "ada/second")
    assert github.head("ada/second") is None
    org = client.post("/orgs/lab/repos", json={"name": "m", "private": True, "auto_init": True})
    assert org.status_code == 201
    assert github.files("lab/m") == {"README.md": b"# m\n"}
    again = client.post("/user/repos", json={"name": "second"})
    assert again.status_code == 422
    assert again.json()["errors"][0]["message"] == "name already exists on this account"
    assert client.post("/orgs/club/repos", json={"name": "m"}).status_code == 403
    assert client.post("/orgs/nobody/repos", json={"name": "m"}).status_code == 404
    listed = client.get("/user/repos", params={"per_page": 1})
    assert 'rel="next"' in listed.headers["link"]


def test_a_renamed_repository_redirects(github, client):
    client.patch(MEMORY, json={"name": "notes"})
    read = client.get(f"{MEMORY}/git/ref/heads/main")
    assert read.status_code == 301
    assert httpx.URL(read.headers["location"]).path == "/repos/ada/notes/git/ref/heads/main"
    written = client.put(contents("n.md"), json={"message": "m", "content": ""})
    assert written.status_code == 307
    assert "n.md" not in github.files("ada/notes")
    assert client.get(MEMORY, follow_redirects=True).json()["full_name"] == "ada/notes"


def test_enterprise_has_the_same_api_below_a_prefix(github, client):
    answer = client.get(f"{github.enterprise_url}{MEMORY}/commits?per_page=1")
    assert answer.status_code == 200
    github.commit("ada/memory", {"n.md": b""})
    more = client.get(f"{github.enterprise_url}{MEMORY}/commits?per_page=1").links["next"]["url"]
    assert more.startswith(github.enterprise_url)
    assert client.get(more).json()[0]["commit"]["message"] == "first"
    graphql = client.post("/api/graphql", json={"query": "{viewer{login}}"})
    assert graphql.json() == {"data": {"viewer": {"login": "ada"}}}
