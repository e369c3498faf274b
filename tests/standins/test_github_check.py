"""The checker of the GitHub stand-in catches what does not fit the vendor's description."""

import json

import pytest

from tests.standins.github import CheckFailed, GithubStandIn
from tests.standins.github_http import Request, Response
from tests.standins.github_routes import ROUTES
from tests.standins.openapi_check import github_check

MEMORY = "/repos/ada/memory"
SHA = "a" * 40


@pytest.fixture(scope="module")
def check():
    found = github_check()
    if found is None:
        pytest.skip("the vendor's description is not there: nothing of REST is checked")
    return found


@pytest.fixture
def github(tmp_path, check):
    with GithubStandIn(tmp_path / "github") as standin:
        standin.add_repository("ada/memory", {"context/a.md": b"one"})
        yield standin


def request(method: str, path: str, body: object = None, **query: str) -> Request:
    raw = b"" if body is None else json.dumps(body).encode()
    return Request(method, path, query, {}, raw)


def problems(check, asked: Request) -> list[str]:
    operation = check.find(asked.method, asked.path)
    assert operation is not None
    return check.request_problems(operation, asked)


GOOD = [
    request("GET", "/rate_limit"),
    request("GET", f"{MEMORY}/contents/a/b%20c.md", ref="feat/x"),
    request("PUT", f"{MEMORY}/contents/a.md", {"message": "m", "content": "", "sha": SHA}),
    request("GET", f"{MEMORY}/git/ref/heads/feat/x"),
    request("GET", f"{MEMORY}/git/trees/{SHA}", recursive="1"),
    request("POST", f"{MEMORY}/git/trees", {"tree": [{"path": "a", "sha": None}]}),
    request("GET", f"{MEMORY}/commits", per_page="10", page="2", since="2026-01-01T00:00:00Z"),
    request("POST", "/user/repos", {"name": "n", "private": True}),
]
BAD = [
    (request("PUT", f"{MEMORY}/contents/a.md", {"message": "m"}), "'content' is a required"),
    (
        request("PUT", f"{MEMORY}/contents/a.md", {"message": "m", "content": "", "shaa": SHA}),
        "undocumented member 'shaa'",
    ),
    (request("GET", f"{MEMORY}/commits", perpage="10"), "undocumented query parameter 'perpage'"),
    (request("GET", f"{MEMORY}/commits", per_page="ten"), "is not of type 'integer'"),
    (request("GET", f"{MEMORY}/commits", since="yesterday"), "is not a 'date-time'"),
    (request("POST", f"{MEMORY}/git/refs", {"ref": 1, "sha": SHA}), "is not of type 'string'"),
    (
        request("POST", f"{MEMORY}/git/trees", {"tree": [{"path": "a", "mode": "644"}]}),
        "is not one of",
    ),
    (request("DELETE", f"{MEMORY}/contents/a.md", {"message": "m"}), "'sha' is a required"),
    (request("GET", MEMORY, {"body": 1}), "takes no body"),
]


@pytest.mark.parametrize("asked", GOOD, ids=lambda one: f"{one.method} {one.path}")
def test_a_right_request_has_no_problems(check, asked):
    assert problems(check, asked) == []


@pytest.mark.parametrize(("asked", "problem"), BAD, ids=[problem for _, problem in BAD])
def test_a_wrong_request_is_caught(check, asked, problem):
    found = problems(check, asked)
    assert any(problem in one for one in found), found


def test_the_more_particular_route_wins(check):
    assert check.find("GET", f"{MEMORY}/commits").id == "repos/list-commits"
    assert check.find("GET", f"{MEMORY}/commits/feat/x").id == "repos/get-commit"
    assert check.find("GET", f"{MEMORY}/git/refs/heads/main") is None
    assert check.find("GET", "/repos/ada/memory/zen") is None


def test_every_route_is_an_operation_of_the_description(check):
    described = {
        (method.upper(), operation["operationId"])
        for item in check.document["paths"].values()
        for method, operation in item.items()
        if isinstance(operation, dict)
    }
    assert {(route.method, route.operation) for route in ROUTES} <= described


def test_a_wrong_answer_is_caught(check):
    operation = check.find("GET", f"{MEMORY}/git/ref/heads/main")
    good = {"type": "commit", "sha": SHA, "url": "http://h/x"}
    body = {"ref": "refs/heads/main", "node_id": "x", "url": "http://h/x", "object": good}
    assert check.answer_problems(operation, Response.of(body)) == []
    short = {**body, "object": {**good, "sha": "abc"}}
    assert any("too short" in one for one in check.answer_problems(operation, Response.of(short)))
    del body["node_id"]
    assert any("node_id" in one for one in check.answer_problems(operation, Response.of(body)))
    assert check.answer_problems(operation, Response(418)) == ["status 418 is not described"]


def test_a_wrong_entry_at_the_end_of_a_long_list_is_caught(check):
    operation = check.find("GET", f"{MEMORY}/git/trees/main")
    entry = {"path": "a", "mode": "100644", "type": "blob", "sha": SHA, "url": "http://h/x"}
    tree = {"sha": SHA, "url": "http://h/x", "truncated": False, "tree": [entry] * 5000}
    assert check.answer_problems(operation, Response.of(tree)) == []
    tree["tree"].append({"path": 7})
    assert check.answer_problems(operation, Response.of(tree)) != []


# --- in the course of a test -------------------------------------------------------------------


def test_a_mistake_fails_the_test_even_if_the_client_swallows_it(tmp_path, check):
    standin = GithubStandIn(tmp_path / "github").__enter__()
    standin.add_repository("ada/memory", {"a.md": b""})
    client = standin.client()
    client.get(f"{MEMORY}/commits", params={"perpage": 1})
    client.get(f"{MEMORY}/zen")
    with pytest.raises(CheckFailed) as failure:
        standin.__exit__(None, None, None)
    assert "undocumented query parameter 'perpage'" in str(failure.value)
    assert f"no such operation: GET {MEMORY}/zen" in str(failure.value)


def test_a_mistake_of_the_stand_in_fails_the_test_too(github):
    found = github.state.repositories["ada/memory"]
    found.description = 7
    answer = github.client().get(MEMORY)
    assert answer.status_code == 599
    (problem,) = github.take_violations()
    assert problem.startswith("answer: repos/get 200 application/json $.description: 7 is not")


def test_bad_requests_on_purpose_get_the_services_own_refusal(github):
    with github.unchecked():
        answer = github.client().post(f"{MEMORY}/git/refs", json={"ref": "refs/heads/x"})
    assert answer.status_code == 422
    assert '"sha" wasn\'t supplied' in answer.json()["message"]
    assert github.take_violations() == []
