"""The GraphQL half of the GitHub stand-in."""

import asyncio
import base64

import httpx
import pytest
from graphql import build_schema
from graphql.utilities import lexicographic_sort_schema, print_schema, strip_ignored_characters

from pack.model import blob_id
from tests.standins.github import GithubStandIn
from tests.standins.github_graphql import SCHEMA_FILE
from tests.standins.github_state import Permission, Token
from tests.standins.openapi_check import API_DIR

COMMIT = """mutation Write($input: CreateCommitOnBranchInput!) {
  createCommitOnBranch(input: $input) { commit { oid url message } ref { name } clientMutationId }
}"""


@pytest.fixture
def github(tmp_path):
    with GithubStandIn(tmp_path / "github") as standin:
        standin.add_repository("ada/memory", {"context/a.md": b"one\r\ntwo", "bin": b"a\0b"})
        standin.add_repository("ada/empty")
        yield standin


@pytest.fixture
def client(github):
    return github.client()


def ask(client: httpx.Client, query: str, **variables: object) -> dict[str, object]:
    answer = client.post("/graphql", json={"query": query, "variables": variables})
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def commit_input(head, additions=None, deletions=(), repository="ada/memory", branch="main"):
    contents = {p: base64.b64encode(c).decode() for p, c in (additions or {}).items()}
    return {
        "branch": {"repositoryNameWithOwner": repository, "branchName": branch},
        "expectedHeadOid": head,
        "message": {"headline": "by api", "body": "Pack-Request: 1"},
        "fileChanges": {
            "additions": [{"path": path, "contents": text} for path, text in contents.items()],
            "deletions": [{"path": path} for path in deletions],
        },
    }


def error_of(answer):
    assert answer["data"] == {"createCommitOnBranch": None}
    (error,) = answer["errors"]
    assert error["path"] == ["createCommitOnBranch"]
    assert error["locations"] == [{"line": 2, "column": 3}]
    return error["type"], error["message"]


def test_the_schema_is_the_vendors():
    vendors = API_DIR / "github-graphql-subset.graphql"
    if not vendors.is_file():
        pytest.skip("the vendor's schema is not there")
    ours = lexicographic_sort_schema(build_schema(SCHEMA_FILE.read_text(encoding="utf-8")))
    theirs = lexicographic_sort_schema(build_schema(vendors.read_text(encoding="utf-8")))
    for kind in theirs.type_map.values():
        kind.description = None
        for field in getattr(kind, "fields", {}).values():
            field.description = None
            for argument in getattr(field, "args", {}).values():
                argument.description = None
        for value in getattr(kind, "values", {}).values():
            value.description = None
    assert strip_ignored_characters(print_schema(ours)) == strip_ignored_characters(
        print_schema(theirs)
    )


# --- writing -----------------------------------------------------------------------------------


def test_one_commit_holds_additions_and_deletions(github, client):
    head = github.head("ada/memory")
    given = commit_input(head, {"context/ü #1.md": "grüße\r\n".encode()}, ["bin"])
    answer = ask(client, COMMIT, input=given | {"clientMutationId": "7"})
    made = answer["data"]["createCommitOnBranch"]
    assert made["commit"]["oid"] == github.head("ada/memory")
    assert made["ref"] == {"name": "main"}
    assert made["clientMutationId"] == "7"
    files = github.files("ada/memory")
    assert files == {"context/a.md": b"one\r\ntwo", "context/ü #1.md": "grüße\r\n".encode()}
    assert github.messages("ada/memory") == ["by api\n\nPack-Request: 1", "first"]
    git = github.repository("ada/memory").git
    data = git.commit_data(made["commit"]["oid"])
    assert (data.author.name, data.committer.name) == ("ada", "GitHub")
    assert data.signature is not None
    git.git("fsck", "--strict")


def test_a_stale_head_is_stale_data(github, client):
    old = github.head("ada/memory")
    github.commit("ada/memory", {"other.md": b"other"})
    answer = ask(client, COMMIT, input=commit_input(old, {"n.md": b"x"}))
    assert error_of(answer) == (
        "STALE_DATA",
        f'Expected branch to point to "{old}" but it did not.  Pull and try again.',
    )
    assert "n.md" not in github.files("ada/memory")


def test_a_head_nobody_knows_is_not_found(github, client):
    answer = ask(client, COMMIT, input=commit_input("1" * 40, {"n.md": b"x"}))
    kind, message = error_of(answer)
    assert kind == "NOT_FOUND"
    assert message == f"No commit exists with specified expectedHeadOid '{'1' * 40}'."


@pytest.mark.parametrize("place", [("ada/empty", "main"), ("ada/memory", "nowhere")])
def test_a_branch_must_exist(github, client, place):
    head = github.head("ada/memory")
    repository, branch = place
    given = commit_input(head, {"n.md": b"x"}, repository=repository, branch=branch)
    assert error_of(ask(client, COMMIT, input=given))[0] == "NOT_FOUND"
    assert github.files("ada/empty") == {}


def test_changes_that_cannot_be_made_abort_the_commit(github, client):
    head = github.head("ada/memory")
    for changes in (
        {"deletions": ["not/there.md"]},
        {"additions": {"bin": b"x"}, "deletions": ["bin"]},
        {"additions": {"../up.md": b"x"}},
    ):
        error_of(ask(client, COMMIT, input=commit_input(head, **changes)))
    bad = commit_input(head, {"n.md": b"x"})
    bad["fileChanges"]["additions"][0]["contents"] = "no base64!"
    error_of(ask(client, COMMIT, input=bad))
    assert github.messages("ada/memory") == ["first"]


def test_a_commit_without_changes_is_made(github, client):
    head = github.head("ada/memory")
    given = commit_input(head)
    del given["fileChanges"]
    assert "errors" not in ask(client, COMMIT, input=given)
    assert len(github.messages("ada/memory")) == 2


def test_rights_are_said_in_graphql_errors(github, client):
    head = github.head("ada/memory")
    github.state.add_user("bob")
    reader = github.client(github.add_token(Token("reader", "ada", contents=Permission.READ)))
    bob = github.client(github.add_token(Token("bob", "bob")))
    given = commit_input(head, {"n.md": b"x"})
    refused = error_of(ask(reader, COMMIT, input=given))
    assert refused == ("FORBIDDEN", "Resource not accessible by personal access token")
    assert error_of(ask(bob, COMMIT, input=given))[0] == "NOT_FOUND"
    hidden = ask(bob, '{repository(owner:"ada",name:"memory"){isEmpty}}')
    assert hidden["data"] == {"repository": None}
    (error,) = hidden["errors"]
    assert error["type"] == "NOT_FOUND"
    assert error["message"] == "Could not resolve to a Repository with the name 'ada/memory'."
    anonymous = github.client("ghp_unknown").post("/graphql", json={"query": "{viewer{login}}"})
    assert anonymous.status_code == 401


def test_a_branch_may_be_named_by_its_id(github, client):
    found = ask(client, '{repository(owner:"ada",name:"memory"){defaultBranchRef{id target{oid}}}}')
    ref = found["data"]["repository"]["defaultBranchRef"]
    given = commit_input(ref["target"]["oid"], {"n.md": b"x"}) | {"branch": {"id": ref["id"]}}
    assert "errors" not in ask(client, COMMIT, input=given)
    assert github.files("ada/memory")["n.md"] == b"x"


# --- reading -----------------------------------------------------------------------------------

READ = """query Read($sha: GitObjectID!, $path: String!) {
  repository(owner: "ada", name: "memory") {
    nameWithOwner isPrivate isEmpty viewerPermission
    ref(qualifiedName: "refs/heads/main") { name prefix target { oid ... on Commit {
      messageHeadline file(path: "context/a.md") { size mode type path }
      tree { entries { name type object { ... on Blob { text } ... on Tree { oid } } } } } } }
    byId: object(oid: $sha) { __typename ... on Blob { text byteSize isBinary isTruncated } }
    byPath: object(expression: $path) { oid }
    nothing: object(expression: "main:not/there.md") { oid }
  }
}"""


def test_a_query_reads_refs_trees_and_blobs_in_one_request(github, client):
    sha = blob_id(b"one\r\ntwo")
    answer = ask(client, READ, sha=sha, path="main:context/a.md")
    found = answer["data"]["repository"]
    assert found["byId"] == {
        "__typename": "Blob",
        "text": "one\r\ntwo",
        "byteSize": 8,
        "isBinary": False,
        "isTruncated": False,
    }
    assert (found["byPath"], found["nothing"]) == ({"oid": sha}, None)
    assert (found["isPrivate"], found["isEmpty"], found["viewerPermission"]) == (
        True,
        False,
        "ADMIN",
    )
    target = found["ref"]["target"]
    assert target["oid"] == github.head("ada/memory")
    expected = {"size": 8, "mode": 0o100644, "type": "blob", "path": "context/a.md"}
    assert target["file"] == expected
    assert [entry["type"] for entry in target["tree"]["entries"]] == ["blob", "tree"]
    assert target["tree"]["entries"][0]["object"] == {"text": None}
    assert len(github.log) == 1


def test_an_empty_repository_has_no_branch(client):
    fields = 'isEmpty defaultBranchRef{name} object(expression:"HEAD"){oid}'
    query = f'{{repository(owner:"ada",name:"empty"){{{fields}}}}}'
    found = ask(client, query)["data"]["repository"]
    assert found == {"isEmpty": True, "defaultBranchRef": None, "object": None}


def test_text_is_cut_where_the_service_cuts(github, client):
    github.service.sizes.graphql_text = 4
    fields = 'object(expression:"HEAD:context/a.md"){... on Blob{text isTruncated byteSize}}'
    query = f'{{repository(owner:"ada",name:"memory"){{{fields}}}}}'
    blob = ask(client, query)["data"]["repository"]["object"]
    assert blob == {"text": "one\r", "isTruncated": True, "byteSize": 8}


def test_queries_that_do_not_fit_the_schema_are_caught(github, client):
    queries = [
        {"query": "{viewer{nickname}}"},
        {"query": "{viewer{login}"},
        {"query": "{viewer{login}}", "variable": {}},
        {"query": COMMIT, "variables": {"input": {"branch": {}, "message": {"headline": "x"}}}},
    ]
    for body in queries:
        assert client.post("/graphql", json=body).status_code == 599
    problems = github.take_violations()
    assert len(problems) == 4
    assert "nickname" in problems[0]
    assert "variable" in problems[2]
    assert "expectedHeadOid" in problems[3]
    with github.unchecked():
        answer = ask(client, "{viewer{nickname}}")
    assert "nickname" in answer["errors"][0]["message"]
    assert "data" not in answer


def test_a_server_without_graphql_has_no_such_page(github, client):
    github.service.serves_graphql = False
    assert client.post("/graphql", json={"query": "{viewer{login}}"}).status_code == 404


def test_the_service_answers_in_process_too(tmp_path):
    async def asking(standin):
        async with httpx.AsyncClient(
            transport=standin.transport(), base_url=standin.url, headers=standin.headers()
        ) as client:
            return await client.post("/graphql", json={"query": "{viewer{login}}"})

    with GithubStandIn(tmp_path / "github", on_loopback=False) as standin:
        assert asyncio.run(asking(standin)).json() == {"data": {"viewer": {"login": "ada"}}}
