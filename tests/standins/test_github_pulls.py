"""Pull requests, issues, labels, forks and protected branches of the GitHub stand-in."""

import pytest

from tests.standins.github import GithubStandIn
from tests.standins.github_protection import BranchRule
from tests.standins.github_state import Permission, Token

APP = "/repos/ada/webapp"
ENABLE = """mutation Enable($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { pullRequest { number } }
}"""


@pytest.fixture
def github(tmp_path):
    with GithubStandIn(tmp_path / "github") as standin:
        standin.add_repository("ada/webapp", {"README.md": b"one\n"})
        standin.state.add_user("bob")
        standin.state.add_user("eve")
        standin.repository("ada/webapp").collaborators["bob"] = Permission.WRITE
        yield standin


@pytest.fixture
def client(github):
    return github.client()


def branch(github, name, files, **more):
    start = github.head("ada/webapp")
    return github.state.commit("ada/webapp", files, branch=name, parents=[start], **more)


def open_pull(github, client, name="topic", files=None):
    branch(github, name, files or {"new.md": b"new\n"})
    body = {"title": "A title", "head": name, "base": "main", "body": "Text"}
    answer = client.post(f"{APP}/pulls", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_pull_request_is_opened_edited_and_closed(github, client):
    made = open_pull(github, client)
    assert (made["number"], made["state"], made["mergeable"]) == (1, "open", True)
    assert (made["commits"], made["changed_files"], made["additions"]) == (1, 1, 1)
    assert made["head"]["label"] == "ada:topic"
    changed = client.patch(f"{APP}/pulls/1", json={"title": "Other", "body": "New"}).json()
    assert (changed["title"], changed["body"]) == ("Other", "New")
    (file,) = client.get(f"{APP}/pulls/1/files").json()
    assert (file["filename"], file["status"]) == ("new.md", "added")
    assert client.get(f"{APP}/pulls/1/merge").status_code == 404
    assert client.get(f"{APP}/pulls/1/reviews").json() == []
    closed = client.patch(f"{APP}/pulls/1", json={"state": "closed"}).json()
    assert (closed["state"], closed["merged"]) == ("closed", False)
    assert client.get(f"{APP}/issues/1").json()["closed_by"]["login"] == "ada"
    assert client.patch(f"{APP}/pulls/1", json={"state": "open"}).json()["state"] == "open"


def test_lists_are_filtered_by_state_and_branch(github, client):
    for name in ("one", "two", "three"):
        open_pull(github, client, name, {f"{name}.md": b"x\n"})
    github.clock.advance(60)
    client.patch(f"{APP}/pulls/2", json={"state": "closed"})

    def numbers(**query):
        return [one["number"] for one in client.get(f"{APP}/pulls", params=query).json()]

    assert numbers() == [3, 1]
    assert numbers(state="all", direction="asc") == [1, 2, 3]
    assert numbers(state="closed") == [2]
    assert numbers(state="all", head="ada:two") == [2]
    assert numbers(head="eve:one") == []
    assert numbers(state="all", sort="updated", direction="desc", per_page=1) == [2]
    assert [one["number"] for one in client.get(f"{APP}/issues").json()] == [3, 1]
    assert "pull_request" in client.get(f"{APP}/issues").json()[0]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"head": "topic"}, "A pull request already exists for ada:topic."),
        ({"head": "same"}, "No commits between main and same"),
        ({"head": "gone"}, "invalid"),
        ({"head": "topic", "base": "gone"}, "invalid"),
        ({"head": "eve:topic"}, "invalid"),
    ],
)
def test_what_cannot_be_offered_is_refused(github, client, body, words):
    open_pull(github, client)
    github.repository("ada/webapp").git.git("branch", "same", "main")
    answer = client.post(f"{APP}/pulls", json={"title": "T", "base": "main", **body})
    assert answer.status_code == 422
    assert words in answer.text


def test_a_pull_request_follows_its_branch(github, client):
    open_pull(github, client)
    new = branch(github, "topic", {"other.md": b"other\n"})
    assert client.get(f"{APP}/pulls/1").json()["head"]["sha"] == new
    git = github.repository("ada/webapp").git
    git.swap("refs/heads/topic", None, new)
    shown = client.get(f"{APP}/pulls/1").json()
    assert (shown["state"], shown["head"]["sha"]) == ("closed", new)
    assert client.patch(f"{APP}/pulls/1", json={"state": "open"}).status_code == 422


@pytest.mark.parametrize(("method", "parents"), [("merge", 2), ("squash", 1), ("rebase", 1)])
def test_a_pull_request_is_merged_in_three_ways(github, client, method, parents):
    open_pull(github, client)
    github.commit("ada/webapp", {"beside.md": b"beside\n"})
    before, head = github.head("ada/webapp"), client.get(f"{APP}/pulls/1").json()["head"]["sha"]
    stale = client.put(f"{APP}/pulls/1/merge", json={"sha": "0" * 40})
    assert stale.status_code == 409
    done = client.put(f"{APP}/pulls/1/merge", json={"merge_method": method, "sha": head}).json()
    data = github.repository("ada/webapp").git.commit_data(done["sha"])
    assert github.head("ada/webapp") == done["sha"]
    assert data.parents == ((before, head) if parents == 2 else (before,))
    assert sorted(github.files("ada/webapp")) == ["README.md", "beside.md", "new.md"]
    assert client.get(f"{APP}/pulls/1/merge").status_code == 204
    shown = client.get(f"{APP}/pulls/1").json()
    assert (shown["state"], shown["merged"], shown["merged_by"]["login"]) == ("closed", True, "ada")
    assert client.put(f"{APP}/pulls/1/merge", json={}).status_code == 405
    github.repository("ada/webapp").git.git("fsck", "--strict")


def test_what_conflicts_or_is_not_allowed_is_not_merged(github, client):
    open_pull(github, client, files={"README.md": b"theirs\n"})
    github.repository("ada/webapp").merge_methods.discard("squash")
    assert client.put(f"{APP}/pulls/1/merge", json={"merge_method": "squash"}).status_code == 405
    github.commit("ada/webapp", {"README.md": b"ours\n"})
    assert client.get(f"{APP}/pulls/1").json()["mergeable"] is False
    for method in ("merge", "rebase"):
        answer = client.put(f"{APP}/pulls/1/merge", json={"merge_method": method})
        assert answer.status_code == 405
        assert answer.json()["message"] == "Pull Request is not mergeable"


def test_only_those_who_may_review_are_asked(github, client):
    open_pull(github, client)
    github.repository("ada/webapp").teams.add("writers")

    def ask(**who):
        return client.post(f"{APP}/pulls/1/requested_reviewers", json=who)

    assert ask(reviewers=["bob", "eve"]).status_code == 422
    assert "pull request author" in ask(reviewers=["ada"]).json()["message"]
    assert ask(team_reviewers=["nobody"]).status_code == 422
    asked = ask(reviewers=["bob"], team_reviewers=["writers"])
    assert asked.status_code == 201
    assert [one["login"] for one in asked.json()["requested_reviewers"]] == ["bob"]
    assert [one["slug"] for one in asked.json()["requested_teams"]] == ["writers"]
    permission = client.get(f"{APP}/collaborators/bob/permission").json()
    assert permission["permission"] == "write"


def test_issues_have_labels_and_comments(github, client):
    made = client.post(f"{APP}/issues", json={"title": "T", "labels": ["bug"]}).json()
    number = made["number"]
    found = client.post(f"{APP}/issues/{number}/labels", json={"labels": ["Bug", "sync"]}).json()
    assert [one["name"] for one in found] == ["bug", "sync"]
    assert client.post(f"{APP}/labels", json={"name": "SYNC"}).status_code == 422
    assert client.post(f"{APP}/labels", json={"name": "new", "color": "ff0000"}).status_code == 201
    assert len(client.get(f"{APP}/labels").json()) == 3
    assert client.get(f"{APP}/issues", params={"labels": "sync"}).json()[0]["number"] == number
    assert client.get(f"{APP}/issues", params={"labels": "new"}).json() == []
    comments = f"{APP}/issues/{number}/comments"
    assert client.post(comments, json={"body": "Hello"}).status_code == 201
    github.repository("ada/webapp").tracker.issues[number].locked = True
    assert client.post(comments, json={"body": "More"}).status_code == 403
    assert [one["body"] for one in client.get(comments).json()] == ["Hello"]
    client.patch(f"{APP}/issues/{number}", json={"state": "closed", "labels": ["other"]})
    assert client.get(f"{APP}/issues").json() == []
    assert client.get(f"{APP}/issues/99").status_code == 404


def test_a_token_needs_a_right_for_each(github, client):
    open_pull(github, client)
    weak = Token(
        "github_pat_canary_weak", "ada", issues=Permission.NONE, pull_requests=Permission.READ
    )
    reader = github.client(github.add_token(weak))
    assert reader.get(f"{APP}/pulls/1").status_code == 200
    assert reader.patch(f"{APP}/pulls/1", json={"title": "T"}).status_code == 403
    assert reader.get(f"{APP}/issues").status_code == 403
    assert reader.get(f"{APP}/issues/1/comments").status_code == 200
    stranger = github.client(github.add_token(Token("github_pat_canary_eve", "eve")))
    assert stranger.get(f"{APP}/pulls/1").status_code == 404


def test_a_fork_comes_later_and_offers_its_branches(github):
    github.repository("ada/webapp").private = False
    text = github.add_token(Token("github_pat_canary_eve", "eve", administration=Permission.WRITE))
    eve = github.client(text)
    made = eve.post(f"{APP}/forks", json={})
    assert (made.status_code, made.json()["full_name"], made.json()["fork"]) == (
        202,
        "eve/webapp",
        True,
    )
    assert eve.post(f"{APP}/forks", json={}).json()["id"] == made.json()["id"]
    github.repository("eve/webapp").coming = 2
    assert eve.get("/repos/eve/webapp/commits").status_code == 409
    assert len(eve.get("/repos/eve/webapp/commits").json()) == 1
    assert [one["full_name"] for one in eve.get(f"{APP}/forks").json()] == ["eve/webapp"]
    start = github.head("eve/webapp")
    github.state.commit("eve/webapp", {"e.md": b"e\n"}, branch="topic", parents=[start])
    body = {"title": "T", "head": "eve:topic", "base": "main"}
    pull = eve.post(f"{APP}/pulls", json=body).json()
    assert (pull["head"]["label"], pull["head"]["repo"]["full_name"]) == ("eve:topic", "eve/webapp")
    assert (
        eve.post(f"{APP}/issues/{pull['number']}/labels", json={"labels": ["x"]}).status_code == 404
    )
    merged = github.client().put(f"{APP}/pulls/{pull['number']}/merge", json={})
    assert merged.status_code == 200
    assert "e.md" in github.files("ada/webapp")


def test_a_protected_branch_moves_by_merging_alone(github, client):
    found = github.repository("ada/webapp")
    found.rules.append(BranchRule("main", checks=("ci",)))
    found.rules.append(BranchRule("locked/*", may_create=False))
    open_pull(github, client)
    head = client.get(f"{APP}/pulls/1").json()["head"]["sha"]
    here = f"{APP}/git/refs/heads/main"
    for force in (False, True):
        refused = client.patch(here, json={"sha": head, "force": force})
        assert refused.status_code == 422
        assert "through a pull request" in refused.json()["message"]
    assert client.delete(here).status_code == 422
    ref = {"ref": "refs/heads/locked/a", "sha": head}
    assert (
        "creations being restricted" in client.post(f"{APP}/git/refs", json=ref).json()["message"]
    )
    put = {"message": "m", "content": "YQ==", "branch": "main"}
    assert client.put(f"{APP}/contents/a.md", json=put).status_code == 422
    assert client.get(f"{APP}/branches/main").json()["protected"] is True
    assert client.put(f"{APP}/pulls/1/merge", json={}).status_code == 405
    github.pass_check("ada/webapp", 1, "ci")
    assert client.put(f"{APP}/pulls/1/merge", json={}).status_code == 200


def test_a_pull_request_is_merged_by_itself_where_that_is_allowed(github, client):
    found = github.repository("ada/webapp")
    made = open_pull(github, client)

    def enable(**more):
        given = {"pullRequestId": made["node_id"], **more}
        body = {"query": ENABLE, "variables": {"input": given}}
        return client.post("/graphql", json=body).json()

    assert "not allowed" in enable()["errors"][0]["message"]
    github.client().patch(APP, json={"allow_auto_merge": True})
    assert "clean status" in enable()["errors"][0]["message"]
    found.rules.append(BranchRule("main", checks=("ci",)))
    found.merge_methods = {"squash"}
    assert "Merge method" in enable()["errors"][0]["message"]
    assert enable(mergeMethod="SQUASH")["data"]["enablePullRequestAutoMerge"]["pullRequest"]
    assert client.get(f"{APP}/pulls/1").json()["auto_merge"]["merge_method"] == "squash"
    github.pass_check("ada/webapp", 1, "ci")
    assert client.get(f"{APP}/pulls/1").json()["merged"] is True


def test_head_is_a_name_of_the_default_branch(github, client):
    head = github.head("ada/webapp")
    whole = client.get(f"{APP}/git/trees/HEAD", params={"recursive": "1"})
    assert [one["path"] for one in whole.json()["tree"]] == ["README.md"]
    assert client.get(f"{APP}/commits/HEAD").json()["sha"] == head
    assert client.get(f"{APP}/commits", params={"sha": "HEAD"}).json()[0]["sha"] == head
