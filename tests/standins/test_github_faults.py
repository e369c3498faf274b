"""Faults of the GitHub stand-in: what each kind does, and that a seed repeats them."""

import asyncio
import threading
import time

import httpx
import pytest

from tests.standins.faults import AFTER, ANSWERS, CUTS, TIMEOUTS, FaultKind, FaultPlan
from tests.standins.github import GithubStandIn

MEMORY = "/repos/ada/memory"
PUT = "repos/create-or-update-file-contents"
NEW_FILE = {"message": "m", "content": "eA=="}


@pytest.fixture
def github(tmp_path):
    with GithubStandIn(tmp_path / "github") as standin:
        standin.add_repository("ada/memory", {"context/a.md": b"one"})
        yield standin


@pytest.fixture
def client(github):
    return github.client()


def put(client, **options) -> httpx.Response:
    return client.put(f"{MEMORY}/contents/n.md", json=NEW_FILE, **options)


def test_there_are_enough_kinds():
    assert len(FaultKind) >= 18


@pytest.mark.parametrize("kind", sorted(set(ANSWERS)))
def test_answers_come_instead_of_the_services(github, client, kind):
    github.faults.add(kind, PUT)
    answer = put(client)
    assert answer.status_code == ANSWERS[kind].status
    assert ANSWERS[kind].message in answer.text
    assert ("n.md" in github.files("ada/memory")) is (kind in AFTER)
    (exchange,) = github.log
    assert (exchange.fault, exchange.status) == (kind, answer.status_code)
    assert github.faults.waiting == []


@pytest.mark.parametrize("kind", sorted(CUTS))
def test_a_cut_connection(github, client, kind):
    github.faults.add(kind, PUT)
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        put(client)
    assert ("n.md" in github.files("ada/memory")) is (kind in AFTER)
    assert client.get(MEMORY).status_code == 200


@pytest.mark.parametrize("kind", sorted(TIMEOUTS))
def test_a_timeout_lasts_until_the_client_gives_up(github, client, kind):
    github.faults.add(kind, PUT)
    with pytest.raises(httpx.ReadTimeout):
        put(client, timeout=0.5)
    while not github.log:  # the client does not wait for the stand-in
        time.sleep(0.01)
    assert ("n.md" in github.files("ada/memory")) is (kind in AFTER)
    assert client.get(MEMORY).status_code == 200


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (FaultKind.CUT_AFTER, httpx.RemoteProtocolError),
        (FaultKind.TIMEOUT, httpx.ReadTimeout),
        (FaultKind.CUT_IN_BODY, httpx.RemoteProtocolError),
    ],
)
def test_in_process_the_client_gets_the_exception_itself(tmp_path, kind, error):
    async def asking(standin):
        options = {"base_url": standin.url, "headers": standin.headers()}
        async with httpx.AsyncClient(transport=standin.transport(), **options) as client:
            await client.put(f"{MEMORY}/contents/n.md", json=NEW_FILE)

    with GithubStandIn(tmp_path / "github", on_loopback=False) as standin:
        standin.add_repository("ada/memory", {"a.md": b""})
        standin.faults.add(kind, PUT)
        with pytest.raises(error):
            asyncio.run(asking(standin))
        assert ("n.md" in standin.files("ada/memory")) is (kind is not FaultKind.TIMEOUT)


def test_limits_come_with_what_a_client_has_to_wait_for(github, client):
    github.faults.add(FaultKind.TOO_MANY, headers={"retry-after": "7"})
    github.faults.add(FaultKind.SECONDARY_LIMIT_BARE)
    assert client.get(MEMORY).headers["retry-after"] == "7"
    bare = client.get(MEMORY)
    assert "retry-after" not in bare.headers
    assert int(bare.headers["x-ratelimit-remaining"]) > 0
    github.faults.add(FaultKind.PRIMARY_LIMIT, status=429)
    exhausted = client.get(MEMORY)
    assert (exhausted.status_code, exhausted.headers["x-ratelimit-remaining"]) == (429, "0")
    assert client.get(MEMORY).status_code == 403
    github.clock.advance(3601)
    assert client.get(MEMORY).status_code == 200


def test_a_body_cut_in_the_middle(github, client):
    github.faults.add(FaultKind.CUT_IN_BODY, "repos/get")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        client.get(MEMORY)
    github.faults.add(FaultKind.CUT_IN_BODY, "archive/download")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        client.get(f"{MEMORY}/tarball/main", follow_redirects=True)


def pieces_sent(github, path):
    """The pieces of an answer as the stand-in sends them; a client may get several at once."""
    sent = []

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message.get("body"))

    headers = [(name.encode(), text.encode()) for name, text in github.headers().items()]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b""}
    asyncio.run(github.app({**scope, "headers": headers}, receive, send))
    return [piece for piece in sent if piece]


def test_garbage_and_slowness(github, client):
    github.faults.add(FaultKind.GARBAGE, "repos/get")
    answer = client.get(MEMORY)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match="decode"):
        answer.json()
    github.faults.add(FaultKind.SLOW_BODY, "repos/get")
    pieces = pieces_sent(github, MEMORY)
    assert len(pieces) > 1
    assert b"".join(pieces) == client.get(MEMORY).content


def test_a_stale_read_is_what_was_before_the_last_write(github, client):
    path = f"{MEMORY}/git/ref/heads/main"
    before = client.get(path)
    github.commit("ada/memory", {"other.md": b"x"})
    github.faults.add(FaultKind.STALE_READ, "git/get-ref")
    stale = client.get(path, headers={"if-none-match": before.headers["etag"]})
    assert stale.status_code == 304
    assert client.get(path).json()["object"]["sha"] == github.head("ada/memory")
    github.faults.add(FaultKind.STALE_READ, "graphql/query")
    query = {"query": '{repository(owner:"ada",name:"memory"){defaultBranchRef{target{oid}}}}'}
    shown = client.post("/graphql", json=query).json()["data"]["repository"]
    assert shown["defaultBranchRef"]["target"]["oid"] == before.json()["object"]["sha"]
    head = github.head("ada/memory")
    client.post(f"{MEMORY}/git/refs", json={"ref": "refs/heads/new", "sha": head})
    github.faults.add(FaultKind.STALE_READ)
    assert put(client).status_code == 201
    assert len(github.faults.waiting) == 1, "a write is not a read"


def test_a_new_branch_may_not_be_there_yet(github, client):
    head = github.head("ada/memory")
    client.post(f"{MEMORY}/git/refs", json={"ref": "refs/heads/new", "sha": head})
    github.faults.add(FaultKind.STALE_READ, "git/get-ref")
    assert client.get(f"{MEMORY}/git/ref/heads/new").status_code == 404
    assert client.get(f"{MEMORY}/git/ref/heads/new").status_code == 200


def test_a_wrong_etag_and_a_truncated_tree(github, client):
    github.faults.add(FaultKind.WRONG_ETAG, "repos/get")
    wrong = client.get(MEMORY).headers["etag"]
    assert client.get(MEMORY, headers={"if-none-match": wrong}).status_code == 200
    github.faults.add(FaultKind.TRUNCATED_TREE)
    tree = client.get(f"{MEMORY}/git/trees/main", params={"recursive": "1"}).json()
    assert (len(tree["tree"]), tree["truncated"]) == (1, True)


def test_another_writer_comes_between_the_check_and_the_write(github, client):
    head = github.head("ada/memory")
    github.faults.add(FaultKind.OTHER_WRITER)
    answer = put(client)
    assert answer.status_code == 409
    moved = github.head("ada/memory")
    assert answer.json()["message"] == f"refs/heads/main is at {moved} but expected {head}"
    assert github.messages("ada/memory") == ["by another writer", "first"]
    mutation = (
        "mutation($i:CreateCommitOnBranchInput!){createCommitOnBranch(input:$i){commit{oid}}}"
    )
    given = {
        "branch": {"repositoryNameWithOwner": "ada/memory", "branchName": "main"},
        "expectedHeadOid": moved,
        "message": {"headline": "mine"},
    }
    github.faults.add(FaultKind.OTHER_WRITER)
    late = client.post("/graphql", json={"query": mutation, "variables": {"i": given}})
    assert late.json()["errors"][0]["type"] == "STALE_DATA"
    assert "mine" not in github.messages("ada/memory")


def test_connections_are_refused_while_the_service_is_down(github, client):
    url = github.url
    with github.down(), pytest.raises(httpx.ConnectError):
        httpx.get(url)
    assert github.url == url
    assert github.client().get(MEMORY).status_code == 200


# --- the plan ----------------------------------------------------------------------------------


def test_a_fault_waits_for_its_requests():
    plan = FaultPlan()
    plan.add(FaultKind.UNAVAILABLE, "git/", times=2, skip=1)
    asked = ["repos/get", "git/get-ref", "git/get-tree", "repos/get", "git/get-blob", "git/get-ref"]
    taken = [plan.take(operation, is_write=False) is not None for operation in asked]
    assert taken == [False, False, True, False, True, False]
    assert plan.waiting == []


def test_one_seed_gives_one_sequence():
    def sequence(seed):
        plan = FaultPlan()
        plan.at_random(seed, FaultKind, rate=0.5)
        return [fault and fault.kind for _ in range(200) if (fault := _taken(plan)) or True]

    def _taken(plan):
        return plan.take("graphql/mutation", is_write=True)

    assert sequence(1) == sequence(1)
    assert sequence(1) != sequence(2)
    assert len(set(sequence(1))) > 15


def test_writers_at_once_lose_nothing_and_never_overwrite(github):
    """Eight clients, one branch: every acknowledged write is there, once."""
    acknowledged: list[str] = []

    def write(number: int) -> None:
        with httpx.Client(base_url=github.url, headers=github.headers()) as client:
            for turn in range(4):
                path = f"context/{number}-{turn}.md"
                while True:
                    answer = client.put(
                        f"{MEMORY}/contents/{path}", json=NEW_FILE | {"message": path}
                    )
                    assert answer.status_code in (201, 409), answer.text
                    if answer.status_code == 201:
                        acknowledged.append(path)
                        break

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(acknowledged) == 32
    assert sorted(github.messages("ada/memory")) == sorted([*acknowledged, "first"])
    assert github.files("ada/memory").keys() == {*acknowledged, "context/a.md"}
    github.repository("ada/memory").git.git("fsck", "--strict")
