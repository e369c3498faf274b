"""Webhooks as a person and a server use them: the installed command, real git, a real receiver."""

import itertools
import json
import random
import signal
import subprocess

import jsonschema
import pytest
from pack_connectors.webhook.target import Webhook
from pack_templates import webhook_schema

from tests.standins.receiver import SECRET, Receiver, hang, status
from tests.stories.cli_driver import Folder, Stdio, new_memory
from tests.stories.prepared import pack_command

CANARIES = ("canary-path", "canary-query", SECRET.removeprefix("whsec_"))
NAME = "webhook:127.0.0.1"


@pytest.fixture
def receiver():
    with Receiver() as found:
        yield found
    assert found.unverified == []


@pytest.fixture
def memory(tmp_path, git_identity):
    return new_memory(tmp_path / "memory")


def hooked(monkeypatch, receiver, **more):
    monkeypatch.setenv("PACK_WEBHOOK_URL", receiver.url("/canary-path?key=canary-query"))
    monkeypatch.setenv("PACK_WEBHOOK_ALLOW", "127.0.0.1")
    monkeypatch.setenv("PACK_WEBHOOK_SECRET", SECRET)
    for name, value in more.items():
        monkeypatch.setenv(name, value)


def log(memory):
    return memory.git("log", "--reverse", "--format=%H").split()


def delivered(receiver):
    """The keys that arrived, without the repetitions."""
    return list(dict.fromkeys(call.key for call in receiver.calls))


def settle(memory):
    """Return when a server has sent what there is, and has stored that."""
    while memory.json("sync", "--dry-run")["targets"][0]["backlog"]:
        pass


def test_without_targets_there_is_nothing_to_do(memory):
    assert memory.ok("sync").text == "no targets are set up\n"
    assert memory.json("sync") == {"targets": []}
    missing = memory.pack("sync", "--target", "notion")
    assert (missing.status, "'notion' does not exist" in missing.err) == (1, True)


@pytest.mark.contract("C8")
def test_the_life_of_a_webhook(memory, receiver, monkeypatch):
    hooked(monkeypatch, receiver)
    said = [memory.ok("sync").text]
    assert "begins with the next commit" in said[0]
    memory.ok("update", "projects/plan.md", stdin="---\ntopic: Plan\n---\n\n# Plan\n\n10 March\n")
    memory.ok("edit", "projects/plan.md", "--replace", "10 March", "12 March")
    said.append(memory.ok("sync", "--dry-run").text)
    assert "2 commits behind" in said[-1]
    assert receiver.calls == []
    said.append(memory.ok("status").text)
    assert f"target   {NAME}: 2 commits behind" in said[-1]
    answer = memory.json("sync")["targets"]
    assert [(one["name"], one["standing"], one["commits"]) for one in answer] == [
        (NAME, "delivered", 2)
    ]
    assert [call.key for call in receiver.calls] == log(memory)[-2:]
    first, second = (json.loads(call.body) for call in receiver.calls)
    jsonschema.validate(second, json.loads(webhook_schema(2)))
    assert (first["event"], first["content"]) == ("memory_update", "# Plan\n\n10 March\n")
    assert (second["event"], second["content"]) == ("memory_update", "# Plan\n\n12 March\n")
    assert (first["action"], second["action"]) == ("update", "edit")
    assert (second["repo"], second["path"]) == ("memory", "projects/plan.md")

    receiver.always = status(500)
    memory.ok("delete", "projects/plan.md", "--yes")
    failed = memory.pack("sync")
    assert (failed.status, "127.0.0.1 answered 500" in failed.text) == (1, True)
    receiver.always = status(410)
    parked = memory.pack("sync")
    assert (parked.status, "PARKED" in parked.text) == (1, True)
    listed = memory.ok("list")
    assert listed.err.count("Not copied to webhook:127.0.0.1") == 1
    seen = memory.pack("doctor")
    assert (seen.status, f"pack sync --target {NAME}" in seen.text) == (1, True), seen
    receiver.always = status(204)
    assert memory.pack("sync").status == 1  # nobody asks it by itself
    done = memory.ok("sync", "--target", NAME)
    assert "delivered" in done.text
    assert "Not copied" not in memory.ok("list").err
    said += [failed.text, failed.err, parked.text, parked.err, listed.err, seen.text]
    said.append(memory.ok("doctor").text)
    assert f"{NAME}: up to date" in said[-1]

    kept = [file.read_text() for file in (memory.path / ".git/pack/sync").glob("*.json")]
    assert kept
    for text in (*said, *kept, *map(str, (memory.path / ".git/pack/sync").iterdir())):
        assert not any(canary in text for canary in CANARIES)


@pytest.mark.contract("C8")
def test_consumers_of_the_first_pack_get_what_they_know(memory, receiver, monkeypatch):
    hooked(monkeypatch, receiver, PACK_WEBHOOK_VERSION="1")
    memory.ok("sync")
    memory.ok("update", "context/a.md", stdin="# A\n\nthis\n")
    memory.ok("sync")
    (payload,) = (json.loads(call.body) for call in receiver.calls)
    jsonschema.validate(payload, json.loads(webhook_schema(1)))
    assert "version" not in payload
    assert payload["content"].startswith("# General\n\n")
    assert payload["content"].endswith("\n\n---\n\n# A\n\nthis\n")


def test_several_addresses_are_several_targets(memory, receiver, monkeypatch):
    hooked(monkeypatch, receiver)
    urls = [receiver.url("/one"), receiver.url("/two"), receiver.url("/one"), "http://10.0.0.1/x"]
    monkeypatch.setenv("PACK_WEBHOOK_URL", " , ".join(urls))
    begun = memory.pack("sync", "--format", "json")
    names = [one["name"] for one in json.loads(begun.text)["targets"]]
    assert (begun.status, len(set(names))) == (1, 3)  # the same address twice is one
    memory.ok("update", "context/a.md", stdin="a\n")
    ended = memory.pack("sync")
    assert ended.status == 1
    assert sorted(call.path for call in receiver.calls) == ["/one", "/two"]
    assert "must begin with https://" in ended.text


def test_a_state_that_cannot_be_read_stops_one_target_and_nothing_else(
    memory, receiver, monkeypatch
):
    hooked(monkeypatch, receiver)
    urls = [receiver.url("/one"), receiver.url("/two")]
    monkeypatch.setenv("PACK_WEBHOOK_URL", ",".join(urls))
    memory.ok("sync")
    memory.ok("update", "context/a.md", stdin="a\n")
    first, second = (one["name"] for one in memory.json("sync", "--dry-run")["targets"])
    states = memory.path / ".git/pack/sync"
    (file,) = states.glob(f"webhook-{first.rpartition('-')[2]}*.json")
    file.rename(states / "kept")
    file.mkdir()
    ended = memory.pack("sync")
    assert (ended.status, "Is a directory" in ended.text) == (1, True)
    assert [call.path for call in receiver.calls] == ["/two"]
    assert f"target   {second}: up to date" in memory.ok("status").text
    assert f"Not copied to {first}" in memory.ok("list").err
    file.rmdir()
    (states / "kept").rename(file)
    memory.ok("sync")
    assert [call.path for call in receiver.calls] == ["/two", "/one"]


def test_settings_that_cannot_be_used_are_named_and_not_shown(memory, monkeypatch):
    for name, value in (
        ("PACK_WEBHOOK_URL", "https://user:canary@example.com/canary"),
        ("PACK_WEBHOOK_URL", "canary"),
        ("PACK_WEBHOOK_URL", "https://192.0.2.1/canary\udcff"),
        ("PACK_WEBHOOK_SECRET", "canary"),
    ):
        monkeypatch.setenv("PACK_WEBHOOK_URL", "https://192.0.2.1/canary")
        monkeypatch.setenv("PACK_WEBHOOK_ALLOW", "192.0.2.1")
        monkeypatch.setenv(name, value)
        ended = memory.pack("sync")
        assert (ended.status, name in ended.text) == (1, True)
        assert "canary" not in ended.text + ended.err
        memory.ok("list")


def test_watching_goes_on_until_it_is_interrupted(memory, receiver, monkeypatch):
    hooked(monkeypatch, receiver)
    memory.ok("sync")
    command = [pack_command(), "sync", "--watch", "--local", str(memory.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as watching:
        assert watching.stderr is not None
        assert b"watching" in watching.stderr.readline()
        memory.ok("update", "context/a.md", stdin="a\n")
        receiver.wait_for(1)
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=30)
    assert watching.returncode == 130, err
    assert delivered(receiver) == log(memory)[-1:]
    assert not any(canary.encode() in out + err for canary in CANARIES)


def test_watching_ends_when_nobody_reads_it_any_more(memory, receiver, monkeypatch):
    hooked(monkeypatch, receiver)
    memory.ok("sync")
    command = [pack_command(), "sync", "--watch", "--local", str(memory.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as watching:
        assert watching.stdout is not None
        assert watching.stderr is not None
        assert b"watching" in watching.stderr.readline()
        watching.stdout.close()
        memory.ok("update", "context/a.md", stdin="a\n")
        _, said = watching.communicate(timeout=30)
    assert (watching.returncode, said) == (1, b"")
    assert delivered(receiver) == log(memory)[-1:]


@pytest.mark.contract("C1")
def test_a_mistake_in_one_target_is_reported_and_the_others_go_on(memory, receiver, monkeypatch):
    hooked(monkeypatch, receiver)
    urls = [receiver.url("/canary-path"), receiver.url("/two")]
    monkeypatch.setenv("PACK_WEBHOOK_URL", ",".join(urls))
    memory.ok("sync")
    memory.ok("update", "context/a.md", stdin="a\n")
    post = Webhook._post

    def mistaken(webhook, headers, body):
        if "canary-path" in webhook._url.target:
            raise KeyError(webhook._url.target)
        return post(webhook, headers, body)

    with monkeypatch.context() as patch:
        patch.setattr(Webhook, "_post", mistaken)
        ended = memory.pack("sync")
        assert (ended.status, "builtins.KeyError at" in ended.text) == (3, True), ended
        assert "Please report" in ended.err
        assert [call.path for call in receiver.calls] == ["/two"]
        first, second = memory.json("sync", "--dry-run")["targets"]
        assert (first["failures"], first["backlog"], second["backlog"]) == (1, 1, 0)
        assert "a bug in PACK" in memory.ok("status").text
        assert memory.pack("sync").status == 3
    assert "canary" not in ended.text + ended.err
    memory.ok("sync")
    assert [call.path for call in receiver.calls] == ["/two", "/canary-path"]


@pytest.mark.contract("C1")
def test_a_new_webhook_gets_all_that_a_server_writes(memory, receiver, monkeypatch):
    hooked(monkeypatch, receiver)
    server = Stdio("--local", str(memory.path))
    server.initialize()
    (state,) = (memory.path / ".git/pack/sync").glob("*.json")
    begun = memory.head()
    assert json.loads(state.read_text())["cursor"] == begun  # before the first answer
    written = [
        server.call("memory_update", path=f"context/{name}.md", content="x\n")["commit"]
        for name in "ab"
    ]
    receiver.wait_for(2)
    server.end()
    assert delivered(receiver) == written


@pytest.mark.contract("C1", "C6")
def test_a_folder_that_is_deleted_under_a_server_costs_no_event(memory, receiver, monkeypatch):
    hooked(monkeypatch, receiver)
    memory.ok("sync")
    server = Stdio("--local", str(memory.path))
    server.initialize()
    first = server.call("memory_update", path="context/a.md", content="a\n")
    settle(memory)
    states = memory.path / ".git/pack/sync"
    states.rename(memory.path / ".git/gone")
    second = server.call("memory_update", path="context/b.md", content="b\n")
    receiver.wait_for(2)
    settle(memory)
    _, said = server.end()
    assert delivered(receiver) == [first["commit"], second["commit"]]
    assert said == ""
    assert "up to date" in memory.ok("sync").text


@pytest.mark.contract("C1")
def test_a_server_delivers_what_it_writes_and_what_is_committed_beside_it(
    memory, receiver, monkeypatch
):
    hooked(monkeypatch, receiver)
    memory.ok("sync")
    receiver.plans.append(hang)  # the write does not wait for it
    server = Stdio("--local", str(memory.path))
    server.initialize()
    written = server.call("memory_update", path="context/a.md", content="a\n")
    assert receiver.hanging.wait(20)
    more = server.call("memory_update", path="context/b.md", content="b\n")
    _, said = server.end()
    assert not any(canary in said for canary in CANARIES)
    memory.write({"context/c.md": "c\n"})
    memory.git("add", "--all")
    memory.git("commit", "-qm", "by hand")
    server = Stdio("--local", str(memory.path))
    server.initialize()
    receiver.wait_for(4)
    server.end()
    by_hand = memory.head()
    assert delivered(receiver) == [written["commit"], more["commit"], by_hand]


def kill_between_commit_and_delivery(folder: Folder, receiver: Receiver, rounds: int) -> None:
    """Servers that are killed after each acknowledged write, wherever the delivery is by then."""
    chance = random.Random(rounds)
    for number in range(rounds):
        # Not a failure, after which nothing would be sent for a while.
        receiver.always, waits = chance.choice([hang, status(204)]), chance.random() < 0.7
        before = len(receiver.calls)
        server = Stdio("--local", str(folder.path))
        server.initialize()
        server.call("memory_update", path=f"context/n{number}.md", content=f"{number}\n")
        if waits:
            receiver.wait_for(before + 1)
        server.process.kill()
        server.process.communicate(timeout=30)
    receiver.always = status(204)
    folder.ok("sync", "--target", NAME)


@pytest.mark.contract("C1", "C9")
@pytest.mark.parametrize("rounds", [3, pytest.param(20, marks=pytest.mark.soak)])
def test_kills_between_commit_and_delivery_lose_nothing(memory, receiver, monkeypatch, rounds):
    hooked(monkeypatch, receiver)
    memory.ok("sync")
    begun = memory.commits()
    kill_between_commit_and_delivery(memory, receiver, rounds)
    commits = log(memory)[begun:]
    assert len(commits) == rounds
    assert delivered(receiver) == commits
    places = [commits.index(call.key) for call in receiver.calls]
    assert all(after - before in (0, 1) for before, after in itertools.pairwise(places))
    assert "up to date" in memory.ok("sync").text


def test_a_version_that_there_is_none_of(memory, monkeypatch):
    monkeypatch.setenv("PACK_WEBHOOK_URL", "https://example.org/hook")
    monkeypatch.setenv("PACK_WEBHOOK_VERSION", "3")
    ended = memory.pack("sync")
    assert (ended.status, "PACK_WEBHOOK_VERSION" in ended.text) == (1, True)
