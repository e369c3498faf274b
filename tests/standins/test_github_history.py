"""History, archives and repositories of the GitHub stand-in."""

import io
import tarfile

import httpx
import pytest

from tests.standins.github import GithubStandIn
from tests.standins.github_state import Permission, Token

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
    written = client.put(f"{MEMORY}/contents/n.md", json={"message": "m", "content": ""})
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


def test_accounts_say_who_they_are(github, client):
    github.state.add_organisation("lab", {"ada": Permission.WRITE})
    assert client.get("/user").json()["login"] == "ada"
    assert client.get("/users/lab").json()["type"] == "Organization"
    assert client.get("/orgs/lab").json()["login"] == "lab"
    assert client.get("/orgs/ada").status_code == 404
    assert client.get("/users/nobody").status_code == 404
    assert client.get("/orgs/lab/repos").json() == []


def test_settings_need_the_right_and_a_deleted_repository_is_gone(github, client):
    plain = github.client(github.add_token(Token("plain", "ada")))
    assert plain.patch(MEMORY, json={"private": False}).status_code == 403
    assert plain.delete(MEMORY).status_code == 403
    assert client.get(MEMORY).json()["private"] is True
    assert client.patch(MEMORY, json={"private": False}).json()["visibility"] == "public"
    assert client.delete(MEMORY).status_code == 204
    assert client.get(MEMORY).status_code == 404
