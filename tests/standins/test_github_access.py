"""Who may do what on the GitHub stand-in, conditional requests, and its limits."""

from datetime import timedelta

import httpx
import pytest

from tests.standins.github import GithubStandIn
from tests.standins.github_limits import Limits
from tests.standins.github_state import Permission, Token

MEMORY = "/repos/ada/memory"
NEW_FILE = {"message": "m", "content": "eA=="}


@pytest.fixture
def github(tmp_path):
    with GithubStandIn(tmp_path / "github") as standin:
        standin.add_repository("ada/memory", {"context/a.md": b"one"})
        yield standin


@pytest.fixture
def client(github):
    return github.client()


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["message"]


# --- tokens ------------------------------------------------------------------------------------


def test_unknown_and_expired_tokens_are_bad_credentials(github):
    with github.unchecked():
        nobody = httpx.get(f"{github.url}{MEMORY}", headers={"user-agent": "x"})
    assert refused(nobody) == (401, "Bad credentials")
    assert refused(github.client("ghp_unknown").get(MEMORY)) == (401, "Bad credentials")
    ends = github.clock() + timedelta(hours=1)
    short = github.client(github.add_token(Token("short", "ada", expires_at=ends)))
    answer = short.get(MEMORY)
    assert answer.status_code == 200
    expiration = answer.headers["github-authentication-token-expiration"]
    assert expiration == "2026-03-01 13:00:00 UTC"
    github.clock.advance(3600)
    assert refused(short.get(MEMORY)) == (401, "Bad credentials")


def test_what_must_not_be_seen_is_not_found(github):
    github.state.add_user("bob")
    bob = github.client(github.add_token(Token("bob", "bob")))
    elsewhere = github.client(
        github.add_token(Token("elsewhere", "ada", repositories=frozenset({"ada/other"})))
    )
    for stranger in (bob, elsewhere):
        assert refused(stranger.get(MEMORY)) == (404, "Not Found")
        assert refused(stranger.get(f"{MEMORY}/contents/context/a.md")) == (404, "Not Found")
        written = stranger.put(f"{MEMORY}/contents/n.md", json=NEW_FILE)
        assert refused(written) == (404, "Not Found")
    assert github.messages("ada/memory") == ["first"]


def test_a_reader_cannot_write(github):
    github.state.add_user("bob")
    bob = github.client(github.add_token(Token("bob", "bob")))
    github.repository("ada/memory").collaborators["bob"] = Permission.READ
    assert bob.get(f"{MEMORY}/contents/context/a.md").status_code == 200
    assert bob.put(f"{MEMORY}/contents/n.md", json=NEW_FILE).status_code == 404
    github.add_repository("ada/public", {"a.md": b"x"}, private=False)
    assert bob.get("/repos/ada/public/contents/a.md").status_code == 200
    assert bob.put("/repos/ada/public/contents/n.md", json=NEW_FILE).status_code == 403
    github.repository("ada/memory").collaborators["bob"] = Permission.WRITE
    assert bob.put(f"{MEMORY}/contents/n.md", json=NEW_FILE).status_code == 201


@pytest.mark.parametrize("contents", [Permission.NONE, Permission.READ, Permission.WRITE])
def test_a_fine_grained_token_says_what_it_lacks(github, contents):
    client = github.client(github.add_token(Token("fine", "ada", contents=contents)))
    assert client.get(MEMORY).status_code == 200
    read = client.get(f"{MEMORY}/git/ref/heads/main")
    written = client.put(f"{MEMORY}/contents/n.md", json=NEW_FILE)
    expected = {
        Permission.NONE: (403, 403),
        Permission.READ: (200, 403),
        Permission.WRITE: (200, 201),
    }
    assert (read.status_code, written.status_code) == expected[contents]
    if written.status_code == 403:
        assert refused(written) == (403, "Resource not accessible by personal access token")
        assert written.headers["x-accepted-github-permissions"] == "contents=write"
    made = client.post("/user/repos", json={"name": "n"})
    assert made.status_code == 403
    assert made.headers["x-accepted-github-permissions"] == "administration=write"


def test_an_archived_repository_is_read_only(github, client):
    client.patch(MEMORY, json={"archived": True})
    assert client.put(f"{MEMORY}/contents/n.md", json=NEW_FILE).status_code == 403
    assert client.get(f"{MEMORY}/contents/context/a.md").status_code == 200


def test_requests_need_a_user_agent_and_a_known_version(github, client):
    silent = client.get(MEMORY, headers={"user-agent": ""})
    assert silent.status_code == 403
    future = client.get(MEMORY, headers={"x-github-api-version": "2099-01-01"})
    assert future.status_code == 400
    newer = client.get("/rate_limit", headers={"x-github-api-version": "2026-03-10"})
    assert newer.headers["x-github-api-version-selected"] == "2026-03-10"
    assert "rate" not in newer.json()
    assert "rate" in client.get("/rate_limit").json()


# --- conditional requests ----------------------------------------------------------------------


def test_a_conditional_request_is_free_until_something_changes(github, client):
    path = f"{MEMORY}/git/ref/heads/main"
    first = client.get(path)
    etag = first.headers["etag"]
    assert etag.startswith('W/"')
    with github.log.counting() as asked:
        for _ in range(5):
            again = client.get(path, headers={"if-none-match": etag})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["x-ratelimit-used"] == first.headers["x-ratelimit-used"]
    assert (asked.paid, asked.not_modified, len(asked)) == (0, 5, 5)
    github.commit("ada/memory", {"n.md": b"x"})
    changed = client.get(path, headers={"if-none-match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_the_etag_differs_by_media_type_and_token(github, client):
    path = f"{MEMORY}/contents/context/a.md"
    github.add_token(Token("second", "ada"))
    raw = {"accept": "application/vnd.github.raw+json"}
    tags = {
        client.get(path).headers["etag"],
        client.get(path, headers=raw).headers["etag"],
        github.client("second").get(path).headers["etag"],
    }
    assert len(tags) == 3


# --- limits ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [403, 429])
def test_the_primary_limit_ends_at_its_reset(github, client, status):
    github.limiter.limits = Limits(primary=3, status=status)
    answers = [client.get(MEMORY) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, status]
    last = answers[-1]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert last.headers["x-ratelimit-resource"] == "core"
    assert "retry-after" not in last.headers
    assert client.get("/rate_limit").json()["resources"]["core"]["remaining"] == 0
    wait = int(last.headers["x-ratelimit-reset"]) - github.clock().timestamp()
    assert 0 < wait <= 3600
    github.clock.advance(wait - 1)
    assert client.get(MEMORY).status_code == status
    github.clock.advance(1)
    assert client.get(MEMORY).status_code == 200


def test_graphql_has_a_limit_of_its_own_and_says_so_with_200(github, client):
    github.limiter.limits = Limits(primary=1)
    query = {"query": "{viewer{login} rateLimit{remaining limit cost}}"}
    first = client.post("/graphql", json=query).json()["data"]
    assert first["rateLimit"] == {"remaining": 0, "limit": 1, "cost": 1}
    second = client.post("/graphql", json=query)
    assert second.status_code == 200
    assert second.json()["errors"][0]["type"] == "RATE_LIMITED"
    assert second.headers["x-ratelimit-remaining"] == "0"
    assert second.headers["x-ratelimit-resource"] == "graphql"
    assert client.get(MEMORY).status_code == 200


def test_the_secondary_limit_refuses_with_remaining_left(github, client):
    github.limiter.limits = Limits.documented()
    github.limiter.limits.content_per_minute = 3
    paths = [f"{MEMORY}/contents/{number}.md" for number in range(4)]
    answers = [client.put(path, json=NEW_FILE) for path in paths]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 403]
    assert "secondary rate limit" in answers[-1].json()["message"]
    assert int(answers[-1].headers["x-ratelimit-remaining"]) > 0
    assert client.get(MEMORY).status_code == 200
    github.clock.sleep(int(answers[-1].headers["retry-after"]))
    assert client.put(paths[-1], json=NEW_FILE).status_code == 201
    assert github.clock.waits == [60]


def test_points_count_a_write_five_times(github, client):
    github.limiter.limits = Limits(points_per_minute=7)
    assert client.put(f"{MEMORY}/contents/n.md", json=NEW_FILE).status_code == 201
    assert [client.get(MEMORY).status_code for _ in range(3)] == [200, 200, 403]
    github.clock.advance(61)
    assert client.get(MEMORY).status_code == 200


def test_too_many_requests_at_once_are_refused(github, client):
    github.limiter.limits = Limits(concurrent=1)
    with github.limiter.in_flight(is_write=False):
        refused_now = client.get(MEMORY)
    assert (refused_now.status_code, refused_now.headers["retry-after"]) == (403, "60")
    assert client.get(MEMORY).status_code == 200
    assert client.put(f"{MEMORY}/contents/n.md", json=NEW_FILE).status_code == 201
    assert github.limiter.most_writes_at_once == 1
    github.limiter.limits = Limits()
    with github.limiter.in_flight(is_write=True):
        client.put(f"{MEMORY}/contents/o.md", json=NEW_FILE)
    assert github.limiter.most_writes_at_once == 2


def test_the_log_holds_no_token(github, client):
    client.get(MEMORY)
    client.get(f"{MEMORY}/commits", params={"per_page": 1})
    assert github.log.operations() == {"repos/get": 1, "repos/list-commits": 1}
    assert all(github.token not in repr(exchange) for exchange in github.log)
    assert {exchange.login for exchange in github.log} == {"ada"}
