"""Stock git reads what a peer shares, through a server that only hands requests on."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from pack_connectors.local_git.beside.upload_pack import UploadPack
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import create_repository, open_repository

from pack.errors import ConnectorError, InvalidContent
from tests.support import git, make_again

USER = ("-c", "user.name=x", "-c", "user.email=x@example.org")
SHOWN = ("refs/pack/group", "refs/pack/group-forks/a", "refs/pack/peers/desk")
HIDDEN = ("refs/pack/rescue/a", "refs/pack/quarantine/a", "refs/heads/private", "refs/notes/x")


def commit(folder, text, *options):
    git(folder, *USER, "commit", "-q", "--allow-empty", "-m", text, *options)
    return git(folder, "rev-parse", "HEAD").decode().strip()


@pytest.fixture
def folder(tmp_path):
    """A memory with refs that are shown and others, each of which leads to a commit of its own."""
    folder = tmp_path / "memory"
    make_again(create_repository, folder)
    (folder / "a.md").write_text("one\n")
    git(folder, "add", "a.md")
    head = commit(folder, "one")
    for ref in (*SHOWN, *HIDDEN):
        git(folder, "update-ref", ref, commit(folder, ref))
        git(folder, "reset", "-q", "--hard", head)
    return folder


@pytest.fixture
def upload_pack(folder):
    repository = open_repository(folder)
    return UploadPack(repository, GitRunner(repository))


@pytest.fixture
def url(upload_pack, monkeypatch):
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "http")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            assert urlsplit(self.path).path == "/info/refs"
            self._answer(upload_pack.refs(self._protocol()), "advertisement")

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            try:
                answer = b"".join(upload_pack.answer(body, self._protocol()))
            except InvalidContent:
                self.send_error(400)
            else:
                self._answer(answer, "result")

        def _protocol(self):
            return self.headers.get("git-protocol", "")

        def _answer(self, content, kind):
            self.send_response(200)
            self.send_header("content-type", f"application/x-git-upload-pack-{kind}")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def refs_of(listed):
    return {line.split("\t")[1]: line.split("\t")[0] for line in listed.decode().splitlines()}


@pytest.mark.parametrize("version", [0, 1, 2])
def test_git_sees_the_branch_and_the_chains_of_the_mesh_only(folder, url, version):
    listed = refs_of(git(folder, "-c", f"protocol.version={version}", "ls-remote", url))
    branch = git(folder, "symbolic-ref", "HEAD").decode().strip()
    assert listed.keys() - {"HEAD"} == {branch, *SHOWN}


@pytest.mark.parametrize("options", [[], ["--filter=blob:none"], ["--depth=1"]])
def test_git_clones_the_memory(tmp_path, folder, url, options):
    git(tmp_path, "clone", "-q", *options, url, "copy")
    assert (tmp_path / "copy" / "a.md").read_text() == "one\n"
    git(tmp_path / "copy", "fetch", "-q", "origin", "refs/pack/*:refs/pack/*")
    taken = git(tmp_path / "copy", "for-each-ref", "--format=%(refname)", "refs/pack").decode()
    assert set(taken.split()) == set(SHOWN)


@pytest.mark.parametrize("version", [0, 2])
def test_what_is_hidden_is_not_given_to_whoever_knows_its_id(tmp_path, folder, url, version):
    git(tmp_path, "init", "-q", "copy")
    protocol = ("-c", f"protocol.version={version}")
    for ref in HIDDEN:
        secret = git(folder, "rev-parse", ref).decode().strip()
        git(tmp_path / "copy", *protocol, "fetch", "-q", url, secret, check=False)
        assert not git(tmp_path / "copy", "cat-file", "-t", secret, check=False)


def test_no_program_that_a_configuration_names_is_run(tmp_path, folder, url):
    mark = tmp_path / "was-run"
    hook = tmp_path / "hook"
    hook.write_text(f"#!/bin/sh\ntouch '{mark}'\nexec \"$@\"\n")
    hook.chmod(0o755)
    for config in ("--local", "--global"):
        git(folder, "config", config, "uploadpack.packObjectsHook", str(hook))
        git(folder, "config", config, "uploadpack.hideRefs", "!refs/heads/private")
        git(folder, "config", config, "core.fsmonitor", str(hook))
    git(tmp_path, "-c", "core.fsmonitor=", "clone", "-q", url, "copy")
    assert not mark.exists()
    assert "refs/heads/private" not in refs_of(git(tmp_path, "ls-remote", url))


def packet(text):
    return f"{len(text) + 5:04x}{text}\n".encode()


def test_a_request_that_is_answered_while_it_is_read_does_not_block(folder, upload_pack):
    """More is answered than a pipe holds, and more is asked than one holds."""
    head = git(folder, "rev-parse", "HEAD").decode().strip()
    asked = packet(f"want {head} multi_ack_detailed") + b"0000" + packet(f"have {head}") * 20_000
    answer = b"".join(upload_pack.answer(asked + packet("done"), ""))
    assert answer.count(b"common") > 1000


@pytest.mark.parametrize(
    "body",
    [
        b"garbage",
        b"00",
        b"-001",
        b"0032want " + b"0" * 40 + b"\n0000",
        b"0032want HEAD\n",
        b"0009want ",
    ],
)
def test_a_request_for_nothing_that_is_shown_is_refused(upload_pack, body):
    for version in ("", "version=2"):
        with pytest.raises(InvalidContent):
            list(upload_pack.answer(body, version))


def test_a_request_that_git_refuses_is_told(upload_pack):
    with pytest.raises(ConnectorError):
        list(upload_pack.answer(packet("nonsense") + b"0000" + packet("x") * 100_000, ""))


def test_what_history_leads_to_is_given_by_its_id(tmp_path, folder, url):
    (folder / "a.md").write_text("two\n")
    commit(folder, "two", "-a")
    git(tmp_path, "clone", "-q", "--filter=blob:none", url, "copy")
    assert git(tmp_path / "copy", "show", "HEAD~1:a.md") == b"one\n"


def test_an_answer_that_nobody_reads_to_its_end_leaves_no_process(folder, upload_pack):
    asked = packet("command=ls-refs") + b"0000"
    answer = upload_pack.answer(asked, "version=2")
    assert next(answer)
    answer.close()
    assert list(answer) == []


def test_what_a_header_says_never_reaches_git_unless_it_is_a_version(upload_pack):
    plain = upload_pack.refs("")
    for odd in ("version=9", "version=2\n", "version=2:x=1", "; touch x"):
        assert upload_pack.refs(odd) == plain
    assert upload_pack.refs("version=2") != plain
